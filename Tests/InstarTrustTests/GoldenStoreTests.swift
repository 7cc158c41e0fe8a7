import CZlib
import Instar
import InstarStorage
import InstarTestSupport
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Stores that earlier versions wrote, kept as bytes: each must open, be sound, answer, and take new events.
///
/// `INSTAR_RECORD_STORE=1` writes the store of the present format. It is done once, when a format comes to be; the stores
/// that are there stay as they are.
@Suite struct GoldenStoreTests {
  private static let folder = Files.folder(of: #filePath) + "/Fixtures"

  @Test(arguments: [1]) func aStoreOfAnEarlierFormat(_ format: Int) throws {
    let folder = TemporaryFolder()
    let path = folder.write("old.instar", try Self.unpacked("\(Self.folder)/format-\(format).instar.gz"))
    let bytes = Files.read(path)
    var reading = Configuration()
    reading.readOnly = true
    do {
      let database = try Database.open(path, configuration: reading)
      #expect(try database.query(ShopLog.totals).receipt.formatVersion == format)
      try check(database, users: 60)
    }
    #expect(Files.read(path) == bytes, "reading changes nothing")

    let database = try Database.open(path)
    try database.engine.store.append(ShopLog.events(users: 61..<80))
    try check(database, users: 79)
    try database.compact()
    try check(database, users: 79)
    try database.query("FORGET USER 'u10'")
    try check(database, users: 78)
  }

  /// By hand: of 61 users the store has forgotten u1; u3 and u4 are one person, who agreed to analytics.
  private func check(_ database: Database, users: Int) throws {
    let events = try database.query("EVENTS event AGGREGATE count() AS n, sum(amount) AS revenue")
    #expect(events.columns[0][0] == .integer(Int64(users * 3)))
    #expect(events.columns[1][0] == .real(Double(users) * 2.5))
    #expect(try database.count("SEGMENT users AGGREGATE users() AS n") == users - 1)
    #expect(try database.rows("PROFILE USER 'u1'", failing: "E0121") == [])
    #expect(try database.rows("SHOW LINKS").count == 1)
    #expect(try database.rows("SEGMENT loyal KEEP user SORT BY user") == ["text(\"u5\")"])
    #expect(try database.count("SEGMENT frozen AGGREGATE users() AS n") == (users == 78 ? 8 : 9))
    #expect(
      try database.rows("TABLE types SORT BY event")
        == ["cart", "purchase", "view"].map { "text(\"\($0)\") integer(60)" })
    #expect(
      try database.rows("SEGMENT users WHERE user = 'u6' ADD p = plan AT @2026-01-01, present = plan KEEP p, present")
        == ["text(\"free\") text(\"paid\")"])
    #expect(try database.rows("SHOW SETTINGS WHERE setting = 'week start' KEEP value") == ["text(\"sunday\")"])
    #expect(try database.query("SHOW IMPORTS").rowCount == 1)
    #expect(try database.check().problems == [])
  }

  @Test(.enabled(if: getenv("INSTAR_RECORD_STORE") != nil)) func record() throws {
    let folder = TemporaryFolder()
    let path = folder.path("new.instar")
    let database = try Database.open(path)
    let store = try database.engine.store
    try database.query("IMPORT EVENTS FROM '\(folder.write("part.csv", ShopLog.csv(users: 0..<40)))'")
    try store.append(ShopLog.events(users: 40..<50))
    try database.compact()
    try store.append(ShopLog.events(users: 50..<61))
    try store.write { transaction in
      let plan = try transaction.defineProperty("plan", of: .user, type: .text, isDated: true)
      let user = try transaction.intern("u6", in: DictionaryID.user)
      try transaction.setProperty(plan, user: user, at: ShopLog.start - 1_000, "free")
      try transaction.setProperty(plan, user: user, at: ShopLog.start + 1_000, "paid")
    }
    try database.execute(
      """
      SET WEEK START sunday;
      LINK USER 'u4' TO 'u3';
      CONSENT USER 'u3' TO analytics;
      DEFINE SEGMENT loyal AS SEGMENT users WHERE user = 'u5';
      FORGET USER 'u1';
      SEGMENT users KEEP user SORT BY user LIMIT 9 SNAPSHOT AS frozen;
      EVENTS event AGGREGATE count() AS n BY event SAVE AS TABLE types;
      """)
    let format = try database.query(ShopLog.totals).receipt.formatVersion
    try check(database, users: 60)
    database.close()
    Self.pack(Files.read(path), to: "\(Self.folder)/format-\(format).instar.gz")
  }

  private static func unpacked(_ path: String) throws -> [UInt8] {
    let file = try #require(gzopen(path, "rb"), "\(path) is not there")
    defer { gzclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = gzread(file, &part, UInt32(part.count)), count > 0 { bytes += part[..<Int(count)] }
    return bytes
  }

  private static func pack(_ bytes: [UInt8], to path: String) {
    let file = gzopen(path, "wb9")
    precondition(gzwrite(file, bytes, UInt32(bytes.count)) == bytes.count && gzclose(file) == Z_OK)
  }
}

extension Database {
  /// No rows of a statement that must fail with this code.
  fileprivate func rows(_ statement: String, failing code: String) throws -> [String] {
    do { return try rows(statement) } catch let error as InstarError where error.code.rawValue == code { return [] }
  }
}
