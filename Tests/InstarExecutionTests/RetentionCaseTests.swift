import Testing

/// The conformance cases R1 to R5 of retention, and L1 of life cycles.
@Suite struct RetentionCaseTests {
  private func log(_ events: String, _ settings: String...) throws -> Log {
    try Log("user time event\n" + events, settings: settings)
  }

  @Test func r1AgesByTheUsersClockAndByTheCalendar() throws {
    let log = try log("u 2026-03-01T23:45 signup \n u 2026-03-02T00:01 visit")
    let statement = "AS OF @2026-03-10 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 2 DAYS DURING @2026-03-01"
    let cohort = "WHERE cohort = '2026-03-01'"
    #expect(try log.ask("\(statement) \(cohort)", "size age users") == ["1 0 1", "1 1 0", "1 2 0"])
    #expect(try log.ask("\(statement) USING calendar \(cohort)", "size age users") == ["1 0 0", "1 1 1", "1 2 0"])
  }

  @Test func r2ACohortWeekBeginsOnTheWeekStart() throws {
    // Saturday 7, Sunday 8 and Monday 9 March 2026. Monday 2 March begins the tenth ISO week.
    let events = "u 2026-03-07 signup \n v 2026-03-08T12:00 signup \n w 2026-03-09 signup"
    let retention =
      "AS OF @2026-03-20 RETENTION FROM FIRST signup RETURN signup BY WEEK FOR 1 WEEK DURING @2026-03-07 TO @2026-03-09"
    let cohorts = "\(retention) WHERE age = 0 AND cohort != 'average'"
    let monday = try log(events, "SET WEEK START monday")
    #expect(try monday.ask(cohorts, "cohort size") == ["2026-W10 2", "2026-W11 1"])
    #expect(try monday.ask("EVENTS signup AGGREGATE count() AS n BY WEEK", "week n") == ["2026-W10 2", "2026-W11 1"])
    // From Sunday to Saturday the year's first week with most of its days in 2026 begins on 4 January, so 1 March is
    // in the ninth and 8 March in the tenth.
    let sunday = try log(events, "SET WEEK START sunday")
    #expect(try sunday.ask(cohorts, "cohort size") == ["2026-W09 1", "2026-W10 2"])
    #expect(try sunday.ask("EVENTS signup AGGREGATE count() AS n BY WEEK", "week n") == ["2026-W09 1", "2026-W10 2"])
  }

  @Test func r3ADayIsTheLocalDay() throws {
    // 00:30 on 2 March in Tokyo, which is nine hours east of UTC, is 15:30 UTC on 1 March.
    let log = try log("u 2026-03-01T15:30 signup", "SET TIMEZONE 'Asia/Tokyo'")
    let statement = "AS OF @2026-03-04 RETENTION FROM FIRST signup RETURN signup BY DAY FOR 1 DAY"
    #expect(
      try log.ask("\(statement) WHERE age = 0 AND size > 0 AND cohort != 'average'", "cohort size") == ["2026-03-02 1"])
    #expect(try log.ask("EVENTS signup AGGREGATE count() AS n BY DAY WHERE n > 0", "day n") == ["2026-03-02 1"])
    #expect(try log.who("did signup IN @2026-03-02") == "u")
    #expect(try log.who("did signup IN @2026-03-01") == "")
  }

  @Test func r4AShortDayIsOneDay() throws {
    // In Berlin 29 March 2026 has 23 hours: 02:00 becomes 03:00. 29th 23:30 is 21:30 UTC, 30th 00:30 is 22:30 UTC.
    let log = try log(
      """
      a 2026-03-28T11:00 signup
      a 2026-03-29T21:30 visit
      a 2026-03-29T22:30 visit
      b 2026-03-28T23:30 signup
      """, "SET TIMEZONE 'Europe/Berlin'")
    let statement =
      "AS OF @2026-04-05 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS DURING @2026-03-28 TO @2026-03-30"
    #expect(
      try log.ask("\(statement) USING calendar WHERE cohort != 'average'", "cohort size age users") == [
        "2026-03-28 1 0 0", "2026-03-28 1 1 1", "2026-03-28 1 2 1", "2026-03-28 1 3 0",
        "2026-03-29 1 0 0", "2026-03-29 1 1 0", "2026-03-29 1 2 0", "2026-03-29 1 3 0",
        "2026-03-30 0 0 0", "2026-03-30 0 1 0", "2026-03-30 0 2 0", "2026-03-30 0 3 0",
      ])
    #expect(
      try log.ask("EVENTS visit AGGREGATE count() AS n BY DAY DURING @2026-03-28 TO @2026-03-30", "day n")
        == ["2026-03-28 0", "2026-03-29 1", "2026-03-30 1"])
  }

  @Test func r5FirstIsTheFirstOfTheWholeHistory() throws {
    let log = try log("u 2026-01-05 signup \n u 2026-03-05 signup \n u 2026-03-06 visit")
    let statement = "RETENTION FROM FIRST signup RETURN visit BY MONTH FOR 1 MONTH DURING @2026-03"
    #expect(try log.ask("\(statement) WHERE cohort = '2026-03' AND age = 0", "size users") == ["0 0"])
    let each = "RETENTION FROM EACH signup RETURN visit BY MONTH FOR 1 MONTH DURING @2026-03"
    #expect(try log.ask("\(each) WHERE cohort = '2026-03' AND age = 0", "size users") == ["1 1"])
  }

  @Test func l1AUserIsNewAtTheDateOfTheEvent() throws {
    // Stored long after they happened; only the time of the event counts.
    let log = try log("u 2020-02-03 visit \n u 2020-05-04 visit \n v 2020-05-20 visit")
    #expect(
      try log.ask(
        "LIFECYCLE OF visit BY MONTH DURING @2020-02 TO @2020-05 WHERE users > 0 AND stage != 'dormant'",
        "period stage users"
      ).sorted() == ["2020-02 new 1", "2020-05 new 1", "2020-05 resurrected 1"])
    #expect(try log.ask("SEGMENT users ADD born = first(visit)", "user born") == ["u 2020-02-03", "v 2020-05-20"])
    #expect(try log.ask("SEGMENT users KEEP user, first_seen", "first_seen") == ["2020-02-03", "2020-05-20"])
    #expect(try log.who("did FIRST visit IN @2020-05") == "v")
    #expect(
      try log.ask("EVENTS FIRST visit AGGREGATE users() AS n BY MONTH", "month n")
        == ["2020-02 1", "2020-03 0", "2020-04 0", "2020-05 1"])
  }
}
