import Testing

/// LIFECYCLE as statements: by activity, and by the stages of a definition as of the end of each period.
@Suite struct LifecycleStatementTests {
  /// Days of March. Ann: 1, 2 and 4. Bob: long before, and on the 2nd. Cid: on 28 February.
  private func log(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time             event
      bob  2026-01-10T09:00 visit
      cid  2026-02-28T09:00 visit
      ann  2026-03-01T09:00 visit
      ann  2026-03-02T09:00 visit
      bob  2026-03-02T09:00 visit
      ann  2026-03-04T09:00 visit
      """, users: "user country \n ann TR \n bob DE \n cid DE", settings: ["SET CLOCK @2026-03-05"], threads: threads)
  }

  private let statement = "LIFECYCLE OF visit BY DAY DURING @2026-03-01 TO @2026-03-04"

  @Test func byActivity() throws {
    #expect(
      try log().ask(statement).filter { !$0.hasSuffix(" 0") } == [
        "2026-03-01 new 1", "2026-03-01 dormant 1",  // Ann; Cid
        "2026-03-02 returning 1", "2026-03-02 resurrected 1",  // Ann; Bob
        "2026-03-03 dormant 2",  // Ann and Bob
        "2026-03-04 resurrected 1",  // Ann
      ])
    #expect(try log().run(statement).rowCount == 16)
    #expect(try log().run(statement).columns.map(\.name) == ["period", "stage", "users"])
  }

  @Test func transitions() throws {
    #expect(
      try log().ask(statement + " TRANSITIONS") == [
        "new returning 1 1.0",
        "returning dormant 1 1.0",
        "resurrected dormant 1 1.0",
        "dormant resurrected 1 0.333333",
        "dormant inactive 2 0.666667",
        "inactive resurrected 1 0.333333",
        "inactive inactive 2 0.666667",
      ])
  }

  @Test func perUser() throws {
    #expect(
      try log().ask(statement + " PER USER WHERE user = 'ann'") == [
        "ann 2026-03-01 new -", "ann 2026-03-02 returning new", "ann 2026-03-03 dormant returning",
        "ann 2026-03-04 resurrected dormant",
      ])
    #expect(try log().users(statement + " PER USER WHERE period = '2026-03-03' AND stage = 'dormant'") == "ann bob")
  }

  @Test func byCountry() throws {
    #expect(
      try log().ask(statement.replacing("BY DAY", with: "BY DAY, country")).filter { !$0.hasSuffix(" 0") } == [
        "DE 2026-03-01 dormant 1", "DE 2026-03-02 resurrected 1", "DE 2026-03-03 dormant 1",
        "TR 2026-03-01 new 1", "TR 2026-03-02 returning 1", "TR 2026-03-03 dormant 1", "TR 2026-03-04 resurrected 1",
      ])
    #expect(
      try log().ask("SEGMENT users WHERE country = 'TR' " + statement).filter { !$0.hasSuffix(" 0") }.count == 4)
  }

  /// With two days of patience Ann is never gone: she is silent for less than that. Bob, silent since the morning of the
  /// 2nd, is dormant on the 4th, whose end is more than two days later; Cid is dormant on the 2nd.
  @Test func dormantAfter() throws {
    #expect(
      try log().ask(statement + " WITH dormant_after = 2 DAYS").filter { !$0.hasSuffix(" 0") } == [
        "2026-03-01 new 1", "2026-03-02 returning 1", "2026-03-02 resurrected 1", "2026-03-02 dormant 1",
        "2026-03-04 returning 1", "2026-03-04 dormant 1",
      ])
  }

  /// A period that the range cuts is looked at whole: Ann is new in the week of Monday 23 February.
  @Test func wholePeriods() throws {
    #expect(
      try log().ask("LIFECYCLE OF visit BY WEEK DURING @2026-03-02 TO @2026-03-04").filter { !$0.hasSuffix(" 0") } == [
        "2026-W10 returning 1", "2026-W10 resurrected 1", "2026-W10 dormant 1",
      ])
    #expect(
      try log().ask("LIFECYCLE OF visit BY MONTH").filter { !$0.hasSuffix(" 0") } == [
        "2026-01 new 1", "2026-02 new 1", "2026-02 dormant 1", "2026-03 new 1", "2026-03 resurrected 1",
        "2026-03 dormant 1",
      ])
  }

  /// L1: the date of the event counts, not that of its import.
  @Test func l1NewIsTheDateOfTheEvent() throws {
    let log = try Log("user time event \n u 2020-02-03 visit \n u 2020-05-04 visit \n v 2020-05-20 visit")
    #expect(
      try log.ask("LIFECYCLE OF visit BY MONTH").filter { $0.contains("new") && !$0.hasSuffix(" 0") } == [
        "2020-02 new 1", "2020-05 new 1",
      ])
  }

  // MARK: - Stages of a definition

  /// Ann buys once in January and twice in March; Bob once in January; Cid only visits, from February on.
  private func shop(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time       event
      ann  2026-01-10 purchase
      bob  2026-01-20 purchase
      cid  2026-02-05 visit
      ann  2026-03-01 purchase
      ann  2026-03-20 purchase
      cid  2026-03-21 visit
      """, users: "user country \n ann TR \n bob DE \n cid DE",
      settings: [
        "SET CLOCK @2026-04-01",
        """
        DEFINE LIFECYCLE shop AS
          STAGE prospect WHEN did not purchase
          STAGE loyal WHEN did purchase AT LEAST 2 TIMES IN LAST 31 DAYS
          STAGE active WHEN did purchase IN LAST 31 DAYS
          STAGE lost WHEN did purchase
        """,
      ], threads: threads)
  }

  /// At the end of January Ann and Bob have bought within 31 days and Cid is not known yet; at the end of February both
  /// are lost and Cid is a prospect; at the end of March Ann is loyal.
  @Test func stagesAsOfEachPeriod() throws {
    #expect(
      try shop().ask("LIFECYCLE shop BY MONTH") == [
        "2026-01 prospect 0", "2026-01 loyal 0", "2026-01 active 2", "2026-01 lost 0",
        "2026-02 prospect 1", "2026-02 loyal 0", "2026-02 active 0", "2026-02 lost 2",
        "2026-03 prospect 1", "2026-03 loyal 1", "2026-03 active 0", "2026-03 lost 1",
      ])
  }

  /// The stage of a period is the stage as of its end.
  @Test func stagesAgreeWithAsOf() throws {
    let log = try shop()
    for (moment, month) in [("2026-02-01", "2026-01"), ("2026-03-01", "2026-02"), ("2026-04-01", "2026-03")] {
      let now = try log.ask("AS OF @\(moment) SEGMENT users KEEP user, shop").sorted()
      let then = try log.ask("LIFECYCLE shop BY MONTH PER USER WHERE period = '\(month)'", "user stage").sorted()
      #expect(now == then, "\(month)")
    }
  }

  @Test func transitionsOfStages() throws {
    #expect(
      try shop().ask("LIFECYCLE shop BY MONTH TRANSITIONS") == [
        "prospect prospect 1 1.0", "active lost 2 1.0", "lost loyal 1 0.5", "lost lost 1 0.5",
      ])
  }

  @Test func stagesPerUserAndBreakdown() throws {
    #expect(
      try shop().ask("LIFECYCLE shop BY MONTH PER USER") == [
        "ann 2026-01 active -", "ann 2026-02 lost active", "ann 2026-03 loyal lost", "bob 2026-01 active -",
        "bob 2026-02 lost active", "bob 2026-03 lost lost", "cid 2026-02 prospect -", "cid 2026-03 prospect prospect",
      ])
    #expect(
      try shop().ask("LIFECYCLE shop BY MONTH, country DURING @2026-03").filter { !$0.hasSuffix(" 0") } == [
        "DE 2026-03 prospect 1", "DE 2026-03 lost 1", "TR 2026-03 loyal 1",
      ])
    #expect(
      try shop().ask("SEGMENT users WHERE country = 'TR' LIFECYCLE shop BY MONTH").filter { !$0.hasSuffix(" 0") } == [
        "2026-01 active 1", "2026-02 lost 1", "2026-03 loyal 1",
      ])
  }

  @Test func aSetOfUsersFromAStage() throws {
    let log = try shop()
    try log.run("LIFECYCLE shop BY MONTH PER USER WHERE period = '2026-03' AND stage = 'lost' SAVE AS SEGMENT gone")
    #expect(try log.users("SEGMENT gone") == "bob")
  }

  @Test func theBuiltInStage() throws {
    let log = try shop()
    try log.run("SET GOAL EVENT purchase")
    let now = try log.ask("SEGMENT users KEEP user, stage").sorted()
    let last = try log.ask("LIFECYCLE stage BY MONTH PER USER WHERE period = '2026-03'", "user stage").sorted()
    #expect(now == last)
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("LIFECYCLE nothing BY WEEK") == "E0107")
    #expect(log.refusal("LIFECYCLE OF visit BY country") == "E0321")
    #expect(log.refusal("LIFECYCLE OF visit BY SECOND") == "E0308")
    #expect(log.refusal("LIFECYCLE OF visit BY DAY DURING @2027") == "E0312")
    #expect(log.refusal("LIFECYCLE OF visit BY DAY TRANSITIONS PER USER") == "E0320")
    #expect(try shop().refusal("LIFECYCLE shop BY MONTH WITH dormant_after = 3 DAYS") == "E0308")
  }

  @Test func explains() throws {
    let text = try shop().ask("EXPLAIN LIFECYCLE shop BY MONTH", "text").joined(separator: "\n")
    #expect(text.contains("users in each stage of shop (prospect, loyal, active, lost) as of the end for each period"))
    #expect(
      try log().ask("EXPLAIN " + statement, "text").joined().contains("new, returning, resurrected or dormant by visit")
    )
  }
}
