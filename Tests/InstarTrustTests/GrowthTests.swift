import Instar
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A file may grow while a reader holds an old commit, and gives the space back: `INSTAR_CHURN=60` is the full run.
@Suite(.serialized) struct GrowthTests {
  @Test func churnWithAStuckReaderGivesItsSpaceBack() throws {
    let folder = TemporaryFolder()
    let database = try Database.open(folder.path("a.instar"))
    let store = try database.engine.store
    var users = 0
    func add(_ count: Int) throws {
      let file = folder.write("part.csv", ShopLog.csv(users: users..<users + count))
      try database.query("IMPORT EVENTS FROM '\(file)'")
      users += count
    }
    try add(30_000)
    let rounds = setting("INSTAR_CHURN", default: 6)
    let before = try database.rows(ShopLog.totals)
    // The reader sees the first commit through all of it.
    try store.read { snapshot in
      for round in 0..<rounds {
        try add(2_000)
        try store.append(ShopLog.events(users: users..<users + 200))
        users += 200
        try database.compact()
        #expect(snapshot.userCount == 30_000, "round \(round)")
      }
      let seen = try snapshot.scan(ScanRequest()) { _ in
        0
      } body: {
        $0 += $1.rowCount
      }
      #expect(seen.reduce(0, +) == 90_000)
    }
    #expect(before == ShopLog.totals(users: 30_000))
    let stuck = Self.allocated(database.path)
    try add(10)
    try database.compact()
    let after = Self.allocated(database.path)

    // The same events, imported at once into a file of their own.
    let fresh = try Database.open(folder.path("fresh.instar"))
    let file = folder.write("all.csv", ShopLog.csv(users: 0..<users))
    try fresh.query("IMPORT EVENTS FROM '\(file)'")
    try fresh.compact()
    let live = Self.allocated(fresh.path)
    #expect(Double(after) <= 1.5 * Double(live), "\(after) bytes against \(live), \(stuck) with the reader")
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: users))
    #expect(try database.check().problems == [])
    print("growth: \(stuck >> 10) KiB with a stuck reader, \(after >> 10) without, \(live >> 10) of a new store")
  }

  /// Bytes that the file system has set aside for a file.
  private static func allocated(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_blocks) * 512 : 0
  }
}
