import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The tables of docs/reference/file-format.md: section -> first word of the field -> offset.
private struct FormatPage {
  private var offsets: [String: [String: Int]] = [:]

  init() {
    let root = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let file = fopen(root + "/docs/reference/file-format.md", "r")!
    defer { fclose(file) }
    var section = ""
    var line = [CChar](repeating: 0, count: 4096)
    while fgets(&line, CInt(line.count), file) != nil {
      let text = line.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
      if text.hasPrefix("### ") { section = String(text.dropFirst(4).dropLast()) }
      let cells = text.split(separator: "|", omittingEmptySubsequences: false)
      guard cells.count == 5, let offset = Int(cells[1].filter { $0 != " " }) else { continue }
      let field = cells[3].split(whereSeparator: { " ,:\n".contains($0) })[0]
      offsets[section, default: [:]][String(field)] = offset
    }
  }

  subscript(_ section: String, _ field: String) -> Int {
    guard let offset = offsets[section]?[field] else {
      Issue.record("the page has no field '\(field)' in '\(section)'")
      return 0
    }
    return offset
  }
}

/// What the page says about offsets, compared with values that the code wrote.
@Suite struct FileFormatTests {
  private let page = FormatPage()

  private func value(_ store: Store, _ database: NamedDatabase, _ key: Key) throws -> [UInt8] {
    try store.environment.read { transaction in
      guard let value = try transaction.get(key, in: database) else { return [] }
      return value.withUnsafeBytes { Array($0) }
    }
  }

  private func number<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type) -> T {
    (0..<MemoryLayout<T>.size).reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: bytes[offset + $1]) }
  }

  @Test func header() throws {
    let folder = TemporaryFolder()
    do { try Store.open(folder.path("a"), mode: .createIfMissing).write { try $0.setSetting("a", "b") } }
    let bytes = Files.read(folder.path("a"))
    #expect(number(bytes, page["header", "magic"], UInt32.self) == 0xBEEF_C0DE)
    #expect(number(bytes, page["header", "version"], UInt32.self) == 1)
    let pageByteCount = Int(number(bytes, page["header", "page"], UInt32.self))
    #expect(pageByteCount == getpagesize())
    let commits = [0, pageByteCount].map { number(bytes, $0 + page["header", "commit"], UInt64.self) }
    #expect(commits.sorted() == [1, 2])
    let newer = commits[0] == 2 ? 0 : pageByteCount
    #expect(Int(number(bytes, newer + page["header", "last"], UInt64.self)) < bytes.count / pageByteCount)
  }

  @Test func meta() throws {
    let store = try Store.temporary()
    try store.append([
      EventRecord(user: "a", type: "t", time: -7, item: "i"), EventRecord(user: "b", type: "t", time: 9),
    ])
    let format = try value(store, .meta, Key("format"))
    #expect(Array(format[page["format", "mark"]..<8]) == Array("INSTAR\0\0".utf8))
    #expect(number(format, page["format", "version"], UInt32.self) == 2)
    #expect(format.count == page["format", "hash"] + 16)
    let commit = try value(store, .meta, Key("commit"))
    #expect(number(commit, page["commit", "number"], UInt64.self) == 1)
    #expect(number(commit, page["commit", "data"], UInt64.self) == 1)
    #expect(number(commit, page["commit", "events"], Int64.self) == 2)
    #expect(number(commit, page["commit", "users"], Int64.self) == 2)
    #expect(number(commit, page["commit", "items"], Int64.self) == 1)
    #expect(number(commit, page["commit", "first"], Int64.self) == -7)
    #expect(number(commit, page["commit", "last"], Int64.self) == 9)
    #expect(number(commit, page["commit", "next"], UInt64.self) == 2)
    #expect(number(commit, page["commit", "erasures"], UInt64.self) == 0)
    let digest = try store.read { $0.schema.commit.digest }
    #expect(Array(commit[page["commit", "digest"]...]) == digest)
  }

  @Test func delta() throws {
    let store = try Store.temporary()
    try store.append([EventRecord(user: "a", type: "t", time: 1)])
    try store.append([EventRecord(user: "b", type: "u", time: 77, order: "o", amount: 2.5)])
    let record = try value(store, .delta, Key().appending(UInt64(1)))
    #expect(number(record, page["delta record", "count"], UInt32.self) == 1)
    let row = page["delta record", "rows"]
    #expect(number(record, row + page["delta row", "user"], UInt32.self) == 1)
    #expect(number(record, row + page["delta row", "type"], UInt32.self) == 1)
    #expect(number(record, row + page["delta row", "time"], Int64.self) == 77)
    #expect(record[row + page["delta row", "flags"]] == 2 | 4)
    let fields = row + page["delta row", "fields"]
    #expect(number(record, fields, UInt32.self) == 0)
    #expect(number(record, fields + 4, UInt64.self) == 2.5.bitPattern)
    #expect(record.count == fields + 4 + 8 + 2)
  }

  @Test func texts() throws {
    let store = try Store.temporary()
    try store.write { for text in ["ab", "", "cde"] { _ = try $0.intern(text, in: 5) } }
    let bytes = try value(store, .termtext, Key().appending(UInt16(5)).appending(UInt32(0)))
    #expect(number(bytes, page["term page", "count"], UInt32.self) == 3)
    let offsets = (0..<4).map { number(bytes, page["term page", "offsets"] + 4 * $0, UInt32.self) }
    #expect(offsets == [0, 2, 2, 5])
    #expect(Array(bytes[(page["term page", "offsets"] + 16)...]) == Array("abcde".utf8))
    #expect(try store.environment.read { try $0.entryCount(.term) } == 3)
  }

  @Test func propertiesAndHistory() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      for user in 0..<10 { _ = try transaction.intern("u\(user)", in: DictionaryID.user) }
      let age = try transaction.defineProperty("age", of: .user, type: .integer, isDated: true)
      try transaction.setProperty(age, ids: [1, 9], values: .integers([1000, 1260]))
      try transaction.setProperty(age, user: 1, at: -3, .integer(5))
    }
    let bytes = try value(store, .user, Key().appending(UInt16(0)).appending(UInt32(0)))
    #expect(number(bytes, page["property page", "count"], UInt32.self) == 10)
    #expect(bytes[page["property page", "type"]] == 1)
    #expect(bytes[page["property page", "width"]] == 2)
    #expect(number(bytes, page["property page", "flags"], UInt16.self) == 1)
    #expect(number(bytes, page["property page", "base"], Int64.self) == 5)
    let content = page["property page", "content"]
    #expect(Array(bytes[content..<content + 2]) == [0b10, 0b10])
    #expect(number(bytes, content + 2 + 18, UInt16.self) == 1255)
    #expect(bytes.count == content + 2 + 20)
    let dated = try value(store, .history, Key().appending(UInt16(0)).appending(UInt32(1)).appending(Int64(-3)))
    #expect(dated[page["dated value", "present"]] == 1)
    #expect(number(dated, page["dated value", "value"], Int64.self) == 5)
  }

  @Test func objectsAndAudit() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      try transaction.putObject(.attribute, "name", [7, 8])
      try transaction.appendAudit("hello", at: 5)
    }
    let (key, head) = try store.environment.read { transaction in
      var cursor = try transaction.cursor(.object)
      #expect(try cursor.first())
      return (cursor.key.withUnsafeBytes { Array($0) }, cursor.value.withUnsafeBytes { Array($0) })
    }
    #expect(key.count == 1 + 16 + 4 + 2)
    #expect(key[0] == ObjectKind.attribute.rawValue && key[0] == 2)
    #expect(number(head, page["object head", "size"], UInt32.self) == 2)
    #expect(number(head, page["object head", "length"], UInt32.self) == 4)
    #expect(number(head, page["object head", "name"], UInt32.self) == 0x656D_616E)
    #expect(head.suffix(2) == [7, 8])
    let entry = try value(store, .audit, Key().appending(UInt64(0)))
    #expect(number(entry, page["audit entry", "time"], Int64.self) == 5)
    #expect(Array(entry[page["audit entry", "text"]...]) == Array("hello".utf8))
    let digest = try store.read { try $0.audit()[0].digest }
    #expect(Array(entry[page["audit entry", "digest"]..<40]) == digest)
  }

  @Test func runsAndBlocks() throws {
    let store = try Store.temporary()
    let loader = try store.load(LoadPlan(columns: [.amount]))
    var amount = EventColumnBuffer(type: .real)
    amount.reals = [78.03, 0.5, 12]
    try loader.add(
      LoadChunk(
        users: LoadTexts(["a", "b", "b"]), times: [1_000, 2_001, 2_004], types: LoadTexts(["t", "t", "s"]),
        columns: [LoadColumn(amount)]))
    _ = try loader.finish()
    let record = try value(store, .run, Key().appending(UInt32(1)))
    #expect(record.count == page["run record", "merged"] + 4)
    #expect(record[page["run record", "state"]] == 1)
    #expect(number(record, page["run record", "process"], UInt32.self) == UInt32(getpid()))
    #expect(number(record, page["run record", "rows"], Int64.self) == 3)
    #expect(number(record, page["run record", "users"], Int64.self) == 2)
    #expect(number(record, page["run record", "first"], Int64.self) == 1_000)
    #expect(number(record, page["run record", "last"], Int64.self) == 2_004)
    #expect(number(record, page["run record", "largest"], UInt32.self) == 1)

    let key = Key().appending(UInt32(1)).appending(UInt32(0)).appending(UInt16(0))
    #expect(key.byteCount == page["block key", "column"])
    let money = try value(store, .block, key.appending(UInt16(5)))
    #expect(number(money, page["block header", "magic"], UInt16.self) == 0x4249)
    #expect(money[page["block header", "version"]] == 1)
    #expect(money[page["block header", "kind"]] == 2)
    #expect(money[page["block header", "encoding"]] == 1)
    #expect(money[page["block header", "width"]] == 16)
    #expect(money[page["block header", "validity"]] == 0)
    #expect(money[page["block header", "digits"]] == 2)
    #expect(number(money, page["block header", "rows"], UInt32.self) == 3)
    #expect(number(money, page["block header", "present"], UInt32.self) == 3)
    #expect(number(money, page["block header", "base"], Int64.self) == 50)
    #expect(number(money, page["block header", "scale"], Int64.self) == 1)
    #expect(number(money, page["block header", "maximum"], Int64.self) == 7_803)
    let payload = page["block header", "checksum"] + 8
    #expect((0..<3).map { number(money, payload + 2 * $0, UInt16.self) } == [7_753, 0, 1_150])

    let directory = try value(store, .block, key.appending(UInt16(0)))
    #expect(directory[page["block header", "kind"]] == 0)
    #expect(number(directory, page["block header", "present"], UInt32.self) == 2)
    #expect(directory[page["directory", "types"]] == 0b11)
    // The third section holds first times 1,000 and 2,001: behind those of two users and two first rows, one byte each.
    let section = { (place: Int) in
      self.page["directory", "sections"] + place * (self.page["directory section", "packed"] + 1)
    }
    #expect(number(directory, section(2) + page["directory section", "base"], Int64.self) == 1_000)
    #expect(number(directory, section(2) + page["directory section", "scale"], Int64.self) == 1)
    #expect(directory[section(2) + page["directory section", "width"]] == 16)
    #expect(number(directory, section(2) + page["directory section", "size"], UInt32.self) == 4)
    #expect(number(directory, section(2) + page["directory section", "packed"] + 2, UInt16.self) == 1_001)
  }
}
