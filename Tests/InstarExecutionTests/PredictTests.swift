import InstarColumns
import InstarModels
import InstarStorage
import Testing

/// PREDICT of conditions, end to end: what it gives, what it must not see, and what it refuses.
@Suite struct PredictTests {
  static let day: Int64 = 86_400_000

  /// Customers with habits of their own: a buyer of rate r buys on a day with probability r until he stops.
  static func events(_ userCount: Int = 260, days: Int = 300, seed: UInt64 = 7) -> [EventRecord] {
    var generator = SeededGenerator(seed: seed)
    var events: [EventRecord] = []
    for user in 0..<userCount {
      let rate = 0.005 + 0.1 * generator.uniform() * generator.uniform()
      let born = generator.below(days / 2)
      let end = generator.uniform() < 0.4 ? born + generator.below(days) : days + 60
      for day in born..<(days + 60) where day < end {
        let time = Log.origin + Int64(day) * Self.day
        let draw = generator.uniform()
        if draw < rate || day == born {
          events.append(
            EventRecord(user: "u\(user)", type: "purchase", time: time + 1000, amount: 5 + 20 * generator.uniform()))
        }
        if generator.uniform() < 0.03 { events.append(EventRecord(user: "u\(user)", type: "visit", time: time + 500)) }
      }
    }
    return events
  }

  /// The moment of the tests: sixty days of events lie behind it.
  static let moment = Log.origin + 300 * day
  static let date = "@2026-10-28"
  static let past = events().filter { $0.time < moment }
  static let settings = ["SET GOAL EVENT purchase"]

  static func log(_ events: [EventRecord] = past, users: String = "", threads: Int = 1) throws -> Log {
    try Log(events, users: users, settings: settings + ["SET CLOCK \(date)"], threads: threads)
  }

  static let question = "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS AS p_buy USING logistic"

  /// The store that most questions ask.
  static let shared = Result { try log() }

  /// The AUC that a receipt states.
  static func auc(_ table: ResultTable) -> String {
    let line = table.receipt.models.joined(separator: " ")
    guard let start = line.firstRange(of: "AUC ") else { return "none in '\(line)'" }
    return String(line[start.upperBound...].prefix { $0.isNumber || $0 == "." })
  }

  @Test func theDateIsTheMoment() throws {
    #expect(try Log.instant("2026-10-28") == Self.moment)
  }

  @Test func eachUserGetsAProbabilityADecileAndReasons() throws {
    let log = try Self.shared.get()
    let table = try log.run(Self.question + " WHY 2")
    #expect(table.columns.map(\.name) == ["user", "p_buy", "decile", "why"])
    #expect(table.rowCount > 220)
    for row in 0..<table.rowCount {
      guard case .real(let value) = table.columns[1][row], case .integer(let decile) = table.columns[2][row] else {
        Issue.record("row \(row) has no prediction")
        return
      }
      #expect(value > 0 && value < 1)
      #expect((1...10).contains(decile))
    }
    // Deciles follow the value and hold a tenth each, but for users of equal value.
    let ordered = try log.rows(Self.question + " SORT BY p_buy DESC", "p_buy decile")
    #expect(ordered.first?[1] == .integer(10))
    #expect(ordered.last?[1] == .integer(1))
    for (left, right) in zip(ordered, ordered.dropFirst()) {
      guard case .integer(let a) = left[1], case .integer(let b) = right[1] else { continue }
      #expect(a >= b)
    }
    let line = table.receipt.models.joined()
    for word in ["logistic", "did purchase IN NEXT 30 DAYS", "trained to 2026-10-28", "AUC", "log-loss", "base rate"] {
      #expect(line.contains(word), "\(word) in \(line)")
    }
  }

  /// The truth of the sixty days behind the moment: the model must rank it better than the recency rule does.
  @Test func predictionsComeTrue() throws {
    let all = Self.events()
    var buyers: Set<String> = []
    for event in all
    where event.type == "purchase" && event.time >= Self.moment && event.time < Self.moment + 30 * Self.day {
      buyers.insert(event.user)
    }
    let rows = try Self.log(all).rows(
      "AS OF \(Self.date) \(Self.question) ADD silence = recency(purchase)", "user p_buy silence")
    var (predicted, ranked, labels): ([Double], [Double], [Double]) = ([], [], [])
    for row in rows {
      guard case .text(let user) = row[0], case .real(let value) = row[1], case .real(let silence) = row[2] else {
        continue
      }
      predicted.append(value)
      ranked.append(1 / (1 + silence))
      labels.append(buyers.contains(user) ? 1 : 0)
    }
    let metrics = BinaryMetrics(probabilities: predicted, labels: labels)
    let rule = BinaryMetrics(probabilities: ranked, labels: labels)
    #expect(labels.count > 220)
    #expect((metrics.auc ?? 0) > 0.72, "\(String(describing: metrics.auc))")
    #expect((metrics.auc ?? 0) > (rule.auc ?? 1), "\(String(describing: metrics.auc)) \(String(describing: rule.auc))")
    #expect(abs(metrics.meanProbability - metrics.baseRate) < 0.06, "\(metrics.meanProbability) \(metrics.baseRate)")
  }

  // MARK: No leak

  /// A store that has lived on gives the same answers for a past moment as one that ends there.
  @Test func nothingBehindTheMomentIsRead() throws {
    let short = try Self.shared.get().ask(Self.question)
    let long = try Self.log(Self.events()).ask("AS OF \(Self.date) " + Self.question)
    #expect(short.count > 220)
    #expect(short == long)
  }

  /// A property that is the label of the judged window, planted from the future.
  @Test func aPlantedLabelDoesNotMoveTheJudgement() throws {
    let from = Self.moment - 30 * Self.day
    var buyers: Set<String> = []
    for event in Self.past where event.type == "purchase" && event.time >= from { buyers.insert(event.user) }
    let names = Set(Self.past.map(\.user)).sorted()
    let undated = "user bought\n" + names.map { "\($0) \(buyers.contains($0) ? 1 : 0)" }.joined(separator: "\n")
    let late =
      "user since bought\n"
      + names.map { "\($0) 2026-10-20 \(buyers.contains($0) ? 1 : 0)" }.joined(separator: "\n")
    let plain = try Self.auc(Self.shared.get().run(Self.question))
    #expect(plain.hasPrefix("0."))
    #expect(try Self.auc(Self.log(users: undated).run(Self.question)) == plain)
    #expect(try Self.auc(Self.log(users: late).run(Self.question)) == plain)
    // The plant is potent: vouched for as timeless, it gives the answer away.
    #expect(try Self.auc(Self.log(users: undated).run(Self.question + " WITH timeless = (bought)")) > plain)
  }

  // MARK: Meaning

  @Test func notBuyingIsTheComplementOfBuying() throws {
    let log = try Self.shared.get()
    let did = try log.rows(
      "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING logistic", "value")
    let not = try log.rows(
      "SEGMENT users WHERE did purchase PREDICT did not purchase IN NEXT 30 DAYS USING logistic", "value")
    #expect(did.count == not.count)
    for (left, right) in zip(did, not) {
      guard case .real(let a) = left[0], case .real(let b) = right[0] else { continue }
      #expect(abs(a + b - 1) < 1e-5)
    }
  }

  @Test func solversAgree() throws {
    let log = try Self.shared.get()
    let newton = try log.rows(Self.question + " WITH every = 90 DAYS", "p_buy")
    for solver in ["lbfgs", "gd"] {
      let other = try log.rows(Self.question + " WITH every = 90 DAYS, solver = \(solver)", "p_buy")
      for (left, right) in zip(newton, other) {
        guard case .real(let a) = left[0], case .real(let b) = right[0] else { continue }
        #expect(abs(a - b) < 2e-3, "\(solver)")
      }
    }
  }

  @Test func theNumberOfThreadsDoesNotMatter() throws {
    #expect(try Self.shared.get().ask(Self.question) == Self.log(threads: 2).ask(Self.question))
  }

  @Test func chainsTimesAndFiltersArePredicted() throws {
    let log = try Self.shared.get()
    for target in [
      "did purchase AT LEAST 2 TIMES IN NEXT 60 DAYS", "did purchase[amount > 10] IN NEXT 30 DAYS",
      "did (visit THEN purchase WITHIN 7 DAYS) IN NEXT 30 DAYS", "did event AT LEAST 3 DAYS IN NEXT 1 MONTH",
    ] {
      let table = try log.run(
        "SEGMENT users WHERE did visit IN LAST 60 DAYS PREDICT \(target) USING logistic WITH every = 30 DAYS")
      #expect(table.rowCount > 100, "\(target)")
      #expect(Self.auc(table).hasPrefix("0."), "\(target): \(table.receipt.models)")
    }
  }

  /// A feature that the sentence names takes part, also under a name that is taken: what only the visits tell.
  @Test func featuresOfOnesOwnTakePart() throws {
    let log = try Self.shared.get()
    let plain = try log.ask(Self.question + " WITH every = 60 DAYS", "p_buy")
    let own = try log.ask(
      Self.question + " WITH every = 60 DAYS, features = (count(visit IN LAST 60 DAYS), stage = 'lost', recency)",
      "p_buy")
    #expect(plain.count == own.count && plain != own)
    // What equals a feature that is there is dropped and changes nothing.
    #expect(try log.ask(Self.question + " WITH every = 60 DAYS, features = (recency)", "p_buy") == plain)
  }

  @Test func stepsGoOnFromPredictions() throws {
    let log = try Self.shared.get()
    let best = try log.rows(Self.question + " WHERE p_buy > 0.3 SORT BY p_buy DESC LIMIT 5", "p_buy")
    #expect(best.count == 5)
    let byDecile = try log.ask(
      Self.question + " AGGREGATE users() AS n, avg(p_buy) AS p BY decile SORT BY decile", "decile")
    #expect(byDecile == (1...10).map { "\($0)" })
    let added = try log.run(
      "SEGMENT users WHERE did purchase ADD n = frequency PREDICT did purchase IN NEXT 30 DAYS USING logistic")
    #expect(added.columns.map(\.name) == ["user", "n", "value", "decile"])
  }

  // MARK: Methods

  @Test(arguments: ["auto", "tree", "boosting", "mbgnbd", "bgnbd", "paretonbd"]) func methodsAnswer(method: String)
    throws
  {
    let log = try Self.shared.get()
    let table = try log.run(
      "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING \(method) WITH every = 90 DAYS")
    #expect(table.rowCount > 220)
    for row in 0..<table.rowCount {
      guard case .real(let value) = table.columns[1][row] else {
        Issue.record("row \(row) has no prediction")
        return
      }
      #expect(value >= 0 && value <= 1)
    }
    #expect(table.receipt.models.joined().contains(method), "\(table.receipt.models)")
    #expect((Double(Self.auc(table)) ?? 0) > 0.6, "\(method): \(table.receipt.models)")
  }

  /// The truth of the thirty days behind the moment: what the customers spent and how often they bought.
  @Test func numbersComeTrue() throws {
    let all = Self.events()
    let window = all.filter {
      $0.type == "purchase" && $0.time >= Self.moment && $0.time < Self.moment + 30 * Self.day
    }
    let known = Set(Self.past.filter { $0.type == "purchase" }.map(\.user))
    let bought = window.filter { known.contains($0.user) }
    let truth = [
      "count(purchase IN NEXT 30 DAYS)": Double(bought.count),
      "sum(purchase.amount IN NEXT 30 DAYS)": bought.reduce(0) { $0 + ($1.amount ?? 0) },
    ]
    let log = try Self.shared.get()
    for (target, total) in truth {
      let table = try log.run("SEGMENT users WHERE did purchase PREDICT \(target) AS n")
      var sum = 0.0
      for row in 0..<table.rowCount { if case .real(let value) = table.columns[1][row] { sum += value } }
      #expect(sum > 0.7 * total && sum < 1.4 * total, "\(target): \(sum) and \(total)")
      let line = table.receipt.models.joined()
      for word in ["mbgnbd", "MAE", "past rate", "total"] { #expect(line.contains(word), "\(word) in \(line)") }
    }
    let trees = try log.run(
      "SEGMENT users WHERE did purchase PREDICT days(event IN NEXT 30 DAYS) USING tree WITH every = 90 DAYS WHY 1")
    #expect(trees.receipt.models.joined().contains("tree"))
  }

  /// Of two customers who bought as often, the one who bought lately is likelier alive and worth more.
  @Test func aliveAndWorth() throws {
    let log = try Self.shared.get()
    let rows = try log.rows(
      "SEGMENT users WHERE frequency = 3 KEEP recency, p_alive, ltv_365 SORT BY recency", "recency p_alive ltv_365")
    #expect(rows.count > 5)
    for row in rows {
      guard case .real(let alive) = row[1], case .real(let worth) = row[2] else {
        Issue.record("no score")
        return
      }
      #expect(alive >= 0 && alive <= 1 && worth >= 0)
    }
    guard case .real(let late)? = rows.first?[1], case .real(let early)? = rows.last?[1] else { return }
    #expect(late > early)
    // Nobody bought twice: there is nothing to fit, and the receipt says so.
    let small = try Log("user time event amount \n a 1d purchase 3 \n b 2d purchase 4", settings: Self.settings)
    let table = try small.run("SEGMENT users KEEP user, p_alive")
    #expect(table.columns[1][0] == .missing)
    #expect(table.receipt.models.joined().contains("p_alive has no value"), "\(table.receipt.models)")
  }

  @Test func methodsSayWhatTheyCannot() throws {
    let log = try Self.shared.get()
    let twice = "SEGMENT users PREDICT did purchase AT LEAST 2 TIMES IN NEXT 30 DAYS"
    #expect(log.refusal(twice + " USING mbgnbd") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT count(purchase IN NEXT 30 DAYS) USING logistic") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT avg(purchase.amount IN NEXT 30 DAYS)") == "E0402")
    #expect(log.refusal("SEGMENT users PREDICT sum(purchase.amount)") == "E0402")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS USING cox") == "E0308")
    #expect(log.refusal("DEFINE MODEL slow AS PREDICT TIME TO purchase") == "E0501")
  }

  // MARK: Refusals

  @Test func tooLittleIsAnErrorWithNumbers() throws {
    let small = try Self.log(Self.past.filter { $0.user.hasSuffix("7") })
    #expect(throws: Refusal.self) { try small.run(Self.question) }
    do { try small.run(Self.question) } catch let refusal as Refusal {
      #expect(refusal.code == "E0408")
      #expect(refusal.message.contains("needs >= 200 users and >= 20 positives; found 26 and"), "\(refusal.message)")
    }
    // A window longer than the history, and an event that nobody repeats.
    let log = try Self.shared.get()
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 400 DAYS") == "E0408")
    #expect(
      log.refusal("SEGMENT users PREDICT did purchase[amount > 1000] IN NEXT 30 DAYS") == "E0408")
  }

  @Test func whatNoModelCanLearnIsRefused() throws {
    let log = try Self.shared.get()
    #expect(log.refusal("SEGMENT users PREDICT did purchase") == "E0402")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN LAST 30 DAYS") == "E0402")
    #expect(log.refusal("SEGMENT users WHERE did purchase IN NEXT 30 DAYS") == "E0301")
    #expect(log.refusal("SEGMENT users WHERE loyalty > 0.5 PREDICT did purchase IN NEXT 30 DAYS") == "E0403")
    #expect(
      log.refusal("FUNNEL visit THEN purchase WITHIN 7 DAYS PER USER PREDICT did purchase IN NEXT 30 DAYS") == "E0403")
    #expect(log.refusal("EVENTS purchase PREDICT did purchase IN NEXT 30 DAYS") == "E0315")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS USING magic") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS WITH colour = 1") == "E0110")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS WITH features = (stage)") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT did purchase IN NEXT 30 DAYS WITH features = (loyalty)") == "E0403")
  }

  @Test func aSnapshotTellsWhoStayed() throws {
    let log = try Self.log()
    try log.run("SEGMENT users WHERE did purchase IN LAST 90 DAYS SNAPSHOT AS stayed")
    #expect(log.refusal("SEGMENT stayed PREDICT did purchase IN NEXT 30 DAYS") == "E0403")
  }
}
