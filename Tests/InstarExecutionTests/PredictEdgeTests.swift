import InstarColumns
import InstarModels
import InstarStorage
import Testing

/// Data on which a model can go wrong: what PREDICT answers then.
@Suite struct PredictEdgeTests {
  private static let day = PredictTests.day
  private static let moment = PredictTests.moment
  private static let plain = "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS"
  /// Few anchors, so that a test takes little.
  private static let few = " WITH every = 90 DAYS"

  private static func numbers(_ log: Log, _ text: String, _ column: String = "value") throws -> [Double] {
    try log.rows(text, column).map { row in
      guard case .real(let number) = row[0] else { throw Refusal(code: "", message: "no number in \(text)") }
      return number
    }
  }

  /// 220 users of whom `isBuyer` buy every fifth day of 120, in the hour that is the user's number; the others buy once.
  /// The moment is 2026-05-01.
  private static func regulars(_ isBuyer: (Int) -> Bool) throws -> Log {
    var events: [EventRecord] = []
    for user in 0..<220 {
      for step in stride(from: user % 5, to: 120, by: 5) where step < 5 || isBuyer(user) {
        let time = Log.origin + Int64(step) * day + Int64(user) * 60_000
        events.append(EventRecord(user: "u\(user)", type: "purchase", time: time, amount: 10))
      }
    }
    return try Log(events, settings: PredictTests.settings + ["SET CLOCK @2026-05-01"])
  }

  // MARK: Labels

  /// Anchors lie 30, 60 and 90 days behind the first event: 660 rows, all of them yes. The rate is (k + 1/2)/(n + 1).
  @Test func oneClassIsTheSmoothedRate() throws {
    let log = try Self.regulars { _ in true }
    let table = try log.run(Self.plain + " WITH every = 30 DAYS")
    #expect(table.rowCount == 220)
    for row in 0..<table.rowCount {
      guard case .real(let value) = table.columns[1][row] else { continue }
      #expect(abs(value - 660.5 / 661) < 1e-12)
    }
    #expect(table.receipt.models.joined().contains("AUC is undefined"), "\(table.receipt.models)")
    #expect(!table.receipt.models.joined().contains("nan"))
    #expect(log.refusal("EVALUATE " + Self.plain + " WITH every = 30 DAYS") == "E0408")
  }

  @Test func classesThatSeparateStayFinite() throws {
    let log = try Self.regulars { $0 % 2 == 0 }
    let table = try log.run(Self.plain + " USING logistic WITH every = 30 DAYS, penalty = 0")
    for row in 0..<table.rowCount {
      guard case .real(let value) = table.columns[1][row] else { continue }
      #expect(value.isFinite && value >= 0 && value <= 1)
    }
    #expect(table.receipt.notes.contains { $0.contains("without error") }, "\(table.receipt.notes)")
    // With the penalty the same question has a finite optimum, and ranks without error.
    let bounded = try log.run(Self.plain + " USING logistic WITH every = 30 DAYS")
    #expect(PredictTests.auc(bounded).hasPrefix("1"), "\(bounded.receipt.models)")
  }

  @Test func fewPositivesAreAnErrorWithTheirNumber() throws {
    // Six buyers at three anchors.
    let log = try Self.regulars { $0 < 6 }
    do {
      try log.run(Self.plain + " WITH every = 30 DAYS")
      Issue.record("18 positives were enough")
    } catch let refusal as Refusal {
      #expect(refusal.message.contains("found 220 and 18"), "\(refusal.message)")
    }
  }

  @Test func aWindowBeyondTheHistoryNamesTheHistory() throws {
    let log = try Self.regulars { _ in true }
    do {
      try log.run("SEGMENT users PREDICT did purchase IN NEXT 200 DAYS")
      Issue.record("120 days held a window of 200")
    } catch let refusal as Refusal {
      #expect(refusal.code == "E0408")
      #expect(refusal.message.contains("200 days") && refusal.message.contains("120 days"), "\(refusal.message)")
    }
  }

  /// Whoever comes after the judged anchor was unknown there: the test is that of the store without him.
  @Test func latecomersAreNotJudged() throws {
    let question = "EVALUATE " + Self.plain + " USING logistic WITH folds = 1, every = 90 DAYS"
    let late = (0..<300).map {
      EventRecord(user: "late\($0)", type: "purchase", time: Self.moment - 20 * Self.day + Int64($0), amount: 9)
    }
    let plain = try PredictTests.shared.get().ask(question, "n positives metric value baseline")
    #expect(plain.count > 11)
    #expect(try PredictTests.log(PredictTests.past + late).ask(question, "n positives metric value baseline") == plain)
  }

  // MARK: Purchases

  /// A user with one purchase, and one who bought just before the moment, have no gaps and no age: all answer.
  @Test func usersOfOnePurchaseHaveAnAnswer() throws {
    let fresh = [
      EventRecord(user: "once", type: "purchase", time: Self.moment - 100 * Self.day, amount: 9),
      EventRecord(user: "now", type: "purchase", time: Self.moment - 1, amount: 9),
    ]
    let log = try PredictTests.log(PredictTests.past + fresh)
    for method in ["auto", "logistic", "mbgnbd", "bgnbd", "paretonbd"] {
      let rows = try log.rows(
        Self.plain + " USING \(method)\(Self.few) WHERE user = 'once' OR user = 'now'", "value")
      #expect(rows.count == 2, "\(method)")
      for row in rows {
        guard case .real(let value) = row[0] else {
          Issue.record("\(method) has no answer")
          continue
        }
        #expect(value > 0 && value < 1, "\(method): \(value)")
      }
    }
  }

  /// Purchases of one day are one to the closed form, and two to the features.
  @Test func doublesMergeForTheClosedForm() throws {
    let doubled = PredictTests.past + PredictTests.past.filter { $0.type == "purchase" }
    let (once, twice) = (try PredictTests.shared.get(), try PredictTests.log(doubled))
    let question = Self.plain + " USING mbgnbd" + Self.few
    #expect(try once.ask(question, "value") == twice.ask(question, "value"))
    let counts = "SEGMENT users ADD n = frequency AGGREGATE sum(n) AS n"
    let purchases = PredictTests.past.count { $0.type == "purchase" }
    #expect(Double(try once.value(counts, "n")) == Double(purchases))
    #expect(Double(try twice.value(counts, "n")) == Double(2 * purchases))
  }

  /// A return on the day of a purchase: neither another day nor a positive amount, so the value stays.
  @Test func negativeMoneyIsNoPurchaseOfTheValueModel() throws {
    let returns = PredictTests.past.filter { $0.type == "purchase" && $0.user.hasSuffix("3") }
      .map { EventRecord(user: $0.user, type: "purchase", time: $0.time + 1, amount: -4) }
    let question = "SEGMENT users WHERE did purchase PREDICT sum(purchase.amount IN NEXT 30 DAYS)" + Self.few
    let plain = try Self.numbers(PredictTests.shared.get(), question)
    let with = try Self.numbers(PredictTests.log(PredictTests.past + returns), question)
    #expect(plain.count == with.count && plain.count > 220)
    for (left, right) in zip(plain, with) { #expect(abs(left - right) < 1e-9 && left >= 0) }
    // Sums of the log keep them.
    let sum = "SEGMENT users AGGREGATE sum(monetary) AS m"
    let (gross, net) = (
      try Self.numbers(PredictTests.shared.get(), sum, "m"),
      try Self.numbers(PredictTests.log(PredictTests.past + returns), sum, "m")
    )
    #expect(abs(gross[0] - 4 * Double(returns.count) - net[0]) < 1e-6)
  }

  @Test func amountsThatOverflowStayFinite() throws {
    let huge = (0..<4).map {
      EventRecord(user: "u1", type: "purchase", time: Self.moment - Int64(10 + 20 * $0) * Self.day, amount: 1.5e308)
    }
    let log = try PredictTests.log(PredictTests.past + huge)
    for method in ["auto", "logistic", "boosting", "tree"] {
      for value in try Self.numbers(log, Self.plain + " USING \(method)" + Self.few) {
        #expect(value >= 0 && value <= 1, "\(method): \(value)")
      }
    }
  }

  /// Fitted in weeks, asked in days.
  @Test func theUnitOfTheWindowChangesNothing() throws {
    let log = try PredictTests.shared.get()
    let target = "SEGMENT users WHERE did purchase PREDICT count(purchase IN NEXT "
    #expect(try log.ask(target + "28 DAYS)" + Self.few, "value") == log.ask(target + "4 WEEKS)" + Self.few, "value"))
  }

  /// Two purchases an hour apart, on either side of midnight in UTC: in Istanbul they are of one day.
  @Test func daysAreThoseOfTheZone() throws {
    let night = (0..<240).flatMap { user in
      [0, 40, 41, 80].prefix(1 + user % 4).flatMap { step in
        [-1_800_000, 1_800_000].map {
          EventRecord(
            user: "n\(user)", type: "purchase", time: Log.origin + Int64(100 + step) * Self.day + $0, amount: 5)
        }
      }
    }
    let zone = PredictTests.settings + ["SET CLOCK @2026-10-28", "SET TIMEZONE 'Europe/Istanbul'"]
    let question = "SEGMENT users WHERE did purchase PREDICT count(purchase IN NEXT 30 DAYS) USING mbgnbd" + Self.few
    // One purchase of each pair says the same as both where they are of one day.
    let halves = night.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let both = try Log(night, settings: zone).ask(question, "value")
    #expect(both.count == 240)
    #expect(try Log(halves, settings: zone).ask(question, "value") == both)
    #expect(try Log(night, settings: PredictTests.settings + ["SET CLOCK @2026-10-28"]).ask(question, "value") != both)
  }

  // MARK: Features

  @Test func featuresThatSayNothingAreDroppedAndNamed() throws {
    let names = Set(PredictTests.past.map(\.user)).sorted()
    let same = "user since colour twin\n" + names.map { "\($0) 2026-01-01 1 2" }.joined(separator: "\n")
    let log = try PredictTests.log(PredictTests.past, users: same)
    try log.run("DEFINE MODEL m AS \(Self.plain) USING logistic WITH every = 60 DAYS")
    try log.run("TRAIN m")
    let lines = try log.rows("DESCRIBE MODEL m").map { $0.map(\.cell).joined(separator: " ") }
    let dropped = lines.filter { $0.contains("dropped") }
    for name in ["colour", "twin"] { #expect(dropped.contains { $0.contains(name) }, "\(name) in \(lines)") }
  }

  /// A channel that nobody had used when the model learnt.
  @Test func valuesThatCameLaterAreUnknown() throws {
    var events = PredictTests.past
    for index in events.indices {
      let isLate = events[index].time > Self.moment - 20 * Self.day
      events[index].properties["channel"] = .text(isLate ? "new" : index % 2 == 0 ? "ads" : "mail")
    }
    for method in ["logistic", "boosting"] {
      for value in try Self.numbers(PredictTests.log(events), Self.plain + " USING \(method)" + Self.few) {
        #expect(value > 0 && value < 1, "\(method)")
      }
    }
  }

  @Test(arguments: ["auto", "forest", "mbgnbd"]) func threadsChangeNoDigit(method: String) throws {
    let question = Self.plain + " USING \(method)" + Self.few
    let one = try PredictTests.shared.get().rows(question)
    #expect(try PredictTests.log(threads: 2).rows(question) == one)
    #expect(try PredictTests.log(threads: 5).rows(question) == one)
  }
}
