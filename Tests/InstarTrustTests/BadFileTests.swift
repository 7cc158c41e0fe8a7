import Dispatch
import Instar
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files that cannot be imported, or not all of them: the store is as before, or every rejected row is counted.
@Suite struct BadFileTests {
  private let folder = TemporaryFolder()

  private func shop() throws -> Database {
    let database = try Database.open(folder.path("shop.instar"))
    try database.engine.store.append(ShopLog.events(users: 0..<5))
    return database
  }

  // MARK: Files that are refused

  static let refused: [(BadCase, [UInt8])] = [
    (
      BadCase("missing columns", "E0713", "no column looks like the user (columns: who, what)"),
      text("who,what\nann,view\n")
    ),
    (
      BadCase("mixed time formats", "E0715", "WITH time_format = 'dd/mm/yyyy'"),
      text(
        "user,time,event\nann,01/02/2026 10:00,view\nbob,13/02/2026 10:00,view\ncyd,02/13/2026 10:00,view\n")
    ),
    (BadCase("empty file", "E0705", "the file is empty"), []),
    (BadCase("header without rows", "E0705", "the file has a header and no rows"), text("user,time,event\n")),
    (BadCase("truncated gz", "E0708", "the compressed data end too early"), truncatedGzip),
    (
      BadCase("quote that never closes", "E0709", "bad.csv:3"),
      text("user,time,event\nann,2026-03-01,view\nbob,2026-03-01,\"vi")
    ),
    (BadCase("UTF-16", "E0707", "iconv"), [0xFF, 0xFE, 0x75, 0, 0x2C, 0, 0x74, 0, 0x0A, 0]),
    (BadCase("workbook", "E0706", "CSV"), [0x50, 0x4B, 3, 4, 0, 0, 0, 0]),
  ]

  @Test(arguments: refused) func refusedFilesChangeNothing(_ bad: BadCase, _ bytes: [UInt8]) throws {
    let database = try shop()
    let file = folder.write(bad.name == "truncated gz" ? "bad.csv.gz" : "bad.csv", bytes)
    bad.expect { try database.query("IMPORT EVENTS FROM \(quoted(file))") }
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 5))
    #expect(try database.query("SHOW IMPORTS").rowCount == 0)
    #expect(try database.check().problems == [])
  }

  static let missing = BadCase("no such file", "E0701", "none.csv")
  static let unreadable = BadCase("file without permission", "E0703", "secret.csv")
  static let rejectsHaveNoFolder = BadCase("file of rejects cannot be written", "E0610", "no/rejects.csv")

  @Test func filesThatCannotBeOpened() throws {
    let database = try shop()
    Self.missing.expect { try database.query("IMPORT EVENTS FROM \(quoted(folder.path("none.csv")))") }
    let good = folder.write("secret.csv", ShopLog.csv(users: 5..<6))
    Self.rejectsHaveNoFolder.expect {
      try database.query("IMPORT EVENTS FROM \(quoted(good)) WITH rejects = \(quoted(folder.path("no/rejects.csv")))")
    }
    chmod(good, 0)
    if access(good, R_OK) != 0 { Self.unreadable.expect { try database.query("IMPORT EVENTS FROM \(quoted(good))") } }
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 5))
  }

  // MARK: Files of which rows are rejected

  /// What of a file is taken and what the report says of the rest.
  static let partial: [(name: String, file: String, stored: Int, says: String)] = [
    (
      "ragged rows",
      "user,time,event\nann,2026-03-01T10:00:00Z,view\nbob,2026-03-01T10:00:00Z\ncyd,2026-03-01T10:00:00Z,view,7,8\n",
      1,
      "bad.csv:3"
    ),
    (
      "bytes that are no UTF-8", "user,time,event\nann,2026-03-01T10:00:00Z,view\nb\u{1}b,2026-03-01T10:00:00Z,view\n",
      1, "bad.csv:3"
    ),
    (
      "a time among others that is none",
      "user,time,event\nann,2026-03-01T10:00:00Z,view\nbob,soon,view\n"
        + String(repeating: "cyd,2026-03-01T10:00:00Z,view\n", count: 48), 49, "bad.csv:3"
    ),
    ("a byte order mark", "\u{feff}user,time,event\nann,2026-03-01T10:00:00Z,view\n", 1, ""),
    ("CRLF", "user,time,event\r\nann,2026-03-01T10:00:00Z,view\r\nbob,2026-03-02T10:00:00Z,view\r\n", 2, ""),
    (
      "embedded newlines",
      "user,time,event,note\nann,2026-03-01T10:00:00Z,view,\"two\nlines\"\nbob,2026-03-01T10:00:00Z,view,x\n", 2, ""
    ),
  ]

  @Test(arguments: partial.indices) func rejectedRowsAreCounted(_ index: Int) throws {
    let (name, text, stored, says) = Self.partial[index]
    let database = try Database.open(folder.path("new.instar"))
    // A control character stands for the byte that no UTF-8 has.
    let file = folder.write("bad.csv", text.utf8.map { $0 == 1 ? 0xFF : $0 })
    let table = try database.query(
      "IMPORT EVENTS FROM \(quoted(file)) WITH rejects = \(quoted(folder.path("rejects.csv")))")
    let counts = Dictionary(
      uniqueKeysWithValues: (0..<table.rowCount).map { ("\(table.columns[0][$0])", "\(table.columns[1][$0])") }
        .filter { $0.0 != "text(\"mapping\")" })
    #expect(counts["text(\"events stored\")"] == "text(\"\(stored)\")", "\(name)")
    #expect(says.isEmpty || table.receipt.notes.contains { $0.contains(says) }, "\(name): \(table.receipt.notes)")
    #expect(try database.query("EVENTS event").rowCount == stored, "\(name)")
    let rejects = String(decoding: Files.read(folder.path("rejects.csv")), as: UTF8.self)
    let total = Int(counts["text(\"rejected\")"]!.split(separator: "\"")[1])!
    #expect(rejects.split(separator: "\n").count == 1 + total, "\(name): \(rejects)")
  }

  @Test func embeddedNewlinesStayInTheValue() throws {
    let database = try Database.inMemory()
    let file = folder.write("note.csv", "user,time,event,note\r\nann,2026-03-01,view,\"two\r\nlines\"\r\n")
    try database.query("IMPORT EVENTS FROM \(quoted(file))")
    #expect(try database.query("EVENTS view").column("note")?[0] == .text("two\r\nlines"))
  }

  // MARK: Cancelling

  static let cancelled = BadCase("Ctrl-C during an import", "E0801", "cancelled")

  /// Cancels at random moments: while the file is read, while rows are stored, and before either.
  @Test func aCancelledImportLeavesNothing() throws {
    let database = try shop()
    let file = folder.write("many.csv", ShopLog.csv(users: 5..<10_005))
    var random = TestRandom()
    var stopped = 0
    for round in 0..<8 {
      let cancellation = Cancellation()
      if round == 0 {
        cancellation.cancel()
      } else {
        let delay = Int.random(in: 0..<400, using: &random)
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(delay)) { cancellation.cancel() }
      }
      do {
        try database.query("IMPORT EVENTS FROM \(quoted(file))", cancellation: cancellation)
        // It was done before the cancellation came.
        #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 10_005), "seed \(random.seed)")
        break
      } catch let error as InstarError {
        Self.cancelled.expect { throw error }
        #expect(error.help != nil)
        stopped += 1
      }
      #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 5), "seed \(random.seed)")
      #expect(try database.query("SHOW IMPORTS").rowCount == 0)
      #expect(try database.check().problems == [])
    }
    #expect(stopped > 0)
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) }

  /// The first bytes of a gzip file: header and part of a stored block of 100 bytes.
  private static let truncatedGzip: [UInt8] =
    [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 100, 0, 0x9B, 0xFF] + Array("user,time,event\nann,2026-03-01,view\n".utf8)
}
