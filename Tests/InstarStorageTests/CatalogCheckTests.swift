import InstarColumns
import InstarStorage
import Testing

@Suite struct CatalogCheckTests {
  private func filledStore() throws -> Store {
    let store = try Store.temporary()
    try store.append((0..<3000).map { EventRecord(user: "u\($0)", type: "t", time: Int64($0), item: "i\($0 % 9)") })
    try store.write { transaction in
      let age = try transaction.defineProperty("age", of: .user, type: .integer)
      try transaction.setProperty(age, ids: Array(0..<3000), values: .integers((0..<3000).map { $0 * 1000 }))
      let price = try transaction.defineProperty("price", of: .item, type: .real)
      try transaction.setProperty(price, ids: [1, 2], values: .reals([1.5, 2.5]))
      try transaction.putObject(.model, "loyalty", Array(repeating: 3, count: 500))
      try transaction.appendAudit("exported 3 rows", at: 1)
    }
    return store
  }

  @Test func aSoundStoreHasNoFindings() throws {
    let store = try filledStore()
    #expect(try store.read { try $0.checkCatalog() } == [])
    try store.write { try $0.eraseUser(17) }
    #expect(try store.read { try $0.checkCatalog() } == [])
  }

  /// One flipped bit in a stored value never goes unseen.
  @Test(arguments: [NamedDatabase.term, .termtext, .user, .item, .delta, .object, .audit])
  func seesAFlippedBit(database: NamedDatabase) throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    let store = try filledStore()
    for _ in 0..<40 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let place = state >> 20
      try store.environment.write { try flip(place, in: database, $0) }
      #expect(try store.read { try $0.checkCatalog() }.count > 0, "seed \(seed)")
      try store.environment.write { try flip(place, in: database, $0) }
    }
    #expect(try store.read { try $0.checkCatalog() } == [])
  }

  /// What is derived is rebuilt from what is stored: hashes that vanished or lead elsewhere, and totals that are wrong.
  @Test func repairsWhatIsDerived() throws {
    let store = try filledStore()
    try store.write { try $0.eraseUser(17) }
    #expect(try store.repair() == [])
    try store.environment.write { transaction in
      for place in 0..<40 { try flip(UInt64(place), in: .term, transaction) }
      try transaction.delete(prefix: Key().appending(DictionaryID.item), in: .term)
    }
    try store.write { try $0.replaceTotals(EventTotals()) }
    #expect(try !store.check().isIntact)
    #expect(try store.repair().count > 1)
    #expect(try store.check().problems == [])
    try store.read { snapshot in
      #expect(snapshot.schema.commit.eventCount == 3000)
      #expect(snapshot.schema.eventTypes.map(\.count) == [3000])
      let (items, users) = try (snapshot.dictionary(DictionaryID.item), snapshot.dictionary(DictionaryID.user))
      #expect(items.code(of: "i3") == 3 && users.code(of: "u18") == 18)
    }
  }

  /// Flips a bit of the first entry.
  private func flip(_ place: UInt64, in database: NamedDatabase, _ transaction: borrowing WriteTransaction) throws {
    let (name, value) = try first(database, transaction)
    var bytes = value
    bytes[Int(place / 8 % UInt64(bytes.count))] ^= 1 << UInt8(place % 8)
    var key = Key()
    for byte in name { key.append(byte) }
    try transaction.put(key, bytes, in: database)
  }

  private func first(_ database: NamedDatabase, _ transaction: borrowing WriteTransaction) throws -> ([UInt8], [UInt8])
  {
    var cursor = try transaction.cursor(database)
    #expect(try cursor.first())
    return (cursor.key.withUnsafeBytes { Array($0) }, cursor.value.withUnsafeBytes { Array($0) })
  }
}
