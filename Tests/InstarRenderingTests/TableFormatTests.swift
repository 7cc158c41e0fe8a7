import InstarCalendar
import InstarColumns
import InstarRendering
import Testing

@Suite struct TableFormatTests {
  @Test func csvTellsMissingFromEmpty() {
    #expect(
      render(mixed, .csv) == """
        user,orders,aov,vip,seen,gap
        ada,12345,78.03,true,2026-01-31T10:15:00Z,7800
        "",2026,0.5,false,1970-01-01T00:00:00Z,1.5
        "a,""b""
        |",-7,,,,

        """)
    let blanks = ResultTable(columns: [texts("a b", ["x", " x", "x "])])
    #expect(render(blanks, .csv) == "a b\nx\n\" x\"\n\"x \"\n")
  }

  @Test func tsvEscapes() {
    #expect(
      render(mixed, .tsv) == "user\torders\taov\tvip\tseen\tgap\n"
        + "ada\t12345\t78.03\ttrue\t2026-01-31T10:15:00Z\t7800\n"
        + "\t2026\t0.5\tfalse\t1970-01-01T00:00:00Z\t1.5\n" + "a,\"b\"\\n|\t-7\t\\N\t\\N\t\\N\t\\N\n")
    #expect(render(ResultTable(columns: [texts("x", ["\\N", "a\tb"])]), .tsv) == "x\n\\\\N\na\\tb\n")
  }

  @Test func jsonIsOneDocument() {
    let first =
      #"{"user":"ada","orders":12345,"aov":78.03,"vip":true,"seen":"2026-01-31T10:15:00Z","gap":7800}"#
    let second = #"{"user":"","orders":2026,"aov":0.5,"vip":false,"seen":"1970-01-01T00:00:00Z","gap":1.5}"#
    let third = #"{"user":"a,\"b\"\n|","orders":-7,"aov":null,"vip":null,"seen":null,"gap":null}"#
    #expect(render(mixed, .json) == "[\(first),\n \(second),\n \(third)]\n")
    #expect(render(mixed, .jsonl) == "\(first)\n\(second)\n\(third)\n")
    let empty = ResultTable(columns: [texts("x", [])])
    #expect(render(empty, .json) == "[]\n")
    #expect(render(empty, .jsonl) == "")
    let odd = ResultTable(columns: [texts("\u{1}\"", ["\u{1F}日"]), reals("r", [.nan])])
    #expect(render(odd, .jsonl) == "{\"\\u0001\\\"\":\"\\u001f日\",\"r\":null}\n")
  }

  @Test func boxesAlignAndGroup() {
    #expect(
      render(mixed, .box) == #"""
        ┌──────────┬────────┬───────────┬───────┬──────────────────┬────────────┐
        │ user     │ orders │ aov (EUR) │ vip   │ seen             │        gap │
        ├──────────┼────────┼───────────┼───────┼──────────────────┼────────────┤
        │ ada      │ 12,345 │     78.03 │ true  │ 2026-01-31 10:15 │ 2 h 10 min │
        │          │   2026 │      0.50 │ false │ 1970-01-01 00:00 │      1.5 s │
        │ a,"b"\n| │     -7 │         · │ ·     │ ·                │          · │
        └──────────┴────────┴───────────┴───────┴──────────────────┴────────────┘

        """#)
  }

  @Test func boxesAlignWideCharacters() {
    let table = ResultTable(columns: [texts("title", ["日本", "ab", "👩\u{200D}👧 x"]), integers("n", [1, 22, 333])])
    #expect(
      render(table, .box) == """
        ┌───────┬─────┐
        │ title │   n │
        ├───────┼─────┤
        │ 日本  │   1 │
        │ ab    │  22 │
        │ 👩\u{200D}👧 x  │ 333 │
        └───────┴─────┘

        """)
  }

  @Test func boxesAnnounceWhatTheyLeaveOut() {
    let table = ResultTable(columns: [
      texts("name", (0..<912).map { "a name of some length \($0)" }), integers("n", Array(0..<912)),
      texts("remark", Array(repeating: "nothing to say", count: 912)),
    ])
    // 23 + 1 + 14 columns and 10 for the frame are 48: the name gives way by 8.
    #expect(
      render(table, .box, width: 40, maxRows: 2) == """
        ┌─────────────────┬───┬────────────────┐
        │ name            │ n │ remark         │
        ├─────────────────┼───┼────────────────┤
        │ a name of some… │ 0 │ nothing to say │
        │ a name of some… │ 1 │ nothing to say │
        └─────────────────┴───┴────────────────┘
        2 of 912 rows

        """)
    #expect(
      render(table, .box, width: 20, maxRows: 1) == """
        ┌──────────────┬───┐
        │ name         │ n │
        ├──────────────┼───┤
        │ a name of s… │ 0 │
        └──────────────┴───┘
        1 of 912 rows
        1 column does not fit: remark

        """)
    for line in render(table, .box, width: 33, maxRows: 5).split(separator: "\n") { #expect(line.displayWidth <= 33) }
  }

  @Test func textsCannotSteerTheTerminal() {
    let table = ResultTable(columns: [texts("x", ["\u{1B}[31mred\u{7}", "a\u{202E}b", "tab\t"])])
    let text = render(table, .box)
    #expect(text.contains(#"\u{1b}[31mred\u{7}"#))
    #expect(text.contains(#"a\u{202e}b"#))
    #expect(text.contains(#"tab\t"#))
    #expect(!text.unicodeScalars.contains("\u{1B}"))
  }

  @Test func coloursAreWrittenOnlyWhenAllowed() {
    #expect(render(mixed, .box, color: true).contains("\u{1B}[1muser\u{1B}[0m"))
    #expect(!render(mixed, .box).contains("\u{1B}"))
  }

  @Test func markdownAndLines() {
    let table = ResultTable(columns: [texts("a|b", ["x|y", ""]), integers("n", [1, 10_000])])
    #expect(render(table, .markdown) == "| a\\|b | n |\n|---|---:|\n| x\\|y | 1 |\n|  | 10,000 |\n")
    #expect(render(table, .line) == "a|b = x|y\n  n = 1\n\na|b = \n  n = 10,000\n")
    #expect(render(table, .line, maxRows: 1) == "a|b = x|y\n  n = 1\n\n1 of 2 rows\n")
  }

  @Test func messagesAreTheirText() {
    let table = ResultTable(columns: [texts("message", ["segment vip saved"])], shape: .message)
    #expect(render(table, .box) == "segment vip saved\n")
    #expect(render(table, .json) == "[{\"message\":\"segment vip saved\"}]\n")
  }

  @Test func timesAreWrittenInTheZoneOfTheReceipt() throws {
    let table = ResultTable(columns: [Column("t", type: .time, values: .integers([1_769_806_800_000]))])
    // 2026-01-30T21:00Z is midnight in Istanbul: a date is enough.
    let zone = try Zone.named("+03:00")
    #expect(ResultRenderer(RenderOptions(.line, zone: zone)).text(table) == "t = 2026-01-31\n")
    #expect(ResultRenderer(RenderOptions(.csv, zone: zone)).text(table) == "t\n2026-01-31T00:00:00+03:00\n")
  }

  @Test func realsShowWhatTheyNeed() {
    func column(_ values: Double...) -> [String] {
      render(ResultTable(columns: [reals("x", values)]), .line).split(separator: "\n").map { String($0.dropFirst(4)) }
    }
    #expect(column(0.25, 0.5) == ["0.25", "0.50"])
    #expect(column(0.123456) == ["0.1235"])
    #expect(column(33.3333333, 1) == ["33.333", "1.000"])
    #expect(column(1234.5678, 2) == ["1234.57", "2.00"])
    #expect(column(12_345, 2) == ["12,345", "2"])
    #expect(column(-0.5) == ["-0.5"])
    #expect(column(0.0000123) == ["1.23e-5"])
    #expect(column(1e18) == ["1.00e18"])
    #expect(column(999.996) == ["1000"])
  }

  @Test func durationsShowTheirTwoLargestUnits() {
    func text(_ milliseconds: Int64) -> String {
      let table = ResultTable(columns: [Column("x", type: .duration, values: .integers([milliseconds]))])
      return String(render(table, .line).dropFirst(4).dropLast())
    }
    #expect(text(0) == "0 ms")
    #expect(text(250) == "250 ms")
    #expect(text(1500) == "1.5 s")
    #expect(text(45_000) == "45 s")
    #expect(text(65_000) == "1 min 05 s")
    #expect(text(7_500_000) == "2 h 05 min")
    #expect(text(3 * 86_400_000 + 4 * 3_600_000) == "3 d 4 h")
    #expect(text(86_400_000) == "1 d")
    #expect(text(-1500) == "-1.5 s")
  }

  @Test func rowsAreHandedOnInPieces() throws {
    let count = 100_000
    let table = ResultTable(columns: [integers("n", Array(0..<Int64(count)))])
    var pieces = 0
    var total = 0
    try ResultRenderer(RenderOptions(.csv)).write(table) { piece in
      pieces += 1
      total += piece.count
      #expect(piece.count < 80_000)
    }
    // "n\n" and 10 x 2 + 90 x 3 + 900 x 4 + 9,000 x 5 + 90,000 x 6 bytes
    #expect(total == 2 + 20 + 270 + 3_600 + 45_000 + 540_000)
    #expect(pieces >= 8)
    struct Full: Error {}
    #expect(throws: Full.self) {
      try ResultRenderer(RenderOptions(.jsonl)).write(table) { _ in throw Full() }
    }
  }
}
