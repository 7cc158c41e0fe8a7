import InstarCalendar
import InstarColumns
import InstarImport
import Testing

struct DelimitedTests {
  private let folder = TemporaryFolder()

  @Test func typesAndMissingValues() throws {
    let path = folder.write(
      "a.csv",
      #"""
      id,price,open,when,name
      1,2.50,true,2026-01-31 10:15,Ada
      2,,false,2026-01-31T10:15:30.250Z,"Grace, H."
      3,-0.125,NA,,"say ""hi"""
      4,1e3,yes,2026-02-01,""
      """#)
    let imported = try importDetected(path)
    // 2026-01-31 is day 20,484 since 1970: 56 years of 365 days, 14 leap days, 30 days of January.
    let day: Int64 = 20_484 * 86_400_000
    #expect(
      imported.rows == [
        [1, 2.5, true, .time(day + 36_900_000), "Ada"],
        [2, .missing, false, .time(day + 36_930_250), "Grace, H."],
        [3, -0.125, .missing, .missing, "say \"hi\""],
        [4, 1000.0, true, .time(day + 86_400_000), ""],
      ])
    #expect(imported.rejects.isEmpty)
  }

  @Test(arguments: [",", ";", "\t", "|"]) func delimiters(_ delimiter: String) throws {
    let path = folder.write(
      "d.csv", ["user\(delimiter)n", "a b\(delimiter)1", "c\(delimiter)2"].joined(separator: "\n"))
    #expect(try importDetected(path).rows == [["a b", 1], ["c", 2]])
  }

  @Test func byteOrderMarkAndCarriageReturns() throws {
    let path = folder.write("b.csv", "\u{feff}user,n\r\nu1,1\r\n\r\nu2,\r\n")
    let format = try Sniffer.sniff(ImportSource(path))
    #expect(format.hasByteOrderMark)
    #expect(format.columns.map(\.name) == ["user", "n"])
    guard case .delimited(let dialect) = format.kind else { throw Unexpected() }
    #expect(dialect.lineEnd == .crlf)
    #expect(try importDetected(path).rows == [["u1", 1], ["u2", .missing]])
  }

  @Test func lineFeedsInsideQuotesCountAsLines() throws {
    let path = folder.write("n.csv", "user,note,n\nu1,\"two\nlines\",1\nu2,x,1,1\nu3,y,3\n")
    let imported = try importDetected(path)
    #expect(imported.rows == [["u1", "two\nlines", 1], ["u3", "y", 3]])
    #expect(imported.rejects.map(\.line) == [4])
    #expect(imported.rejects.map(\.detail) == ["4 fields instead of 3"])
  }

  @Test func quotesInsideUnquotedFieldsAreOrdinary() throws {
    let path = folder.write("q.csv", "user,note,n\nu1,5\" pipe,1\nu2,\"a,b\",2\nu3,6\" \"x\" pipe,3\n")
    #expect(
      try importDetected(path).rows == [["u1", "5\" pipe", 1], ["u2", "a,b", 2], ["u3", "6\" \"x\" pipe", 3]])
  }

  @Test func aFileWithoutHeaderGetsNumberedColumns() throws {
    let path = folder.write("h.csv", "u1,2026-01-01,3\nu2,2026-01-02,4\n")
    let format = try Sniffer.sniff(ImportSource(path))
    #expect(format.columns.map(\.name) == ["column1", "column2", "column3"])
    #expect(try importDetected(path).rows.count == 2)
  }

  @Test func repeatedAndEmptyHeaderNamesStayApart() throws {
    let path = folder.write("r.csv", "a,,a\n1,2,3\n4,5,6\n")
    #expect(try Sniffer.sniff(ImportSource(path)).columns.map(\.name) == ["a", "column2", "a_2"])
    #expect(try importDetected(path).rows == [[1, 2, 3], [4, 5, 6]])
  }

  @Test func aDecimalCommaIsANumber() throws {
    let path = folder.write("c.csv", "user;amount\nu1;12,50\nu2;-0,5\nu3;7\n")
    #expect(try importDetected(path).rows == [["u1", 12.5], ["u2", -0.5], ["u3", 7.0]])
    #expect(try Sniffer.sniff(ImportSource(path)).notes == ["numbers have a decimal comma"])
  }

  @Test func codesWithLeadingZerosStayText() throws {
    let path = folder.write("z.csv", "zip,n\n01234,1\n99999,2\n")
    #expect(try importDetected(path).rows == [["01234", 1], ["99999", 2]])
  }

  @Test func wholeNumbersWrittenAsRealsBecomeIds() throws {
    let path = folder.write(
      "w.csv", "CustomerID,time,event\n17850.0,2026-01-01,view\n,2026-01-01,view\n13047.0,2026-01-02,view\n")
    let source = try ImportSource(path)
    let format = try Sniffer.sniff(source)
    let mapping = try RoleMapper.map(format, kind: .events, pattern: path)
    let imported = try ImportReader(source, format: format, requests: mapping.requests(format, expressions: []))
      .readRows()
    #expect(imported.rows.map { $0[0] } == ["17850", "13047"])
    #expect(imported.rejects.map(\.reason) == [.missingValue])
    #expect(imported.rejects.map(\.line) == [3])
    #expect(String(decoding: imported.rejects[0].record, as: UTF8.self) == ",2026-01-01,view")
  }

  @Test func numbersAtTheEdges() throws {
    let path = folder.write(
      "e.csv",
      "i,r\n9223372036854775807,0.1\n-9223372036854775808,123456789012345678\n0,2.2250738585072014e-308\n-7,9007199254740993.0\n"
    )
    #expect(
      try importDetected(path).rows == [
        [.integer(.max), .real(0.1)], [.integer(.min), .real(123_456_789_012_345_680)],
        [0, .real(2.2250738585072014e-308)], [-7, .real(9_007_199_254_740_992)],
      ])
  }

  @Test func filesOfOnePatternMayOrderTheirColumnsDifferently() throws {
    _ = folder.write("log-1.csv", "user,n\nu1,1\n")
    _ = folder.write("log-2.csv", "n,user\n2,u2\n")
    let imported = try importDetected(folder.path + "/log-*.csv")
    #expect(imported.rows == [["u1", 1], ["u2", 2]])
  }

  struct Unexpected: Error {}
}

/// Random tables, written with random quoting and read in small pieces by several workers.
struct DelimitedRoundTripTests {
  private let folder = TemporaryFolder()

  @Test(arguments: 0..<40) func randomTables(_ seed: UInt64) throws {
    var random = SplitMix(seed: seed)
    let width = 2 + random.below(4)
    var table: [[String]] = []
    var text = (0..<width).map { "c\($0)" }.joined(separator: ",") + "\n"
    let lineEnd = random.below(2) == 0 ? "\n" : "\r\n"
    for _ in 0..<(50 + random.below(400)) {
      let row = (0..<width).map { _ in random.text() }
      table.append(row)
      text += row.map { random.written($0) }.joined(separator: ",") + lineEnd
    }
    let path = folder.write("t.csv", text)
    let source = try ImportSource(path)
    let format = FileFormat(
      kind: .delimited(Dialect()), columns: (0..<width).map { DetectedColumn("c\($0)") })
    var options = ImportReader.Options()
    options.chunkBytes = 64 + random.below(2_000)
    let requests = (0..<width).map { ColumnRequest(column: $0, conversion: .text) }
    let imported = try ImportReader(source, format: format, requests: requests, options: options)
      .readRows(workers: 3)
    #expect(imported.rejects.isEmpty, "seed \(seed)")
    #expect(imported.rows == table.map { $0.map { Value.text($0) } }, "seed \(seed)")
    #expect(zip(imported.arrivals, imported.arrivals.dropFirst()).allSatisfy { $0 < $1 }, "seed \(seed)")
  }
}

/// The generator of G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators" (2014).
struct SplitMix {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  /// Up to 80 characters, some of them the punctuation of CSV.
  mutating func text() -> String {
    let alphabet = ["a", "b", "z", "7", " ", ",", "\"", "\n", "é", "漢", "🙂", "longer piece"]
    return (0..<below(12)).map { _ in alphabet[below(alphabet.count)] }.joined()
  }

  /// The text as a field: quoted where it must be, and sometimes where it need not be.
  mutating func written(_ text: String) -> String {
    let mustQuote = text.isEmpty || text.contains { $0 == "," || $0 == "\n" } || text.first == "\""
    if !mustQuote && below(3) > 0 { return text }
    return "\"" + text.map { $0 == "\"" ? "\"\"" : String($0) }.joined() + "\""
  }
}
