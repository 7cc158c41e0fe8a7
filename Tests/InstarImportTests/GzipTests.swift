import InstarColumns
import InstarImport
import Testing

struct GzipTests {
  private let folder = TemporaryFolder()

  /// Python: `gzip.compress(b"user,time,event\nu1,2026-01-31 10:15:00,view\nu2,2026-02-01,cart\n", mtime=0)`.
  private let member: [UInt8] = [
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x2d, 0x4e, 0x2d, 0xd2, 0x29, 0xc9, 0xcc, 0x4d,
    0xd5, 0x49, 0x2d, 0x4b, 0xcd, 0x2b, 0xe1, 0x2a, 0x35, 0xd4, 0x31, 0x32, 0x30, 0x32, 0xd3, 0x35, 0x30, 0xd4, 0x35,
    0x36, 0x54, 0x30, 0x34, 0xb0, 0x32, 0x34, 0xb5, 0x32, 0x30, 0xd0, 0x29, 0xcb, 0x4c, 0x2d, 0xe7, 0x2a, 0x35, 0x82,
    0xca, 0x19, 0x01, 0xa5, 0x75, 0x92, 0x13, 0x8b, 0x4a, 0xb8, 0x00, 0x70, 0x16, 0xd2, 0x54, 0x3f, 0x00, 0x00, 0x00,
  ]

  @Test func gzipIsToldByItsBytes() throws {
    let path = folder.write("events.csv", member)
    let source = try ImportSource(path)
    let format = try Sniffer.sniff(source)
    #expect(format.isCompressed)
    #expect(format.columns.map(\.name) == ["user", "time", "event"])
    let reader = ImportReader(source, format: format, requests: [.init(column: 0, conversion: .text)])
    #expect(try reader.readRows().rows == [["u1"], ["u2"]])
    // Progress counts the compressed bytes.
    let progress = reader.progress
    #expect([progress.bytes, progress.total, progress.rows, progress.rejects] == [member.count, member.count, 2, 0])
  }

  @Test func membersOneAfterTheOther() throws {
    // Python: `gzip.compress(b"u3,2026-02-02,view\n", mtime=0)`, then two bytes of padding.
    let second: [UInt8] = [
      0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x2b, 0x35, 0xd6, 0x31, 0x32, 0x30, 0x32, 0xd3, 0x35,
      0x30, 0x02, 0x22, 0x9d, 0xb2, 0xcc, 0xd4, 0x72, 0x2e, 0x00, 0x0a, 0xd3, 0xb7, 0x6c, 0x13, 0x00, 0x00, 0x00,
    ]
    let rows = try importDetected(folder.write("two.csv.gz", member + second + [0, 0]), workers: 1).rows
    #expect(rows.map { $0[0] } == ["u1", "u2", "u3"])
  }

  @Test(arguments: [12, 30, 60, 75]) func truncated(_ length: Int) throws {
    let path = folder.write("cut.csv.gz", Array(member.prefix(length)))
    let error = try #require(importError { _ = try importDetected(path) })
    #expect(error.code == .damagedCompression)
    #expect(error.message.contains("truncated"))
    #expect(error.file == path)
  }

  @Test func damaged() throws {
    var bytes = member
    bytes[40] ^= 0x55
    let error = try #require(importError { _ = try importDetected(folder.write("bad.csv.gz", bytes)) })
    #expect(error.code == .damagedCompression)
  }
}
