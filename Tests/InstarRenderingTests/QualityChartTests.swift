import InstarColumns
import InstarRendering
import Testing

@Suite struct QualityChartTests {
  private static func table(_ metrics: [String], _ values: [Double], _ baselines: [Double]) -> ResultTable {
    let count = metrics.count
    return ResultTable(
      columns: [
        texts("model", [String](repeating: "m", count: count)),
        // 2026-01-31T00:00Z
        Column(
          "anchor", type: .time, values: .integers([Int64](repeating: 1_769_817_600_000, count: count)), present: []),
        integers("n", [Int64](repeating: 100, count: count)),
        integers("positives", [Int64](repeating: 30, count: count)),
        texts("metric", metrics), reals("value", values), reals("baseline", baselines),
      ], shape: .quality)
  }

  /// 24 columns for 0.6: a prediction of 0.5 stands at 20, and 0.3 is 12 long with 0.1 at 4. Of ten columns 0.667 are 7.
  @Test func figuresCalibrationAndGain() {
    let table = Self.table(
      ["auc", "log_loss", "calibration_1", "calibration_2", "gain_1", "gain_2"], [0.801, 0.4, 0.5, 0.1, 0.667, 1],
      [0.737, 0.508, 0.6, 0.3, 0.5, 1])
    #expect(
      render(table, .chart, width: 80) == """
        m at 2026-01-31: 100 users, 30 positive
        auc 0.801 (0.737)  log_loss 0.400 (0.508)
        tenth  predicted   came                            of all so far
            1      0.500  0.600  ████████████████████│███  ███████     0.667
            2      0.100  0.300  ████│███████              ██████████  1.000

        """)
  }

  /// Figures alone, as of a segment against the future, are a box.
  @Test func figuresWithoutTenthsAreABox() {
    let table = Self.table(["precision"], [0.5], [0.667])
    #expect(render(table, .chart, width: 80) == render(table, .box, width: 80))
  }
}
