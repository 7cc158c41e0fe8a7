import InstarCalendar
import InstarColumns
import InstarRendering
import Testing

@Suite struct ChartTests {
  static let funnel = ResultTable(
    columns: [
      integers("step", [1, 2, 3]), texts("event", ["view", "cart", "purchase"]),
      integers("users", [48_000, 24_000, 1_500]),
      reals("rate", [1, 0.5, 0.03125]), reals("rate_prev", [0, 0.5, 0.0625], present: [0, 1, 1]),
      integers("dropped", [0, 24_000, 22_500]),
      Column("median_time", type: .duration, values: .integers([0, 7_800_000, 45_000]), present: [0, 1, 1]),
      Column("complete", type: .boolean, values: .booleans([1, 1, 0])),
    ], shape: .funnel)

  @Test func funnelsAreBars() {
    // Width 86 leaves 86 - 8 - 62 = 16 columns for the bar: 16, 8 and half a column.
    #expect(
      render(Self.funnel, .chart, width: 86) == """
        step  event                            users     rate  of prev   dropped   median time
           1  view      ████████████████      48,000   100.0%
           2  cart      ████████              24,000    50.0%    50.0%    24,000    2 h 10 min
           3  purchase  ▌                       1500    3.1%*     6.3%    22,500          45 s
        * some windows had not closed: the rate may rise

        """)
  }

  @Test func funnelsByGroupCountFromTheirOwnFirstStep() {
    let table = ResultTable(
      columns: [
        texts("country", ["TR", "TR", "DE", "DE"]), integers("step", [1, 2, 1, 2]),
        texts("event", ["a", "b", "a", "b"]),
        integers("users", [100, 50, 10, 5]), reals("rate", [1, 0.5, 1, 0.5]),
      ], shape: .funnel)
    #expect(
      render(table, .chart, width: 75) == """
        country = TR
        step  event                 users     rate  of prev   dropped   median time
           1  a      ████████         100   100.0%
           2  b      ████              50    50.0%

        country = DE
        step  event                 users     rate  of prev   dropped   median time
           1  a      ████████          10   100.0%
           2  b      ████               5    50.0%

        """)
  }

  static let retention = ResultTable(
    columns: [
      texts("cohort", ["2026-01", "2026-01", "2026-01", "2026-02", "2026-02"]),
      integers("size", [948, 948, 948, 20_000, 20_000]), integers("age", [0, 1, 2, 0, 1]),
      integers("users", [948, 362, 317, 20_000, 5_000]), reals("rate", [1, 0.4, 0.2, 1, 0.1]),
      reals("measure", [0, 0, 0, 0, 0], present: [0, 0, 0, 0, 0]),
      Column("complete", type: .boolean, values: .booleans([1, 1, 1, 1, 0])),
    ], shape: .retention)

  @Test func retentionIsAHeatMap() {
    // The largest rate of ages above 0 is 0.4: 0.2 is half of it, 0.1 a quarter.
    #expect(
      render(Self.retention, .chart) == """
        cohort     size       0       1       2
        2026-01     948  █100.0  █ 40.0  ▒ 20.0
        2026-02  20,000  █100.0  ░ 10.0*
        * not covered to its end: the value may rise

        """)
    // In 34 columns there is no room for decimals, in 24 not for all ages.
    #expect(
      render(Self.retention, .chart, width: 34).hasPrefix(
        "cohort     size     0     1     2\n2026-01     948  █100  █ 40  ▒ 20\n"))
    let narrow = render(Self.retention, .chart, width: 24)
    #expect(narrow.contains("2026-01     948  █100\n"))
    #expect(narrow.contains("1 of 3 ages\n"))
    #expect(render(Self.retention, .chart, maxRows: 1).contains("1 of 2 cohorts\n"))
  }

  @Test func retentionInColour() {
    let text = render(Self.retention, .chart, color: true)
    #expect(text.contains("\u{1B}[38;5;231;48;5;19m  40.0 \u{1B}[0m"))
    // A quarter of the largest: the third of eight colours.
    #expect(text.contains("\u{1B}[38;5;16;48;5;153m  10.0*\u{1B}[0m"))
  }

  @Test func seriesAreSparklines() {
    let table = ResultTable(
      columns: [
        texts("month", ["2026-01", "2026-01", "2026-02", "2026-02", "2026-03"]),
        texts("country", ["TR", "DE", "TR", "DE", "TR"]), integers("buyers", [0, 4, 4, 8, 8]),
      ], shape: .series)
    #expect(
      render(table, .chart) == """
        buyers  country = TR  ▁▅█  2026-01 .. 2026-03  min 0  max 8  last 8
        buyers  country = DE  ▅█  2026-01 .. 2026-02  min 4  max 8  last 8

        """)
    #expect(Sparkline.text([1, nil, -1], width: 10) == "█ ▁")
    #expect(Sparkline.text([0, 0], width: 10) == "▁▁")
    #expect(Sparkline.text([0, 2, 8, 8], width: 2) == "▂█")
    #expect(Sparkline.text([], width: 2) == "")
  }

  @Test func tablesWithoutAPictureAreBoxes() {
    let table = ResultTable(columns: [integers("n", [1])])
    #expect(render(table, .chart) == render(table, .box))
    let empty = ResultTable(columns: [integers("step", [])], shape: .funnel)
    #expect(render(empty, .chart) == render(empty, .box))
    let lacking = ResultTable(columns: [integers("step", [1])], shape: .funnel)
    #expect(render(lacking, .chart) == render(lacking, .box))
  }
}

@Suite struct ReceiptTextTests {
  static var receipt: Receipt {
    var receipt = Receipt()
    receipt.statement = "SEGMENT users WHERE \"x\" > 1"
    receipt.engineVersion = "0.1.0"
    receipt.formatVersion = 1
    receipt.dataHash = "3f2a9c01d4e5f60718"
    receipt.asOf = 1_767_225_600_001
    receipt.population = 12_345
    receipt.incompletePeriods = 2
    receipt.usersWithMissingValues = 1
    receipt.defaults = ["entry = best"]
    receipt.models = ["loyalty@1 (AUC 0.81, baseline 0.74)"]
    receipt.elapsedMilliseconds = 12.34
    return receipt
  }

  @Test func receiptsAreThreeLines() {
    #expect(
      Self.receipt.lines(zone: .utc) == [
        "as of 2026-01-01 00:00:00.001 UTC, weeks begin on monday; 12,345 users; 12.3 ms",
        "entry = best; 2 incomplete periods, 1 user with missing values",
        "data 3f2a9c01d4e5, format 1, instar 0.1.0; model loyalty@1 (AUC 0.81, baseline 0.74)",
      ])
    var plain = Receipt()
    plain.notes = ["42 users have no country"]
    #expect(
      plain.lines(zone: .utc) == [
        "as of 1970-01-01 00:00:00 UTC, weeks begin on monday; 0 users", "no defaults used; nothing left out",
        "data empty, format 0", "note: 42 users have no country",
      ])
  }

  @Test func receiptsAreOneLineOfJSON() {
    var bytes: [UInt8] = []
    Self.receipt.appendJSON(rows: 10, zone: .utc, to: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == #"{"statement":"SEGMENT users WHERE \"x\" > 1","engine_version":"0.1.0","format_version":1,"#
        + #""data_hash":"3f2a9c01d4e5f60718","as_of":"2026-01-01T00:00:00.001Z","time_zone":"UTC","#
        + #""week_start":"monday","rows":10,"population":12345,"suppressed_rows":0,"incomplete_periods":2,"#
        + #""users_with_missing_values":1,"defaults":["entry = best"],"#
        + #""models":["loyalty@1 (AUC 0.81, baseline 0.74)"],"notes":[],"elapsed_ms":12.340}"# + "\n")
  }
}
