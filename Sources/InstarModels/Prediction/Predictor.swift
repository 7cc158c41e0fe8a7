#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A trained answer to a question about what users will do: how probable a condition is, or how great a number.
package struct Predictor: Sendable, Equatable {
  package enum Method: String, Sendable, Hashable, CaseIterable {
    /// Of conditions the mean of the logits of logistic regression and boosting; of numbers boosting.
    case auto
    case logistic, ridge, tree, forest, boosting
    case mbgnbd, bgnbd, paretonbd

    /// Whether the method is a formula fitted to purchase histories, which needs no labels.
    package var isClosedForm: Bool { kind != nil }
    var kind: PurchaseModel.Kind? { PurchaseModel.Kind(rawValue: rawValue) }
  }

  package enum Task: Sendable, Hashable {
    /// Labels 0 and 1; `isAbsence` where 1 means that nothing happens.
    case condition(isAbsence: Bool)
    /// The number of events in the window.
    case count
    /// A sum of amounts.
    case money
    /// Whether the user will ever buy again.
    case alive

    var isNumber: Bool { self == .count || self == .money }
  }

  /// What all methods need to know; each takes its part.
  package struct Configuration: Sendable, Hashable {
    package var task: Task
    package var method: Method
    package var logistic: ProbabilityModel.Configuration
    /// The length of the window in days.
    package var horizon: Double
    /// Whether the target is what the features of rhythm count, so that the purchase model's answers are features of
    /// the trees.
    package var isRepeat: Bool
    package var seed: UInt64

    package init(
      task: Task = .condition(isAbsence: false), method: Method = .logistic,
      logistic: ProbabilityModel.Configuration = .init(), horizon: Double = 30, isRepeat: Bool = false,
      seed: UInt64 = 1
    ) {
      self.task = task
      self.method = method
      self.logistic = logistic
      self.horizon = horizon
      self.isRepeat = isRepeat
      self.seed = seed
    }
  }

  /// One model of the answer; of two the logits are averaged.
  package enum Part: Sendable, Equatable {
    case logistic(ProbabilityModel)
    case ridge(RidgeRegression)
    case tree(DecisionTree)
    case forest(RandomForest)
    case boosting(BoostedTrees)
    case purchases(PurchaseModel)
    case value(CustomerValue)
  }

  package let task: Task
  /// The length of the window in days.
  package let horizon: Double
  /// The features that it was fitted on, in the order of a row; a part may leave some aside.
  package let inputNames: [String]
  package let parts: [Part]
  /// Gives the trees the columns ``companionNames``.
  let companion: PurchaseModel?

  init(task: Task, horizon: Double, inputNames: [String], parts: [Part], companion: PurchaseModel?) {
    precondition(!parts.isEmpty, "a predictor has a part")
    self.task = task
    self.horizon = horizon
    self.inputNames = inputNames
    self.parts = parts
    self.companion = companion
  }

  /// Whether a formula of purchase histories answers, which gives no reasons.
  package var isClosedForm: Bool {
    switch parts[0] {
    case .purchases, .value: true
    default: false
    }
  }

  /// Whether a logistic part that was just fitted told the classes apart so well that only the penalty bounds its
  /// coefficients, or nothing does.
  package var isSeparated: Bool {
    parts.contains { part in
      if case .logistic(let model) = part { model.regression.separated } else { false }
    }
  }

  // MARK: - Columns

  static let companionNames = ["p_alive", "p_active"]

  /// The columns that a linear model weighs: what closed forms read says nothing new to it.
  static func linearPlaces(_ names: [String]) -> [Int] {
    names.indices.filter { !names[$0].hasPrefix("lifetime_") }
  }

  /// The columns that trees split: the time of the year would let them learn the moments by heart.
  static func treePlaces(_ names: [String]) -> [Int] {
    names.indices.filter { !names[$0].hasPrefix("lifetime_") && !names[$0].hasPrefix("season_") }
  }

  /// What the trees see of `features`.
  static func treeMatrix(_ features: FeatureMatrix, _ companion: PurchaseModel?, horizon: Double) -> FeatureMatrix {
    let part = features.columns(treePlaces(features.names))
    guard let companion, let lifetime = LifetimeColumns(features.names) else { return part }
    let weeks = horizon / LifetimeColumns.daysPerUnit
    var (alive, active): ([Double], [Double]) = ([], [])
    for row in 0..<features.rowCount {
      let history = lifetime.history(features.values, at: row * features.columnCount)
      alive.append(history.map { companion.probabilityAlive($0) } ?? .nan)
      active.append(history.map { companion.probabilityOfPurchase($0, within: weeks) } ?? .nan)
    }
    return part.adding([alive, active], named: companionNames)
  }

  // MARK: - Answers

  /// The probability, or the number, of each row.
  ///
  /// - Precondition: the features have the names and order that the model was fitted on.
  package func predictions(_ features: FeatureMatrix) -> [Double] {
    precondition(features.names == inputNames, "features as the model was fitted on")
    if parts.count == 1 { return answers(parts[0], features) }
    var sums = [Double](repeating: 0, count: features.rowCount)
    for part in parts {
      for (row, probability) in answers(part, features).enumerated() { sums[row] += logit(probability) }
    }
    return sums.map { sigmoid($0 / Double(parts.count)) }
  }

  private func answers(_ part: Part, _ features: FeatureMatrix) -> [Double] {
    switch part {
    case .logistic(let model): return model.probabilities(features.columns(Self.linearPlaces(inputNames)))
    case .ridge(let model): return model.predictions(features.columns(Self.linearPlaces(inputNames)))
    case .tree(let model): return model.predictions(trees(features))
    case .forest(let model): return model.predictions(trees(features))
    case .boosting(let model): return model.predictions(trees(features))
    case .purchases, .value:
      guard let lifetime = LifetimeColumns(inputNames) else { preconditionFailure("closed forms read their columns") }
      return (0..<features.rowCount).map { closedForm(part, lifetime, features.values, at: $0 * features.columnCount) }
    }
  }

  private func trees(_ features: FeatureMatrix) -> FeatureMatrix {
    Self.treeMatrix(features, companion, horizon: horizon)
  }

  /// The answer of a closed form for one row; who never bought is as far from buying as the forms can say: they start
  /// with a first purchase.
  private func closedForm(_ part: Part, _ columns: LifetimeColumns, _ values: [Double], at start: Int) -> Double {
    let history = columns.history(values, at: start)
    let weeks = horizon / LifetimeColumns.daysPerUnit
    switch (part, task) {
    case (.value(let model), _):
      guard let history else { return 0 }
      let spend = columns.spend(values, at: start)
      return model.expected(history, count: spend.count, mean: spend.mean, within: weeks)
    case (.purchases(let model), .condition(let isAbsence)):
      let probability = history.map { model.probabilityOfPurchase($0, within: weeks) } ?? 0
      return isAbsence ? 1 - probability : probability
    case (.purchases(let model), .alive): return history.map { model.probabilityAlive($0) } ?? 0
    case (.purchases(let model), _): return history.map { model.expectedPurchases($0, within: weeks) } ?? 0
    default: preconditionFailure("closed forms are those of purchases")
    }
  }

  // MARK: - Reasons

  /// What each feature adds to the answer of one row, a logit or a number, the greatest amount first; nothing of a closed
  /// form.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    var sums: [String: Double] = [:]
    for part in parts {
      for (feature, amount) in contributions(part, features) {
        sums[feature, default: 0] += amount / Double(parts.count)
      }
    }
    return sums.map { (feature: $0.key, part: $0.value) }
      .sorted { (abs($0.part), $1.feature) > (abs($1.part), $0.feature) }
  }

  private func contributions(_ part: Part, _ row: [Double]) -> [(feature: String, part: Double)] {
    var tree: [Double] {
      var matrix = FeatureMatrix(names: inputNames)
      matrix.append(row)
      return trees(matrix).row(0)
    }
    switch part {
    case .logistic(let model): return model.contributions(ofRow: Self.linearPlaces(inputNames).map { row[$0] })
    case .ridge(let model): return model.contributions(ofRow: Self.linearPlaces(inputNames).map { row[$0] })
    case .tree(let model): return model.contributions(ofRow: tree)
    case .forest(let model): return model.contributions(ofRow: tree)
    case .boosting(let model): return model.contributions(ofRow: tree)
    case .purchases, .value: return []
    }
  }

  /// What the answer's parts learnt over all rows, the strongest first, each in the measure of its method: a standardised
  /// coefficient, a share of the gain, or a parameter.
  package func importances() -> [(feature: String, weight: Double)] {
    parts.flatMap { part -> [(feature: String, weight: Double)] in
      switch part {
      case .logistic(let model):
        return zip(model.preprocessing.outputNames, model.regression.coefficients).map { (feature: $0, weight: $1) }
          .sorted { (abs($0.weight), $1.feature) > (abs($1.weight), $0.feature) }
      case .ridge(let model): return model.importances()
      case .tree(let model): return model.importances()
      case .forest(let model): return model.importances()
      case .boosting(let model): return model.importances()
      case .purchases(let model): return Self.parameters(model)
      case .value(let model):
        return Self.parameters(model.purchases) + [("p", model.spend.p), ("q", model.spend.q), ("v", model.spend.v)]
      }
    }
  }

  private static func parameters(_ model: PurchaseModel) -> [(feature: String, weight: Double)] {
    [("r", model.r), ("alpha", model.alpha), ("a", model.a), ("b", model.b)]
  }

  /// Features that were given and say nothing to any part: constant, equal to another, or never asked.
  package var droppedFeatures: [String] {
    let dropped = parts.map { part -> Set<String> in
      switch part {
      case .logistic(let model): Set(model.preprocessing.droppedNames)
      case .ridge(let model): Set(model.preprocessing.droppedNames)
      case .tree(let model): Set(model.unusedFeatures)
      case .forest(let model): Set(model.unusedFeatures)
      case .boosting(let model): Set(model.unusedFeatures)
      case .purchases, .value: []
      }
    }
    let common = dropped.dropFirst().reduce(dropped[0]) { $0.intersection($1) }
    return inputNames.filter { common.contains($0) }
  }

  /// The method, as `USING` spells it.
  package var methodName: String {
    if parts.count > 1 { return "auto (logistic and boosting)" }
    switch parts[0] {
    case .logistic: return "logistic"
    case .ridge: return "ridge"
    case .tree: return "tree"
    case .forest: return "forest"
    case .boosting: return "boosting"
    case .purchases(let model): return model.kind.rawValue
    case .value(let model): return "\(model.purchases.kind.rawValue) x gamma_gamma"
    }
  }
}

/// The logit of a probability, cut at 1e-12 from 0 and 1.
private func logit(_ probability: Double) -> Double {
  let safe = min(1 - 1e-12, max(1e-12, probability))
  return log(safe) - log1p(-safe)
}
