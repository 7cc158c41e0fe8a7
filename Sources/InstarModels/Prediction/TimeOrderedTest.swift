/// How a model would have done: taught by anchors whose labels were complete, judged at later ones.
///
/// ```
/// teaching anchors            one horizon            judged
/// |--- a1 --- a2 --- a3 ------- gap ------------------| j1 ------ j2
/// ```
///
/// No label that teaches lies beyond the first judged anchor, so what is judged is a forecast. A closed form needs no
/// labels: it is fitted to the purchases before the first judged anchor.
package struct TimeOrderedTest: Sendable {
  /// The model's answers at the judged anchors, and what came.
  package let predictions: [Double]
  package let labels: [Double]
  /// The users that were judged, as they were known.
  package let features: FeatureMatrix
  /// The mean label of the teaching rows, which a plain rule gives to everybody.
  package let teachingMean: Double
  /// The judged anchors, ascending.
  package let judged: [Int64]
  package let teachingRows: Int
  /// What the MBG/NBD model of the purchases before the first judged anchor answers, where the target is one more of
  /// them and the model is another.
  package let purchaseModel: [Double]?
  private let latestFirst: Bool

  /// - Parameters:
  ///   - rows: of all anchors.
  ///   - judged: the anchors to judge at, ascending.
  ///   - horizon: the length of a label's window in milliseconds.
  ///   - latestFirst: whether the users with the latest event are the likely ones.
  /// - Returns: `nil` when all teaching labels are equal or nobody is judged.
  /// - Throws: ``ModelError`` for a bad setting.
  package init?(
    _ rows: LabelledRows, judged: [Int64], horizon: Int64, latestFirst: Bool = true,
    _ configuration: Predictor.Configuration = .init()
  ) throws(ModelError) {
    guard let first = judged.first else { return nil }
    let teaching = rows.rows { $0 + horizon <= first }
    let test = rows.rows { judged.contains($0) }
    guard let label = teaching.labels.first, teaching.labels.contains(where: { $0 != label }), !test.labels.isEmpty
    else { return nil }
    let model: Predictor
    let now = rows.rows { $0 == first }.features
    if configuration.method.isClosedForm {
      model = try Predictor.fit(now, labels: [], configuration)
    } else {
      model = try Predictor.fit(teaching.features, labels: teaching.labels, configuration)
    }
    predictions = model.predictions(test.features)
    purchaseModel = Self.purchaseModel(now, configuration)?.predictions(test.features)
    labels = test.labels
    features = test.features
    teachingMean = teaching.labels.reduce(0, +) / Double(teaching.labels.count)
    self.judged = judged
    self.latestFirst = latestFirst
    teachingRows = teaching.labels.count
  }

  /// The model's answers to a condition.
  package var metrics: BinaryMetrics { BinaryMetrics(probabilities: predictions, labels: labels) }

  /// The rate of positives among the teaching rows, given to everybody.
  package var baseRate: BinaryMetrics { BinaryMetrics(probabilities: everybody(teachingMean), labels: labels) }

  /// Users ranked by their last event of the kind alone; only its ranking metrics mean anything.
  package var recencyRule: BinaryMetrics {
    BinaryMetrics(probabilities: Self.recencyRanks(features, latestFirst: latestFirst), labels: labels)
  }

  /// A model that is there already, judged at an anchor that it has not seen.
  ///
  /// - Precondition: there is a row, and a label for each.
  package init(
    _ model: Predictor, at anchor: Int64, features: FeatureMatrix, labels: [Double], teachingMean: Double,
    teachingRows: Int, latestFirst: Bool, _ configuration: Predictor.Configuration
  ) {
    predictions = model.predictions(features)
    purchaseModel = Self.purchaseModel(features, configuration)?.predictions(features)
    self.labels = labels
    self.features = features
    self.teachingMean = teachingMean
    judged = [anchor]
    self.teachingRows = teachingRows
    self.latestFirst = latestFirst
  }

  /// The closed form that every other method has to beat; `nil` where it does not apply or nobody bought twice.
  private static func purchaseModel(_ features: FeatureMatrix, _ configuration: Predictor.Configuration) -> Predictor? {
    guard configuration.isRepeat, configuration.task != .alive, configuration.method != .mbgnbd else { return nil }
    var closed = configuration
    closed.method = .mbgnbd
    return try? Predictor.fit(features, labels: [], closed)
  }

  package func everybody(_ number: Double) -> [Double] { [Double](repeating: number, count: labels.count) }

  /// A number in [0, 1] that orders users by the time since their last event; those without one come last.
  package static func recencyRanks(_ features: FeatureMatrix, latestFirst: Bool) -> [Double] {
    guard let column = features.names.firstIndex(of: "recency") else {
      return [Double](repeating: 0.5, count: features.rowCount)
    }
    return (0..<features.rowCount).map { row in
      let recency = features[row, column]
      let rank = recency.isNaN ? 0 : 1 / (1 + max(0, recency))
      return latestFirst ? rank : 1 - rank
    }
  }
}
