import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

/// One event with names instead of codes: what a user of the store sees.
private struct NamedEvent: Equatable, CustomStringConvertible {
  var user: String
  var time: Int64
  var type: String
  var item: String?
  var amount: Double?
  var channel: String?
  var score: Int64?

  var description: String {
    func text(_ value: (some CustomStringConvertible)?) -> String { value?.description ?? "-" }
    return "(\(user) \(time) \(type) \(text(item)) \(text(amount)) \(text(channel)) \(text(score)))"
  }

  static func random(users: Int, using random: inout TestRandom) -> NamedEvent {
    let position = Double.random(in: 0..<1, using: &random)
    return NamedEvent(
      user: "u\(Int(position * position * Double(users)))", time: Int64.random(in: 0..<2_000, using: &random) * 1_000,
      type: ["view", "cart", "purchase"].randomElement(using: &random)!,
      item: Bool.random(using: &random) ? "p\(Int.random(in: 0..<400, using: &random))" : nil,
      amount: Int.random(in: 0..<4, using: &random) == 0
        ? Double(Int.random(in: 0..<9_999, using: &random)) / 100 : nil,
      channel: Bool.random(using: &random) ? ["web", "app"].randomElement(using: &random)! : nil,
      score: Bool.random(using: &random) ? Int64.random(in: -9...9, using: &random) : nil)
  }

  var record: EventRecord {
    var properties: [String: Value] = [:]
    if let channel { properties["channel"] = .text(channel) }
    if let score { properties["score"] = .integer(score) }
    return EventRecord(user: user, type: type, time: time, item: item, amount: amount, properties: properties)
  }
}

private let plan: [LoadPlan.Column] = [.property("score", .integer), .amount, .property("channel", .text), .item]

private func chunk(_ events: [NamedEvent]) -> LoadChunk {
  func texts(_ values: [String?]) -> LoadColumn {
    let dictionary = DictionaryBuilder()
    var buffer = EventColumnBuffer(type: .text)
    buffer.codes = values.map { $0.map { dictionary.code(of: $0) } ?? 0 }
    buffer.present = values.map { $0 == nil ? 0 : 1 }
    return LoadColumn(buffer, dictionary: dictionary)
  }
  var score = EventColumnBuffer(type: .integer)
  score.integers = events.map { $0.score ?? 0 }
  score.present = events.map { $0.score == nil ? 0 : 1 }
  var amount = EventColumnBuffer(type: .real)
  amount.reals = events.map { $0.amount ?? 0 }
  amount.present = events.map { $0.amount == nil ? 0 : 1 }
  return LoadChunk(
    users: LoadTexts(events.map(\.user)), times: events.map(\.time), types: LoadTexts(events.map(\.type)),
    columns: [LoadColumn(score), LoadColumn(amount), texts(events.map(\.channel)), texts(events.map(\.item))])
}

@discardableResult
private func load(
  _ events: [NamedEvent], into store: Store, duplicates: LoadPlan.Duplicates = .keep, chunkRows: Int = 700,
  number: UInt32? = nil
) throws -> LoadReport {
  let loader = try store.load(LoadPlan(columns: plan, duplicates: duplicates, threads: 2, importNumber: number))
  var first = 0
  while first < events.count {
    try loader.add(chunk(Array(events[first..<min(events.count, first + chunkRows)])))
    first += chunkRows
  }
  return try loader.finish()
}

/// All events of the store by name, in the order of a scan.
private func scan(_ store: Store, threads: Int = 2) throws -> [NamedEvent] {
  try store.read { snapshot in
    let schema = snapshot.schema
    let (channel, score) = (schema.property("channel", of: .event), schema.property("score", of: .event))
    var request = ScanRequest(columns: [.item, .amount], threads: threads)
    let channelPlace = channel.map { property in
      request.columns.append(.property(property.id))
      return request.columns.count - 1
    }
    let scorePlace = score.map { property in
      request.columns.append(.property(property.id))
      return request.columns.count - 1
    }
    let (users, types) = (try snapshot.dictionary(DictionaryID.user), try snapshot.dictionary(DictionaryID.eventType))
    let items = try snapshot.dictionary(DictionaryID.item)
    let channels = try channel.map { try snapshot.dictionary($0.dictionary) }
    return try snapshot.scan(request, makeState: { _ in [NamedEvent]() }) { events, batch in
      for place in 0..<batch.userCount {
        for row in batch.starts[place]..<batch.starts[place + 1] {
          var event = NamedEvent(
            user: users.text(batch.users[place]), time: batch.times[row], type: types.text(batch.types[row]))
          if batch.columns[0].isPresent(row) { event.item = items.text(batch.columns[0].codes[row]) }
          if batch.columns[1].isPresent(row) { event.amount = batch.columns[1].reals[row] }
          if let channelPlace, batch.columns[channelPlace].isPresent(row) {
            event.channel = channels!.text(batch.columns[channelPlace].codes[row])
          }
          if let scorePlace, batch.columns[scorePlace].isPresent(row) {
            event.score = batch.columns[scorePlace].integers[row]
          }
          events.append(event)
        }
      }
    }.flatMap { $0 }
  }
}

/// What a scan must give: users in order of first appearance in all that `arrived`, then time, then arrival.
private func expected(_ events: [NamedEvent], arrived: [NamedEvent]? = nil) -> [NamedEvent] {
  var codes: [String: Int] = [:]
  for event in arrived ?? events where codes[event.user] == nil { codes[event.user] = codes.count }
  return events.enumerated()
    .sorted { left, right in
      let (a, b) = (left.element, right.element)
      return (codes[a.user]!, a.time, left.offset) < (codes[b.user]!, b.time, right.offset)
    }
    .map(\.element)
}

/// The events that a trimming leaves, worked out one by one.
private func trimmed(_ events: [NamedEvent], before boundary: Int64) -> [NamedEvent] {
  struct Kind: Hashable {
    var user: String
    var type: String
  }
  var ends: [Kind: (first: Int, last: Int)] = [:]
  for (place, event) in events.enumerated() {
    let kind = Kind(user: event.user, type: event.type)
    guard let known = ends[kind] else {
      ends[kind] = (place, place)
      continue
    }
    // Of equal times the earlier arrival is the first and the later one the last.
    if event.time < events[known.first].time { ends[kind]!.first = place }
    if event.time >= events[known.last].time { ends[kind]!.last = place }
  }
  return events.enumerated().compactMap { place, event in
    if event.time >= boundary { return event }
    let end = ends[Kind(user: event.user, type: event.type)]!
    guard place == end.first || place == end.last else { return nil }
    return NamedEvent(user: event.user, time: event.time, type: event.type)
  }
}

@Suite struct StoreEventsTests {
  /// Imports that are taken back in any order, between appends, compactions and imports that skip duplicates.
  @Test(arguments: 0..<3) func importsThatAreTakenBackLeaveTheOthers(round: Int) throws {
    var random = TestRandom()
    let store = try Store.temporary()
    var model: [(event: NamedEvent, number: UInt32)] = []
    var numbers: [UInt32] = []
    var next: UInt32 = 1
    for step in 0..<24 {
      let comment = Comment(rawValue: "seed \(random.seed), step \(step)")
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<2:
        let events = (0..<40).map { _ in NamedEvent.random(users: 900, using: &random) }
        try store.append(events.map(\.record))
        model += events.map { ($0, 0) }
      case 2..<6:
        let events = (0..<Int.random(in: 0...3_000, using: &random)).map { _ in
          NamedEvent.random(users: 2_000, using: &random)
        }
        try load(events, into: store, number: next)
        model += events.map { ($0, next) }
        numbers.append(next)
        next += 1
      case 6: try store.compact()
      default:
        guard let place = numbers.indices.randomElement(using: &random) else { continue }
        let number = numbers.remove(at: place)
        let wanted = model.count { $0.number == number }
        let report = try store.removeImport(number) { _, _ in }
        #expect(report.events == wanted, comment)
        model.removeAll { $0.number == number }
      }
      // Codes of users stay those of their first appearance, also in what was taken back.
      let scanned = try scan(store).map(\.description).sorted()
      #expect(scanned == model.map(\.event.description).sorted(), comment)
      #expect(try store.read { $0.schema.commit.eventCount } == model.count, comment)
    }
    let check = try store.check()
    #expect(check.isIntact, "\(check.problems)")
  }

  @Test func anImportThatIsTakenBackWhileItsRunIsBeingMergedIsGoneWhole() throws {
    var random = TestRandom()
    let folder = TemporaryFolder()
    let store = try Store.open(folder.path("a"), mode: .createIfMissing)
    let base = (0..<30_000).map { _ in NamedEvent.random(users: 10_000, using: &random) }
    let more = (0..<15_000).map { _ in NamedEvent.random(users: 15_000, using: &random) }
    try load(base, into: store, chunkRows: 20_000, number: 1)
    try load(more, into: store, chunkRows: 20_000, number: 2)
    try store.compact()
    let report = try store.removeImport(2) { _, _ in }
    #expect(report.runsRewritten == 1)
    #expect(report.events == 15_000)
    #expect(try scan(store) == expected(base), "seed \(random.seed)")
    #expect(try store.removeImport(2) { _, _ in }.events == 0)
    #expect(try store.removeImport(1) { _, _ in }.runsDropped == 1)
    #expect(try store.read { $0.schema.commit.firstTime } == .max)
    #expect(try store.check().isIntact)
  }

  @Test func whatFailsInTheLastTransactionLeavesTheImport() throws {
    struct Stop: Error {}
    var random = TestRandom()
    let store = try Store.temporary()
    let first = (0..<500).map { _ in NamedEvent.random(users: 50, using: &random) }
    let second = (0..<500).map { _ in NamedEvent.random(users: 50, using: &random) }
    try load(first, into: store, number: 1)
    try load(second, into: store, number: 2)
    try store.compact()
    let before = try store.read { $0.schema.commit }
    #expect(throws: Stop.self) { try store.removeImport(1) { _, _ in throw Stop() } }
    #expect(try store.read { $0.schema.commit }.dataNumber == before.dataNumber)
    #expect(try scan(store) == expected(first + second), "seed \(random.seed)")
    #expect(try store.check().runs == 1)
  }

  /// A store of format 1 has rows without numbers; the first import that has them makes it a store of format 2.
  @Test func aStoreOfTheFirstFormatOpensAndGrows() throws {
    let folder = TemporaryFolder()
    let store = try Store.open(folder.path("a"), mode: .createIfMissing)
    func event(_ user: String) -> NamedEvent { NamedEvent(user: user, time: 7, type: "view") }
    try load([event("old")], into: store)
    let format = Key("format")
    try store.environment.write { transaction in
      var bytes = try transaction.get(format, in: .meta)!.withUnsafeBytes { Array($0) }
      bytes[8] = 1
      try transaction.put(format, bytes, in: .meta)
    }
    try load([event("new")], into: store, number: 1)
    #expect(try store.read { $0.schema.formatVersion } == 2)
    #expect(try store.removeImport(1) { _, _ in }.events == 1)
    #expect(try scan(store).map(\.user) == ["old"])
  }

  /// What is left before a boundary: the first and the last of each user and type, bare.
  @Test(arguments: 0..<3) func oldEventsLeaveTheirFirstAndLast(round: Int) throws {
    var random = TestRandom()
    let store = try Store.temporary()
    var events: [NamedEvent] = []
    for _ in 0..<4 {
      let part = (0..<2_000).map { _ in NamedEvent.random(users: 300, using: &random) }
      if Bool.random(using: &random) { try load(part, into: store) } else { try store.append(part.map(\.record)) }
      events += part
      if Bool.random(using: &random) { try store.compact() }
    }
    let arrived = events
    for boundary in [400_000, 900_000, 900_000] as [Int64] {
      events = trimmed(events, before: boundary)
      _ = try store.trimEvents(before: boundary) { _, _ in }
      #expect(try scan(store) == expected(events, arrived: arrived), "seed \(random.seed)")
      #expect(try store.read { $0.schema.commit.eventCount } == events.count)
    }
    let before = try store.read { $0.schema.commit.dataNumber }
    #expect(try store.trimEvents(before: 900_000) { _, _ in } == TrimReport(), "nothing is left to do")
    #expect(try store.read { $0.schema.commit.dataNumber } == before)
    #expect(try store.check().isIntact)
  }

  @Test func textsThatOnlyOldEventsHadAreErased() throws {
    let store = try Store.temporary()
    func event(_ time: Int64, _ coupon: String) -> EventRecord {
      EventRecord(user: "u", type: "t", time: time, order: "o\(time)", properties: ["coupon": .text(coupon)])
    }
    try store.append([event(1, "A"), event(2, "B"), event(3, "B"), event(9, "B"), event(10, "C")])
    let report = try store.trimEvents(before: 9) { _, _ in }
    #expect(report == TrimReport(events: 2, bare: 1, texts: 4))  // A, o1, o2, o3
    let (coupons, orders) = try store.read { snapshot in
      (try snapshot.dictionary(DictionaryID.property(0)), try snapshot.dictionary(DictionaryID.order))
    }
    #expect((0..<3).map { coupons.text($0) } == ["(erased)", "B", "C"])
    #expect((0..<5).map { orders.text($0) } == ["(erased)", "(erased)", "(erased)", "o9", "o10"])
  }

  /// Random appends, imports and compactions, compared with a plain array after every step.
  @Test(arguments: 0..<3) func storeEqualsAnArray(round: Int) throws {
    var random = TestRandom()
    let store = try Store.temporary()
    var model: [NamedEvent] = []
    for step in 0..<25 {
      let comment = Comment(rawValue: "seed \(random.seed), step \(step)")
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<5:
        let users = Int.random(in: 1..<2_000, using: &random)
        let events = (0..<Int.random(in: 1...60, using: &random)).map { _ in
          NamedEvent.random(users: users, using: &random)
        }
        try store.append(events.map(\.record))
        model += events
      case 5..<8:
        let users = Int.random(in: 1..<4_000, using: &random)
        let count = Int.random(in: 0...1_000, using: &random)
        let events = (0..<count).map { _ in NamedEvent.random(users: users, using: &random) }
        let report = try load(events, into: store)
        #expect(report.rows == count, comment)
        model += events
      case 8:
        let again = model.shuffled(using: &random).prefix(500)
        let report = try load(Array(again), into: store, duplicates: .skip)
        #expect(report.rows == 0, comment)
        #expect(report.duplicates == again.count, comment)
      default: try store.compact()
      }
      let (scanned, wanted) = (try scan(store, threads: 1 + step % 3), expected(model))
      #expect(scanned == wanted, comment)
      guard scanned == wanted else { return }
      let schema = try store.read { $0.schema }
      #expect(schema.commit.eventCount == model.count, comment)
      for type in schema.eventTypes { #expect(type.count == model.count { $0.type == type.name }, comment) }
      #expect(schema.commit.userCount == Set(model.map(\.user)).count, comment)
    }
    try store.compact()
    #expect(try scan(store) == expected(model))
    #expect(try store.check().isIntact)
  }

  @Test func manySmallAppendsBecomeRunsAndStayInOrder() throws {
    var random = TestRandom()
    let store = try Store.temporary()
    var model: [NamedEvent] = []
    for _ in 0..<17 {
      let events = (0..<2_000).map { _ in NamedEvent.random(users: 3_000, using: &random) }
      try store.append(events.map(\.record))
      model += events
    }
    #expect(try scan(store) == expected(model), "seed \(random.seed)")
    try store.compact()
    #expect(try scan(store) == expected(model), "seed \(random.seed)")
  }

  @Test func aBaseThatIsRewrittenRangeByRangeKeepsItsRows() throws {
    var random = TestRandom()
    let store = try Store.temporary()
    let base = (0..<30_000).map { _ in NamedEvent.random(users: 10_000, using: &random) }
    let more = (0..<15_000).map { _ in NamedEvent.random(users: 15_000, using: &random) }
    try load(base, into: store, chunkRows: 20_000)
    try load(more, into: store, chunkRows: 20_000)
    #expect(try scan(store) == expected(base + more), "seed \(random.seed)")
    try store.compact()
    #expect(try scan(store) == expected(base + more), "seed \(random.seed)")
    let report = try store.check()
    #expect(report.isIntact)
    #expect(report.runs == 1)
    #expect(report.rows == 45_000)
  }

  @Test func anImportThatIsNotFinishedLeavesNothing() throws {
    var random = TestRandom()
    let store = try Store.temporary()
    let events = (0..<1_000).map { _ in NamedEvent.random(users: 50, using: &random) }
    try load(events, into: store)
    let before = try store.read { $0.schema.commit }
    let loader = try store.load(LoadPlan(columns: plan))
    try loader.add(chunk((0..<1_000).map { _ in NamedEvent.random(users: 9_000, using: &random) }))
    _ = consume loader
    #expect(try store.read { $0.schema.commit } == before)
    #expect(try scan(store) == expected(events))
  }

  @Test func anImportDuringWhichAnotherWriterAddedTextsIsRefusedWhole() throws {
    var random = TestRandom()
    let store = try Store.temporary()
    let loader = try store.load(LoadPlan(columns: plan))
    try loader.add(chunk((0..<1_000).map { _ in NamedEvent.random(users: 9_000, using: &random) }))
    try store.append([EventRecord(user: "someone else", type: "view", time: 5)])
    do {
      _ = try loader.finish()
      Issue.record("the import was taken")
    } catch let error as StorageError {
      #expect(error.code == .inUse)
    }
    #expect(try scan(store).map(\.user) == ["someone else"])
    #expect(try store.check().runs == 0)
  }

  @Test func aPropertyOfAnotherTypeIsRefused() throws {
    let store = try Store.temporary()
    try store.append([EventRecord(user: "a", type: "view", time: 5, properties: ["score": .text("high")])])
    #expect(throws: StorageError.self) { try store.load(LoadPlan(columns: plan)) }
  }

  @Test func equalTimesStayInOrderOfArrival() throws {
    let store = try Store.temporary()
    func event(_ item: String) -> NamedEvent { NamedEvent(user: "u", time: 7, type: "view", item: item) }
    try store.append([event("1").record])
    try load([event("2"), event("3")], into: store)
    try store.append([event("4").record])
    try load([event("5")], into: store)
    #expect(try scan(store).map(\.item) == ["1", "2", "3", "4", "5"])
    try store.compact()
    #expect(try scan(store).map(\.item) == ["1", "2", "3", "4", "5"])
  }

  @Test func anErasedUserIsGoneFromAllRunsAndTotals() throws {
    var random = TestRandom()
    let store = try Store.temporary()
    var model = (0..<20_000).map { _ in NamedEvent.random(users: 300, using: &random) }
    try load(model, into: store, chunkRows: 10_000)
    let more = (0..<500).map { _ in NamedEvent.random(users: 300, using: &random) }
    try load(more, into: store)
    let recent = (0..<100).map { _ in NamedEvent.random(users: 300, using: &random) }
    try store.append(recent.map(\.record))
    model += more + recent
    for name in ["u0", "u250", "u3"] {
      // While the erasure is under way, scans hide the user.
      let code = try store.read { try $0.dictionary(DictionaryID.user).code(of: name)! }
      try store.write { try $0.addTombstone(user: code) }
      let others = expected(model).filter { $0.user != name }
      #expect(try scan(store) == others, "seed \(random.seed)")
      let removed = try store.eraseUser(named: name, at: 0)
      #expect(removed == model.count { $0.user == name })
      #expect(try scan(store) == others, "seed \(random.seed)")
      model.removeAll { $0.user == name }
      let schema = try store.read { $0.schema }
      #expect(schema.commit.eventCount == model.count)
      for type in schema.eventTypes { #expect(type.count == model.count { $0.type == type.name }) }
      #expect(try store.check().problems == [])
    }
    #expect(try store.eraseUser(named: "nobody", at: 0) == nil)
  }
}
