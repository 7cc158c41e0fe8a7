import Testing

/// Where a statement stands in time, and which stretch of time it looks at.
@Suite struct MomentTests {
  @Test func theClockIsTheInstantAfterTheLastEvent() throws {
    let log = try Log("user time event \n u 2026-03-10T12:00 a \n u 2026-03-20T12:00 a")
    let last = try Log.instant("2026-03-20T12:00")
    #expect(try log.run("SEGMENT users").receipt.asOf == last + 1)
    #expect(try log.each("count(a)") == "2")
    try log.run("SET CLOCK system")
    #expect(try log.run("SEGMENT users").receipt.asOf == Log.systemTime)
    #expect(try log.who("did a IN LAST 60 DAYS") == "")
    try log.run("SET CLOCK @2026-03-21")
    #expect(try log.run("SEGMENT users").receipt.asOf == Log.instant("2026-03-21"))
    #expect(try log.each("recency(a)") == "0.5")
    #expect(try log.run("AS OF @2026-03-15 SEGMENT users").receipt.asOf == Log.instant("2026-03-15"))
    try log.run("SET CLOCK last_event")
    #expect(try log.run("SEGMENT users").receipt.asOf == last + 1)
  }

  @Test func intervalsAreHalfOpen() throws {
    let log = try Log("user time event \n u 2026-03-10T12:00 a \n u 2026-03-20T12:00 a")
    // The moment itself is not seen; the start of a window is.
    #expect(try log.ask("AS OF @2026-03-20T12:00 SEGMENT users ADD n = count(a)", "n") == ["1"])
    #expect(try log.users("AS OF @2026-03-20T12:00 SEGMENT users WHERE did a IN LAST 10 DAYS") == "u")
    #expect(try log.users("AS OF @2026-03-20T12:00:01 SEGMENT users WHERE count(a IN LAST 10 DAYS) = 2") == "")
    #expect(try log.users("AS OF @2026-03-20T12:00 SEGMENT users WHERE did a IN LAST 9 DAYS") == "")
    #expect(try log.who("count(a SINCE @2026-03-20T12:00) = 1") == "u")
    #expect(try log.who("count(a BEFORE @2026-03-20T12:00) = 1") == "u")
  }

  @Test func lastPreviousAndThis() throws {
    // The moment is Wednesday 18 March 2026, 15:00; the week began on Monday the 16th.
    let log = try Log(
      """
      user time             event
      u    2026-01-31T23:59 a
      u    2026-02-01       a
      u    2026-02-28T23:59 a
      u    2026-03-01       a
      u    2026-03-18T14:59 a
      u    2026-03-18T15:00 a
      """)
    func count(_ window: String) throws -> String {
      try log.value("AS OF @2026-03-18T15:00 SEGMENT users ADD n = count(a \(window))", "n")
    }
    #expect(try count("EVER") == "5")
    #expect(try count("IN THIS DAY") == "1")
    #expect(try count("IN THIS WEEK") == "1")
    #expect(try count("IN THIS MONTH") == "2")
    #expect(try count("IN THIS QUARTER") == "5")
    #expect(try count("IN THIS YEAR") == "5")
    #expect(try count("IN PREVIOUS 1 MONTH") == "2")
    #expect(try count("IN PREVIOUS 2 MONTHS") == "3")
    #expect(try count("IN PREVIOUS 2 WEEKS") == "0")
    // Monday 23 February to Sunday 15 March.
    #expect(try count("IN PREVIOUS 3 WEEKS") == "2")
    #expect(try count("IN PREVIOUS 1 YEAR") == "0")
    // From 18 February, 15:00.
    #expect(try count("IN LAST 1 MONTH") == "3")
    #expect(try count("IN LAST 30 DAYS") == "3")
    #expect(try count("IN LAST 1 MINUTE") == "1")
    #expect(try count("IN LAST 59 SECONDS") == "0")
  }

  @Test func monthsInRollingWindowsFollowTheCalendar() throws {
    let log = try Log("user time event \n u 2024-02-28 a \n u 2026-02-27T23:59 a \n u 2026-02-28 a \n u 2026-04-01 a")
    // 31 March less a month is 28 February.
    #expect(try log.value("AS OF @2026-03-31 SEGMENT users ADD n = count(a IN LAST 1 MONTH)", "n") == "1")
    #expect(try log.value("AS OF @2026-03-31 SEGMENT users ADD n = count(a IN LAST 30 DAYS)", "n") == "0")
    // A year before 28 February 2025 is 28 February 2024.
    #expect(try log.value("AS OF @2025-02-28 SEGMENT users ADD n = count(a IN LAST 1 YEAR)", "n") == "1")
    #expect(try log.value("AS OF @2025-03-01 SEGMENT users ADD n = count(a IN LAST 1 YEAR)", "n") == "0")
  }

  @Test func datesArePeriods() throws {
    let log = try Log(
      "user time event \n a 2026-01-31T23:59 e \n b 2026-02-01 e \n c 2026-02-28T23:59 e \n d 2026-03-01 e")
    // In IN and TO the whole period, the last one included.
    #expect(try log.who("did e IN @2026-02") == "b c")
    #expect(try log.who("did e IN @2026-01 TO @2026-02") == "a b c")
    #expect(try log.who("did e IN @2026-Q1") == "a b c d")
    #expect(try log.who("did e IN @2026-02-28") == "c")
    // The ninth ISO week is 23 February to 1 March.
    #expect(try log.who("did e IN @2026-W09") == "c d")
    // In SINCE, BEFORE, AS OF and AT the first instant.
    #expect(try log.who("did e SINCE @2026-02") == "b c d")
    #expect(try log.who("did e BEFORE @2026-02") == "a")
    #expect(try log.users("AS OF @2026-02 SEGMENT users WHERE did e") == "a")
    #expect(try log.who("count(e) AT @2026-02 = 1") == "a")
    // Comparisons: = inside, < before the start, > after the end.
    #expect(try log.who("first(e) = @2026-02") == "b c")
    #expect(try log.who("first(e) != @2026-02") == "a d")
    #expect(try log.who("first(e) < @2026-02") == "a")
    #expect(try log.who("first(e) <= @2026-02") == "a b c")
    #expect(try log.who("first(e) > @2026-02") == "d")
    #expect(try log.who("first(e) >= @2026-02") == "b c d")
    #expect(try log.who("@2026-02 > first(e)") == "a")
    // DURING takes the whole period.
    #expect(try log.ask("EVENTS e AGGREGATE count() AS n DURING @2026-02", "n") == ["2"])
    #expect(try log.ask("EVENTS e AGGREGATE count() AS n DURING @2026-01 TO @2026-02", "n") == ["3"])
  }

  @Test func firstDaysCountFromTheFirstEventOfAnyKind() throws {
    let log = try Log(
      """
      user time             event
      a    2026-03-01       visit
      a    2026-03-07T23:59 buy
      b    2026-03-01       visit
      b    2026-03-08       buy
      c    2026-03-20       buy
      """)
    #expect(try log.who("did buy IN FIRST 7 DAYS") == "a c")
  }

  @Test func daysInAnotherZone() throws {
    // The clock is 00:30 on 2 March in Istanbul, three hours east of UTC.
    let log = try Log(
      "user time event \n u 2026-03-01T20:59 a \n u 2026-03-01T21:00 a \n u 2026-03-01T21:30 a",
      settings: ["SET TIMEZONE 'Europe/Istanbul'"])
    #expect(try log.each("count(a IN THIS DAY)") == "2")
    #expect(try log.each("count(a IN PREVIOUS 1 DAY)") == "1")
    #expect(try log.each("days(a)") == "2")
    #expect(try log.each("hour_of_day(last(a))") == "0")
    #expect(try log.run("SEGMENT users").receipt.timeZone == "Europe/Istanbul")
  }

  @Test func hoursOfADayWithAChangeOfTheClock() throws {
    let log = try Log(
      "user time event \n u 2026-03-29T10:00 a \n u 2026-10-25T10:00 a \n u 2026-12-01 a",
      settings: ["SET TIMEZONE 'Europe/Berlin'"])
    func hours(_ day: String) throws -> (rows: Int, events: String) {
      let rows = try log.ask("EVENTS a AGGREGATE count() AS n BY HOUR DURING @\(day)", "hour n")
      return (rows.count, rows.filter { !$0.hasSuffix(" 0") }.joined())
    }
    #expect(try hours("2026-03-29") == (23, "2026-03-29 12:00 1"))
    #expect(try hours("2026-10-25") == (25, "2026-10-25 11:00 1"))
    #expect(try hours("2026-03-28") == (24, ""))
  }

  @Test func tiesKeepTheOrderOfArrival() throws {
    let log = try Log(
      """
      user time event page
      u    1s   visit x
      u    1s   visit y
      u    1s   visit z
      """)
    #expect(try log.each("first(visit.page)") == "x")
    #expect(try log.each("last(visit.page)") == "z")
    #expect(try log.ask("EVENTS FIRST visit", "page") == ["x"])
    #expect(try log.ask("EVENTS LAST visit", "page") == ["z"])
    #expect(try log.ask("EVENTS visit", "page") == ["x", "y", "z"])
  }
}
