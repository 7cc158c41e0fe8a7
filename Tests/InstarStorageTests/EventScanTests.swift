import InstarColumns
import InstarStorage
import InstarTestSupport
import Testing

@Suite struct EventScanTests {
  private let columns = ModelEvent.columns

  private func request(threads: Int = 2) -> ScanRequest {
    ScanRequest(columns: ModelEvent.eventColumns, threads: threads)
  }

  private func source(_ runs: [RunBlocks], recent: [ModelEvent] = [], of all: [ModelEvent]) -> ScanSource {
    ScanSource(
      runs: runs, recent: recent.isEmpty ? nil : SortedRows(recent), columnTypes: columns.types,
      userCount: Int(all.map(\.user).max() ?? 0) + 1, rowCount: all.count)
  }

  private func events(_ count: Int, users: Int, ordered: Bool, _ random: inout TestRandom) -> [ModelEvent] {
    var events = (0..<count).map { _ in ModelEvent.random(users: users, times: 0..<50_000, using: &random) }
    if ordered { events.sort { $0.time < $1.time } }
    return events
  }

  @Test(arguments: [(1, 1), (500, 30), (20_000, 3), (60_000, 30_000), (60_000, 900)], [true, false])
  func oneRunGivesBackWhatWasLoaded(shape: (count: Int, users: Int), ordered: Bool) throws {
    var random = TestRandom()
    let all = events(shape.count, users: shape.users, ordered: ordered, &random)
    let loaded = try MemoryRun.load(all, run: 0)
    #expect(loaded.totals.rows == all.count)
    #expect(loaded.totals.users == Set(all.map(\.user)).count)
    #expect(
      loaded.totals.types.map(\.rows) == (0..<loaded.totals.types.count).map { type in all.count { $0.type == type } })
    #expect(loaded.run.keys == loaded.run.keys.sorted())
    let scanned = try EventScan.events(source([loaded.run.blocks(columns: columns.numbers)], of: all), request())
    #expect(scanned.events == inStoreOrder(all), "seed \(random.seed)")
    #expect(scanned.statistics.rows == all.count)
  }

  @Test func spilledImportGivesTheSameRows() throws {
    var random = TestRandom()
    let all = events(700_000, users: 40_000, ordered: false, &random)
    let spilled = try MemoryRun.load(all, run: 0, memoryBound: 1 << 20, chunk: 50_000)
    let scanned = try EventScan.events(source([spilled.run.blocks(columns: columns.numbers)], of: all), request())
    #expect(spilled.totals.rows == all.count)
    #expect(scanned.events == inStoreOrder(all), "seed \(random.seed)")
  }

  @Test(arguments: [20, 2_000, 30_000]) func runsAndRecentEventsAreJoinedInOrderOfAge(users: Int) throws {
    var random = TestRandom()
    for _ in 0..<3 {
      let base = events(Int.random(in: 1...40_000, using: &random), users: users, ordered: true, &random)
      let second = events(Int.random(in: 1...3_000, using: &random), users: users + 100, ordered: false, &random)
      let third = events(Int.random(in: 1...300, using: &random), users: users, ordered: false, &random)
      let recent = events(Int.random(in: 0...200, using: &random), users: users + 200, ordered: false, &random)
      let runs = try [base, second, third].enumerated().map { number, events in
        try MemoryRun.load(events, run: UInt32(number)).run.blocks(columns: columns.numbers)
      }
      let all = base + second + third + recent
      let source = source(runs, recent: recent, of: all)
      let expected = inStoreOrder(all)
      let scanned = try EventScan.events(source, request())
      #expect(scanned.events == expected, "seed \(random.seed)")
      #expect(try EventScan.events(source, request(threads: 1)).events == expected)

      // Merging the runs gives one run with the same rows.
      let merger = RunMerger(source: source, columns: columns, run: 9)
      let merged = MemoryRun()
      for task in 0..<merger.taskCount { merged.append([try merger.merge(task: task).blocks]) }
      let again = try EventScan.events(self.source([merged.blocks(columns: columns.numbers)], of: all), request())
      #expect(again.events == expected, "seed \(random.seed)")
    }
  }

  @Test func momentAndUsersAreExact() throws {
    var random = TestRandom()
    let base = events(30_000, users: 2_000, ordered: true, &random)
    let recent = events(100, users: 2_000, ordered: false, &random)
    let all = base + recent
    let source = source(
      [try MemoryRun.load(base, run: 0).run.blocks(columns: columns.numbers)], recent: recent, of: all)
    for _ in 0..<20 {
      var request = request()
      let moment = Int64.random(in: -10...50_010, using: &random)
      let users = Set(
        (0..<Int.random(in: 0...500, using: &random)).map { _ in UInt32.random(in: 0..<2_100, using: &random) })
      if Bool.random(using: &random) { request.before = moment }
      if Bool.random(using: &random) { request.users = users.sorted() }
      let expected = inStoreOrder(all).filter {
        $0.time < request.before ?? .max && (request.users == nil || users.contains($0.user))
      }
      #expect(try EventScan.events(source, request).events == expected, "seed \(random.seed)")
    }
  }

  @Test func usersOutsideTheWindowAreSkippedAndOthersAreWhole() throws {
    var random = TestRandom()
    var base: [ModelEvent] = []
    for user in 0..<20_000 {
      let start = Int64.random(in: 0..<1_000_000, using: &random)
      for step in 0..<5 {
        var event = ModelEvent.random(users: 1, times: 0..<1, using: &random)
        event.user = UInt32(user)
        event.time = start + Int64(step * 100)
        base.append(event)
      }
    }
    let source = source([try MemoryRun.load(base, run: 0).run.blocks(columns: columns.numbers)], of: base)
    var request = request()
    request.window = 500_000..<510_000
    request.skipUsersOutside = true
    let scanned = try EventScan.events(source, request)
    let touched = Set(base.filter { request.window!.contains($0.time) }.map(\.user))
    #expect(scanned.events.filter { touched.contains($0.user) } == base.filter { touched.contains($0.user) })
    #expect(scanned.events.count < base.count / 10)
    request.window = 2_000_000..<3_000_000
    let none = try EventScan.events(source, request)
    #expect(none.events.isEmpty)
    #expect(none.statistics.blocksRead == 0)
  }

  @Test func duplicatesAreSkippedWithinAnImportAndAgainstTheStore() throws {
    var random = TestRandom()
    let base = events(20_000, users: 1_000, ordered: true, &random)
    let fresh = events(3_000, users: 1_200, ordered: false, &random)
    let store = source([try MemoryRun.load(base, run: 0).run.blocks(columns: columns.numbers)], of: base)
    let again = (base.shuffled(using: &random).prefix(5_000) + fresh + fresh.prefix(100)).shuffled(using: &random)
    for bound in [1 << 30, 1 << 16] {
      let loaded = try MemoryRun.load(
        again, run: 1, memoryBound: bound, chunk: 1_000, duplicates: .skip, existing: store)
      var seen = base
      var expected: [ModelEvent] = []
      var known = Set(seen.map(\.description))
      for event in again where known.insert(event.description).inserted { expected.append(event) }
      seen = expected
      #expect(loaded.duplicates == again.count - expected.count)
      #expect(loaded.totals.rows == expected.count)
      let scanned = try EventScan.events(source([loaded.run.blocks(columns: columns.numbers)], of: again), request())
      #expect(scanned.events == inStoreOrder(expected), "seed \(random.seed)")
    }
  }

  @Test func anIdSkipsRowsOfTheSameUser() throws {
    var random = TestRandom()
    let base = events(500, users: 100, ordered: true, &random)
    let again = events(500, users: 100, ordered: true, &random)
    let store = source([try MemoryRun.load(base, run: 0).run.blocks(columns: columns.numbers)], of: base)
    // `number` plays the id: at most eleven values a user.
    let loaded = try MemoryRun.load(again, run: 1, duplicates: .skipByColumn(17), existing: store)
    var known = Set(base.map { "\($0.user) \($0.number!)" })
    let expected = inStoreOrder(again).filter { known.insert("\($0.user) \($0.number!)").inserted }
    #expect(loaded.totals.rows == expected.count, "seed \(random.seed)")
  }

  @Test func cancelledScanStops() throws {
    var random = TestRandom()
    let base = events(30_000, users: 2_000, ordered: true, &random)
    var request = request()
    request.isCancelled = { true }
    let source = source([try MemoryRun.load(base, run: 0).run.blocks(columns: columns.numbers)], of: base)
    #expect(throws: ScanCancelled.self) { try EventScan.events(source, request) }
  }

  @Test func aDamagedBlockIsAnErrorAndNotAnAnswer() throws {
    var random = TestRandom()
    let base = events(30_000, users: 2_000, ordered: true, &random)
    let loaded = try MemoryRun.load(base, run: 0)
    for _ in 0..<50 {
      let group = loaded.run.groups.randomElement(using: &random)!
      let entry = group.entries.randomElement(using: &random)!
      let place = Int.random(in: entry.bytes, using: &random)
      let bytes = group.arena.mutableBytes(place..<place + 1)
      let intact = bytes[0]
      bytes[0] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      #expect(throws: BlockDamage.self, "seed \(random.seed)") {
        try EventScan.events(source([loaded.run.blocks(columns: columns.numbers)], of: base), request())
      }
      bytes[0] = intact
    }
  }
}
