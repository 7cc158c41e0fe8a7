import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Chooses which kinds of events and which values of properties are features: the frequent ones.
struct FeatureChoice {
  let environment: QueryEnvironment
  let model: PredictionModel
  /// Only these users are counted, ascending; `nil` for all.
  var users: [UInt32]?

  private static let mostKinds = 8
  private static let mostProperties = 5
  private static let mostValues = 5
  /// A property with more distinct values is a name of something and no category.
  private static let mostDistinct = 65_536

  /// The choice by events before `moment`, so that a model that is judged from there on could have made it.
  func choice(before moment: Int64, hasSeason: Bool, in snapshot: borrowing Snapshot) throws
    -> FeatureSpecification.Choice
  {
    var choice = FeatureSpecification.Choice(hasSeason: hasSeason)
    let candidates = kinds(before: moment)
    let properties = try textProperties(in: snapshot)
    let counts = try count(properties, before: moment, in: snapshot)
    let kinds = candidates.filter { counts.types[Int($0.code)] > 0 }
      .sorted { (counts.types[Int($0.code)], $1.code) > (counts.types[Int($1.code)], $0.code) }
    choice.kinds = kinds.prefix(Self.mostKinds).map { .init(code: $0.code, name: $0.name) }
    for (place, property) in properties.enumerated() {
      let dictionary = try snapshot.dictionary(property.dictionary)
      let values = Self.frequent(counts.values[place]).map {
        FeatureSpecification.Code(code: $0, name: dictionary.text($0))
      }
      if !values.isEmpty { choice.categories.append(.init(property: property.id, name: property.name, values: values)) }
    }
    let known = counts.values.map { $0.reduce(0, +) }
    let support = Dictionary(uniqueKeysWithValues: zip(properties.map(\.id), known))
    choice.categories.sort {
      (support[$0.property] ?? 0, $1.property) > (support[$1.property] ?? 0, $0.property)
    }
    choice.categories = Array(choice.categories.prefix(Self.mostProperties))
    choice.userCategories = try userCategories(before: moment, in: snapshot)
    return choice
  }

  /// Kinds of events beside those that the target names whole.
  private func kinds(before moment: Int64) -> [EventTypeInfo] {
    var named: Set<UInt32> = []
    for alternative in model.subject.alternatives where alternative.filter == nil {
      named.formUnion(alternative.types ?? [])
    }
    let others = environment.schema.eventTypes.filter {
      $0.count > 0 && $0.first < moment && !named.contains($0.code)
    }
    return others.count == 1 && named.isEmpty ? [] : others
  }

  private func textProperties(in snapshot: borrowing Snapshot) throws -> [PropertyInfo] {
    var found: [PropertyInfo] = []
    for property in environment.schema.properties(of: .event) where property.type == .text {
      if try snapshot.dictionary(property.dictionary).count <= Self.mostDistinct { found.append(property) }
    }
    return found
  }

  private struct Counts: Sendable {
    var types: [Int]
    var values: [[Int]]

    mutating func add(_ other: Counts) {
      for type in types.indices { types[type] += other.types[type] }
      for place in values.indices {
        for value in values[place].indices { values[place][value] += other.values[place][value] }
      }
    }
  }

  private func count(_ properties: [PropertyInfo], before moment: Int64, in snapshot: borrowing Snapshot) throws
    -> Counts
  {
    var sizes: [Int] = []
    for property in properties { sizes.append(try snapshot.dictionary(property.dictionary).count) }
    let nothing = Counts(
      types: [Int](repeating: 0, count: environment.schema.eventTypes.count),
      values: sizes.map { [Int](repeating: 0, count: $0) })
    var request = ScanRequest(columns: properties.map { .property($0.id) }, threads: environment.threads)
    request.before = moment
    request.purpose = .predict
    request.users = users
    request.isCancelled = environment.isCancelled
    let states = try snapshot.scan(
      request, makeState: { _ in nothing },
      body: { state, batch in
        for type in batch.types { state.types[Int(type)] += 1 }
        for place in state.values.indices {
          let column = batch.columns[place]
          for (row, code) in column.codes.enumerated() where column.present.isEmpty || column.present[row] != 0 {
            state.values[place][Int(code)] += 1
          }
        }
      })
    var total = nothing
    for state in states { total.add(state) }
    return total
  }

  /// The codes of the most frequent values, none where even the first is rare: then they are names.
  private static func frequent(_ counts: [Int]) -> [UInt32] {
    let known = counts.reduce(0, +)
    let order = counts.indices.sorted { (counts[$0], $1) > (counts[$1], $0) }.prefix(mostValues)
    guard let first = order.first, counts[first] * 100 >= known, known > 0 else { return [] }
    return order.filter { counts[$0] > 0 && counts[$0] < known }.map { UInt32($0) }
  }

  /// The most frequent values of text properties of users as of the moment.
  private func userCategories(before moment: Int64, in snapshot: borrowing Snapshot) throws
    -> [FeatureSpecification.UserCategory]
  {
    var found: [FeatureSpecification.UserCategory] = []
    for property in FeatureSpecification.properties(of: model, environment.schema) where property.type == .text {
      guard found.count < Self.mostProperties else { break }
      let dictionary = try snapshot.dictionary(property.dictionary)
      guard dictionary.count <= Self.mostDistinct else { continue }
      let column =
        try property.isDated
        ? snapshot.userPropertyHistory(property.id, asOf: moment) : snapshot.userProperty(property.id)
      guard case .codes(let codes, _) = column.values else { continue }
      var counts = [Int](repeating: 0, count: dictionary.count)
      for (row, code) in codes.enumerated() where column.present.isEmpty || column.present[row] != 0 {
        counts[Int(code)] += 1
      }
      let values = Self.frequent(counts).map { dictionary.text($0) }
      if !values.isEmpty { found.append(.init(property: property.id, values: values)) }
    }
    return found
  }
}
