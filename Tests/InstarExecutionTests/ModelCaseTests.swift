import InstarStorage
import Testing

/// The conformance cases M1 and M2 of models, and P1 of paths.
@Suite struct ModelCaseTests {
  @Test func p1WhoLeftIsWhoTheBarSays() throws {
    let log = try Log("user time event \n u 1s a \n u 2s b \n v 1s a \n v 2s b \n v 3s c")
    #expect(
      try log.ask("PATHS FROM a TO c", "position from to users").sorted() == ["1 a b 2", "2 b c 1", "2 b left 1"])
    #expect(try log.ask("PATHS FROM a TO c PER USER WHERE path = 'a > b > left'", "user length") == ["u 2"])
  }

  /// 100 items; one user has bought 90 of them, others have bought everything.
  private func shop() throws -> Log {
    var events: [EventRecord] = []
    for item in 0..<100 {
      for user in 0..<12 where user > 0 || item < 90 {
        events.append(
          EventRecord(
            user: user == 0 ? "reader" : "u\(user)", type: "purchase",
            time: Log.origin + Int64(item * 100 + user) * 1000,
            item: "i\(item)"))
      }
    }
    let items = "item price\n" + (0..<100).map { "i\($0) \($0)" }.joined(separator: "\n")
    return try Log(
      events, items: items, settings: ["SET GOAL EVENT purchase", "DEFINE CATALOG purchase WEIGHT 5 CONSUMES"])
  }

  @Test func m2TenRowsIfTenItemsRemain() throws {
    let log = try shop()
    let rest = (90..<100).map { "i\($0)" }.sorted()
    for method in ["", "USING hybrid, popular", "USING popular", "USING hybrid"] {
      #expect(try log.ask("RECOMMEND 10 FOR USER 'reader' \(method)", "item").sorted() == rest, "\(method)")
    }
    #expect(try log.ask("SEGMENT users WHERE user = 'reader' RECOMMEND 10", "rank") == (1...10).map { "\($0)" })
    // Filters come before the ten are taken.
    #expect(
      try log.ask("RECOMMEND 10 ITEMS[price >= 95] FOR USER 'reader' USING popular", "item").sorted()
        == (95..<100).map { "i\($0)" })
    // Everything is consumed: no rows, and the receipt says so.
    let none = try log.run("RECOMMEND 10 FOR USER 'u1'")
    #expect(none.rowCount == 0)
    #expect(!none.receipt.notes.isEmpty)
    #expect(try log.ask("RECOMMEND 10 FOR USER 'u1' EXCLUDING NOTHING", "item").count == 10)
  }
}
