import InstarModels
import Testing

@Suite struct NumberMetricsTests {
  /// By hand: values 0 0 10 30, predictions 0 5 5 20.
  @Test func figuresByHand() {
    let metrics = NumberMetrics(predictions: [0, 5, 5, 20], values: [0, 0, 10, 30])
    // Errors 0 5 5 10.
    expectEqual(metrics.meanAbsoluteError, 5, within: 1e-12)
    expectEqual(metrics.rootMeanSquaredError, 37.5.squareRoot(), within: 1e-12)
    // The mean is 10; squares around it 100 100 0 400.
    expectEqual(metrics.rSquared, 1 - 150.0 / 600, within: 1e-12)
    expectEqual(metrics.totalRatio, 0.75, within: 1e-12)
    // Ranks 1 2.5 2.5 4 and 1.5 1.5 3 4: products (-1.5)(-1) + 0 + 0 + (1.5)(1.5) = 3.75, squares 4.5 and 4.5.
    expectEqual(metrics.spearman, 3.75 / 4.5, within: 1e-12)
    // In order of prediction 30, then 0 and 10 together, then 0: areas 15, 2 x 35, 40 of 4 rows = 31.25, less 20.
    // In perfect order 30, 10, 0, 0 with the zeros together: 15 + 35 + 2 x 40 = 130 of 4 = 32.5, less 20.
    expectEqual(metrics.gini, 11.25 / 12.5, within: 1e-12)
    #expect(metrics.positiveCount == 2 && metrics.rowCount == 4)
  }

  @Test func nothingIsUndefinedQuietly() {
    let metrics = NumberMetrics(predictions: [1, 1], values: [0, 0])
    #expect(metrics.rSquared == nil && metrics.spearman == nil && metrics.gini == nil && metrics.totalRatio == nil)
  }
}
