#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A trained answer to "how probable is it": preprocessing, logistic regression and, if asked for, calibration.
///
/// Reference page: `docs/reference/predict/logistic.md`.
package struct ProbabilityModel: Sendable, Equatable {
  package struct Configuration: Sendable, Hashable {
    package var regression: LogisticRegression.Configuration
    /// Whether features go through sign(x) ln(1+|x|) before they are standardised.
    package var signedLog: Bool

    package init(regression: LogisticRegression.Configuration = .init(), signedLog: Bool = true) {
      self.regression = regression
      self.signedLog = signedLog
    }

    package func validate() throws(ModelError) { try regression.validate() }
  }

  package let preprocessing: Preprocessing
  package let regression: LogisticRegression
  /// `nil` unless ``calibrated(by:)`` set it.
  package private(set) var calibration: Calibration?
  /// Rows and positives that the model was fitted on.
  package let rowCount: Int
  package let positiveCount: Int

  /// Fits a model on features and labels (0 or 1), one label for each row.
  ///
  /// With one class only, the model is the constant (k + 1/2)/(n + 1), k positives of n rows.
  ///
  /// - Throws: ``ModelError`` for a bad setting or when there is no row.
  package static func fit(
    _ features: FeatureMatrix, labels: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> ProbabilityModel {
    try configuration.validate()
    try ModelError.check(features.rowCount > 0, "there is no row to train on")
    precondition(labels.count == features.rowCount, "one label for each row")
    let positives = Int(labels.reduce(0, +))
    let (preprocessing, matrix) = Preprocessing.fitting(features, signedLog: configuration.signedLog)
    let regression: LogisticRegression
    if positives == 0 || positives == labels.count {
      let rate = (Double(positives) + 0.5) / Double(labels.count + 1)
      let zeros = [Double](repeating: 0, count: preprocessing.columns.count)
      regression = LogisticRegression(intercept: log(rate / (1 - rate)), coefficients: zeros)
    } else {
      regression = LogisticRegression.fit(matrix, labels: labels, configuration.regression)
    }
    return ProbabilityModel(
      preprocessing: preprocessing, regression: regression, calibration: nil, rowCount: labels.count,
      positiveCount: positives)
  }

  /// This model followed by a calibration of its logits.
  package func calibrated(by calibration: Calibration) -> ProbabilityModel {
    var model = self
    model.calibration = calibration
    return model
  }

  /// The logit of each row before calibration.
  ///
  /// - Precondition: the features have the names and order that the model was fitted on.
  package func logits(_ features: FeatureMatrix) -> [Double] {
    precondition(features.names == preprocessing.inputNames, "features as the model was fitted on")
    var row = [Double](repeating: 0, count: preprocessing.columns.count)
    return (0..<features.rowCount).map { index in
      preprocessing.apply(features, row: index, into: &row)
      return regression.logit(row.span)
    }
  }

  /// The probability of each row.
  ///
  /// - Precondition: as for ``logits(_:)``.
  /// - Complexity: O(rows x features).
  package func probabilities(_ features: FeatureMatrix) -> [Double] { logits(features).map(probability) }

  /// The probability of one row of features, in the order of ``Preprocessing/inputNames``.
  ///
  /// - Parameter scratch: kept by the caller between rows, so that scoring allocates nothing.
  package func probability(ofRow features: [Double], scratch: inout [Double]) -> Double {
    if scratch.count != preprocessing.columns.count {
      scratch = [Double](repeating: 0, count: preprocessing.columns.count)
    }
    preprocessing.apply(features, into: &scratch)
    return probability(regression.logit(scratch.span))
  }

  private func probability(_ logit: Double) -> Double { calibration?.probability(logit) ?? sigmoid(logit) }

  /// What each standardised feature adds to the logit of one row, the greatest amount first; with the intercept they
  /// sum to the logit.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    var row = [Double](repeating: 0, count: preprocessing.columns.count)
    preprocessing.apply(features, into: &row)
    let names = preprocessing.outputNames
    return row.indices.map { (feature: names[$0], part: row[$0] * regression.coefficients[$0]) }
      .sorted { (abs($0.part), $1.feature) > (abs($1.part), $0.feature) }
  }
}
