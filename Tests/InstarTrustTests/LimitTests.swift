import Instar
import InstarStorage
import InstarTestSupport
import Testing

/// What one statement may take, by the store's settings and by the application's.
@Suite struct LimitTests {
  private let folder = TemporaryFolder(inMemory: true)

  private func database(users: Int, _ change: (inout Configuration) -> Void = { _ in }) throws -> Database {
    var configuration = Configuration()
    change(&configuration)
    let database = try Database.open(folder.path("a.instar"), configuration: configuration)
    if users > 0 {
      try database.query("IMPORT EVENTS FROM '\(folder.write("users.csv", ShopLog.csv(users: 0..<users)))'")
    }
    return database
  }

  private func code(_ body: () throws -> Void) -> InstarError.Code? {
    do { try body() } catch { return (error as? InstarError)?.code }
    return nil
  }

  @Test func aResultMayHaveAsManyRows() throws {
    let database = try database(users: 500)
    try database.query("SET LIMIT rows 499")
    #expect(code { try database.query("SEGMENT users KEEP user") } == InstarError.tooManyRows)
    #expect(try database.query("SEGMENT users KEEP user SORT BY user LIMIT 499").rowCount == 499)
    #expect(try database.count("SEGMENT users AGGREGATE users() AS n") == 500)
    // Nothing of it is saved or written.
    #expect(code { try database.query("SEGMENT users KEEP user SAVE AS TABLE everybody") } == InstarError.tooManyRows)
    #expect(try database.query("SHOW TABLES").rowCount == 0)
    let file = folder.path("result.csv")
    #expect(code { try database.query("SEGMENT users KEEP user EXPORT TO '\(file)'") } == InstarError.tooManyRows)
    #expect(!Files.names(in: folder.root).contains("result.csv"))
    // The limit itself can always be seen and lifted.
    try database.query("SET LIMIT rows 1")
    #expect(
      try database.rows("SHOW SETTINGS WHERE setting = 'limit of rows'") == ["text(\"limit of rows\") text(\"1\")"])
    try database.query("SET LIMIT rows 0")
    #expect(try database.query("SEGMENT users KEEP user").rowCount == 500)
  }

  @Test func theApplicationMayNarrowIt() throws {
    let database = try database(users: 50) { $0.rowLimit = 20 }
    try database.query("SET LIMIT rows 30")
    #expect(code { try database.query("SEGMENT users KEEP user LIMIT 21") } == InstarError.tooManyRows)
    #expect(try database.query("SEGMENT users KEEP user LIMIT 20").rowCount == 20)
    try database.query("SET LIMIT rows 10")
    #expect(code { try database.query("SEGMENT users KEEP user LIMIT 11") } == InstarError.tooManyRows)
  }

  @Test func aStatementMayTakeAsLong() throws {
    let database = try database(users: 2_000)
    try database.query("SET LIMIT seconds 1")
    let sentence = "FUNNEL view THEN cart THEN purchase WITHIN 1 DAY;\n"
    let script = folder.write("long.iq", String(repeating: sentence, count: 100_000))
    let begin = ContinuousClock.now
    #expect(code { try database.query("RUN '\(script)'") } == InstarError.timedOut)
    #expect(ContinuousClock.now - begin < .seconds(20))
    #expect(try database.count("SEGMENT users AGGREGATE users() AS n") == 2_000)
  }

  /// In a process of its own: in this one other tests give memory back meanwhile.
  @Test func aStatementMayTakeAsMuchMemory() throws {
    do {
      let database = try database(users: 100_000)
      try database.query("SET LIMIT megabytes 8")
    }
    let store = folder.path("a.instar")
    let question = """
      EVENTS event ADD a = upper(user), b = upper(event), c = lower(user) KEEP user, time, a, b, c SORT BY c, b
      """
    let refused = InstarProgram.run(store, "-c", question)
    #expect(refused.code == 1 && refused.errors.contains("E0809"), "\(refused.errors)")
    #expect(refused.output == "")
    #expect(InstarProgram.run(store, "--max-megabytes", "4", "-c", question).errors.contains("E0809"))
    let answered = InstarProgram.run(
      store, "-c", "SET LIMIT megabytes 1000000", "-c", question + " LIMIT 1", "-c",
      "SEGMENT users AGGREGATE users() AS n")
    #expect(answered.code == 0, "\(answered.errors)")
    #expect(answered.output.contains("100000"))
    #expect(InstarProgram.run("check", store).code == 0)
  }

  /// A dictionary of more than 65,536 texts is read page by page: a page that is damaged is an error of the statement
  /// that needs it, and of no other.
  @Test func aDamagedPageOfALargeDictionaryIsAnError() throws {
    let database = try database(users: 70_000)
    #expect(Files.damage(database.path, everywhere: "u69000u69001") > 0)
    #expect(code { try database.query("SEGMENT users KEEP user") } == InstarError.corrupt)
    #expect(code { try database.query("SEGMENT users WHERE user CONTAINS '69005' KEEP user") } == InstarError.corrupt)
    let export = "SEGMENT users KEEP user EXPORT TO '\(folder.path("out.csv"))'"
    #expect(code { try database.query(export) } == InstarError.corrupt)
    #expect(!Files.names(in: folder.root).contains("out.csv"))
    #expect(try database.count("SEGMENT users AGGREGATE users() AS n") == 70_000)
    #expect(try database.query("SEGMENT users KEEP user LIMIT 5").rowCount == 5)
    #expect(try !database.check().isIntact)
  }
}
