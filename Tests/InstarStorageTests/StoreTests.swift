import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

@Suite struct StoreTests {
  @Test func anEmptyStoreKnowsNothing() throws {
    let store = try Store.temporary()
    let schema = try store.read { $0.schema }
    #expect(schema.commit.eventCount == 0)
    #expect(schema.properties.isEmpty && schema.eventTypes.isEmpty && schema.settings.isEmpty)
    #expect(try store.read { try $0.recentEvents() }.rowCount == 0)
  }

  @Test func openingAgainReturnsTheSameStore() throws {
    let folder = TemporaryFolder()
    let first = try Store.open(folder.path("a"), mode: .createIfMissing)
    #expect(try Store.open(folder.path("a"), mode: .mustExist) === first)
  }

  @Test func schemaSurvivesClosing() throws {
    let folder = TemporaryFolder()
    do {
      let store = try Store.open(folder.path("a"), mode: .createIfMissing)
      try store.write { transaction in
        try transaction.defineProperty("country", of: .user, type: .text, isDated: true)
        try transaction.defineProperty("price", of: .item, type: .real, unit: "EUR")
        try transaction.setRoles(["user": "CustomerID"])
        try transaction.setSetting("timezone", "Europe/Berlin")
        try transaction.noteEventColumns([.amount])
      }
    }
    let store = try Store.open(folder.path("a"), mode: .readOnly)
    let schema = try store.read { $0.schema }
    #expect(schema.properties.map(\.name) == ["country", "price"])
    #expect(schema.property("country", of: .user)?.isDated == true)
    #expect(schema.property("price", of: .item)?.unit == "EUR")
    #expect(schema.property("price", of: .item)?.type == .real)
    #expect(schema.roles == ["user": "CustomerID"])
    #expect(schema.settings == ["timezone": "Europe/Berlin"])
    #expect(schema.eventColumns == [.amount])
    #expect(schema.commit.number == 1)
    #expect(throws: StorageError.self) { try store.write { try $0.setSetting("a", "b") } }
  }

  @Test func aPropertyKeepsItsType() throws {
    let store = try Store.temporary()
    try store.write { try $0.defineProperty("age", of: .user, type: .integer) }
    #expect(throws: StorageError.self) { try store.write { try $0.defineProperty("age", of: .user, type: .text) } }
    try store.write { try $0.defineProperty("age", of: .item, type: .text) }
    #expect(try store.read { $0.schema.properties.count } == 2)
  }

  @Test func equalHistoriesHaveEqualDigests() throws {
    func digest(_ amounts: [Double]) throws -> String {
      let store = try Store.temporary()
      for amount in amounts {
        try store.append([EventRecord(user: "a", type: "buy", time: 1, amount: amount)])
      }
      try store.write { try $0.putObject(.segment, "s", [1]) }
      return try store.read { $0.schema.commit.digestText }
    }
    #expect(try digest([1, 2]) == digest([1, 2]))
    #expect(try digest([1, 2]) != digest([2, 1]))
    #expect(try digest([1]).count == 32)
  }
}

@Suite struct PropertyColumnTests {
  @Test(arguments: ValueType.allCases) func keepsValuesOfEveryType(type: ValueType) throws {
    let store = try Store.temporary()
    let values: [Value] =
      switch type {
      case .boolean: [true, false, true]
      case .integer: [.integer(.min), .integer(.max), .integer(-5)]
      case .real: [.real(-0.0), .real(.infinity), .real(78.03)]
      case .text: ["x", "", "x"]
      case .time: [.time(.max), .time(0), .time(1)]
      case .duration: [.duration(5), .duration(5), .duration(5)]
      }
    try store.write { transaction in
      for user in 0..<20_000 { _ = try transaction.intern("u\(user)", in: DictionaryID.user) }
      let property = try transaction.defineProperty("p", of: .user, type: type)
      for (user, value) in zip([3, 9000, 19_999] as [UInt32], values) {
        try transaction.setProperty(property, ids: [user], values: try transaction.columnValues(value, property))
      }
    }
    let column = try store.read { try $0.userProperty(0) }
    #expect(column.count == 20_000)
    #expect([3, 9000, 19_999].map { column[$0] } == values)
    #expect([0, 2, 4, 8999, 19_998].allSatisfy { column[$0] == .missing })
  }

  @Test func laterValuesReplaceEarlier() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      for item in 0..<4 { _ = try transaction.intern("i\(item)", in: DictionaryID.item) }
      let property = try transaction.defineProperty("price", of: .item, type: .real)
      try transaction.setProperty(property, ids: [0, 1, 3], values: .reals([1, 2, 3]))
    }
    #expect(try store.read { try $0.itemProperty(0) }[1] == .real(2))
    try store.write { transaction in
      let property = try transaction.schema.property("price", of: .item)!
      try transaction.setProperty(property, ids: [0, 1], values: .reals([9, 0]), present: [1, 0])
    }
    let column = try store.read { try $0.itemProperty(0) }
    #expect((0..<4).map { column[$0] } == [.real(9), .missing, .missing, .real(3)])
  }

  @Test func aPastMomentSeesThePastValue() throws {
    let store = try Store.temporary()
    try store.write { transaction in
      for user in ["ada", "ben", "cat"] { _ = try transaction.intern(user, in: DictionaryID.user) }
      let plan = try transaction.defineProperty("plan", of: .user, type: .text, isDated: true)
      try transaction.setProperty(plan, user: 0, at: 100, "free")
      try transaction.setProperty(plan, user: 0, at: 200, "pro")
      try transaction.setProperty(plan, user: 1, at: 300, "pro")
      try transaction.setProperty(plan, user: 1, at: -50, "free")
      try transaction.setProperty(plan, user: 0, at: 150, "trial")
      try transaction.setProperty(plan, user: 0, at: 400, .missing)
    }
    func values(_ moment: Int64) throws -> [Value] {
      let column = try store.read { try $0.userPropertyHistory(0, asOf: moment) }
      return (0..<3).map { column[$0] }
    }
    #expect(try values(-50) == [.missing, .missing, .missing])
    #expect(try values(100) == [.missing, "free", .missing])
    #expect(try values(101) == ["free", "free", .missing])
    #expect(try values(151) == ["trial", "free", .missing])
    #expect(try values(301) == ["pro", "pro", .missing])
    #expect(try values(401) == [.missing, "pro", .missing])
    let current = try store.read { try $0.userProperty(0) }
    #expect((0..<3).map { current[$0] } == [.missing, "pro", .missing])
  }
}

@Suite struct ObjectTests {
  @Test func keepsVersionsAndLargePayloads() throws {
    let store = try Store.temporary()
    let payload = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    try store.write { transaction in
      #expect(try transaction.putObject(.model, "loyalty", [1], keep: 2) == 1)
      #expect(try transaction.putObject(.model, "loyalty", payload, keep: 2) == 2)
      #expect(try transaction.putObject(.model, "loyalty", [], keep: 2) == 3)
      try transaction.putObject(.segment, "big spenders", [7])
    }
    try store.read { snapshot in
      #expect(try snapshot.object(.model, "loyalty") == [])
      #expect(try snapshot.object(.model, "loyalty", version: 2) == payload)
      #expect(try snapshot.object(.model, "loyalty", version: 1) == nil)
      #expect(try snapshot.object(.segment, "loyalty") == nil)
      let objects = try snapshot.objects()
      #expect(objects.map(\.name) == ["big spenders", "loyalty", "loyalty"])
      #expect(objects.map(\.version) == [1, 2, 3])
      #expect(objects.map(\.byteCount) == [1, 3_000_000, 0])
      #expect(try snapshot.objects(.model).count == 2)
    }
    #expect(try store.write { try $0.deleteObject(.model, "loyalty") })
    #expect(try store.read { try $0.objects().map(\.name) } == ["big spenders"])
  }
}
