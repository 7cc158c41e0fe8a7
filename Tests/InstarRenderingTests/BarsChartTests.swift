import InstarColumns
import InstarRendering
import Testing

@Suite struct BarsChartTests {
  /// 46 columns leave 46 - 4 - 22 = 20 for the bar. A share says what the bar says.
  @Test func sizes() {
    let table = ResultTable(
      columns: [
        integers("cluster", [1, 2]), integers("users", [300, 150]), reals("share", [0.667, 0.333]),
        integers("orders", [1, 12]),
      ], shape: .bars)
    #expect(
      render(table, .chart, width: 46) == """
        cluster  users                        orders
              1    300  ████████████████████       1
              2    150  ██████████                12

        """)
  }

  /// Differences lie left and right of the middle: nine columns on either side.
  @Test func differences() {
    let table = ResultTable(
      columns: [texts("what", ["age", "TR", "DE"]), integers("effect", [9, -3, 0])], shape: .bars)
    #expect(
      render(table, .chart, width: 35) == """
        what  effect
        age        9           │█████████
        TR        -3        ███│
        DE         0           │

        """)
  }

  /// Without a column for bars the table is a box, as any other.
  @Test func boxes() {
    let table = ResultTable(columns: [texts("what", ["age"])], shape: .bars)
    #expect(render(table, .chart, width: 40) == render(table, .box, width: 40))
  }
}
