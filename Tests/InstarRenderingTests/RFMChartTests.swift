import InstarColumns
import InstarRendering
import Testing

/// Six users: three in the best corner, two recent ones with one order, one lost.
@Suite struct RFMChartTests {
  private let table = ResultTable(
    columns: [
      texts("user", ["a", "b", "c", "d", "e", "f"]), integers("r", [3, 3, 3, 3, 3, 1]),
      integers("f", [3, 3, 3, 1, 1, 1]), integers("m", [3, 3, 2, 1, 1, 1]),
      reals("monetary", [100, 50, 50, 10, 10, 5.5]),
      texts("label", ["champions", "champions", "champions", "new", "new", "lost"]),
    ], shape: .rfm)

  @Test func usersStandByRecencyAndFrequency() {
    let lines = render(table, .chart).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    #expect(lines[0] == "users   f 1    f 2    f 3")
    #expect(lines[1] == "r 3   ▓   2      0  █   3")
    #expect(lines[2] == "r 2       0      0      0")
    #expect(lines[3] == "r 1   ▒   1      0      0")
  }

  /// Three of six are a half, and 200 is the sum of their money.
  @Test func labelsHaveUsersShareAndMoney() {
    let lines = render(table, .chart).split(separator: "\n").map(String.init)
    #expect(lines[5].hasPrefix("champions") && lines[5].contains("█████ ") && lines[5].hasSuffix("50.0%     200.0"))
    #expect(lines[7].hasPrefix("lost") && lines[7].hasSuffix("16.7%       5.5"))
  }

  @Test func thePageHasTheGrid() {
    let page = render(table, .html)
    #expect(page.contains("<title>recency 3, frequency 3: 3 users</title>"))
    // A third of the largest: .08 + .82 / 3.
    #expect(page.contains("fill-opacity=\"0.353\"><title>recency 1, frequency 1: 1 users</title>"))
  }

  @Test func aTableWithoutScoresIsABox() {
    #expect(render(ResultTable(columns: [texts("user", ["a"])], shape: .rfm), .chart).hasPrefix("┌"))
  }
}
