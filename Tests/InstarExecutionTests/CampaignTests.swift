import InstarColumns
import InstarStorage
import Testing

/// SAVE AS CAMPAIGN and EVALUATE CAMPAIGN. SHA-256 over `spring`, seed 1 and the name puts u1, u2, u6, u7 and u10 below
/// 0.5 (worked out apart with another implementation), so that they are held back by `control = 0.5`.
@Suite struct CampaignTests {
  private static let spring = "AS OF @2026-01-11 SEGMENT users SAVE AS CAMPAIGN spring WITH control = 0.5"

  /// Ten visitors of the first day. Of those whom spring shows something u3, u4 and u5 buy within 14 days of 11 January
  /// and u8 later; of those held back u1 does. u2 bought at the very instant.
  private func shop() throws -> Log {
    let visits = (1...10).map { "u\($0) 1d visit -" }.joined(separator: "\n")
    return try Log(
      """
      user time event item
      \(visits)
      u2 10d purchase milk
      u3 12d purchase milk
      u4 13d purchase tea
      u5 20d purchase bread
      u1 14d purchase milk
      u8 40d purchase milk
      u9 60d visit -
      """, settings: ["SET GOAL EVENT purchase"])
  }

  // MARK: Showing

  @Test func whoIsHeldBackIsDrawnByName() throws {
    let log = try shop()
    let shown = try log.run(Self.spring)
    #expect(try log.users("SEGMENT users WHERE did exposure[variant = 'control']") == "u1 u10 u2 u6 u7")
    #expect(try log.users("SEGMENT users WHERE did exposure[variant = 'shown']") == "u3 u4 u5 u8 u9")
    #expect(shown.column("user")?.count == 5)
    #expect(
      shown.receipt.notes.contains("campaign spring: shown to 5 users, 5 held back and left out of the rows"))
    let seeded = "AS OF @2026-01-11 SEGMENT users SAVE AS CAMPAIGN spring WITH control = 0.5, seed = 2"
    let other = try shop()
    try other.run(seeded)
    #expect(try other.users("SEGMENT users WHERE did exposure[variant = 'control']") == "u10 u3 u5 u7 u9")
  }

  @Test func exposuresAreEventsOfTheLanguage() throws {
    let log = try shop()
    try log.run(Self.spring)
    try log.run("SEGMENT users WHERE did purchase SAVE AS CAMPAIGN summer")
    #expect(
      try log.ask("EVENTS exposure AGGREGATE count() AS n, users() AS u BY campaign, variant", "campaign variant n u")
        .sorted() == ["spring control 5 5", "spring shown 5 5", "summer shown 6 6"])
    #expect(try log.ask("EVENTS exposure[campaign = 'spring'] KEEP user, time LIMIT 1") == ["u1 2026-01-11"])
    #expect(try log.users("SEGMENT users WHERE did exposure AT LEAST 2 TIMES") == "u1 u2 u3 u4 u5 u8")
    #expect(
      try log.ask("FUNNEL exposure[campaign = 'spring'] THEN purchase WITHIN 14 DAYS BY variant", "variant users")
        == ["control 5", "control 1", "shown 5", "shown 3"])
    #expect(
      try log.ask(
        "RETENTION FROM FIRST exposure[campaign = 'spring'] RETURN purchase BY WEEK, variant FOR 1 WEEK",
        "variant cohort age users"
      ).filter { $0.contains("2026-W02") } == [
        "control 2026-W02 0 1", "control 2026-W02 1 0", "shown 2026-W02 0 2", "shown 2026-W02 1 1",
      ])
    #expect(try log.ask("SHOW CAMPAIGNS", "campaign users held_back") == ["spring 5 5", "summer 6 0"])
    #expect(try log.ask("SHOW EVENTS").sorted() == ["exposure 16", "purchase 6", "visit 11"])
    #expect(try log.ask("DESCRIBE CAMPAIGN spring").contains("held back 5"))
  }

  /// Neither the clock nor any figure, stage, list or model changes by what was shown.
  @Test func exposuresAreNoActivity() throws {
    let sentences = [
      "SEGMENT users KEEP user, stage, last_seen, active_days, tenure, recency, first_seen",
      "SEGMENT users WHERE did event IN LAST 1 DAY", "EVENTS event AGGREGATE count() BY DAY DURING @2026",
      "EVENTS event[item IS KNOWN] KEEP user, time, event", "SESSIONS BY DAY DURING @2026-01",
      "STICKINESS OF event DAYS PER WEEK",
      "LIFECYCLE OF event BY WEEK DURING @2026-01", "RETENTION FROM FIRST event RETURN event BY WEEK FOR 3 WEEKS",
      "SEGMENT users RECOMMEND 3", "RECOMMEND 5 USERS FOR ITEM 'milk'", "PATHS FROM visit", "PROFILE USER 'u1'",
      "TIMELINE USER 'u1' KEEP time, event, item", "RECOMMEND 3 LIKE ITEM 'milk'",
    ]
    let log = try shop()
    let before = try sentences.map { try log.ask($0) }
    try log.run(Self.spring)
    try log.run("SEGMENT users RECOMMEND 2 EXCLUDING NOTHING USING popular SAVE AS CAMPAIGN lists")
    for (sentence, answer) in zip(sentences, before) { #expect(try log.ask(sentence) == answer, "\(sentence)") }
    // A sentence that asks for them counts them apart from the events of the log.
    #expect(
      try log.ask("SEGMENT users WHERE did exposure ADD e = count(event), x = count(exposure) KEEP user, e, x LIMIT 2")
        == ["u1 2 3", "u2 2 3"])
    #expect(log.refusal("SEGMENT users WHERE did exposure SESSIONS BY DAY") == "E0320")
    #expect(log.refusal("SEGMENT users WHERE did exposure PREDICT did purchase IN NEXT 3 DAYS") == "E0403")
    #expect(log.refusal("SEGMENT users PREDICT did exposure IN NEXT 3 DAYS") == "E0403")
  }

  @Test func whatWasShownNeedNotComeAgain() throws {
    let log = try shop()
    try log.run("SEGMENT users RECOMMEND 1 EXCLUDING NOTHING USING popular SAVE AS CAMPAIGN lists")
    #expect(try log.ask("EVENTS exposure KEEP user, item, rank LIMIT 2") == ["u1 milk 1", "u2 milk 1"])
    let again = "RECOMMEND 3 FOR USER 'u9' EXCLUDING exposure IN LAST 30 DAYS USING popular"
    #expect(try log.ask(again, "item").sorted() == ["bread", "tea"])
    try log.run("DROP CAMPAIGN lists")
    #expect(try log.ask("RECOMMEND 3 FOR USER 'u9' USING popular", "item").sorted() == ["bread", "milk", "tea"])
  }

  /// Everybody was shown milk: with 5 for a purchase and -9 for an exposure nobody likes it any more.
  @Test func aCatalogMayCountExposures() throws {
    let log = try shop()
    try log.run("SEGMENT users RECOMMEND 1 EXCLUDING NOTHING USING popular SAVE AS CAMPAIGN lists")
    try log.run("DEFINE CATALOG purchase WEIGHT 5, exposure WEIGHT -9")
    let list = "RECOMMEND 3 FOR USER 'u9' EXCLUDING NOTHING USING popular"
    #expect(try log.ask(list, "item").sorted() == ["bread", "tea"])
    try log.run("DROP CAMPAIGN lists")
    #expect(try log.ask(list, "item").sorted() == ["bread", "milk", "tea"])
  }

  @Test func anyChainOfUsersIsACampaign() throws {
    let log = try shop()
    let chains = [
      ("FUNNEL visit THEN purchase WITHIN 20 DAYS PER USER WHERE reached = 1", 5),
      ("RECOMMEND 3 USERS LIKE USER 'u3'", 2), ("SEGMENT users SORT BY last_seen DESC LIMIT 3", 3),
      ("EVENTS purchase", 6), ("LIFECYCLE OF visit BY WEEK DURING @2026-01 PER USER", 10),
      ("SEGMENT users KEEP user, loyalty SORT BY loyalty DESC LIMIT 4", 4),
      ("SEGMENT users CLUSTER INTO 2 ON active_days PER USER WHERE cluster = 1", 7),
    ]
    for (number, chain) in chains.enumerated() {
      try log.run("\(chain.0) SAVE AS CAMPAIGN c\(number)")
      let asked = "EVENTS exposure[campaign = 'c\(number)'] KEEP user"
      #expect(try Set(log.ask(asked)).count == chain.1, "\(chain.0)")
      #expect(try log.ask(asked).count == chain.1, "\(chain.0)")
    }
  }

  /// The audience of an item records the item, at rank 1 for everybody.
  @Test func theAudienceOfAnItem() throws {
    let log = try Log(
      """
      user time event item
      a 1d purchase milk
      a 2d purchase bread
      b 1d purchase milk
      b 2d purchase bread
      c 1d purchase milk
      """, settings: ["SET GOAL EVENT purchase", "DEFINE CATALOG purchase WEIGHT 5 CONSUMES"])
    try log.run("RECOMMEND 3 USERS FOR ITEM 'bread' SAVE AS CAMPAIGN bread")
    #expect(try log.ask("EVENTS exposure KEEP user, item, rank") == ["c bread 1"])
  }

  /// Of u0 to u999 the draw of `big` holds back 94 at 0.1, worked out apart; 100 were to be expected, and 9.5 is their
  /// standard deviation.
  @Test func aTenthIsHeldBack() throws {
    let log = try Log((0..<1000).map { EventRecord(user: "u\($0)", type: "visit", time: Log.origin) })
    try log.run("SEGMENT users SAVE AS CAMPAIGN big WITH control = 0.1")
    #expect(try log.ask("SHOW CAMPAIGNS", "users held_back") == ["906 94"])
  }

  // MARK: Judging

  /// Rates 3/5 and 1/5: r = 3, s² = 1/3 - 1/5 + 1 - 1/5, z = 0.4 / √(0.24 · 0.4).
  @Test func armsAreCompared() throws {
    let log = try shop()
    try log.run(Self.spring)
    let asked = "EVALUATE CAMPAIGN spring AGAINST did purchase IN NEXT 14 DAYS"
    #expect(
      try log.ask(asked) == [
        "spring shown 5 3 0.6 2.0 -0.54837 18.927833 0.196706", "spring control 5 1 0.2 - - - -",
      ])
    #expect(try log.ask("EVALUATE CAMPAIGN spring") == log.ask(asked))
    #expect(try log.run("EVALUATE CAMPAIGN spring").receipt.defaults == ["against = did purchase IN NEXT 14 DAYS"])
    #expect(
      try log.ask("EVALUATE CAMPAIGN spring AGAINST did purchase[item = 'tea'] IN NEXT 14 DAYS", "conversions")
        == ["1", "0"])
    let funnel =
      "FUNNEL exposure[campaign = 'spring'] THEN purchase WITHIN 14 DAYS BY variant WITH baseline = 'control'"
    #expect(
      try log.ask("\(funnel) WHERE step = 2 AND variant = 'shown'", "rate lift low high p")
        == log.ask(asked, "rate lift low high p").prefix(1).map { $0 })
  }

  @Test func onlyWindowsThatHaveClosed() throws {
    let log = try shop()
    try log.run(Self.spring)
    try log.run("SEGMENT users SAVE AS CAMPAIGN late")
    #expect(log.refusal("EVALUATE CAMPAIGN late") == "E0412")
    #expect(log.refusal("AS OF @2026-01-20 EVALUATE CAMPAIGN spring") == "E0412")
    #expect(log.refusal("AS OF @2026-01-05 EVALUATE CAMPAIGN spring") == "E0412")
    let seen = "AS OF @2026-01-20 EVALUATE CAMPAIGN spring AGAINST did purchase IN NEXT 7 DAYS"
    #expect(try log.ask(seen, "variant conversions") == ["shown 2", "control 1"])
    let both = try log.run("EVALUATE CAMPAIGN spring, late")
    #expect(both.rowCount == 2)
    #expect(both.receipt.notes.contains { $0.hasPrefix("left out: late is complete from 2026-03-16") })
    #expect(log.refusal("EVALUATE CAMPAIGN spring DURING @2025") == "E0412")
  }

  @Test func withoutControlNothingIsCompared() throws {
    let log = try shop()
    try log.run("AS OF @2026-01-11 SEGMENT users SAVE AS CAMPAIGN all")
    let result = try log.run("EVALUATE CAMPAIGN all")
    #expect(try log.ask("EVALUATE CAMPAIGN all") == ["all shown 10 4 0.4 - - - -"])
    #expect(result.receipt.notes.contains { $0.hasPrefix("all held nobody back") })
  }

  /// Everybody's list of 11 January is milk (bought once by then). u3 takes it of those shown, u1 of those held back.
  @Test func listsAreJudged() throws {
    let log = try shop()
    try log.run("DEFINE CATALOG purchase WEIGHT 5 CONSUMES")
    try log.run(
      """
      AS OF @2026-01-12 SEGMENT users RECOMMEND 2 EXCLUDING NOTHING USING popular
      SAVE AS CAMPAIGN spring WITH control = 0.5
      """)
    #expect(try log.ask("EVENTS exposure AGGREGATE count() AS n BY item, rank", "item rank n") == ["milk 1 10"])
    #expect(
      try log.ask("EVALUATE CAMPAIGN spring", "variant users conversions hit_rate precision mrr")
        == ["shown 5 3 0.2 0.2 0.2", "control 5 1 0.2 0.2 0.2"])
  }

  // MARK: Names, people, moments

  @Test func aCampaignIsShownOnce() throws {
    let log = try shop()
    try log.run(Self.spring)
    #expect(log.refusal("SEGMENT users SAVE AS CAMPAIGN spring") == "E0112")
    #expect(log.refusal("DEFINE SEGMENT spring AS SEGMENT users WHERE did purchase") == "E0112")
    #expect(log.refusal("SEGMENT users WHERE did purchase[item = 'x'] SAVE AS CAMPAIGN none") == "E0411")
    #expect(log.refusal("EVENTS purchase AGGREGATE count() BY item SAVE AS CAMPAIGN c") == "E0315")
    #expect(log.refusal("SEGMENT users SAVE AS CAMPAIGN c WITH controls = 0.1") == "E0110")
    #expect(log.refusal("SEGMENT users SAVE AS CAMPAIGN c WITH control = 1.5") == "E0308")
    #expect(log.refusal("SEGMENT users SAVE AS CAMPAIGN c WITH event = visit") == "E0112")
    #expect(log.refusal("AS OF @2030-01-01 SEGMENT users SAVE AS CAMPAIGN c") == "E0331")
    #expect(log.refusal("EVALUATE CAMPAIGN autumn") == "E0107")
    #expect(log.refusal("DROP CAMPAIGN autumn") == "E0107")
    try log.run("DROP CAMPAIGN spring")
    #expect(try log.ask("EVENTS exposure AGGREGATE count() AS n") == ["0"])
    try log.run("SEGMENT users SAVE AS CAMPAIGN spring WITH event = 'shown'")
    #expect(try log.users("SEGMENT users WHERE did shown") == "u1 u10 u2 u3 u4 u5 u6 u7 u8 u9")
  }

  /// A store whose application writes exposures of its own keeps them as activity, and campaigns take another name.
  @Test func theStoresOwnExposures() throws {
    let log = try Log("user time event \n a 1d exposure \n a 2d visit")
    #expect(log.refusal("SEGMENT users SAVE AS CAMPAIGN c") == "E0112")
    try log.run("SEGMENT users SAVE AS CAMPAIGN c WITH event = shown")
    #expect(
      try log.ask("SEGMENT users ADD n = count(event), o = count(exposure), s = count(shown)", "n o s") == ["2 1 1"])
  }

  @Test func exposuresFollowThePerson() throws {
    let log = try shop()
    try log.run(Self.spring)
    try log.run("LINK USER 'u9' TO 'u6'")
    #expect(try log.users("SEGMENT users WHERE did exposure[variant = 'shown']") == "u3 u4 u5 u6 u8")
    #expect(try log.ask("EVALUATE CAMPAIGN spring", "variant users conversions") == ["shown 5 3", "control 4 1"])
    let forgotten = try log.run("FORGET USER 'u3'")
    #expect(forgotten.receipt.notes.contains("taken out of the campaigns spring"))
    #expect(try log.ask("EVALUATE CAMPAIGN spring", "variant users conversions") == ["shown 4 2", "control 4 1"])
    #expect(try log.ask("SHOW CAMPAIGNS", "users held_back") == ["4 5"])
  }

  @Test func smallArmsAreHidden() throws {
    let log = try shop()
    try log.run("AS OF @2026-01-11 SEGMENT users SAVE AS CAMPAIGN summer WITH control = 0.5")
    try log.run("SET PRIVACY THRESHOLD 4")
    let result = try log.run("EVALUATE CAMPAIGN summer")
    #expect(result.rowCount == 1)
    #expect(result.receipt.suppressedRows == 1)
  }

  // MARK: SAVE AS EVENT

  @Test func anEventIsKeptByItsConditions() throws {
    let log = try shop()
    try log.run("EVENTS purchase, visit[item IS KNOWN] WHERE item = 'milk' OR item = 'tea' SAVE AS EVENT drink")
    #expect(try log.ask("EVENTS drink AGGREGATE count() AS n, users() AS u", "n u") == ["5 5"])
    #expect(
      try log.ask("DESCRIBE drink").contains(
        "definition DEFINE EVENT drink AS purchase[item = 'milk' OR item = 'tea'] "
          + "OR visit[item IS KNOWN AND (item = 'milk' OR item = 'tea')];"))
    try log.run("EVENTS FIRST purchase WHERE item = 'milk' SAVE AS EVENT began_with_milk")
    #expect(try log.users("SEGMENT users WHERE did began_with_milk") == "u1 u2 u3 u8")
    try log.run("DROP EVENT drink")
    #expect(log.refusal("EVENTS drink AGGREGATE count()") == "E0102")
    #expect(log.refusal("EVENTS purchase LIMIT 3 SAVE AS EVENT few") == "E0306")
    #expect(log.refusal("SEGMENT users SAVE AS EVENT few") == "E0306")
    #expect(log.refusal("EVENTS purchase SAVE AS EVENT visit") == "E0112")
    #expect(log.refusal("EVENTS purchase SAVE AS EVENT few WITH control = 0.1") == "E0110")
  }
}
