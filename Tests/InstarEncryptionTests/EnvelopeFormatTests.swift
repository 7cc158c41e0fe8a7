import InstarEncryption
import InstarStorage
import InstarTestSupport
import Testing

/// The offsets that docs/reference/file-format.md gives, read from a file past the store.
@Suite struct EnvelopeFormatTests {
  private let folder = TemporaryFolder()

  @Test func formatEnvelopeAndGroups() throws {
    var configuration = Store.Configuration()
    configuration.key = OwnerKeys.any
    do {
      try Store.open(folder.path("a"), mode: .createIfMissing, configuration: configuration).write {
        try $0.setSetting("a", "b")
      }
    }
    let entries = try RawFile.entries(of: "meta", folder.path("a"))
    let format = try #require(entries["format"])
    #expect(Array(format[12..<16]) == [1, 0, 0, 0], "flag 1: encrypted")
    #expect(Array(format[32..<48]) == [UInt8](repeating: 0, count: 16))
    let seal = try #require(entries["seal"])
    #expect(seal.count == 116)
    #expect(Array(seal[..<8]) == [1, 1, 17, 8, 1, 0, 0, 0])
    #expect(entries["seal group \0\0\0\u{1}"]?.count == 32)
    let settings = try #require(entries["settings"])
    #expect(Array(settings[..<4]) == [1, 0, 0, 0], "the group")
    #expect(settings.count > 28)
  }
}
