#if os(Linux)
import Glibc
import Instar
import InstarStorage
import InstarTestSupport
import Testing

/// Processes are killed with SIGKILL while they write, at random moments, again and again.
///
/// `INSTAR_KILLS=200` is the full run: a third each during appends, imports and compactions.
@Suite(.serialized, .enabled(if: ChildProcess.role == nil)) struct KillTests {
  private let kills = setting("INSTAR_KILLS", default: 21)
  private var random = TestRandom()
  private let folder = TemporaryFolder(inMemory: true)
  /// Users in the store before an import, and those whom it brings: three events each.
  private let before = 4_000
  private var imported: Int { kills > 100 ? 100_000 : 10_000 }

  @Test mutating func appendsThatWereAcknowledgedStay() throws {
    let path = folder.path("a.instar")
    var acknowledged = 0
    for _ in 0..<kills / 3 {
      let child = ChildProcess.start("append", path: path)
      let wanted = acknowledged + Int.random(in: 0..<400, using: &random)
      while acknowledged < wanted, let users = child.receive() { acknowledged = users }
      usleep(UInt32.random(in: 0..<3_000, using: &random))
      child.kill()
      while let users = child.receive() { acknowledged = users }
      #expect(child.wait() == -1, "seed \(random.seed)")
      guard acknowledged > 0 else { continue }

      let database = try Database.open(path)
      let users = try database.count("SEGMENT users AGGREGATE users() AS u")
      // The one commit that was under way may have made it.
      #expect(users == acknowledged || users == acknowledged + 1, "seed \(random.seed)")
      #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: users), "seed \(random.seed)")
      #expect(try database.rows(ShopLog.funnel) == ShopLog.funnel(users: users), "seed \(random.seed)")
      #expect(try database.check().problems == [], "seed \(random.seed)")
      acknowledged = users
    }
  }

  @Test mutating func anImportIsThereWholeOrNotAtAll() throws {
    let whole = try prepareImport()
    var (none, all) = (0, 0)
    for _ in 0..<kills / 3 {
      let path = folder.path("a.instar")
      Files.copy(folder.path("before"), to: path)
      let child = ChildProcess.start("importFile", path: path)
      #expect(child.receive() == 1)
      // Some kills come after the end, so that what was acknowledged is seen to stay.
      usleep(UInt32.random(in: 0..<whole / 4 * 5, using: &random))
      child.kill()
      let isAcknowledged = child.receive() == 2
      #expect(child.wait() == -1)

      let database = try Database.open(path)
      let users = try database.count("SEGMENT users AGGREGATE users() AS u")
      #expect(users == before && !isAcknowledged || users == before + imported, "seed \(random.seed)")
      let isThere = users == before + imported
      if isThere { all += 1 } else { none += 1 }
      #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: users), "seed \(random.seed)")
      #expect(try database.rows(ShopLog.funnel) == ShopLog.funnel(users: users), "seed \(random.seed)")
      // What comes with the events is in the same commit: their line in the list, titles of items.
      #expect(try database.query("SHOW IMPORTS").rowCount == (isThere ? 1 : 0), "seed \(random.seed)")
      let titles = try database.engine.store.read { $0.schema.property("title", of: .item) != nil }
      #expect(titles == isThere, "seed \(random.seed)")
      #expect(try database.check().problems == [], "seed \(random.seed)")
      if !isThere {
        // The import can be run again, and clears what the killed one left.
        try database.query("IMPORT EVENTS FROM '\(path).csv'")
        #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: before + imported), "seed \(random.seed)")
        #expect(try database.check().problems == [], "seed \(random.seed)")
      }
    }
    print("kills during imports: \(none) left nothing, \(all) left all")
  }

  /// A store of `before` users in recent events, the file to import, and how long its import takes in microseconds.
  private func prepareImport() throws -> UInt32 {
    folder.write("a.instar.csv", ShopLog.csv(users: before..<before + imported))
    let path = folder.path("before")
    do {
      let store = try Store.open(path, mode: .createIfMissing)
      try store.append(ShopLog.events(users: 0..<before))
    }
    Files.copy(path, to: folder.path("a.instar"))
    let child = ChildProcess.start("importFile", path: folder.path("a.instar"))
    #expect(child.receive() == 1)
    let begin = ContinuousClock.now
    #expect(child.receive() == 2)
    let whole = ContinuousClock.now - begin
    child.kill()
    _ = child.wait()
    return UInt32(whole.components.seconds * 1_000_000 + whole.components.attoseconds / 1_000_000_000_000)
  }

  @Test mutating func aCompactionChangesNoAnswer() throws {
    let template = folder.path("template")
    let users = before + imported
    do {
      let database = try Database.open(template)
      // A base, runs beside it and recent events.
      let parts = [users / 2, users * 3 / 5, users * 7 / 10, users - 100]
      var first = 0
      for end in parts {
        let file = folder.write("part.csv", ShopLog.csv(users: first..<end))
        try database.query("IMPORT EVENTS FROM '\(file)'")
        first = end
      }
      try database.engine.store.append(ShopLog.events(users: first..<users))
      #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: users))
    }
    let path = folder.path("a.instar")
    Files.copy(template, to: path)
    let first = ChildProcess.start("compact", path: path)
    #expect(first.receive() == 1)
    let begin = ContinuousClock.now
    #expect(first.receive() == 2)
    let whole = (ContinuousClock.now - begin).components
    first.kill()
    _ = first.wait()
    for _ in 0..<kills / 3 {
      Files.copy(template, to: path)
      let child = ChildProcess.start("compact", path: path)
      #expect(child.receive() == 1)
      let microseconds = whole.seconds * 1_000_000 + whole.attoseconds / 1_000_000_000_000
      usleep(UInt32.random(in: 0...UInt32(microseconds), using: &random))
      child.kill()
      _ = child.wait()
      let database = try Database.open(path)
      for round in 0..<2 {
        #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: users), "seed \(random.seed), \(round)")
        #expect(try database.rows(ShopLog.funnel) == ShopLog.funnel(users: users), "seed \(random.seed), \(round)")
        #expect(try database.check().problems == [], "seed \(random.seed), \(round)")
        if round == 0 { try database.compact() }
      }
      #expect(try database.engine.store.check().runs == 1)
    }
  }
}
#endif
