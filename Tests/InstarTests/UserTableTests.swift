import Instar
import Testing

/// What a table of users is, beside the log of their events.
struct UserTableTests {
  @Test func aUserBeginsWithTheFirstEvent() throws {
    let folder = try TemporaryFolder()
    try folder.write("user,plan\nada,gold\nzoe,free\nyan,free\n", to: "users.csv")
    let database = try TestShop.open()
    let before = try database.query("SEGMENT users").rowCount
    let report = try database.query("IMPORT USERS FROM '\(folder.path("users.csv"))'")
    let lines = report.rows.map { row in report.columns.map { "\(row[$0.name])" }.joined(separator: " ") }
    #expect(lines.contains { $0.contains("without an event") && $0.contains("2; each joins SEGMENT users") })
    #expect(try database.query("SEGMENT users").rowCount == before)

    // The properties have waited for the first event.
    try database.append([Event(user: "zoe", time: TestShop.day(5), type: "view")])
    let free = try database.query("SEGMENT users WHERE plan = 'free' KEEP user")
    #expect(free.rows.map { $0["user"] } == ["zoe"])
  }
}
