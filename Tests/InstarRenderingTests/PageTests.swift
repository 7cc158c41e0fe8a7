import InstarColumns
import InstarRendering
import Testing

/// HTML pages: what a browser is handed.
@Suite struct PageTests {
  private let funnel = ResultTable(
    columns: [
      texts("country", ["TR", "TR", "DE", "DE"]), integers("step", [1, 2, 1, 2]),
      texts("event", ["view", "purchase", "view", "purchase"]), integers("users", [200, 50, 80, 0]),
      reals("rate", [1, 0.25, 1, 0]), reals("rate_prev", [0, 0.25, 0, 0], present: [0, 1, 0, 1]),
    ], shape: .funnel)

  /// The width of the bars against the track of 420 pixels: 50 of 200 users are a quarter, 105 pixels.
  @Test func barsAreAsLongAsTheirShare() {
    let page = render(funnel, .html)
    #expect(page.contains("width=\"105.0\" height=\"26.0\" class=\"bar\"><title>purchase: 50 users</title>"))
    #expect(page.contains("width=\"0.0\" height=\"26.0\" class=\"bar\"><title>purchase: 0 users</title>"))
    #expect(page.contains(">country = TR<") && page.contains(">country = DE<"))
    #expect(page.contains(">25.0% of prev<"))
  }

  @Test func nothingInAPageIsForeignMarkup() {
    let name = "<script>alert(\"1\")</script>&"
    var table = ResultTable(
      columns: [texts(name, [name]), integers("users", [3])], shape: .bars)
    table.receipt.statement = name
    let page = render(table, .html)
    #expect(!page.contains("<script"))
    #expect(page.contains("<td>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;</td>"))
    #expect(page.contains("<title>&lt;script&gt;"))
  }

  @Test func aPageAsksNoNetworkAndFollowsLightAndDark() {
    let page = render(funnel, .html).replacing("http://www.w3.org/2000/svg", with: "")
    #expect(!page.contains("http") && !page.contains("url(") && !page.contains("@import") && !page.contains("src="))
    #expect(page.contains("prefers-color-scheme: dark"))
  }

  /// The second result of a file has no head of its own.
  @Test func resultsFollowEachOtherInOnePage() {
    var options = RenderOptions(.html)
    let first = ResultRenderer(options).text(mixed)
    options.continues = true
    let both = first + ResultRenderer(options).text(funnel)
    #expect(both.split(separator: "<!DOCTYPE html>").count == 1)
    #expect(both.split(separator: "<section>").count == 3)
    #expect(both.split(separator: "</section>").count == 3)
  }

  /// Ages 1 of .40 and .10: the darkest ground is .90 (all of the largest), the other .08 + .82 / 4.
  @Test func heatIsMeasuredAgainstTheLargestLaterAge() {
    let table = ResultTable(
      columns: [
        texts("cohort", ["2026-01", "2026-01", "2026-02", "2026-02"]), integers("size", [100, 100, 10, 10]),
        integers("age", [0, 1, 0, 1]), integers("users", [100, 40, 10, 1]), reals("rate", [1, 0.4, 1, 0.1]),
        Column("complete", type: .boolean, values: .booleans([1, 1, 1, 0])),
      ], shape: .retention)
    let page = render(table, .html)
    #expect(page.contains("fill-opacity=\"0.900\"><title>2026-01, 100, age 1: 40.0</title>"))
    #expect(page.contains("fill-opacity=\"0.285\"><title>2026-02, 10, age 1: 10.0*</title>"))
    #expect(page.contains("not covered to its end"))
  }

  /// A gap lifts the pen: two moves, two strokes. Five values from 0 to 100 have marks 0, 50 and 100 among them.
  @Test func aMissingValueIsAGapInTheLine() {
    let day: Int64 = 86_400_000
    let table = ResultTable(
      columns: [
        Column("day", type: .time, values: .integers([0, day, 2 * day, 3 * day, 4 * day])),
        reals("revenue", [0, 50, 0, 100, 100], present: [1, 1, 0, 1, 1]),
      ], shape: .series)
    let page = render(table, .html)
    let path = page.split(separator: "<path d=\"")[1].prefix { $0 != "\"" }
    #expect(path.count { $0 == "M" } == 2)
    #expect(path.count { $0 == "L" } == 2)
    // From the left edge of the panel at 78 to the right one at 848; 100 lies on the upper edge at 26, 0 at 162.
    #expect(path.hasPrefix("M78.0 162.0L270.5 94.0M"))
    #expect(path.hasSuffix("L848.0 26.0"))
    #expect(page.contains(">1970-01-01<") && page.contains(">1970-01-05<") && page.contains(">1970-01-03<"))
  }

  /// Where the values are as many as five hundred thousand, marks are round numbers.
  @Test(arguments: [
    (0.0, 437_000.0, ["0", "200,000", "400,000", "600,000"]), (0, 0.37, ["0.0", "0.1", "0.2", "0.3", "0.4"]),
  ])
  func marksAreRound(least: Double, greatest: Double, marks: [String]) {
    let table = ResultTable(
      columns: [integers("n", [1, 2]), reals("value", [least, greatest])], shape: .series)
    let page = render(table, .html)
    for mark in marks { #expect(page.contains(" class=\"end faint\">\(mark)</text>"), "\(mark)") }
  }

  @Test func anEffectBelowNothingStandsLeftOfTheMiddle() {
    let table = ResultTable(
      columns: [texts("attribute", ["orders", "recency"]), reals("effect", [0.8, -0.4])], shape: .bars)
    let page = render(table, .html)
    // The middle is at 260 + 240; -.4 of .8 is half of 240.
    #expect(page.contains("<rect x=\"500.0\" y=\"4.0\" width=\"240.0\" height=\"20.0\" class=\"bar\">"))
    #expect(page.contains("<rect x=\"380.0\" y=\"32.0\" width=\"120.0\" height=\"20.0\" class=\"loss\">"))
  }

  @Test func anEmptyTableIsAPageWithItsHead() {
    let page = render(ResultTable(columns: [texts("user", [])]), .html)
    #expect(page.contains("<th>user</th>") && page.contains("<tbody>\n</tbody>"))
  }
}

/// Curves and figures of models in a page.
@Suite struct ModelPageTests {
  /// Survival 1 until day 10, .5 until day 20, then 0: the corners of two steps, of 770 pixels across and 260 down.
  @Test func survivalFallsInSteps() {
    let table = ResultTable(
      columns: [
        reals("days", [0, 10, 20]), integers("at_risk", [2, 2, 1]), integers("events", [0, 1, 1]),
        reals("survival", [1, 0.5, 0]), reals("low", [1, 0.1, 0]), reals("high", [1, 0.9, 0.5]),
      ], shape: .survival)
    let page = render(table, .html)
    #expect(page.contains("d=\"M78.0 12.0L463.0 12.0L463.0 142.0L848.0 142.0L848.0 272.0\" class=\"curve s0\""))
    #expect(page.contains("fill-opacity=\"0.150\""))
    #expect(page.contains(">20 days<"))
  }

  /// Two tenths: .8 predicted and .6 came, .2 and .2; the first holds three quarters of what came.
  @Test func calibrationAndGainOfATrial() {
    let metrics = ["auc", "calibration_1", "calibration_2", "gain_1", "gain_2"]
    let table = ResultTable(
      columns: [
        texts("model", Array(repeating: "churn", count: 5)), texts("anchor", Array(repeating: "2026-01-01", count: 5)),
        integers("n", Array(repeating: 10, count: 5)), integers("positives", Array(repeating: 4, count: 5)),
        texts("metric", metrics), reals("value", [0.7, 0.8, 0.2, 0.75, 1]), reals("baseline", [0.5, 0.6, 0.2, 0.5, 1]),
      ], shape: .quality)
    let page = render(table, .html)
    #expect(page.contains(">churn at 2026-01-01<"))
    #expect(page.contains("<title>1.000, 0.750</title>"), "predicted .8 of .8, came .6 of .8")
    #expect(page.contains("<title>0.500, 0.750</title>"), "half of the users hold three quarters")
  }
}
