/// How a model would have done: taught by anchors whose labels were complete, judged at later ones.
///
/// ```
/// teaching anchors            one horizon            judged
/// |--- a1 --- a2 --- a3 ------- gap ------------------| j1 ------ j2
/// ```
///
/// No label that teaches lies beyond the first judged anchor, so what is judged is a forecast.
package struct TimeOrderedTest: Sendable {
  /// The model's answers at the judged anchors.
  package let metrics: BinaryMetrics
  /// The rate of positives among the teaching rows, given to everybody.
  package let baseRate: BinaryMetrics
  /// Users ranked by their last event of the kind alone; only its ranking metrics mean anything.
  package let recencyRule: BinaryMetrics
  /// The judged anchors, ascending.
  package let judged: [Int64]
  package let teachingRows: Int
  package let teachingPositives: Int

  /// - Parameters:
  ///   - rows: of all anchors.
  ///   - judged: the anchors to judge at, ascending.
  ///   - horizon: the length of a label's window in milliseconds.
  ///   - latestFirst: whether the users with the latest event are the likely ones.
  /// - Returns: `nil` when the teaching rows lack one of the classes or nobody is judged.
  /// - Throws: ``ModelError`` for a bad setting.
  package init?(
    _ rows: LabelledRows, judged: [Int64], horizon: Int64, latestFirst: Bool = true,
    _ configuration: Classifier.Configuration = .init()
  ) throws(ModelError) {
    guard let first = judged.first else { return nil }
    let teaching = rows.rows { $0 + horizon <= first }
    let test = rows.rows { judged.contains($0) }
    let positives = teaching.labels.reduce(0, +)
    guard positives > 0, positives < Double(teaching.labels.count), !test.labels.isEmpty else { return nil }
    let model = try Classifier.fit(teaching.features, labels: teaching.labels, configuration)
    metrics = BinaryMetrics(probabilities: model.probabilities(test.features), labels: test.labels)
    let rate = positives / Double(teaching.labels.count)
    baseRate = BinaryMetrics(probabilities: [Double](repeating: rate, count: test.labels.count), labels: test.labels)
    recencyRule = BinaryMetrics(
      probabilities: Self.recencyRanks(test.features, latestFirst: latestFirst), labels: test.labels)
    self.judged = judged
    teachingRows = teaching.labels.count
    teachingPositives = Int(positives)
  }

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
