import Instar
import Testing

struct DatabaseTests {
  @Test func appendsAndAnswers() throws {
    let database = try TestShop.open()
    let table = try database.query("SEGMENT users WHERE did purchase AGGREGATE users() AS n")
    #expect(table.rows.map { $0["n"] } == [2])
  }

  @Test func bindsParameters() throws {
    let database = try TestShop.open()
    let table = try database.query(
      "SEGMENT users WHERE sum(purchase.amount) > $least KEEP user", ["least": 12.5])
    #expect(table.rows.map { $0["user"] } == ["ada"])
    expectFailure(InstarError.missingParameter) {
      _ = try database.query("SEGMENT users WHERE sum(purchase.amount) > $least")
    }
  }

  @Test func aParameterIsNeverPasted() throws {
    let database = try TestShop.open()
    let table = try database.query(
      "SEGMENT users WHERE did purchase[coupon = $coupon]", ["coupon": "NEW' OR coupon != '"])
    #expect(table.rowCount == 0)
  }

  @Test func runsAPreparedStatementWithOtherParameters() throws {
    let database = try TestShop.open()
    let statement = try database.prepare("segment users where count(view) >= $n keep user")
    #expect(statement.formatted == "SEGMENT users WHERE count(view) >= $n KEEP user")
    #expect(try statement.run(["n": 1]).rowCount == 2)
    #expect(try statement.run(["n": 2]).rows.map { $0["user"] } == ["bob"])
  }

  @Test func preparesOneStatementOnly() throws {
    let database = try TestShop.open()
    #expect(throws: InstarError.self) { try database.prepare("SHOW EVENTS; SHOW EVENTS") }
    #expect(throws: InstarError.self) { try database.prepare("  -- nothing") }
  }

  @Test func runsAScriptInItsOrder() throws {
    let database = try TestShop.open()
    var counts: [Int] = []
    try database.execute(
      """
      DEFINE SEGMENT buyers AS SEGMENT users WHERE did purchase;
      SEGMENT buyers;
      SEGMENT users WHERE NOT IN buyers;
      """
    ) { if $0.shape != .message { counts.append($0.rowCount) } }
    #expect(counts == [2, 1])
  }

  @Test func aScriptWithASyntaxErrorDoesNothing() throws {
    let database = try TestShop.open()
    #expect(throws: InstarError.self) {
      try database.execute("DEFINE SEGMENT a AS SEGMENT users; SEGMENT users WHER did view;")
    }
    #expect(try database.query("SHOW SEGMENTS").rowCount == 0)
  }

  @Test func passesOnWhatTheClosureThrows() throws {
    struct Enough: Error {}
    let database = try TestShop.open()
    #expect(throws: Enough.self) { try database.execute("SHOW EVENTS; SHOW EVENTS") { _ in throw Enough() } }
  }

  @Test func queriesFromATask() async throws {
    let database = try TestShop.open()
    let counts = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<8 { group.addTask { try await database.query("SEGMENT users WHERE did view").rowCount } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == Array(repeating: 2, count: 8))
  }

  @Test func aCancelledStatementThrows() throws {
    let database = try TestShop.open()
    let cancellation = Cancellation()
    cancellation.cancel()
    expectFailure(InstarError.cancelled) {
      _ = try database.query("SEGMENT users WHERE did view", cancellation: cancellation)
    }
    #expect(try database.query("SEGMENT users WHERE did view").rowCount == 2)
  }

  @Test func appendsAStream() async throws {
    let database = try Database.inMemory()
    let events = AsyncStream { continuation in
      for number in 0..<25 {
        continuation.yield(Event(user: "u\(number % 5)", time: TestShop.day(1), type: "visit"))
      }
      continuation.finish()
    }
    #expect(try await database.append(contentsOf: events, batchCount: 10) == 25)
    let table = try await database.query("EVENTS visit AGGREGATE count() AS n, users() AS users")
    #expect(table.rows.first?.values == [25, 5])
  }

  @Test func refusesEventsAsAWhole() throws {
    let database = try TestShop.open()
    expectFailure(InstarError.invalidInput) {
      _ = try database.append([
        Event(user: "dan", time: TestShop.day(5), type: "view"),
        Event(user: "", time: TestShop.day(5), type: "view"),
      ])
    }
    #expect(try database.query("SEGMENT users").rowCount == 3)
  }

  @Test func setsPropertiesOfUsersAndItems() throws {
    let database = try TestShop.open()
    try database.setUser("ada", ["country": "TR", "age": 31])
    try database.setUser("bob", ["country": "DE"])
    try database.setItem("tea", ["title": "Green tea", "price": 10.0])
    #expect(
      try database.query("SEGMENT users WHERE country = 'TR' KEEP user, age").rows.map(\.values) == [["ada", 31]])
    #expect(try database.query("SEGMENT users WHERE age IS MISSING").rowCount == 2)
    expectFailure(InstarError.invalidInput) { try database.setUser("bob", ["age": "old"]) }
    try database.setUser("ada", ["age": .missing])
    #expect(try database.query("SEGMENT users WHERE age IS KNOWN").rowCount == 0)
  }

  @Test func keepsDatedPropertiesOfUsers() throws {
    let database = try TestShop.open()
    try database.setUser("ada", ["tier": "basic"], from: TestShop.day(1))
    try database.setUser("ada", ["tier": "gold"], from: TestShop.day(3))
    #expect(try database.query("SEGMENT users WHERE tier = 'gold'").rowCount == 1)
    #expect(try database.query("AS OF @2026-01-02 SEGMENT users WHERE tier = 'gold'").rowCount == 0)
    #expect(try database.query("AS OF @2026-01-02 SEGMENT users WHERE tier = 'basic'").rowCount == 1)
  }

  @Test func filesCanBeBarred() throws {
    var configuration = Configuration()
    configuration.allowsFiles = false
    let database = try TestShop.open(configuration)
    expectFailure(InstarError.filesBarred) { _ = try database.query("IMPORT EVENTS FROM 'events.csv'") }
    expectFailure(InstarError.filesBarred) { _ = try database.query("SEGMENT users EXPORT TO 'users.csv'") }
    expectFailure(InstarError.filesBarred) { _ = try database.query("RUN 'script.iq'") }
  }

  @Test func theClockCanBeSet() throws {
    var configuration = Configuration()
    configuration.clock = { Timestamp("2026-02-01")! }
    let database = try TestShop.open(configuration)
    try database.query("SET CLOCK system")
    let table = try database.query("SEGMENT users WHERE did purchase IN LAST 7 DAYS")
    #expect(table.rowCount == 0)
    #expect(table.receipt.asOf == Timestamp("2026-02-01")!.millisecondsSince1970)
  }

  @Test func aClosedDatabaseSaysSo() throws {
    let database = try TestShop.open()
    database.close()
    database.close()
    expectFailure(InstarError.closed) { _ = try database.query("SHOW EVENTS") }
  }

  @Test func aStoreOutlivesItsObject() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("shop.instar")
    try Database.open(path).append(TestShop.events)
    var configuration = Configuration()
    configuration.readOnly = true
    let database = try Database.open(path, configuration: configuration)
    #expect(try database.query("SEGMENT users").rowCount == 3)
    expectFailure(InstarError.readOnly) { _ = try database.append(TestShop.events) }
    #expect(try database.check().isIntact)
  }

  @Test func aMissingStoreIsNotMadeUnlessAsked() throws {
    let folder = try TemporaryFolder()
    var configuration = Configuration()
    configuration.createIfMissing = false
    expectFailure(InstarError.storeNotFound) {
      _ = try Database.open(folder.path("no.instar"), configuration: configuration)
    }
  }

  @Test func compactingKeepsEveryEvent() throws {
    let database = try Database.inMemory()
    for day in 1...5 {
      try database.append((0..<50).map { Event(user: "u\($0)", time: TestShop.day(day), type: "visit") })
    }
    try database.compact()
    #expect(try database.query("EVENTS visit AGGREGATE count() AS n").rows.first?["n"] == 250)
    #expect(try database.check().rows == 250)
  }

  @Test func everyBuiltInNameResolves() throws {
    let database = try TestShop.open()
    try database.query("SET GOAL EVENT purchase")
    for name in Database.builtinNames {
      #expect(throws: Never.self, "\(name)") { try database.query("SEGMENT users ADD x = \(name)") }
    }
  }

  @Test func quotesNames() {
    #expect(Identifier.quoted("country") == "country")
    #expect(Identifier.quoted("Customer ID") == "\"Customer ID\"")
    #expect(Identifier.quoted("a\"b") == "\"a\"\"b\"")
    #expect(Identifier.text("it's") == "'it''s'")
  }
}
