import InstarColumns
import InstarModels
import InstarStorage
import Testing

/// What lies behind a moment must not change what is said at it.
@Suite struct PredictLeakTests {
  private static let questions = [
    "SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS WITH every = 60 DAYS",
    "SEGMENT users WHERE did visit PREDICT did not purchase IN NEXT 30 DAYS USING logistic WITH every = 60 DAYS",
    "SEGMENT users PREDICT sum(purchase.amount IN NEXT 60 DAYS)",
    "EVALUATE SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING logistic WITH folds = 2",
  ]

  private static func past() -> [EventRecord] {
    PredictTests.past.enumerated().map { place, event in
      var event = event
      event.properties["channel"] = .text(["ads", "mail", "shop"][place % 3])
      return event
    }
  }

  /// Everything behind the moment replaced by nonsense: other kinds, other money, other values, everybody buys daily.
  private static func garbage() -> [EventRecord] {
    let names = Set(PredictTests.past.map(\.user)).sorted()
    return (0..<20).flatMap { step in
      (names + (0..<50).map { "stranger\($0)" }).map { user in
        var event = EventRecord(
          user: user, type: step % 3 == 0 ? "refund" : "purchase",
          time: PredictTests.moment + Int64(step) * PredictTests.day, amount: 1e6 * Double(step))
        event.properties["channel"] = .text("garbage\(step)")
        return event
      }
    }
  }

  @Test(arguments: questions.indices) func garbageBehindTheMomentChangesNoDigit(question: Int) throws {
    let text = Self.questions[question]
    let short = try PredictTests.log(Self.past()).ask(text)
    let long = try Log(Self.past() + Self.garbage(), settings: PredictTests.settings)
      .ask("AS OF \(PredictTests.date) " + text)
    #expect(short.count > 20)
    #expect(short == long)
  }

  /// The judged window garbled so that the labels stay: more purchases of those who bought in it, other money, other
  /// values, and visits of everybody. What is judged is said at its beginning, so no figure moves.
  @Test func theJudgedWindowIsReadForLabelsAlone() throws {
    let from = PredictTests.moment - 30 * PredictTests.day
    let past = Self.past()
    var garbled = past
    for index in past.indices where past[index].time >= from {
      garbled[index].amount = past[index].amount.map { $0 * 1000 }
      garbled[index].properties["channel"] = .text("late")
      if past[index].type == "purchase" {
        garbled += (1...5).map { step in
          var more = garbled[index]
          more.time = min(PredictTests.moment - 1, more.time + Int64(step) * PredictTests.day)
          return more
        }
      }
    }
    let known = Set(past.filter { $0.time < from }.map(\.user)).sorted()
    garbled += known.map { EventRecord(user: $0, type: "visit", time: from + PredictTests.day) }
    let question = "EVALUATE \(Self.questions[0].replacing("WITH ", with: "WITH folds = 1, "))"
    let plain = try PredictTests.log(past).ask(question)
    #expect(plain.count > 20)
    #expect(try PredictTests.log(garbled).ask(question) == plain)
  }

  /// The label of the judged window as a property, undated or dated behind the anchor, for the default method.
  @Test func aPlantedLabelDoesNotMoveTheDefault() throws {
    let from = PredictTests.moment - 30 * PredictTests.day
    let past = PredictTests.past
    let buyers = Set(past.filter { $0.type == "purchase" && $0.time >= from }.map(\.user))
    let names = Set(past.map(\.user)).sorted()
    func plant(_ since: String?) -> String {
      "user\(since == nil ? "" : " since") bought\n"
        + names.map { "\($0)\(since.map { " " + $0 } ?? "") \(buyers.contains($0) ? 1 : 0)" }.joined(separator: "\n")
    }
    let question = "EVALUATE \(Self.questions[0].replacing("WITH ", with: "WITH folds = 1, "))"
    let plain = try PredictTests.log(past).ask(question)
    #expect(plain.count > 20)
    #expect(try PredictTests.log(past, users: plant(nil)).ask(question) == plain)
    #expect(try PredictTests.log(past, users: plant("2026-10-20")).ask(question) == plain)
    // Vouched for as timeless, the plant gives everything away.
    let vouched = try PredictTests.log(past, users: plant(nil))
      .ask(question.replacing("WITH ", with: "WITH timeless = (bought), "))
    #expect(vouched != plain)
  }
}
