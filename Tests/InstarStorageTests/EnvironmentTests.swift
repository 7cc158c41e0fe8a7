import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

@Suite struct EnvironmentTests {
  @Test func keepsWhatAWriteStored() throws {
    let environment = try Environment.temporary()
    try environment.write { transaction in
      try transaction.put(Key("a"), [1, 2, 3], in: .object)
      try transaction.reserve(Key("b"), byteCount: 5000, in: .object) {
        $0.storeBytes(of: 77, toByteOffset: 4992, as: Int.self)
      }
    }
    try environment.read { transaction in
      #expect(try transaction.get(Key("a"), in: .object)?.byteCount == 3)
      let value = try transaction.get(Key("b"), in: .object)
      #expect(value?.byteCount == 5000)
      #expect(try transaction.get(Key("c"), in: .object) == nil)
      #expect(try transaction.entryCount(.object) == 2)
    }
  }

  @Test func forgetsAWriteThatThrew() throws {
    struct Refused: Error {}
    let environment = try Environment.temporary()
    #expect(throws: Refused.self) {
      try environment.write { transaction in
        try transaction.put(Key("a"), [1], in: .object)
        throw Refused()
      }
    }
    #expect(try environment.read { try $0.contains(Key("a"), in: .object) } == false)
  }

  @Test func walksAPrefixInOrderOfNumbers() throws {
    let environment = try Environment.temporary()
    try environment.write { transaction in
      for number in [300, 2, 70_000, 1] as [UInt32] {
        try transaction.put(Key().appending(UInt8(1)).appending(number), [UInt8(number & 0xFF)], in: .object)
      }
      try transaction.put(Key().appending(UInt8(2)), [9], in: .object)
    }
    let (numbers, below) = try environment.read { transaction -> ([UInt32], UInt32) in
      var numbers: [UInt32] = []
      let prefix = Key().appending(UInt8(1))
      var cursor = try transaction.cursor(.object)
      var found = try cursor.seek(prefix)
      while found, cursor.hasPrefix(prefix) {
        numbers.append(cursor.key.bigEndian(at: 1))
        found = try cursor.next()
      }
      #expect(try cursor.seek(before: Key().appending(UInt8(2))))
      return (numbers, cursor.key.bigEndian(at: 1))
    }
    #expect(numbers == [1, 2, 300, 70_000])
    #expect(below == 70_000)
    let removed = try environment.write { try $0.delete(prefix: Key().appending(UInt8(1)), in: .object) }
    #expect(removed == 4)
    #expect(try environment.read { try $0.entryCount(.object) } == 1)
  }

  @Test func signedNumbersSortByValue() throws {
    let environment = try Environment.temporary()
    let numbers: [Int64] = [5, -1, .min, .max, 0]
    try environment.write { transaction in
      for number in numbers { try transaction.put(Key().appending(number), [], in: .history) }
    }
    let sorted = try environment.read { transaction in
      var sorted: [Int64] = []
      var cursor = try transaction.cursor(.history)
      while try cursor.next() {
        sorted.append(Int64(bitPattern: cursor.key.bigEndian(at: 0, as: UInt64.self) ^ (1 << 63)))
      }
      return sorted
    }
    #expect(sorted == numbers.sorted())
  }

  @Test func openingAgainReturnsTheSameEnvironment() throws {
    let folder = TemporaryFolder()
    let first = try Environment.open(folder.path("a.instar"), mode: .createIfMissing)
    symlink(folder.path("a.instar"), folder.path("b.instar"))
    let second = try Environment.open(folder.path("b.instar"), mode: .mustExist)
    #expect(first === second)
    #expect(folder.names == ["a.instar", "a.instar-lock", "b.instar"])
  }

  @Test func fileIsPrivateToItsOwner() throws {
    let folder = TemporaryFolder()
    _ = try Environment.open(folder.path("a"), mode: .createIfMissing)
    for name in ["a", "a-lock"] {
      var status = stat()
      #expect(stat(folder.path(name), &status) == 0)
      #expect(status.st_mode & 0o777 == 0o600)
    }
  }

  @Test func survivesClosingAndOpening() throws {
    let folder = TemporaryFolder()
    for round in 0..<20 {
      let environment = try Environment.open(folder.path("a"), mode: .createIfMissing)
      let count = try environment.write { transaction in
        try transaction.put(Key().appending(UInt32(round)), [1], in: .object)
        return try transaction.entryCount(.object)
      }
      #expect(count == round + 1)
    }
  }

  @Test func growsBeyondItsMap() throws {
    let folder = TemporaryFolder()
    let environment = try Environment.open(folder.path("a"), mode: .createIfMissing, mapByteCount: 1 << 20)
    for number in 0..<40 as Range<UInt32> {
      try environment.write { transaction in
        try transaction.put(Key().appending(number), [UInt8](repeating: 1, count: 200_000), in: .object)
      }
    }
    #expect(try environment.read { try $0.entryCount(.object) } == 40)
    #expect(environment.byteCounts.map >= 8_000_000)
    #expect(environment.readers().isEmpty)
  }

  @Test func oneReaderSeesOneState() throws {
    let environment = try Environment.temporary()
    try environment.read { transaction in
      try environment.write { try $0.put(Key("a"), [1], in: .object) }
      #expect(try transaction.get(Key("a"), in: .object) == nil)
      #expect(environment.readers().count == 1)
    }
    #expect(try environment.read { try $0.contains(Key("a"), in: .object) })
  }

  @Test func manyThreadsWriteOneAfterTheOther() async throws {
    let environment = try Environment.temporary()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask {
          for step in 0..<50 {
            try environment.write { try $0.put(Key().appending(UInt32(task * 50 + step)), [1], in: .object) }
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try environment.read { try $0.entryCount(.object) } == 400)
  }
}

@Suite struct OpeningRefusals {
  private func code(_ path: String, mode: Environment.Mode = .mustExist) -> StorageError.Code? {
    do throws(StorageError) {
      _ = try Environment.open(path, mode: mode)
      return nil
    } catch {
      #expect(error.message.contains(path))
      #expect(!error.help.isEmpty)
      return error.code
    }
  }

  @Test func missingFile() {
    #expect(code(TemporaryFolder().path("none")) == .notFound)
  }

  @Test func missingFolder() {
    #expect(code(TemporaryFolder().path("none/a"), mode: .createIfMissing) == .notFound)
  }

  @Test func folderInsteadOfFile() {
    let folder = TemporaryFolder()
    #expect(code(folder.root) == .notAStore)
  }

  @Test(arguments: [0, 1, 100, 5000]) func fileOfSomethingElse(byteCount: Int) {
    let folder = TemporaryFolder()
    let path = folder.write("a", Array<UInt8>(repeating: 65, count: byteCount))
    #expect(code(path) == .notAStore)
    #expect(folder.names == ["a"])
    #expect(Files.read(folder.path("a")).count == byteCount)
  }

  @Test func storeCutShort() throws {
    let folder = TemporaryFolder()
    do {
      let environment = try Environment.open(folder.path("a"), mode: .createIfMissing)
      try environment.write { try $0.put(Key("x"), [UInt8](repeating: 7, count: 100_000), in: .object) }
    }
    let bytes = Files.read(folder.path("a"))
    for count in [4096, 8192, bytes.count / 2, bytes.count - 4096] {
      let path = folder.write("b", Array(bytes[..<count]))
      #expect(code(path) == .truncated, "\(count) of \(bytes.count) bytes")
    }
    let whole = folder.write("b", bytes)
    #expect(code(whole) == nil)
  }

  /// LMDB does not write pages that a transaction took and gave back, so a whole file may end before its last page.
  @Test(arguments: [1_000, 3_000, 40_000, 1_000_000]) func fileThatEndsInFreePagesIsWhole(byteCount: Int) throws {
    let folder = TemporaryFolder()
    for round in 0..<4 {
      let environment = try Environment.open(folder.path("a"), mode: .createIfMissing)
      try environment.write { transaction in
        for number in 0..<(UInt32(round) * 20 + 10) {
          try transaction.put(Key().appending(number), [UInt8](repeating: 7, count: byteCount), in: .object)
        }
        try transaction.delete(prefix: Key(), in: .object)
        try transaction.put(Key("x"), [UInt8(round)], in: .object)
      }
    }
    #expect(code(folder.path("a")) == nil)
  }

  @Test func writingToAStoreOpenedForReading() throws {
    let folder = TemporaryFolder()
    _ = try Environment.open(folder.path("a"), mode: .createIfMissing)
    let environment = try Environment.open(folder.path("a"), mode: .readOnly)
    #expect(throws: StorageError.self) { try environment.write { try $0.put(Key("a"), [1], in: .object) } }
    #expect(code(folder.path("a")) == .readOnly)
  }

  @Test func storeOfANewerFormat() throws {
    let folder = TemporaryFolder()
    let environment = try Environment.open(folder.path("a"), mode: .createIfMissing)
    try environment.write { transaction in
      let value = try transaction.get(Key("format"), in: .meta)!
      var bytes = value.withUnsafeBytes { Array($0) }
      bytes[8] = 99
      try transaction.put(Key("format"), bytes, in: .meta)
    }
    let error = #expect(throws: StorageError.self) { try Store.open(folder.path("a"), mode: .mustExist) }
    #expect(error?.code == .newerFormat)
    #expect(error?.message.contains("format 99") == true)
  }

  @Test func lmdbFileOfSomeoneElse() throws {
    let folder = TemporaryFolder()
    let environment = try Environment.open(folder.path("a"), mode: .createIfMissing)
    try environment.write { _ = try $0.delete(Key("format"), in: .meta) }
    let error = #expect(throws: StorageError.self) { try Store.open(folder.path("a"), mode: .mustExist) }
    #expect(error?.code == .notAStore)
  }

  @Test func noPermission() throws {
    guard getuid() != 0 else { return }
    let folder = TemporaryFolder()
    _ = try Environment.open(folder.path("a"), mode: .createIfMissing)
    chmod(folder.path("a"), 0)
    #expect(code(folder.path("a")) == .permissionDenied)
  }
}
