import InstarColumns
import InstarEncryption
import InstarStorage
import InstarTestSupport
import Testing

/// Stores with a key: answers as without one, nothing readable in the file, nothing changed unseen.
@Suite struct EncryptedStoreTests {
  private let folder = TemporaryFolder()

  private func configuration(_ key: (any StoreKey)?) -> Store.Configuration {
    var configuration = Store.Configuration()
    configuration.key = key
    return configuration
  }

  private func open(_ key: (any StoreKey)?, _ mode: Store.Mode = .createIfMissing, as name: String = "a") throws
    -> Store
  {
    try Store.open(folder.path(name), mode: mode, configuration: configuration(key))
  }

  /// Users, items, properties, settings, an object and blocks: a marker in each.
  private func fill(_ store: Store) throws {
    for round in 0..<3 {
      try store.append(
        (0..<200).map { number in
          EventRecord(
            user: "marker-user-\(number % 40)", type: "marker-type", time: Int64(round * 1000 + number),
            item: "marker-item-\(number % 7)", order: "marker-order-\(number)", amount: Double(number),
            properties: ["marker-property": .text("marker-value-\(number % 5)")])
        })
    }
    try store.compact()
    try store.append([EventRecord(user: "marker-user-late", type: "marker-type", time: 9_000)])
    try store.write { transaction in
      try transaction.setSetting("marker-setting", "marker-setting-value")
      try transaction.putObject(.segment, "marker-segment", Array("marker-definition".utf8))
    }
  }

  private func rows(_ store: Store) throws -> [String] {
    try store.read { snapshot in
      let users = try snapshot.dictionary(DictionaryID.user)
      let items = try snapshot.dictionary(DictionaryID.item)
      var request = ScanRequest()
      request.columns = [.item, .amount]
      let chunks = try snapshot.scan(request) { _ in
        [String]()
      } body: { rows, batch in
        for user in 0..<batch.userCount {
          for row in batch.starts[user]..<batch.starts[user + 1] {
            let item = batch.columns[0].present.isEmpty || batch.columns[0].present[row] != 0
            rows.append(
              "\(users.text(batch.users[user])) \(batch.times[row]) \(item ? items.text(batch.columns[0].codes[row]) : "-")"
            )
          }
        }
      }
      return chunks.flatMap { $0 }
    }
  }

  @Test func anEncryptedStoreAnswersAsAPlainOne() throws {
    let plain = try open(nil, as: "b")
    try fill(plain)
    let expected = try rows(plain)
    #expect(expected.count == 601)
    do {
      let store = try open(OwnerKeys.any)
      try fill(store)
      #expect(try rows(store) == expected)
      #expect(try store.check().problems == [])
    }
    // Opened again, nothing is remembered from before.
    let store = try open(OwnerKeys.any, .readOnly)
    #expect(store.isEncrypted)
    #expect(try rows(store) == expected)
    #expect(try store.read { $0.schema.settings["marker-setting"] } == "marker-setting-value")
    #expect(try store.read { try $0.object(.segment, "marker-segment") } == Array("marker-definition".utf8))
  }

  @Test func noMarkerStandsInTheFile() throws {
    do { try fill(open(OwnerKeys.any)) }
    #expect(Files.read(folder.path("a")).places(of: "marker-") == [])
    do { try fill(open(nil, as: "b")) }
    #expect(!Files.read(folder.path("b")).places(of: "marker-").isEmpty, "the search finds what is there")
  }

  @Test func aMissingAndAWrongKeyAreClearErrors() throws {
    do { try fill(open(OwnerKeys.any)) }
    #expect(throws: StorageError.self) { try open(nil) }
    do { _ = try open(nil) } catch let error as StorageError { #expect(error.code == .encrypted) }
    do { _ = try open(OwnerKeys.key(2)) } catch let error as StorageError { #expect(error.code == .wrongKey) }
    do { _ = try open(OwnerKeys.passphrase("x")) } catch let error as StorageError { #expect(error.code == .wrongKey) }
    do { try fill(open(nil, as: "b")) }
    do { _ = try open(OwnerKeys.any, as: "b") } catch let error as StorageError { #expect(error.code == .notEncrypted) }
    #expect(try rows(open(OwnerKeys.any)).count == 601)
  }

  /// The key is asked for even where this process has the store open.
  @Test func aSecondOpeningNeedsTheKeyToo() throws {
    let store = try open(OwnerKeys.any)
    #expect(throws: StorageError.self) { try open(nil) }
    #expect(throws: StorageError.self) { try open(OwnerKeys.key(2)) }
    #expect(try open(OwnerKeys.any) === store)
  }

  @Test func anotherKeyAfterRekey() throws {
    do {
      let store = try open(OwnerKeys.any)
      try fill(store)
      try store.rekey(to: OwnerKeys.passphrase("open sesame"))
    }
    #expect(throws: StorageError.self) { try open(OwnerKeys.any) }
    let store = try open(OwnerKeys.passphrase("open sesame"))
    #expect(try rows(store).count == 601)
    #expect(try store.check().problems == [])
  }

  @Test(arguments: [(true, true), (true, false), (false, true)])
  func aCopyHasASecretOfItsOwn(from: Bool, to: Bool) throws {
    let source = try open(from ? OwnerKeys.any : nil)
    try fill(source)
    try source.copy(to: folder.path("b"), key: to ? OwnerKeys.key(2) : nil)
    let copy = try open(to ? OwnerKeys.key(2) : nil, .mustExist, as: "b")
    #expect(try rows(copy) == rows(source))
    #expect(try copy.check().problems == [])
    #expect(copy.isEncrypted == to)
    #expect(Files.read(folder.path("b")).places(of: "marker-").isEmpty == to)
    #expect(throws: StorageError.self) { try source.copy(to: folder.path("b"), key: nil) }
    // The copy goes on by itself.
    try copy.append([EventRecord(user: "new", type: "marker-type", time: 1)])
    #expect(try rows(copy).count == 602)
  }

  /// Two processes that write in turn have groups of their own; here the store is opened again between writes.
  @Test func writingGoesOnAfterOpeningAgain() throws {
    for round in 1...5 {
      let store = try open(OwnerKeys.any)
      try store.append([EventRecord(user: "u", type: "t", time: Int64(round))])
      if round == 3 { try store.compact() }
      #expect(try rows(store).count == round)
    }
  }

  /// A transaction that is undone takes its group with it: what is written after it can be read all the same.
  @Test func anUndoneFirstTransactionLeavesNothing() throws {
    struct Undo: Error {}
    do {
      let store = try open(OwnerKeys.any)
      #expect(throws: Undo.self) {
        try store.write { transaction in
          try transaction.setSetting("a", "b")
          throw Undo()
        }
      }
      try store.append([EventRecord(user: "u", type: "t", time: 1)])
    }
    let store = try open(OwnerKeys.any)
    #expect(try rows(store).count == 1)
    #expect(try store.read { $0.schema.settings["a"] } == nil)
  }

  /// Every byte of every value counts: the first, the last and one in the middle of each value in turn, and `check` finds
  /// each of them.
  @Test func everyFlippedByteOfAValueIsFound() throws {
    do { try fill(open(OwnerKeys.any)) }
    let values = try RawFile.values(folder.path("a"))
    #expect(values.count > 20)
    let intact = Files.read(folder.path("a"))
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    for copies in values {
      let value = 0..<copies[0].count
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let middle = value.lowerBound + Int((state >> 33) % UInt64(value.count))
      for place in [value.lowerBound, middle, value.upperBound - 1] {
        var changed = intact
        for copy in copies { changed[copy.lowerBound + place] ^= UInt8(1 << ((state >> 16) % 8)) }
        Files.write(changed, to: folder.path("a"))
        #expect(throws: (any Error).self, "byte \(place), seed \(seed)") {
          let report = try open(OwnerKeys.any, .readOnly).check()
          if !report.isIntact { throw Found() }
        }
      }
    }
    Files.write(intact, to: folder.path("a"))
    #expect(try open(OwnerKeys.any, .readOnly).check().isIntact)
  }

  private struct Found: Error {}

  /// A value that somebody puts in the place of another one is rejected, whole as it is.
  @Test func swappedValuesAreRejected() throws {
    do {
      let environment = try Environment.open(folder.path("a"), mode: .createIfMissing, key: OwnerKeys.any)
      try environment.write { transaction in
        try transaction.put(Key("one"), Array("value one".utf8), in: .run)
        try transaction.put(Key("two"), Array("value two".utf8), in: .run)
        try transaction.put(Key("one"), Array("value xxx".utf8), in: .history)
        try transaction.put(Key("same"), Array("untouched".utf8), in: .history)
      }
    }
    try RawFile.swap(folder.path("a"), ("run", "one"), ("run", "two"))
    try RawFile.swap(folder.path("a"), ("run", "two"), ("history", "one"))
    let environment = try Environment.open(folder.path("a"), mode: .mustExist, key: OwnerKeys.any)
    for (key, database) in [(Key("one"), NamedDatabase.run), (Key("two"), .run), (Key("one"), .history)] {
      #expect(throws: StorageError.self) { try environment.read { _ = try $0.get(key, in: database) } }
    }
    let kept = try environment.read { transaction in
      try transaction.get(Key("same"), in: .history)!.withUnsafeBytes { Array($0) }
    }
    #expect(kept == Array("untouched".utf8))
  }

  @Test func anImportThatSpillsLeavesNothingReadable() throws {
    var configuration = configuration(OwnerKeys.any)
    configuration.importMemoryByteCount = 1 << 16
    let store = try Store.open(folder.path("a"), mode: .createIfMissing, configuration: configuration)
    let loader = try store.load(LoadPlan(columns: [.amount]))
    for chunk in 0..<20 {
      let rows = 0..<2_000
      var amounts = EventColumnBuffer(type: .real)
      amounts.reals = rows.map { Double($0) }
      try loader.add(
        LoadChunk(
          users: LoadTexts(rows.map { "user \(($0 * 7 + chunk) % 50)" }),
          times: rows.map { Int64(chunk * rows.count + $0) }, types: LoadTexts(repeating: "view", count: rows.count),
          columns: [LoadColumn(amounts)]))
    }
    let report = try loader.finish()
    #expect(report.rows == 40_000)
    #expect(try store.check().problems == [])
    #expect(try rows(store).count == 40_000)
  }
}
