import Testing

/// DEFINE EVENT .. AS NO .. FOR: a silence that has lasted long enough. With ten days and now the first of April Ann falls
/// silent after the 5th of March (on the 15th), Bob after the 1st (on the 11th), Cat after the 20th (on the 30th).
@Suite struct AbsenceTests {
  private func log(threads: Int = 1) throws -> Log {
    let log = try Log(
      """
      user time       event device amount
      ann  2026-03-01 visit phone  1
      ann  2026-03-05 visit desk   9
      ann  2026-03-25 visit phone  1
      bob  2026-03-01 visit desk   9
      cat  2026-03-20 visit phone  1
      dan  2026-03-28 visit phone  1
      """, settings: ["SET CLOCK @2026-04-01"], threads: threads)
    try log.run("DEFINE EVENT stopped AS NO event FOR 10 DAYS")
    return log
  }

  @Test func isAnEventOfTheUser() throws {
    let log = try log()
    #expect(
      try log.ask("EVENTS stopped KEEP user, time, event, amount") == [
        "ann 2026-03-15 stopped -", "bob 2026-03-11 stopped -", "cat 2026-03-30 stopped -",
      ])
    #expect(try log.who("did stopped") == "ann bob cat")
    #expect(try log.who("did stopped BEFORE @2026-03-20") == "ann bob")
    #expect(try log.who("did not stopped") == "dan")
    #expect(try log.each("first(stopped)") == "2026-03-15 2026-03-11 2026-03-30 -")
    #expect(try log.who("did (visit THEN stopped THEN visit)") == "ann")
  }

  /// What the log does not hold does not count as an event of any type.
  @Test func isNoEventOfAnyType() throws {
    let log = try log()
    #expect(
      try log.ask("SEGMENT users WHERE did stopped ADD n = count(event), last = last(event)", "user n last") == [
        "ann 3 2026-03-25", "bob 1 2026-03-01", "cat 1 2026-03-20",
      ])
    #expect(
      try log.ask("EVENTS event, stopped AGGREGATE count() AS n BY event") == ["stopped 3", "visit 6"])
  }

  /// At an earlier moment only what had happened by then; an event on the very day breaks the silence.
  @Test func asOf() throws {
    let log = try log()
    #expect(try log.users("AS OF @2026-03-12 SEGMENT users WHERE did stopped") == "bob")
    #expect(try log.users("AS OF @2026-03-11 SEGMENT users WHERE did stopped") == "")
    #expect(try log.who("count(stopped) AT @2026-03-16 = 1") == "ann bob")
    try log.run("DEFINE EVENT away AS NO event FOR 20 DAYS")
    #expect(try log.who("did away") == "bob")
  }

  @Test func funnelRetentionAndAggregate() throws {
    let log = try log()
    #expect(try log.ask("FUNNEL FIRST visit THEN stopped WITHIN 15 DAYS", "step users") == ["1 4", "2 3"])
    #expect(
      try log.ask("FUNNEL visit THEN stopped WITHIN 12 DAYS BY device", "device step users").sorted() == [
        "desk 1 2", "desk 2 2", "phone 1 2", "phone 2 1",
      ])
    #expect(
      try log.ask("EVENTS stopped AGGREGATE users() AS n BY WEEK DURING @2026-03-09 TO @2026-03-22", "week n")
        == ["2026-W11 2", "2026-W12 0"])
    #expect(
      try log.ask(
        "RETENTION FROM FIRST visit RETURN stopped BY DAY FOR 14 DAYS DURING @2026-03-01 WITH criterion = on_or_before "
          + "WHERE cohort = '2026-03-01'", "age users"
      ).suffix(6)
        == ["9 0", "10 1", "11 1", "12 1", "13 1", "14 2"])
  }

  @Test func ofFilteredEventsAndBySeveralWorkers() throws {
    let log = try log(threads: 4)
    try log.run("DEFINE EVENT poorer AS NO visit[amount > 5] FOR 7 DAYS")
    #expect(
      try log.ask("EVENTS poorer, stopped KEEP user, time, event").sorted() == [
        "ann 2026-03-12 poorer", "ann 2026-03-15 stopped", "bob 2026-03-08 poorer", "bob 2026-03-11 stopped",
        "cat 2026-03-30 stopped",
      ])
  }

  /// As a segment, inside another definition, and beside a chain that has absences of its own.
  @Test func inDefinitions() throws {
    let log = try log()
    try log.run("DEFINE EVENT signal AS stopped OR visit[amount > 5]")
    #expect(try log.each("count(signal)") == "2 2 1 0")
    try log.run("SEGMENT users FUNNEL visit THEN stopped PER USER WHERE reached = 2 SAVE AS SEGMENT quiet")
    #expect(try log.users("SEGMENT quiet") == "ann bob cat")
    #expect(try log.users("SEGMENT quiet WHERE did stopped SINCE @2026-03-14") == "ann cat")
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("DEFINE EVENT visit AS NO event FOR 60 DAYS") == "E0112")
    #expect(log.refusal("DEFINE EVENT never AS NO stopped FOR 60 DAYS") == "E0320")
    for text in [
      "SEGMENT users WHERE did stopped SESSIONS BY DAY", "PATHS TO stopped",
      "FUNNEL visit THEN DIRECTLY stopped", "SEGMENT users WHERE did (visit THEN visit SAME SESSION) AND did stopped",
      "RETENTION FROM FIRST visit RETURN stopped BY DAY USING activity",
    ] {
      #expect(log.refusal(text) == "E0320", "\(text)")
    }
    #expect(log.refusal("SEGMENT users PREDICT did stopped IN NEXT 10 DAYS") == "E0408", "four users teach nothing")
  }

  // MARK: - Estimated returns

  /// Now is the start of the 6th. Of the ages that are over, A has 5 and returns at age 1, B has 5 and does not, C has 2
  /// and returns at age 1, D has none. So 3 are at risk at ages 0 and 1, and B alone afterwards.
  @Test func kaplanMeier() throws {
    let log = try Log(
      """
      user time             event  device
      a    2026-03-01       signup x
      a    2026-03-02T12:00 visit  -
      b    2026-03-01       signup x
      c    2026-03-04       signup x
      c    2026-03-05       visit  -
      d    2026-03-05T12:00 signup y
      d    2026-03-05T18:00 visit  -
      """, settings: ["SET CLOCK @2026-03-06"])
    let retention = "RETENTION FROM FIRST signup RETURN visit BY DAY FOR 3 DAYS WITH estimate = kaplan_meier"
    #expect(
      try log.ask("\(retention) WHERE cohort = 'average'", "size age at_risk users rate complete") == [
        "4 0 3 0 0.0 false", "4 1 3 2 0.666667 false", "4 2 1 2 0.666667 false", "4 3 1 2 0.666667 false",
      ])
    #expect(
      try log.ask("\(retention) WHERE cohort = '2026-03-01'", "size age at_risk users rate complete") == [
        "2 0 2 0 0.0 true", "2 1 2 1 0.5 true", "2 2 1 1 0.5 true", "2 3 1 1 0.5 true",
      ])
    #expect(
      try log.ask("\(retention) WHERE cohort = '2026-03-04'", "age at_risk rate") == ["0 1 0.0", "1 1 1.0"])
    // By calendar days A returns on the day after, and C on the last whole day.
    let calendar = retention.replacingMethod("USING calendar WITH")
    #expect(
      try log.ask("\(calendar) WHERE cohort = 'average'", "age at_risk rate")
        == ["0 4 0.25", "1 3 0.75", "2 1 0.75", "3 1 0.75"])
  }

  /// The first event is no return to itself: the second purchase is.
  @Test func theBirthIsNoReturn() throws {
    let log = try Log(
      """
      user time       event    device
      a    2026-03-01 purchase x
      a    2026-03-03 purchase x
      b    2026-03-01 purchase y
      c    2026-03-01 purchase x
      c    2026-03-02 purchase x
      """, settings: ["SET CLOCK @2026-03-20"])
    let retention =
      "RETENTION FROM FIRST purchase RETURN purchase BY DAY, device FOR 3 DAYS WITH estimate = kaplan_meier"
    let table = try log.run(retention)
    #expect(
      try log.ask("\(retention) WHERE cohort = 'average'", "device age at_risk rate") == [
        "x 0 2 0.0", "x 1 2 0.5", "x 2 1 1.0", "y 0 1 0.0", "y 1 1 0.0", "y 2 1 0.0", "y 3 1 0.0",
      ])
    // Age 1: d = 1 of n = 3, two of them x: E = 2/3, V = 2/9; age 2: d = 1 of 2, E = 1/2, V = 1/4. (2 - 7/6)² / (17/36).
    #expect(
      table.receipt.notes.contains("log-rank test of device: chi-square 1.471 with 1 degree of freedom, p = 0.225"),
      "\(table.receipt.notes)")
    for other in ["criterion = on", "measure = count()", "average = simple"] {
      #expect(log.refusal("\(retention), \(other)") == "E0308", "\(other)")
    }
    #expect(log.refusal("\(retention) PER USER") == "E0308")
  }
}

extension String {
  fileprivate func replacingMethod(_ words: String) -> String {
    split(separator: " ").map { $0 == "WITH" ? words : String($0) }.joined(separator: " ")
  }
}
