import InstarColumns
import InstarRendering
import Testing

/// Curves of survival as pictures.
@Suite struct SurvivalChartTests {
  private func curve(_ rows: [(String, Double, Int64, Double)], grouped: Bool) -> ResultTable {
    let columns = [
      Column("days", type: .real, values: .reals(rows.map(\.1))),
      Column("at_risk", type: .integer, values: .integers(rows.map(\.2))),
      Column("events", type: .integer, values: .integers(rows.map { _ in 1 })),
      Column("survival", type: .real, values: .reals(rows.map(\.3))),
    ]
    let keys = [Column("plan", type: .text, values: .texts(rows.map(\.0)))]
    return ResultTable(columns: (grouped ? keys : []) + columns, shape: .survival)
  }

  private func lines(_ table: ResultTable, width: Int = 40) -> [String] {
    var options = RenderOptions(.chart)
    options.width = width
    return ResultRenderer(options).text(table).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// One curve: at 100 % until day 5, then at 50 %, at 0 from day 10 on. 31 columns stand for 10 days.
  @Test func oneCurve() {
    let text = lines(curve([("", 0, 4, 1), ("", 5, 4, 0.5), ("", 10, 2, 0)], grouped: false))
    #expect(text[0] == " 100 % ┤" + String(repeating: "•", count: 15))
    #expect(
      text[6].hasSuffix("┤" + String(repeating: " ", count: 15) + String(repeating: "•", count: 15)), "\(text[6])")
    #expect(text[11] == "   0 % ┤" + String(repeating: " ", count: 30) + "•")
    #expect(text[12] == "       └" + String(repeating: "─", count: 31))
    #expect(text[13] == "        0" + String(repeating: " ", count: 23) + "10 days")
    #expect(text.count == 15, "no legend for one curve")
  }

  /// Where two curves meet stands the first one's letter; the legend says which is which.
  @Test func twoCurves() {
    let text = lines(
      curve([("a", 0, 9, 1), ("a", 10, 3, 0.5), ("b", 0, 7, 1), ("b", 5, 7, 0), ("b", 10, 1, 0)], grouped: true))
    #expect(text[0].hasSuffix(String(repeating: "A", count: 30)), "\(text[0])")
    #expect(text[11].contains("BBBB") && !text[11].contains("A"), "\(text[11])")
    #expect(text[14] == "A  plan = a  at risk 9 .. 3")
    #expect(text[15] == "B  plan = b  at risk 7 .. 1")
  }

  @Test func withoutTheColumnsThereIsATable() {
    let table = ResultTable(columns: [Column("days", type: .real, values: .reals([1]))], shape: .survival)
    #expect(lines(table).joined().contains("days"))
  }
}
