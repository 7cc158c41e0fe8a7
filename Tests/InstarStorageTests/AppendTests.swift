import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

@Suite struct AppendTests {
  @Test func ordersByUserTimeAndArrival() throws {
    let store = try Store.temporary()
    try store.append([
      EventRecord(user: "ada", type: "view", time: 20, item: "pen"),
      EventRecord(user: "ben", type: "view", time: 5),
      EventRecord(user: "ada", type: "buy", time: 20, order: "o1", amount: 9.5, properties: ["gift": true, "n": 3]),
    ])
    try store.append([EventRecord(user: "ada", type: "view", time: 10, quantity: 2)])
    try store.read { snapshot in
      let events = try snapshot.recentEvents()
      #expect(events.users == [0, 1])
      #expect(events.starts == [0, 3, 4])
      #expect(events.times == [10, 20, 20, 5])
      #expect(events.types == [0, 0, 1, 0])
      #expect(events.sequences == 0..<4)
      let amount = events.column(.amount, type: .real)
      #expect(amount.present == [0, 0, 1, 0])
      #expect(amount.reals[2] == 9.5)
      #expect(events.column(.quantity, type: .real).reals[0] == 2)
      #expect(events.column(.item, type: .text).present == [0, 1, 0, 0])
      let gift = snapshot.schema.property("gift", of: .event)!
      #expect(events.column(.property(gift.id), type: gift.type).flags == [0, 0, 1, 0])
      let number = snapshot.schema.property("n", of: .event)!
      #expect(events.column(.property(number.id), type: number.type).integers[2] == 3)
      #expect(try snapshot.dictionary(DictionaryID.item).text(0) == "pen")
      #expect(try snapshot.dictionary(DictionaryID.order).text(0) == "o1")
    }
  }

  /// Whether the recent events are read after each append or once at the end makes no difference.
  @Test func readingInBetweenChangesNothing() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var state = seed
    func next(_ bound: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % bound
    }
    let store = try Store.temporary()
    var expected: [(user: UInt32, time: Int64, arrival: Double)] = []
    var codes: [UInt64: UInt32] = [:]
    for _ in 0..<60 {
      let events = (0..<next(8) + 1).map { _ in
        let user = next(9)
        let code = codes[user, default: UInt32(codes.count)]
        codes[user] = code
        let event = EventRecord(user: "u\(user)", type: "t", time: Int64(next(20)), amount: Double(expected.count))
        expected.append((code, event.time, event.amount!))
        return event
      }
      try store.append(events)
      if next(2) == 0 { continue }
      let sorted = expected.sorted { ($0.user, $0.time, $0.arrival) < ($1.user, $1.time, $1.arrival) }
      let recent = try store.read { try $0.recentEvents() }
      #expect(recent.times == sorted.map(\.time), "seed \(seed)")
      #expect(recent.column(.amount, type: .real).reals == sorted.map(\.arrival), "seed \(seed)")
    }
    #expect(try store.read { try $0.recentEvents() }.rowCount == expected.count)
    try store.write { try $0.removeRecentEvents() }
    #expect(try store.read { try $0.recentEvents() }.rowCount == 0)
  }

  @Test func keepsTotals() throws {
    let store = try Store.temporary()
    try store.append([
      EventRecord(user: "ada", type: "view", time: 20), EventRecord(user: "ben", type: "buy", time: -5),
    ])
    try store.append([EventRecord(user: "ada", type: "view", time: 7, amount: 1)])
    let schema = try store.read { $0.schema }
    #expect(schema.commit.eventCount == 3)
    #expect(schema.commit.userCount == 2)
    #expect(schema.commit.firstTime == -5 && schema.commit.lastTime == 20)
    #expect(schema.commit.nextSequence == 3)
    #expect(schema.eventTypes.map(\.name) == ["view", "buy"])
    #expect(schema.eventTypes.map(\.count) == [2, 1])
    #expect(schema.eventType("view")?.first == 7 && schema.eventType("view")?.last == 20)
    #expect(schema.eventColumns == [.amount])
  }

  @Test func refusesOneCallAndKeepsTheOthers() throws {
    let store = try Store.temporary()
    try store.append([EventRecord(user: "a", type: "t", time: 1, properties: ["x": 1.5])])
    #expect(throws: StorageError.self) {
      try store.append([
        EventRecord(user: "b", type: "t", time: 1),
        EventRecord(user: "c", type: "t", time: 1, properties: ["x": "one"]),
      ])
    }
    #expect(throws: StorageError.self) { try store.append([EventRecord(user: "", type: "t", time: 1)]) }
    try store.append([EventRecord(user: "d", type: "t", time: 1, properties: ["x": 2])])
    let events = try store.read { try $0.recentEvents() }
    #expect(events.column(.property(0), type: .real).reals == [1.5, 2])
    #expect(try store.read { try $0.dictionary(DictionaryID.user).code(of: "b") } == nil)
  }

  @Test func threadsShareCommits() async throws {
    let store = try Store.temporary()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for task in 0..<16 {
        group.addTask {
          for step in 0..<100 {
            try store.append([EventRecord(user: "u\(task)", type: "t", time: Int64(step))])
          }
        }
      }
      try await group.waitForAll()
    }
    let events = try store.read { try $0.recentEvents() }
    #expect(events.rowCount == 1600)
    #expect(events.users.count == 16)
    for user in 0..<16 { #expect(Array(events.times[user * 100..<user * 100 + 100]) == Array(0..<100)) }
  }

  @Test func survivesClosing() throws {
    let folder = TemporaryFolder()
    for round in 0..<3 {
      let store = try Store.open(folder.path("a"), mode: .createIfMissing)
      try store.append((0..<5000).map { EventRecord(user: "u\($0 % 7)", type: "t", time: Int64(round)) })
    }
    let store = try Store.open(folder.path("a"), mode: .mustExist)
    #expect(try store.read { try $0.recentEvents().rowCount } == 15_000)
    #expect(try store.read { $0.schema.commit.eventCount } == 15_000)
  }
}
