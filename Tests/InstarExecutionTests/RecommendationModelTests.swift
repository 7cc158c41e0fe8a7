import InstarColumns
import InstarStorage
import Testing

/// DEFINE MODEL .. AS RECOMMEND, its versions, and RECOMMEND USING its name.
@Suite struct RecommendationModelTests {
  private static let settings = ["DEFINE CATALOG purchase WEIGHT 5 CONSUMES", "DEFINE MODEL shop AS RECOMMEND 2"]

  /// Six pairs of items: of each, 60 users have both and 15 have the first alone, and buy the second on day 9.
  private static func events() -> [EventRecord] {
    var events: [EventRecord] = []
    func buy(_ user: String, _ item: String, day: Int64) {
      events.append(EventRecord(user: user, type: "purchase", time: Log.origin + day * 86_400_000, item: item))
    }
    for pair in 0..<6 {
      for user in 0..<60 {
        buy("both\(pair)_\(user)", "p\(pair)", day: Int64(user % 4))
        buy("both\(pair)_\(user)", "q\(pair)", day: Int64(4 + user % 4))
      }
      for user in 0..<15 {
        buy("late\(pair)_\(user)", "p\(pair)", day: 3)
        buy("late\(pair)_\(user)", "q\(pair)", day: 9)
      }
    }
    return events
  }

  private func log() throws -> Log { try Log(Self.events(), settings: Self.settings) }

  @Test func versionsAreNumberedAndOneIsActive() throws {
    let log = try log()
    #expect(log.refusal("RECOMMEND 1 FOR USER 'late0_0' USING shop") == "E0405", "nothing is trained")
    let row = try log.rows("TRAIN shop", "version state interactions users items judged ndcg popular_ndcg")[0]
    #expect(
      row.prefix(6) == [.integer(1), .text("active"), .integer(900), .integer(450), .integer(12), .integer(90)])
    // Each of the 90 has one item to be found: the second of his pair, which a model of tastes ranks first.
    #expect(row[6] == .real(1))
    guard case .real(let popular) = row[7] else { return #expect(Bool(false), "popular is judged, too") }
    #expect(popular < 0.5)
    #expect(try log.ask("TRAIN shop", "version state") == ["2 ready"], "the same data make no better model")
    #expect(try log.ask("TRAIN shop WITH promote = always", "version state") == ["3 active"])
    try log.run("PROMOTE shop@2")
    #expect(try log.ask("SHOW MODELS", "version state") == ["1 ready", "2 active", "3 ready"])
    #expect(log.refusal("PROMOTE shop@9") == "E0405")
    let lines = try log.ask("DESCRIBE MODEL shop@2", "property")
    for line in ["version", "trained to", "interactions", "judged", "ndcg", "weight of taste", "learnt"] {
      #expect(lines.contains(line), "\(line)")
    }
    try log.run("DROP MODEL shop")
    #expect(try log.ask("SHOW MODELS").isEmpty)
  }

  @Test func aVersionAnswersLikeTheMethodsThatItIsMadeOf() throws {
    let log = try log()
    try log.run("TRAIN shop")
    for (sentence, why) in [
      ("SEGMENT users RECOMMEND 3", ""), ("RECOMMEND 3 LIKE ITEM 'p1'", ""),
      ("RECOMMEND 2 FOR USER 'late3_1'", " WHY 2"),
    ] {
      let named = try log.ask(sentence + " USING shop" + why)
      #expect(try log.ask(sentence + why) == named)
      #expect(!named.isEmpty)
    }
    let result = try log.run("RECOMMEND 1 FOR USER 'late0_0' EXCLUDING NOTHING USING shop")
    #expect(
      result.receipt.models.contains { $0.hasPrefix("shop@1, trained to 2026-01-10") }, "\(result.receipt.models)")
  }

  @Test func whoCameLaterIsServedByHisHistory() throws {
    let log = try log()
    try log.run("TRAIN shop")
    try log.store.append([
      EventRecord(user: "after", type: "purchase", time: Log.origin + 12 * 86_400_000, item: "p2"),
      EventRecord(user: "other", type: "purchase", time: Log.origin + 12 * 86_400_000, item: "novelty"),
    ])
    let result = try log.run("RECOMMEND 1 FOR USER 'after' USING shop")
    #expect(result.column("item")?[0] == .text("q2"))
    #expect(result.receipt.models.contains { $0.hasSuffix("2 interactions since then are in no table") })
    #expect(log.refusal("AS OF @2026-01-05 RECOMMEND 1 FOR USER 'late0_0' USING shop") == "E0409")
  }

  @Test func aForgottenUserMakesVersionsStale() throws {
    let log = try log()
    try log.run("TRAIN shop")
    try log.run("FORGET USER 'both0_0'")
    #expect(try log.ask("SHOW MODELS", "state") == ["stale"])
    let result = try log.run("RECOMMEND 1 FOR USER 'late0_0' EXCLUDING NOTHING USING shop")
    #expect(result.receipt.notes.contains { $0.hasPrefix("shop@1 is stale") })
    // Models without a name know nothing of him: they are those of a log in which he never was.
    let without = try Log(Self.events().filter { $0.user != "both0_0" }, settings: Self.settings)
    let sentence = "SEGMENT users RECOMMEND 3 USING taste, next WHY 3"
    #expect(try log.ask(sentence).sorted() == without.ask(sentence).sorted())
  }

  @Test func whatADefinitionCannotSayIsRefused() throws {
    let log = try log()
    #expect(log.refusal("DEFINE MODEL m AS SEGMENT users WHERE did purchase RECOMMEND 5") == "E0403")
    #expect(log.refusal("DEFINE MODEL m AS RECOMMEND 5 EXCLUDING purchase") == "E0402")
    #expect(log.refusal("DEFINE MODEL m AS RECOMMEND 5 USING shop") == "E0308")
    #expect(log.refusal("DEFINE MODEL m AS RECOMMEND 5 USING community") == "E0308")
    #expect(log.refusal("SEGMENT users PREDICT shop") == "E0402")
    try log.run("DEFINE MODEL churn AS PREDICT did not purchase IN NEXT 30 DAYS")
    #expect(log.refusal("SEGMENT users RECOMMEND 5 USING churn") == "E0308")
    #expect(log.refusal("SEGMENT users RECOMMEND 5 USING shop, shop") == "E0308")
  }

  @Test func aModelIsJudgedByItsMethodsMadeAnew() throws {
    let log = try log()
    try log.run("TRAIN shop")
    let result = try log.run("EVALUATE RECOMMEND 1 USING shop WITH holdout = 2 DAYS")
    #expect(result.receipt.notes.contains { $0.hasPrefix("shop is judged by its methods") })
    #expect(
      try log.ask("EVALUATE RECOMMEND 1 USING shop WITH holdout = 2 DAYS", "method metric value")
        .contains("hybrid ndcg 1.0"))
  }
}
