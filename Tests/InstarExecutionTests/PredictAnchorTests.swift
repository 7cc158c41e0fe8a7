import InstarColumns
import InstarModels
import InstarStorage
import Testing

/// PREDICT WITH anchor: an event, and no moment of the calendar, is where a row begins.
@Suite struct PredictAnchorTests {
  private static let day: Int64 = 86_400_000
  /// 600 days behind the origin.
  private static let moment = Log.origin + 600 * day
  private static let clock = "SET CLOCK @2027-08-24"

  private struct Loan {
    var user: String
    var time: Int64
    var visits: Int
    var defaults: Bool
  }

  /// Loans at odd hours; who looked at the terms often before is likelier to default within 30 days.
  private static let loans: [Loan] = {
    var generator = SeededGenerator(seed: 11)
    return (0..<700).map { user in
      let time = Log.origin + Int64(20 * 24 + generator.below(579 * 24)) * 3_600_000 + 7_000
      let visits = generator.below(6)
      return Loan(
        user: "u\(user)", time: time, visits: visits, defaults: generator.uniform() < 0.05 + 0.14 * Double(visits))
    }
  }()

  /// - Parameter later: whether further visits stand behind every loan.
  private static func events(later: Bool = false) -> [EventRecord] {
    var events: [EventRecord] = []
    for (number, loan) in loans.enumerated() {
      for visit in 0..<loan.visits {
        events.append(EventRecord(user: loan.user, type: "visit", time: loan.time - Int64(visit + 1) * 2 * day))
      }
      events.append(EventRecord(user: loan.user, type: "loan", time: loan.time))
      if loan.defaults {
        events.append(EventRecord(user: loan.user, type: "default", time: loan.time + Int64(1 + number % 29) * day))
      }
      guard later else { continue }
      for visit in 0..<(number % 7) {
        events.append(EventRecord(user: loan.user, type: "visit", time: loan.time + Int64(visit) * day))
      }
    }
    return events.filter { $0.time < moment }
  }

  private static let question =
    "SEGMENT users PREDICT did default IN NEXT 30 DAYS AS pd USING logistic WITH anchor = loan"
  private static let shared = Result { try Log(events(), settings: [clock]) }

  @Test func theClockIsTheMoment() throws {
    #expect(try Log.instant("2027-08-24") == Self.moment)
  }

  @Test func openAnchorsAreScored() throws {
    let log = try Self.shared.get()
    let table = try log.run(Self.question + " WHY 1")
    #expect(table.columns.map(\.name) == ["user", "pd", "decile", "anchor", "why"])
    let open = Self.loans.filter { $0.time + 30 * Self.day > Self.moment }
    var expected: [String: Int64] = [:]
    for loan in open { expected[loan.user] = loan.time }
    #expect(expected.count > 15)
    var found: [String: Int64] = [:]
    for row in 0..<table.rowCount {
      guard case .text(let user) = table.columns[0][row], case .time(let time) = table.columns[3][row] else { continue }
      found[user] = time
    }
    #expect(found == expected)
    #expect(table.receipt.notes.contains { $0.contains("no loan whose window is open") }, "\(table.receipt.notes)")
  }

  /// Every closed window teaches, and none that is open.
  @Test func closedWindowsTeach() throws {
    let closed = Self.loans.filter { $0.time + 30 * Self.day <= Self.moment }
    let positives = closed.count { $0.defaults }
    let table = try Self.shared.get().run(Self.question)
    let line = table.receipt.models.joined()
    #expect(
      line.contains("on \(closed.count) rows of \(closed.count) users, one for each loan, \(positives) positive"),
      "\(line)")
    #expect((Double(PredictTests.auc(table)) ?? 0) > 0.65, "\(line)")
  }

  @Test func whoLookedOftenIsLikelier() throws {
    var visits: [String: Int] = [:]
    for loan in Self.loans { visits[loan.user] = loan.visits }
    var sums: [Int: (sum: Double, count: Double)] = [:]
    for row in try Self.shared.get().rows(Self.question, "user pd") {
      guard case .text(let user) = row[0], case .real(let value) = row[1], let count = visits[user] else { continue }
      let group = count < 2 ? 0 : count > 3 ? 2 : 1
      sums[group, default: (0, 0)].sum += value
      sums[group, default: (0, 0)].count += 1
    }
    let means = sums.sorted { $0.key < $1.key }.map { $0.value.sum / $0.value.count }
    #expect(means.count == 3)
    for (low, high) in zip(means, means.dropFirst()) { #expect(high > low + 0.08, "\(means)") }
  }

  /// What stands at or behind an anchor changes no answer.
  @Test func nothingBehindTheAnchorIsRead() throws {
    let plain = try Self.shared.get().ask(Self.question)
    let other = try Log(Self.events(later: true), settings: [Self.clock])
    #expect(try other.ask(Self.question) == plain)
    #expect(try Log(Self.events(), settings: [Self.clock], threads: 3).ask(Self.question) == plain)
  }

  /// The label begins behind the anchor: an event that is anchor and target at once is none by itself.
  @Test func theAnchorIsNoAnswerToItself() throws {
    let log = try PredictTests.shared.get()
    let table = try log.run(
      "SEGMENT users PREDICT did purchase IN NEXT 30 DAYS USING logistic WITH anchor = purchase, history = 120 DAYS")
    #expect((Double(PredictTests.auc(table)) ?? 0) > 0.55, "\(table.receipt.models)")
    // Chains and counts in the window, and a population that holds just before the anchor.
    for target in [
      "did (visit THEN purchase) IN NEXT 1 MONTH", "did purchase[amount > 12] AT LEAST 2 TIMES IN NEXT 60 DAYS",
    ] {
      let other = try log.run(
        "SEGMENT users WHERE did event PREDICT \(target) USING logistic WITH anchor = purchase")
      #expect(PredictTests.auc(other).hasPrefix("0."), "\(target): \(other.receipt.models)")
    }
  }

  @Test func numbersOfAnAnchor() throws {
    let log = try PredictTests.shared.get()
    for method in ["boosting", "ridge"] {
      let table = try log.run(
        "SEGMENT users PREDICT count(purchase IN NEXT 30 DAYS) AS n USING \(method) WITH anchor = purchase")
      #expect(table.receipt.models.joined().contains("MAE"), "\(table.receipt.models)")
    }
    #expect(
      log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS USING mbgnbd WITH anchor = purchase") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS WITH anchor = sale") == "E0102")
  }

  @Test func modelsWithANameAndEvaluation() throws {
    let log = try Log(Self.events(), settings: [Self.clock])
    try log.run("DEFINE MODEL risk AS PREDICT did default IN NEXT 30 DAYS USING logistic WITH anchor = loan")
    #expect(try log.ask("TRAIN risk", "version state") == ["1 active"])
    let inline = try log.ask(Self.question, "user pd anchor").filter { !$0.hasSuffix(" - -") }
    #expect(try log.ask("SEGMENT users PREDICT risk", "user risk anchor").filter { !$0.hasSuffix(" - -") } == inline)
    let rows = try log.rows(
      "EVALUATE SEGMENT users PREDICT did default IN NEXT 30 DAYS USING logistic WITH anchor = loan, folds = 2",
      "anchor n positives metric value")
    // The newest stretch: ten days of loans, the last whose window has closed.
    let end = Self.moment - 30 * Self.day
    let judged = Self.loans.filter { $0.time > end - 10 * Self.day && $0.time <= end }
    #expect(rows.first?[0] == .time(end))
    #expect(rows.first?[1] == .integer(Int64(judged.count)))
    #expect(rows.first?[2] == .integer(Int64(judged.count { $0.defaults })))
  }

  // MARK: - Ridge and absences

  @Test func ridgeGivesNumbers() throws {
    let log = try PredictTests.shared.get()
    for target in ["count(purchase IN NEXT 30 DAYS)", "sum(purchase.amount IN NEXT 30 DAYS)"] {
      let mean = try log.rows(
        "SEGMENT users WHERE did purchase PREDICT \(target) AS n USING ridge WITH every = 90 DAYS AGGREGATE avg(n) AS mean",
        "mean")
      let other = try log.rows(
        "SEGMENT users WHERE did purchase PREDICT \(target) AS n USING boosting WITH every = 90 DAYS AGGREGATE avg(n) AS mean",
        "mean")
      guard case .real(let own)? = mean.first?[0], case .real(let trees)? = other.first?[0] else {
        Issue.record("no number")
        return
      }
      #expect(own > 0.6 * trees && own < 1.6 * trees, "\(target): \(own) and \(trees)")
    }
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS USING ridge") == "E0308")
  }

  /// A silence is a target: at the newest closed moment as many users fell silent as a count by hand finds.
  @Test func absencesAreTargets() throws {
    let log = try PredictTests.log()
    try log.run("DEFINE EVENT silent AS NO event FOR 20 DAYS")
    let rows = try log.rows(
      "EVALUATE SEGMENT users WHERE did event IN LAST 20 DAYS PREDICT did silent IN NEXT 30 DAYS USING logistic WITH folds = 1",
      "anchor n positives")
    let anchor = PredictTests.moment - 30 * Self.day
    var (users, silent) = (0, 0)
    for (_, events) in Dictionary(grouping: PredictTests.past, by: \.user) {
      let times = events.map(\.time).sorted()
      guard times.contains(where: { $0 >= anchor - 20 * Self.day && $0 < anchor }) else { continue }
      users += 1
      let ends = times.indices.compactMap { place -> Int64? in
        let end = times[place] + 20 * Self.day
        return place + 1 == times.count || times[place + 1] > end ? end : nil
      }
      if ends.contains(where: { $0 >= anchor && $0 < PredictTests.moment }) { silent += 1 }
    }
    #expect(rows.first == [.time(anchor), .integer(Int64(users)), .integer(Int64(silent))])
    // A model by name knows its absence, and so does a population.
    try log.run(
      "DEFINE MODEL leaving AS SEGMENT users WHERE did event OR did silent PREDICT did silent IN NEXT 30 DAYS USING logistic"
    )
    try log.run("TRAIN leaving")
    #expect(try log.ask("SEGMENT users WHERE did event IN LAST 20 DAYS PREDICT leaving").count > 50)
  }
}
