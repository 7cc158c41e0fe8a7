import InstarColumns
import InstarStorage
import Testing

/// PREDICT .. BY: the predictions summed up by values of users.
@Suite struct PredictByTests {
  private static let day: Int64 = 86_400_000
  private static let head = "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS AS p"

  /// The groups hold the users of the sentence without BY, with the mean and the sum of their predictions.
  @Test func groupsHoldTheUsers() throws {
    let log = try PredictTests.shared.get()
    let table = try log.run("\(Self.head) BY frequency >= 3 AS often USING logistic")
    #expect(table.columns.map(\.name) == ["often", "users", "p", "expected", "past_users", "past"])
    let groups = try log.ask("\(Self.head) BY frequency >= 3 AS often USING logistic", "often users p expected")
    let single = try log.ask(
      "\(Self.head) USING logistic ADD often = frequency >= 3 AGGREGATE users() AS users, avg(p) AS p, sum(p) AS expected "
        + "BY often SORT BY often", "often users p expected")
    #expect(groups == single)
    #expect(groups.count == 2)
  }

  /// What came of those who were in the group when the newest closed window began, counted by hand.
  @Test func pastIsCountedAsOfThen() throws {
    let anchor = PredictTests.moment - 30 * Self.day
    var sums: [Bool: (users: Int64, bought: Int64)] = [:]
    for (_, events) in Dictionary(grouping: PredictTests.past.filter { $0.type == "purchase" }, by: \.user) {
      let before = events.count { $0.time < anchor }
      guard before > 0 else { continue }
      sums[before >= 3, default: (0, 0)].users += 1
      if before < events.count { sums[before >= 3, default: (0, 0)].bought += 1 }
    }
    let rows = try PredictTests.shared.get().rows(
      "\(Self.head) BY frequency >= 3 AS often USING logistic", "often past_users past")
    #expect(rows.count == 2)
    for row in rows {
      let expected = sums[row[0] == .boolean(true)] ?? (0, 0)
      #expect(row[1] == .integer(expected.users))
      #expect(row[2] == .real(Double(expected.bought) / Double(expected.users)))
    }
  }

  @Test func numbersNamesAndAnchors() throws {
    let log = try PredictTests.log()
    let numbers = try log.rows(
      "SEGMENT users WHERE did purchase ADD n = frequency PREDICT count(purchase IN NEXT 30 DAYS) BY n > 5 AS big",
      "big users value past")
    #expect(numbers.count == 2)
    try log.run(
      "DEFINE MODEL buys AS SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING logistic")
    try log.run("TRAIN buys")
    #expect(
      try log.ask("SEGMENT users PREDICT buys BY frequency >= 3 AS often", "often users")
        == log.ask("\(Self.head) BY frequency >= 3 AS often USING logistic", "often users"))
    let anchored = try log.rows(
      "SEGMENT users PREDICT did purchase IN NEXT 30 DAYS BY stage USING logistic WITH anchor = purchase",
      "stage users value past")
    #expect(!anchored.isEmpty && anchored.allSatisfy { $0[3] == .missing })
  }

  @Test func smallGroupsAreHidden() throws {
    let log = try PredictTests.log()
    let all = try log.run("\(Self.head) BY frequency USING logistic")
    try log.run("SET PRIVACY THRESHOLD 20")
    let shown = try log.rows("\(Self.head) BY frequency USING logistic", "users")
    #expect(shown.count < all.rowCount && !shown.isEmpty)
    for row in shown {
      guard case .integer(let users) = row[0] else { continue }
      #expect(users >= 20)
    }
  }

  @Test func refusals() throws {
    let log = try PredictTests.shared.get()
    #expect(log.refusal("\(Self.head) BY WEEK USING logistic") == "E0306")
    #expect(log.refusal("\(Self.head) BY loyalty > 0.5 USING logistic") == "E0403")
    #expect(log.refusal("\(Self.head) BY stage USING logistic WHY 2") == "E0308")
    #expect(log.refusal("\(Self.head) USING kaplan_meier") == "E0308")
  }
}
