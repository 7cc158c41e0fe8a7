import Dispatch
import Instar
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Files that are no store, or one that cannot be used: opening says so and changes no byte.
@Suite struct BadStoreTests {
  private let folder = TemporaryFolder()

  private func makeStore(_ name: String) throws -> String {
    let path = folder.path(name)
    let store = try Store.open(path, mode: .createIfMissing)
    try store.append(ShopLog.events(users: 0..<2_000))
    try store.compact()
    return path
  }

  private func open(_ path: String) throws {
    var configuration = Configuration()
    configuration.createIfMissing = false
    _ = try Database.open(path, configuration: configuration)
  }

  static let noStore = BadCase("a store that is no store", "E0622", "is not an Instar store")
  static let truncated = BadCase("a truncated store", "E0623", "is cut short")
  static let newer = BadCase("a store of a newer format", "E0624", "update Instar")
  static let noPermission = BadCase("no permission for the store", "E0626", "no permission to open")
  static let missing = BadCase("no store there", "E0620", "none.instar")
  static let noFolder = BadCase("no folder for a new store", "E0620", "there is no folder")

  @Test func filesThatAreNoStore() throws {
    let texts: [[UInt8]] = [
      [], Array("user,time\n".utf8), Array(repeating: 0, count: 100_000), Array(repeating: 0xFF, count: 8_192),
    ]
    for bytes in texts {
      let path = folder.write("a.instar", bytes)
      Self.noStore.expect { try open(path) }
      #expect(Files.read(path) == bytes)
    }
    Self.noStore.expect { try open(folder.root) }
    Self.missing.expect { try open(folder.path("none.instar")) }
    Self.noFolder.expect { _ = try Database.open(folder.path("no/a.instar")) }
  }

  /// A store cut at any length is refused, or what is missing is behind its last page.
  @Test func truncatedStores() throws {
    let whole = Files.read(try makeStore("whole.instar"))
    var random = TestRandom()
    let lengths =
      [4_096, 8_192, 8_193, whole.count / 2, whole.count - 4_096]
      + (0..<20).map { _ in
        Int.random(in: 8_192..<whole.count, using: &random)
      }
    for length in lengths {
      let path = folder.path("cut-\(length).instar")
      Files.write(Array(whole[..<length]), to: path)
      do {
        try open(path)
        // Free pages at the end may be missing: then the store is whole.
        let database = try Database.open(path)
        #expect(try database.check().problems == [], "seed \(random.seed), \(length) bytes")
        #expect(
          try database.rows(ShopLog.totals) == ShopLog.totals(users: 2_000), "seed \(random.seed), \(length) bytes")
      } catch {
        Self.truncated.expect { throw error }
        #expect(Files.read(path) == Array(whole[..<length]))
      }
    }
  }

  @Test func aStoreOfANewerFormat() throws {
    let path = try makeStore("new.instar")
    var bytes = Files.read(path)
    // The entry begins with its mark; the version follows.
    let mark = Array("INSTAR\0\0".utf8)
    for start in 0..<bytes.count - 12 where bytes[start] == mark[0] && Array(bytes[start..<start + 8]) == mark {
      bytes[start + 8] = 99
    }
    let newer = folder.write("newer.instar", bytes)
    Self.newer.expect { try open(newer) }
    #expect(Files.read(newer) == bytes)
  }

  @Test func noPermission() throws {
    let path = try makeStore("secret.instar")
    chmod(path, 0)
    // The administrator may read everything.
    if access(path, R_OK) != 0 { Self.noPermission.expect { try open(path) } }
  }

  /// A bit that flipped is found by the checksum of its block: a question fails, and never answers wrongly.
  @Test func damagedBlocksNeverGiveAWrongAnswer() throws {
    let path = try makeStore("whole.instar")
    let whole = Files.read(path)
    var random = TestRandom()
    var found = 0
    for round in 0..<setting("INSTAR_FLIPS", default: 40) {
      var bytes = whole
      let place = Int.random(in: 8_192..<bytes.count, using: &random)
      bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      let copy = folder.path("flipped-\(round).instar")
      Files.write(bytes, to: copy)
      do {
        let database = try Database.open(copy)
        let rows = try database.rows(ShopLog.totals)
        #expect(rows == ShopLog.totals(users: 2_000), "seed \(random.seed), byte \(place)")
        if try !database.check().isIntact { found += 1 }
      } catch {
        found += 1
      }
      unlink(copy)
    }
    print("flipped bits that were found: \(found)")
  }

  #if os(Linux)
  static let full = BadCase("a full disk", "E0628", "")

  /// A limit on the size of files stands for the full disk: an import leaves nothing, and works when there is room.
  @Test(.enabled(if: ChildProcess.role == nil)) func aFullDisk() throws {
    let path = try makeStore("full.instar")
    folder.write("full.instar.csv", ShopLog.csv(users: 2_000..<22_000))
    let child = ChildProcess.start("importUntilFull", path: path, number: Files.read(path).count + 200_000)
    #expect(child.wait() == 0)
    let database = try Database.open(path)
    let totals = try database.rows(ShopLog.totals)
    #expect(totals == ShopLog.totals(users: 22_000))
  }
  #endif

  // MARK: Writers

  /// Two databases on one file write in turn, and an import that another writer overtook can be run again.
  @Test func twoWriters() throws {
    let path = folder.path("a.instar")
    let database = try Database.open(path)
    let other = try Database.open(path)
    let file = folder.write("part.csv", ShopLog.csv(users: 1_000..<3_000))
    let appends = DispatchGroup()
    DispatchQueue.global().async(group: appends) {
      for user in 0..<100 { try? other.engine.store.append(ShopLog.events(users: user..<user + 1)) }
    }
    while true {
      do {
        try database.query("IMPORT EVENTS FROM \(quoted(file))")
        break
      } catch let error as InstarError {
        Self.overtaken.expect { throw error }
      }
    }
    appends.wait()
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 2_100))
    #expect(try database.check().problems == [])
  }

  static let overtaken = BadCase("two writers", "E0637", "run the import again")
}
