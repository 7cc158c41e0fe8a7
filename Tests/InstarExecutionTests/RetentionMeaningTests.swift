import Testing

/// What RETENTION means beyond the conformance cases.
@Suite struct RetentionMeaningTests {
  /// The worked example of docs/reference/retention.md: A and B are born on the 1st, C on the 3rd; now is the 6th.
  private func example() throws -> Log {
    try Log(
      """
      user time       event
      a    2026-03-01 signup
      a    2026-03-02 visit
      a    2026-03-03 visit
      a    2026-03-05 visit
      b    2026-03-01 signup
      b    2026-03-04 visit
      c    2026-03-03 signup
      c    2026-03-03 visit
      c    2026-03-04 visit
      """)
  }

  private func users(_ log: Log, _ options: String) throws -> [String: [String]] {
    let statement =
      "AS OF @2026-03-06 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS USING calendar \(options)"
    var cohorts: [String: [String]] = [:]
    for row in try log.rows(statement, "cohort users") { cohorts[row[0].cell, default: []].append(row[1].cell) }
    return cohorts
  }

  @Test func criteria() throws {
    let log = try example()
    let on = try users(log, "")
    #expect(on["2026-03-01"] == ["0", "1", "1", "1"])
    #expect(on["2026-03-03"] == ["1", "1", "0"])
    #expect(try users(log, "WITH criterion = on_or_before")["2026-03-01"] == ["0", "1", "1", "2"])
    #expect(try users(log, "WITH criterion = on_or_after")["2026-03-01"] == ["2", "2", "2", "2"])
    #expect(try users(log, "WITH criterion = streak")["2026-03-01"] == ["2", "1", "1", "0"])
  }

  @Test func theAverageIsOverCompleteCells() throws {
    let log = try example()
    let statement = "AS OF @2026-03-06 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS USING calendar"
    let average = "WHERE cohort = 'average'"
    // By size: 1 of 3, 2 of 3, 1 of 3, and at age 3 only the first cohort, 1 of 2.
    #expect(
      try log.ask("\(statement) \(average)", "age rate") == ["0 0.333333", "1 0.666667", "2 0.333333", "3 0.5"])
    // The mean of the rates of both cohorts: of 0 and 1, of 1/2 and 1, of 1/2 and 0.
    #expect(
      try log.ask("\(statement) WITH average = simple \(average)", "age rate")
        == ["0 0.5", "1 0.75", "2 0.25", "3 0.5"])
  }

  @Test func openCellsAreFlagged() throws {
    let log = try example()
    // At noon of the 5th the third cohort is two days old and the day is not over.
    let statement =
      "AS OF @2026-03-05T12:00 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS USING calendar"
    #expect(
      try log.ask("\(statement) WHERE cohort = '2026-03-03'", "age users complete")
        == ["0 1 true", "1 1 true", "2 0 false"])
    // A's visit of the 5th is at midnight, so the first cohort has its fourth day open and the average leaves it out.
    #expect(
      try log.ask("\(statement) WHERE cohort = 'average'", "age rate") == [
        "0 0.333333", "1 0.666667", "2 0.5", "3 0.5",
      ])
  }

  @Test func theMeasureIsPerMember() throws {
    let log = try Log(
      """
      user time       event amount
      a    2026-01-05 buy   10
      a    2026-02-10 buy   20
      b    2026-01-06 buy   30
      """)
    let statement = "AS OF @2026-04-20 RETENTION FROM FIRST buy RETURN buy BY MONTH FOR 2 MONTHS"
    let cohort = "WHERE cohort = '2026-01'"
    // Age 0: 10 + 30 over two members; age 1: 20 over both, the one who did not buy included.
    #expect(
      try log.ask("\(statement) WITH measure = sum(amount) \(cohort)", "age users measure")
        == ["0 2 20.0", "1 1 10.0", "2 0 0.0"])
    #expect(
      try log.ask("\(statement) WITH measure = sum(amount), criterion = on_or_before \(cohort)", "age users measure")
        == ["0 2 20.0", "1 2 30.0", "2 2 30.0"])
  }

  @Test func eachMakesAMemberOfEveryPeriod() throws {
    let log = try Log(
      """
      user time       event
      u    2026-01-10 visit
      u    2026-01-20 visit
      u    2026-02-05 visit
      u    2026-02-25 buy
      """)
    let statement =
      "AS OF @2026-04-01 RETENTION FROM EACH visit RETURN buy BY MONTH FOR 1 MONTH DURING @2026-01 TO @2026-02 USING calendar"
    #expect(
      try log.ask("\(statement) WHERE cohort != 'average'", "cohort size age users")
        == ["2026-01 1 0 0", "2026-01 1 1 1", "2026-02 1 0 1", "2026-02 1 1 0"])
  }

  @Test func agesInMonthsFollowTheCalendar() throws {
    // 31 January is one month old on 28 February, and two on 31 March.
    let log = try Log(
      """
      user time             event
      u    2026-01-31T12:00 signup
      u    2026-02-28T11:59 visit
      u    2026-02-28T12:00 visit
      u    2026-03-31T12:00 visit
      """)
    let statement = "AS OF @2026-06-01 RETENTION FROM FIRST signup RETURN visit BY MONTH FOR 3 MONTHS"
    #expect(
      try log.ask("\(statement) WITH measure = count() WHERE cohort = '2026-01'", "age users measure")
        == ["0 1 1.0", "1 1 1.0", "2 1 1.0", "3 0 0.0"])
  }

  @Test func theBreakdownIsTheValueAtBirth() throws {
    let log = try Log(
      """
      user time       event  channel
      u    2026-03-01 signup ads
      u    2026-03-02 visit  mail
      v    2026-03-01 signup mail
      """)
    let statement =
      "AS OF @2026-03-10 RETENTION FROM FIRST signup RETURN visit BY DAY, channel FOR 1 DAY DURING @2026-03-01"
    #expect(
      try log.ask("\(statement) WHERE cohort != 'average'", "channel size age users")
        == ["ads 1 0 0", "ads 1 1 1", "mail 1 0 0", "mail 1 1 0"])
  }

  @Test func theBreakdownPerUserIsAColumn() throws {
    let log = try Log(
      """
      user time       event  channel
      u    2026-03-01 signup ads
      u    2026-03-02 visit  mail
      v    2026-03-01 signup mail
      """)
    let statement = "AS OF @2026-03-10 RETENTION FROM FIRST signup RETURN visit BY DAY, channel FOR 1 DAY PER USER"
    #expect(
      try log.ask(statement, "user channel cohort days_active") == ["u ads 2026-03-01 1", "v mail 2026-03-01 0"])
    #expect(try log.users("\(statement) WHERE channel = 'mail'") == "v")
    #expect(try log.users("\(statement) WHERE days_active = 1") == "u")
  }

  @Test func perUserIsAUserSet() throws {
    let log = try example()
    let statement =
      "AS OF @2026-03-06 RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS USING calendar PER USER"
    #expect(
      try log.ask(statement, "user cohort birth days_active last_age") == [
        "a 2026-03-01 2026-03-01 2 2", "b 2026-03-01 2026-03-01 1 3", "c 2026-03-03 2026-03-03 2 1",
      ])
    #expect(try log.users("\(statement) WHERE days_active = 2") == "a c")
  }

  @Test func withoutSameAndWithin() throws {
    let log = try Log(
      """
      user time       event  plan
      u    2026-03-01 start  x
      u    2026-03-02 use    y
      u    2026-03-03 cancel x
      u    2026-03-04 use    x
      """)
    let statement = "AS OF @2026-03-20 RETENTION FROM FIRST start RETURN use"
    let tail = "BY DAY FOR 3 DAYS DURING @2026-03-01"
    func users(_ conditions: String) throws -> String {
      try log.ask("\(statement) \(conditions) \(tail) WHERE cohort = '2026-03-01'", "users").joined(separator: " ")
    }
    #expect(try users("") == "0 1 0 1")
    #expect(try users("WITHOUT cancel") == "0 1 0 0")
    #expect(try users("SAME plan") == "0 0 0 1")
    #expect(try users("WITHIN 1 DAY") == "0 1 0 0")
  }

  @Test func theRetentionOfASegment() throws {
    let log = try example()
    let statement = "FROM FIRST signup RETURN visit BY DAY FOR 1 DAY DURING @2026-03-01"
    #expect(
      try log.ask(
        "SEGMENT users WHERE did visit IN @2026-03-02 RETENTION \(statement) WHERE age = 1", "cohort size users"
      )
      .first == "2026-03-01 1 1")
  }
}
