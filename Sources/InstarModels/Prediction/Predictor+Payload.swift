extension Predictor {
  /// The bytes of this predictor: what it answers, its features, and each part as its own payload.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.predictor)
    writer.write(task.number)
    writer.write(horizon)
    writer.write(UInt64(inputNames.count))
    for name in inputNames { writer.write(name) }
    writer.write(payload: companion?.encoded() ?? [])
    writer.write(UInt8(parts.count))
    for part in parts {
      writer.write(part.number)
      switch part {
      case .logistic(let model): writer.write(payload: model.encoded())
      case .ridge(let model): writer.write(payload: model.encoded())
      case .tree(let model): writer.write(payload: model.encoded())
      case .forest(let model): writer.write(payload: model.encoded())
      case .boosting(let model): writer.write(payload: model.encoded())
      case .purchases(let model): writer.write(payload: model.encoded())
      case .value(let model):
        writer.write(payload: model.purchases.encoded())
        writer.write(payload: model.spend.encoded())
      }
    }
    return writer.finish()
  }

  /// The predictor in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .predictor)
    guard let task = Task(number: try reader.read()) else { throw .damaged }
    let horizon = try reader.readDouble()
    let count: UInt64 = try reader.read()
    guard count < 1 << 20, horizon > 0 else { throw .damaged }
    var names: [String] = []
    for _ in 0..<count { names.append(try reader.readText()) }
    let companion = try reader.readPayload()
    let partCount: UInt8 = try reader.read()
    guard partCount > 0 else { throw .damaged }
    var parts: [Part] = []
    for _ in 0..<partCount { parts.append(try Self.part(&reader)) }
    try reader.finish()
    self.init(
      task: task, horizon: horizon, inputNames: names, parts: parts,
      companion: companion.isEmpty ? nil : try PurchaseModel(decoding: companion))
    try checkNames()
  }

  private static func part(_ reader: inout PayloadReader) throws(PayloadError) -> Part {
    let number: UInt8 = try reader.read()
    let payload = try reader.readPayload()
    switch number {
    case 1: return .logistic(try ProbabilityModel(decoding: payload))
    case 2: return .tree(try DecisionTree(decoding: payload))
    case 3: return .forest(try RandomForest(decoding: payload))
    case 4: return .boosting(try BoostedTrees(decoding: payload))
    case 5: return .purchases(try PurchaseModel(decoding: payload))
    case 6:
      let spend = try SpendModel(decoding: try reader.readPayload())
      return .value(CustomerValue(purchases: try PurchaseModel(decoding: payload), spend: spend))
    case 7: return .ridge(try RidgeRegression(decoding: payload))
    default: throw .damaged
    }
  }

  /// The features of each part are those that this type gives it.
  private func checkNames() throws(PayloadError) {
    let linear = Self.linearPlaces(inputNames).map { inputNames[$0] }
    let trees = Self.treePlaces(inputNames).map { inputNames[$0] } + (companion == nil ? [] : Self.companionNames)
    for part in parts {
      let fits =
        switch part {
        case .logistic(let model): model.preprocessing.inputNames == linear
        case .ridge(let model): model.preprocessing.inputNames == linear
        case .tree(let model): model.featureNames == trees
        case .forest(let model): model.featureNames == trees
        case .boosting(let model): model.featureNames == trees
        case .purchases, .value: LifetimeColumns(inputNames) != nil
        }
      guard fits else { throw .damaged }
    }
  }
}

extension Predictor.Part {
  fileprivate var number: UInt8 {
    switch self {
    case .logistic: 1
    case .tree: 2
    case .forest: 3
    case .boosting: 4
    case .purchases: 5
    case .value: 6
    case .ridge: 7
    }
  }
}

extension Predictor.Task {
  fileprivate var number: UInt8 {
    switch self {
    case .condition(let isAbsence): isAbsence ? 1 : 0
    case .count: 2
    case .money: 3
    case .alive: 4
    }
  }

  fileprivate init?(number: UInt8) {
    switch number {
    case 0: self = .condition(isAbsence: false)
    case 1: self = .condition(isAbsence: true)
    case 2: self = .count
    case 3: self = .money
    case 4: self = .alive
    default: return nil
    }
  }
}
