extension Predictor {
  /// Below this many rows, or positives, trees would learn noise: `auto` is the logistic model alone.
  private static let leastRowsOfTrees = 200
  private static let leastPositivesOfTrees = 20

  /// Fits a predictor on features and labels, one label for each row: 0 or 1 of a condition, else the number.
  ///
  /// - Throws: ``ModelError`` for a bad setting, without rows, or for a closed form without repeat purchases.
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> Predictor {
    try ModelError.check(features.rowCount > 0, "there is no row to train on")
    if configuration.method.isClosedForm { return try fitClosedForm(features, configuration) }
    precondition(labels.count == features.rowCount, "one label for each row")
    var usesLogistic = configuration.method == .logistic
    let usesRidge = configuration.method == .ridge
    var usesTrees = !usesLogistic && !usesRidge
    if configuration.method == .auto, !configuration.task.isNumber {
      let positives = labels.reduce(0, +)
      usesLogistic = true
      usesTrees =
        labels.count >= leastRowsOfTrees
        && min(positives, Double(labels.count) - positives) >= Double(leastPositivesOfTrees)
    }
    var parts: [Part] = []
    if usesLogistic {
      let matrix = features.columns(linearPlaces(features.names))
      parts.append(.logistic(try ProbabilityModel.fit(matrix, labels: labels, configuration.logistic)))
    }
    if usesRidge {
      let settings = RidgeRegression.Configuration(
        lambda: configuration.logistic.regression.lambda, signedLog: configuration.logistic.signedLog)
      parts.append(
        .ridge(try RidgeRegression.fit(features.columns(linearPlaces(features.names)), targets: labels, settings)))
    }
    var companion: PurchaseModel?
    if usesTrees {
      companion = configuration.isRepeat ? purchases(features, .mbgnbd) : nil
      let matrix = treeMatrix(features, companion, horizon: configuration.horizon)
      parts.append(try fitTrees(matrix, labels, configuration))
    }
    return Predictor(
      task: configuration.task, horizon: configuration.horizon, inputNames: features.names, parts: parts,
      companion: companion)
  }

  private static func fitTrees(
    _ features: FeatureMatrix, _ labels: [Double], _ configuration: Configuration
  ) throws(ModelError) -> Part {
    let isNumber = configuration.task.isNumber
    switch configuration.method {
    case .tree:
      return .tree(
        try DecisionTree.fit(
          features, labels: labels, .init(task: isNumber ? .regression : .classification(classes: 2))))
    case .forest:
      return .forest(
        try RandomForest.fit(
          features, labels: labels,
          .init(task: isNumber ? .regression : .classification, seed: configuration.seed)))
    default:
      return .boosting(
        try BoostedTrees.fit(features, labels: labels, .init(loss: isNumber ? .squared : .logistic)))
    }
  }

  private static func fitClosedForm(
    _ features: FeatureMatrix, _ configuration: Configuration
  ) throws(ModelError) -> Predictor {
    guard let kind = configuration.method.kind, let columns = LifetimeColumns(features.names) else {
      throw ModelError("closed forms need the purchases of each user")
    }
    let model = try PurchaseModel.fit(columns.histories(features), kind: kind)
    var part = Part.purchases(model)
    if configuration.task == .money {
      let width = features.columnCount
      let spends = (0..<features.rowCount).map { columns.spend(features.values, at: $0 * width) }
        .filter { $0.count > 0 }
      part = .value(
        CustomerValue(
          purchases: model, spend: try SpendModel.fit(counts: spends.map(\.count), means: spends.map(\.mean))))
    }
    return Predictor(
      task: configuration.task, horizon: configuration.horizon, inputNames: features.names, parts: [part],
      companion: nil)
  }

  /// The purchase model of all rows, `nil` where nobody repeats.
  private static func purchases(_ features: FeatureMatrix, _ kind: PurchaseModel.Kind) -> PurchaseModel? {
    guard let columns = LifetimeColumns(features.names) else { return nil }
    return try? PurchaseModel.fit(columns.histories(features), kind: kind)
  }
}
