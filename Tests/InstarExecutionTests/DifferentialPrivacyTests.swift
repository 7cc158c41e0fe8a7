import InstarColumns
import InstarStorage
import Testing

/// AGGREGATE WITH epsilon: bounded parts, noise that follows from the question, and a budget.
@Suite struct DifferentialPrivacyTests {
  /// 400 users with five purchases of 10 each, and one with a thousand of 1,000.
  static func log() throws -> Log {
    var events: [EventRecord] = []
    for user in 0..<400 {
      for number in 0..<5 {
        events.append(
          EventRecord(user: "u\(user)", type: "purchase", time: Log.origin + Int64(number * 1_000 + user), amount: 10))
      }
    }
    for number in 0..<1_000 {
      events.append(EventRecord(user: "whale", type: "purchase", time: Log.origin + Int64(number), amount: 1_000))
    }
    return try Log(events)
  }

  static func numbers(_ log: Log, _ text: String, _ column: String) throws -> Double {
    switch try log.rows(text, column)[0][0] {
    case .integer(let number): Double(number)
    case .real(let number): number
    default: .nan
    }
  }

  /// By hand: the whale counts for 5 events of at most 50: 401 x 5 rows and 400 x 5 x 10 + 5 x 50 = 20,250.
  @Test func oneUserCountsWithinItsBounds() throws {
    let log = try Self.log()
    let text =
      "EVENTS purchase AGGREGATE users() AS n, count() AS rows, sum(amount) AS s, avg(amount) AS a WITH epsilon = 5, max_events = 5, bounds = (0, 50)"
    #expect(abs(try Self.numbers(log, text, "n") - 401) < 40)
    #expect(abs(try Self.numbers(log, text, "rows") - 2_005) < 200)
    #expect(abs(try Self.numbers(log, text, "s") - 20_250) < 6_000)
    #expect(abs(try Self.numbers(log, text, "a") - 10.1) < 4)
    for name in ["n", "rows", "s", "a"] {
      let (low, own, high) = (
        try Self.numbers(log, text, "\(name)_low"), try Self.numbers(log, text, name),
        try Self.numbers(log, text, "\(name)_high")
      )
      #expect(low <= own && own <= high)
    }
    let receipt = try log.run(text).receipt
    #expect(receipt.population == 0, "the exact number of users is told nowhere")
    #expect(receipt.notes.contains { $0.hasPrefix("differential privacy: epsilon 5.0, paid before; 5.0 of 10.0") })
  }

  /// The same question on the same data has the same answer and is paid once; with one event more it is another.
  @Test func theSameQuestionHasTheSameAnswer() throws {
    let log = try Self.log()
    let text = "SEGMENT users AGGREGATE users() AS n WITH epsilon = 0.1"
    let first = try log.ask(text)
    for _ in 0..<3 { #expect(try log.ask(text) == first) }
    #expect(try log.ask(text + " KEEP n, n_low, n_high") == first, "what stands behind it changes nothing")
    #expect(try log.ask("SHOW AUDIT WHERE text = 'spent epsilon 0.1 of the privacy budget'").count == 1)
    try log.store.append([EventRecord(user: "u0", type: "purchase", time: Log.origin + 9_999, amount: 1)])
    _ = try log.ask(text)
    #expect(try log.ask("SHOW AUDIT WHERE text = 'spent epsilon 0.1 of the privacy budget'").count == 2)
  }

  @Test func theBudgetEnds() throws {
    let log = try Self.log()
    for number in 1...3 {
      try log.run("SEGMENT users WHERE count(purchase) > \(number) AGGREGATE users() WITH epsilon = 3")
    }
    let fourth = "SEGMENT users WHERE count(purchase) > 4 AGGREGATE users() WITH epsilon = 3"
    #expect(log.refusal(fourth) == "E0135")
    #expect(log.refusal("SEGMENT users WHERE count(purchase) > 1 AGGREGATE users() WITH epsilon = 3") == "")
    try log.run("SEGMENT users WHERE count(purchase) > 4 AGGREGATE users() WITH epsilon = 1")
    #expect(log.refusal("SEGMENT users AGGREGATE users() WITH epsilon = 0.001") == "E0135")
  }

  /// Two engines ask at the same time: the transaction that releases an answer is the one that pays.
  @Test func twoAtOnceNeverOverspend() async throws {
    let log = try Self.log()
    let answered = await withTaskGroup(of: Int.self) { group in
      for number in 0..<40 {
        group.addTask {
          log.refusal("SEGMENT users WHERE count(purchase) > \(number) AGGREGATE users() WITH epsilon = 1") == ""
            ? 1 : 0
        }
      }
      return await group.reduce(0, +)
    }
    #expect(answered == 10)
  }

  /// Each group has its row, also one that nobody is in; what a user adds is bounded over all groups together.
  @Test func groupsAreDeclared() throws {
    let log = try Self.log()
    let flags = "SEGMENT users AGGREGATE users() AS n BY count(purchase) > 900 AS whale WITH epsilon = 5"
    #expect(try log.rows(flags, "whale") == [[false], [true]])
    let counts = try log.rows(flags, "n").map { $0[0].number ?? .nan }
    #expect(abs(counts[0] - 400) < 20 && abs(counts[1] - 1) < 20)
    let texts =
      "EVENTS event AGGREGATE users() AS n, count() AS rows, sum(amount) AS s BY event "
      + "WITH epsilon = 9, max_events = 5, bounds = (0, 50), groups = ('purchase', 'refund')"
    #expect(log.refusal(texts) == "E0135", "the first question took 5 of 10")
    try log.run("SET PRIVACY BUDGET 100")
    #expect(try log.rows(texts, "event") == [["purchase"], ["refund"]])
    // 401 users, 5 events each, 400 x 50 + 250; the noise of a user in each of five groups is wider.
    let figures = try log.rows(texts, "n rows s").map { $0.map { $0.number ?? .nan } }
    for (found, wanted) in zip(figures[0], [401, 2_005, 20_250]) { #expect(abs(found - wanted) < wanted / 2) }
    #expect(abs(figures[1][0]) < 60 && abs(figures[1][1]) < 60)
    let days = "EVENTS purchase AGGREGATE users() AS n BY DAY DURING @2026-01 WITH epsilon = 1, max_events = 1"
    let table = try log.run(days)
    #expect(table.rowCount == 31, "every day of the month, whether anybody purchased or not")
    #expect(table.columns.map(\.name) == ["day", "n", "n_low", "n_high"])
  }

  @Test func whatCannotBePrivateIsRefused() throws {
    let log = try Self.log()
    for text in [
      "EVENTS purchase AGGREGATE count() WITH epsilon = 1",
      "EVENTS purchase AGGREGATE sum(amount) WITH epsilon = 1, max_events = 5",
      "EVENTS purchase AGGREGATE users() BY MONTH WITH epsilon = 1, max_events = 5",
      "EVENTS purchase AGGREGATE users() BY DAY DURING @2026-01 WITH epsilon = 1",
      "SEGMENT users AGGREGATE users() BY user WITH epsilon = 1",
      "SEGMENT users AGGREGATE users() WITH epsilon = 1, groups = ('TR')",
      "SEGMENT users AGGREGATE users() BY user, did purchase WITH epsilon = 1, groups = ('u1', 'u2')",
      "EVENTS purchase AGGREGATE max(amount) WITH epsilon = 1, max_events = 5, bounds = (0, 5)",
      "SEGMENT users LIMIT 5 AGGREGATE users() WITH epsilon = 1",
      "SEGMENT users AGGREGATE users() WITH epsilon = 0",
    ] { #expect(log.refusal(text) == "E0308", "\(text)") }
    try log.run("SEGMENT users WHERE count(purchase) > 9 SNAPSHOT AS busy")
    #expect(log.refusal("SEGMENT busy AGGREGATE users() WITH epsilon = 1") == "E0134")
  }
}
