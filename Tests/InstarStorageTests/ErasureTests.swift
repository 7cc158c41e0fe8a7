import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

@Suite struct ErasureTests {
  @Test func nothingOfAUserIsLeftInTheFile() throws {
    let folder = TemporaryFolder()
    let store = try Store.open(folder.path("a"), mode: .createIfMissing)
    try store.write { transaction in
      for user in ["ada", "benjamin-the-second", "cat"] { _ = try transaction.intern(user, in: DictionaryID.user) }
      let plan = try transaction.defineProperty("plan", of: .user, type: .text, isDated: true)
      let age = try transaction.defineProperty("age", of: .user, type: .integer)
      for user in 0..<3 as Range<UInt32> { try transaction.setProperty(plan, user: user, at: 10, "pro") }
      try transaction.setProperty(age, ids: [0, 1, 2], values: .integers([30, 40, 50]))
    }
    let before = try store.read { try $0.dictionary(DictionaryID.user) }
    try store.write { try $0.eraseUser(1) }
    try store.read { snapshot in
      let users = try snapshot.dictionary(DictionaryID.user)
      #expect(users !== before)
      #expect((0..<3).map { users.text($0) } == ["ada", "(erased)", "cat"])
      #expect(users.code(of: "benjamin-the-second") == nil)
      #expect(users.code(of: "cat") == 2)
      let age = try snapshot.userProperty(1)
      #expect((0..<3).map { age[$0] } == [.integer(30), .missing, .integer(50)])
      let plan = try snapshot.userPropertyHistory(0, asOf: 11)
      #expect((0..<3).map { plan[$0] } == ["pro", .missing, "pro"])
      let builder = try snapshot.dictionaryBuilder(DictionaryID.user)
      #expect(builder.code(of: "cat") == 2)
      #expect(builder.code(of: "benjamin-the-second") == 3)
    }
    #expect(try store.write { try $0.intern("benjamin-the-second", in: DictionaryID.user) } == 3)
  }

  @Test func keptColumnsForgetErasedTexts() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      for user in ["ada", "ben"] { _ = try transaction.intern(user, in: DictionaryID.user) }
      let city = try transaction.defineProperty("city", of: .user, type: .text)
      for (user, text) in ["Jena", "Ulm"].enumerated() {
        try transaction.setProperty(city, ids: [UInt32(user)], values: try transaction.columnValues(.text(text), city))
      }
    }
    #expect(try store.read { try $0.userProperty(0) }[1] == "Ulm")
    try store.write { try $0.eraseText(1, in: DictionaryID.property(0)) }
    let column = try store.read { try $0.userProperty(0) }
    #expect(column[0] == "Jena")
    #expect(column[1] == "(erased)")
  }

  @Test func tombstonesComeAndGo() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      for user in [7, 300, 2] as [UInt32] { try transaction.addTombstone(user: user) }
    }
    #expect(try store.read { try $0.tombstones() } == [2, 7, 300])
    try store.write { try $0.removeTombstone(user: 7) }
    #expect(try store.read { try $0.tombstones() } == [2, 300])
  }

  @Test func theAuditShowsWhetherItWasChanged() throws {
    let store = try Store.temporary()
    for step in 0..<3 { try store.write { try $0.appendAudit("exported \(step) rows", at: Int64(step)) } }
    let entries = try store.read { try $0.audit() }
    #expect(entries.map(\.text) == ["exported 0 rows", "exported 1 rows", "exported 2 rows"])
    #expect(entries.map(\.number) == [0, 1, 2])
    #expect(Set(entries.map(\.digest)).count == 3)
    try store.environment.write { transaction in
      let key = Key().appending(UInt64(1))
      let value = try transaction.get(key, in: .audit)!
      var bytes = value.withUnsafeBytes { Array($0) }
      bytes[bytes.count - 1] ^= 1
      try transaction.put(key, bytes, in: .audit)
    }
    #expect(throws: StorageError.self) { try store.read { try $0.audit() } }
  }
}
