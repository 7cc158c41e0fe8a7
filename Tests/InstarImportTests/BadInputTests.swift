import InstarCalendar
import InstarColumns
import InstarImport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Every kind of file that cannot be imported says so plainly, with its name, its line and a way out.
struct BadInputTests {
  private let folder = TemporaryFolder()

  private func sniffError(_ path: String) -> ImportError? {
    importError { _ = try Sniffer.sniff(ImportSource(path)) }
  }

  @Test func noSuchFile() throws {
    let error = try #require(sniffError(folder.path + "/none.csv"))
    #expect(error.code == .noSuchFile)
    #expect(error.file == folder.path + "/none.csv")
    #expect(sniffError(folder.path + "/none-*.csv")?.code == .noSuchFile)
  }

  @Test func aFolder() throws {
    let error = try #require(sniffError(folder.path))
    #expect(error.code == .isDirectory)
    #expect(error.help.contains("\(folder.path)/*.csv"))
  }

  @Test func noPermission() throws {
    let path = folder.write("secret.csv", "a,b\n1,2\n")
    chmod(path, 0)
    // Root may read everything: this thread looks at files as nobody meanwhile.
    let error = try #require(asNobody { sniffError(path) })
    #expect(error.code == .noPermission)
    #expect(error.file == path)
  }

  private func asNobody<R>(_ body: () -> R) -> R {
    #if os(Linux)
    // setfsuid changes the calling thread alone; the module map of Glibc leaves it out.
    typealias SetFileUser = @convention(c) (UInt32) -> Int32
    if geteuid() == 0, let symbol = dlsym(nil, "setfsuid") {
      let setFileUser = unsafeBitCast(symbol, to: SetFileUser.self)
      _ = setFileUser(65_534)
      defer { _ = setFileUser(0) }
      return body()
    }
    #endif
    return body()
  }

  @Test(arguments: ["", "\n\n", "\u{feff}"]) func emptyFiles(_ text: String) {
    #expect(sniffError(folder.write("empty.csv", text))?.code == .emptyFile)
  }

  @Test(
    arguments: [
      ([0xff, 0xfe, 0x61, 0, 0x2c, 0], "iconv -f UTF-16LE"),
      ([0x61, 0, 0x2c, 0, 0x62, 0, 0x0a, 0], "iconv -f UTF-16LE"),
      ([0, 0x61, 0, 0x2c, 0, 0x62, 0, 0x0a], "iconv -f UTF-16BE"),
    ] as [([UInt8], String)]) func wideEncodings(_ bytes: [UInt8], _ help: String) throws
  {
    let error = try #require(sniffError(folder.write("wide.csv", bytes)))
    #expect(error.code == .unsupportedEncoding)
    #expect(error.help.contains(help))
  }

  @Test func chineseAndWesternEncodingsAreNamed() throws {
    // 用户 (user) and 中国 (China) in GBK.
    let chinese: [UInt8] = [0xd3, 0xc3, 0xbb, 0xa7, 0x2c, 0xd6, 0xd0, 0xb9, 0xfa, 0x0a]
    let error = try #require(sniffError(folder.write("gbk.csv", Array([chinese, chinese, chinese, chinese].joined()))))
    #expect(error.code == .unsupportedEncoding)
    #expect(error.help.contains("iconv -f GBK"))
    // José,café in Latin-1.
    let western: [UInt8] = [0x4a, 0x6f, 0x73, 0xe9, 0x2c, 0x63, 0x61, 0x66, 0xe9, 0x0a]
    let other = try #require(sniffError(folder.write("latin.csv", Array([western, western, western].joined()))))
    #expect(other.help.contains("iconv -f WINDOWS-1252"))
    #expect(other.line == 1)
  }

  @Test func fewBytesThatAreNoUTF8RejectTheirRecordsOnly() throws {
    var bytes = Array("user,n\n".utf8)
    for n in 0..<50 { bytes += Array("u\(n),\(n)\n".utf8) }
    bytes += [0x75, 0xff, 0x2c, 0x31, 0x0a]
    let imported = try importDetected(folder.write("bad.csv", bytes))
    #expect(imported.rows.count == 50)
    #expect(imported.rejects.map(\.reason) == [.badUTF8])
    #expect(imported.rejects.map(\.line) == [52])
    #expect(imported.rejects[0].record == [0x75, 0xff, 0x2c, 0x31])
  }

  @Test(
    arguments: [
      ([0x50, 0x4b, 3, 4, 0, 0], "save the sheet as CSV"), (Array("PAR1....".utf8), "CSV or JSON Lines"),
      ([0x28, 0xb5, 0x2f, 0xfd, 0], "zstd -d"), (Array("[{\"a\":1}]".utf8), "jq -c '.[]'"),
      ([0x61, 0x2c, 0x62, 0x0a, 0x61, 0x62, 0, 0x62, 0x63], "CSV, TSV or JSON Lines"),
    ] as [([UInt8], String)]) func otherFormatsAreNamed(_ bytes: [UInt8], _ help: String) throws
  {
    let error = try #require(sniffError(folder.write("other.csv", bytes)))
    #expect(error.code == .unsupportedFormat)
    #expect(error.help.contains(help))
  }

  @Test func raggedRowsAreRejectedWithTheirLines() throws {
    let imported = try importDetected(folder.write("ragged.csv", "a,b,c\n1,2,3\n4,5\n6,7,8,9\n10,11,12\n"))
    #expect(imported.rows == [[1, 2, 3], [10, 11, 12]])
    #expect(imported.rejects.map(\.line) == [3, 4])
    #expect(imported.rejects.map(\.reason) == [.fieldCount, .fieldCount])
    #expect(imported.rejects.map { String(decoding: $0.record, as: UTF8.self) } == ["4,5", "6,7,8,9"])
  }

  @Test func aHeaderThatDoesNotFitItsRecords() throws {
    let error = try #require(sniffError(folder.write("header.csv", "a,b\n1,2,3\n4,5,6\n")))
    #expect(error.code == .headerMismatch)
    #expect(error.line == 1)
  }

  @Test func aQuoteThatNeverCloses() throws {
    let path = folder.write("quote.csv", "user,n\nu1,1\nu2,\"2\nu3,3\n")
    let error = try #require(sniffError(path))
    #expect(error.code == .unclosedQuote)
    #expect(error.line == 3)
    // The reader finds the same in a later part of the file.
    let source = try ImportSource(path)
    let format = FileFormat(kind: .delimited(Dialect()), columns: [DetectedColumn("user"), DetectedColumn("n")])
    var options = ImportReader.Options()
    options.chunkBytes = 16
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)], options: options)
    #expect(importError { _ = try reader.readRows() }?.line == 3)
  }

  @Test func textAfterAClosingQuote() throws {
    let imported = try importDetected(folder.write("after.csv", "user,n\n\"u1\",1\n\"u2\"x,2\n\"u3\",3\n"))
    #expect(imported.rows == [["u1", 1], ["u3", 3]])
    #expect(imported.rejects.map(\.reason) == [.badQuoting])
  }

  @Test func valuesThatDoNotFitAreRejectedWithTheValue() throws {
    let path = folder.write("values.csv", "user,when,n\nu1,2026-02-30,1\nu2,2026-02-28,x\nu3,2026-02-27,3\n")
    let source = try ImportSource(path)
    let format = try Sniffer.sniff(source)
    let requests = [
      ColumnRequest(column: 0, conversion: .text, isRequired: true),
      ColumnRequest(column: 1, conversion: .time(.yearFirst), isRequired: true),
      ColumnRequest(column: 2, conversion: .integer),
    ]
    let imported = try ImportReader(source, format: format, requests: requests).readRows()
    #expect(imported.rows.map { $0[0] } == ["u3"])
    #expect(imported.rejects.map(\.reason) == [.notTime, .notInteger])
    #expect(imported.rejects.map(\.column) == ["when", "n"])
    #expect(imported.rejects.map(\.detail) == ["2026-02-30", "x"])
  }

  @Test func aMissingColumnInALaterFile() throws {
    _ = folder.write("part-1.csv", "user,n\nu1,1\n")
    let second = folder.write("part-2.csv", "user,m\nu2,2\n")
    let error = try #require(importError { _ = try importDetected(folder.path + "/part-*.csv") })
    #expect(error.code == .missingColumn)
    #expect(error.file == second)
  }

  @Test func aRecordWithoutEnd() throws {
    let path = folder.write("long.csv", "user,n\nu1,1\n" + String(repeating: "x", count: 5_000))
    let source = try ImportSource(path)
    let format = try Sniffer.sniff(source)
    var options = ImportReader.Options()
    (options.chunkBytes, options.longestRecord) = (256, 2_048)
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)], options: options)
    let error = try #require(importError { _ = try reader.readRows() })
    #expect(error.code == .recordTooLong)
    #expect(error.line == 3)
  }

  @Test func cancelling() throws {
    let source = try ImportSource(folder.write("c.csv", "user,n\nu1,1\n"))
    let format = try Sniffer.sniff(source)
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)])
    reader.cancel()
    #expect(importError { _ = try reader.readRows() }?.code == .cancelled)
  }

  @Test func anErrorOfTheBodyStopsTheImport() throws {
    struct Full: Error {}
    let text = "user,n\n" + (0..<2_000).map { "u\($0),\($0)\n" }.joined()
    let source = try ImportSource(folder.write("body.csv", text))
    let format = try Sniffer.sniff(source)
    var options = ImportReader.Options()
    options.chunkBytes = 256
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)], options: options)
    #expect(throws: Full.self) {
      try reader.read(workers: 3, makeState: { _ in 0 }) { _, chunk in if chunk.sequence == 5 { throw Full() } }
    }
  }
}
