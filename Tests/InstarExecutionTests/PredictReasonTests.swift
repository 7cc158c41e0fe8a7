import InstarColumns
import InstarStorage
import Testing

/// WHY and DESCRIBE MODEL: what a prediction rests on, and what it does not.
@Suite struct PredictReasonTests {
  private static let day: Int64 = 86_400_000

  /// The days of the events of a kind of each user, the newest first.
  private static func days(_ type: String) -> [String: [(time: Int64, day: String)]] {
    Dictionary(grouping: PredictTests.past.filter { $0.type == type }, by: \.user).mapValues { events in
      events.map(\.time).sorted(by: >).map { ($0, Log.text(of: $0 / day * day)) }
    }
  }

  /// Each reason ends with the days of the newest events behind it, and these are events of the user.
  @Test func reasonsPointToEvents() throws {
    let rows = try PredictTests.shared.get().rows(PredictTests.question + " WHY 8", "user why")
    let times = ["purchase": Self.days("purchase"), "visit": Self.days("visit")]
    var checked: Set<String> = []
    for row in rows {
      guard case .text(let user) = row[0], case .text(let why) = row[1] else { continue }
      for (type, byUser) in times {
        let events = byUser[user] ?? []
        if let found = Self.pointer(why, behind: "days since the last \(type) ") {
          #expect(found == events.prefix(1).map(\.day), "\(user): \(why)")
          checked.insert("last \(type)")
        }
        for window in [7, 14, 30, 60, 90, 180, 365] {
          guard let found = Self.pointer(why, behind: "\(type) in \(window) days ") else { continue }
          let inside = events.filter { $0.time >= PredictTests.moment - Int64(window) * Self.day }
          let newest = inside.prefix(3).map(\.day)
          let expected = newest.indices.filter { $0 == 0 || newest[$0] != newest[$0 - 1] }.map { newest[$0] }
          #expect(found == expected + (inside.count > 3 ? [".."] : []), "\(user): \(why)")
          checked.insert("\(type) in days")
        }
      }
    }
    #expect(checked.contains("purchase in days"), "\(checked)")
  }

  /// The days in the brackets behind the reason that is `phrase` and a number; `nil` where there is none.
  private static func pointer(_ why: String, behind phrase: String) -> [String]? {
    for reason in why.split(separator: "), ").flatMap({ $0.split(separator: "], ") }) {
      guard reason.hasPrefix(phrase), reason.dropFirst(phrase.count).first?.isNumber == true,
        let open = reason.firstIndex(of: "[")
      else { continue }
      let days = reason[open...].filter { $0 != "[" && $0 != "]" }
      return days.split(separator: ",").map { String($0.drop { $0 == " " }) }
    }
    return nil
  }

  @Test func descriptionsSayWhatIsUsed() throws {
    let names = Set(PredictTests.past.map(\.user)).sorted()
    let log = try PredictTests.log(users: "user age\n" + names.map { "\($0) 40" }.joined(separator: "\n"))
    try log.run(
      "DEFINE MODEL buys AS SEGMENT users WHERE did purchase PREDICT did purchase IN NEXT 30 DAYS USING logistic "
        + "WITH features = (recency, count(visit) >= 0)")
    try log.run("TRAIN buys")
    let lines = try log.ask("DESCRIBE MODEL buys")
    let text = lines.joined(separator: "\n")
    let used = lines.first { $0.hasPrefix("used ") } ?? ""
    #expect(used.contains(" features: recency, frequency"), "\(text)")
    #expect(!used.contains("recency 2") && !used.contains("lifetime_"), "\(used)")
    // What is named twice equals the first, and what holds for everybody is constant.
    #expect(lines.contains { $0.hasPrefix("dropped equal to recency: ") && $0.contains("recency 2") }, "\(text)")
    #expect(lines.contains { $0.hasPrefix("dropped constant: ") && $0.contains("count(visit) >= 0") }, "\(text)")
    #expect(lines.contains { $0.hasPrefix("left out") && $0.contains("age") }, "\(text)")
  }
}
