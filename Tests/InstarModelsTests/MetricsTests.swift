import InstarModels
import Testing

/// Twelve points with ties. The expected values are those of scikit-learn 1.9.1 on the same points.
@Suite struct MetricsTests {
  private let probabilities = [0.1, 0.1, 0.2, 0.35, 0.35, 0.4, 0.5, 0.62, 0.62, 0.7, 0.8, 0.95]
  private let labels: [Double] = [0, 0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 1]

  @Test func anchorValues() {
    let metrics = BinaryMetrics(probabilities: probabilities, labels: labels)
    expectEqual(metrics.auc, 0.888888888888889, within: 1e-12)
    expectEqual(metrics.averagePrecision, 0.8833333333333333, within: 1e-12)
    expectEqual(metrics.brier, 0.1396916666666667, within: 1e-12)
    expectEqual(metrics.logLoss, 0.43293117036601064, within: 1e-12)
    expectEqual(metrics.kolmogorovSmirnov, 0.6666666666666667, within: 1e-12)
    expectEqual(metrics.calibrationError(equalWidthBins: 10), 0.19916666666666666, within: 1e-12)
    expectEqual(metrics.lift(top: 0.25), 2, within: 1e-12)
    let confusion = metrics.confusion(threshold: 0.5)
    expectEqual(confusion.accuracy, 0.8333333333333334, within: 1e-12)
    expectEqual(confusion.f1, 0.8333333333333334, within: 1e-12)
    expectEqual(confusion.matthews, 0.6666666666666666, within: 1e-12)
    // Skill: 1 - .1396917 / (1/2 x 1/2).
    expectEqual(metrics.skill, 1 - 0.1396916666666667 / 0.25, within: 1e-12)
  }

  @Test func tiesAtTheBoundaryShareTheirMean() {
    // The top fifth of five rows is one of the three that tie: a third of a positive, over a base rate of 2/5.
    let metrics = BinaryMetrics(probabilities: [0.9, 0.9, 0.9, 0.1, 0.1], labels: [1, 0, 0, 1, 0])
    expectEqual(metrics.lift(top: 0.2), (1.0 / 3) / (2.0 / 5), within: 1e-12)
  }

  @Test func equalCountBinsWeighEachRowOnce() {
    // Bins of two: {.9, .8} with labels 1, 1 and {.4, .1} with labels 1, 0: (|2 - 1.7| + |1 - .5|)/4.
    let metrics = BinaryMetrics(probabilities: [0.1, 0.9, 0.4, 0.8], labels: [0, 1, 1, 1])
    expectEqual(metrics.calibrationError(equalCountBins: 2), 0.2, within: 1e-12)
  }

  @Test func oneClassHasNoArea() {
    let metrics = BinaryMetrics(probabilities: [0.2, 0.3], labels: [0, 0])
    #expect(metrics.auc == nil && metrics.averagePrecision == nil && metrics.skill == nil)
    #expect(metrics.lift(top: 0.1) == nil)
    #expect(metrics.logLoss.isFinite)
  }

  @Test func certaintyThatFailsIsFinite() {
    #expect(BinaryMetrics(probabilities: [0, 1], labels: [1, 0]).logLoss.isFinite)
  }

  @Test func plattScaling() {
    guard case .platt(let a, let b) = Calibration.platt(scores: probabilities, labels: labels) else { return }
    expectEqual(a, -4.903296083619843, within: 1e-5)
    expectEqual(b, 2.3097199930380614, within: 1e-5)
  }

  @Test func isotonicRegression() {
    let calibration = Calibration.isotonic(scores: probabilities, labels: labels)
    let third = 1.0 / 3
    expectEqual(
      probabilities.map(calibration.probability),
      [0, 0, 0, third, third, third, 2 * third, 2 * third, 2 * third, 1, 1, 1], within: 1e-12)
    #expect(calibration.probability(-1) == 0 && calibration.probability(2) == 1)
  }

  @Test(arguments: 0..<5 as Range<UInt64>) func areaIsTheShareOfPairsInOrder(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let points = (0..<60).map { _ in (Double(generator.below(12)) / 12, Double(generator.below(2))) }
    let metrics = BinaryMetrics(probabilities: points.map(\.0), labels: points.map(\.1))
    var (right, pairs) = (0.0, 0.0)
    for positive in points where positive.1 == 1 {
      for negative in points where negative.1 == 0 {
        right += positive.0 > negative.0 ? 1 : positive.0 == negative.0 ? 0.5 : 0
        pairs += 1
      }
    }
    expectEqual(metrics.auc, right / pairs, within: 1e-12, "seed \(seed)")
  }
}
