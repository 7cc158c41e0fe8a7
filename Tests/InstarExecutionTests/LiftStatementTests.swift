import InstarColumns
import Testing

/// WITH baseline and WITH trailing as statements.
@Suite struct LiftStatementTests {
  /// Four users in each of two variants. Of the first variant one buys, for 10; of the second two, for 10 and 30.
  private func log() throws -> Log {
    try Log(
      """
      user time       event    variant amount
      a1   2026-03-02 exposure a       -
      a1   2026-03-03 purchase -       10
      a2   2026-03-02 exposure a       -
      a3   2026-03-02 exposure a       -
      a4   2026-03-02 exposure a       -
      b1   2026-03-02 exposure b       -
      b1   2026-03-04 purchase -       10
      b2   2026-03-02 exposure b       -
      b2   2026-03-05 purchase -       30
      b3   2026-03-02 exposure b       -
      b4   2026-03-02 exposure b       -
      """, settings: ["SET CLOCK @2026-04-01"])
  }

  private func reals(_ values: [Value]) -> [Double] { values.map { $0.number ?? .nan } }

  private func expect(_ values: [Value], _ expected: [Double], _ comment: Comment? = nil) {
    #expect(values.count == expected.count, comment)
    for (value, number) in zip(reals(values), expected) { #expect(abs(value - number) < 5e-4, comment) }
  }

  /// 2 of 4 against 1 of 4: r = 2, s² = 1/2 − 1/4 + 1 − 1/4 = 1, so the lift lies between 2 e^∓1.95996 − 1. Pooled share
  /// 3/8: z = 0.25 / √(15/64 · 1/2) = 0.7303.
  @Test func funnel() throws {
    let statement = "FUNNEL exposure THEN purchase WITHIN 7 DAYS BY variant WITH baseline = 'a'"
    let rows = try log().rows(statement, "variant step lift low high p")
    #expect(rows.count == 4)
    #expect(rows[0].dropFirst(2).allSatisfy { $0 == .missing } && rows[1].dropFirst(2).allSatisfy { $0 == .missing })
    #expect(rows[2].dropFirst(2).allSatisfy { $0 == .missing })
    expect(Array(rows[3].dropFirst(2)), [1, -0.71828, 13.1981, 0.4652])
  }

  /// 10, 0, 0, 0 against 10, 30, 0, 0: means 2.5 and 10, variances 25 and 200. Welch: t = 7.5 / √56.25 = 1 with
  /// 56.25² / (6.25² / 3 + 50² / 3) = 3.7385 degrees of freedom; p = 0.3776.
  @Test func means() throws {
    let retention =
      "RETENTION FROM FIRST exposure RETURN purchase BY WEEK, variant FOR 1 WEEK "
      + "WITH measure = sum(amount), criterion = on_or_before, baseline = 'a'"
    let cohort = try log().rows("\(retention) WHERE cohort = '2026-W10' AND age = 1", "variant measure lift p")
    #expect(cohort[0] == [.text("a"), .real(2.5), .missing, .missing])
    expect(Array(cohort[1].dropFirst()), [10, 3, 0.3776])
    let average = try log().rows("\(retention) WHERE cohort = 'average' AND age = 1", "variant measure lift p")
    expect(Array(average[1].dropFirst()), [10, 3, 0.3776])
    let users =
      "SEGMENT users ADD v = coalesce(sum(purchase.amount), 0), variant = first(exposure.variant) "
      + "AGGREGATE users() AS n, avg(v) AS mean BY variant WITH baseline = 'a'"
    let aggregate = try log().rows(users, "variant mean lift p")
    expect(Array(aggregate[1].dropFirst()), [10, 3, 0.3776])
  }

  @Test func retentionOfUsers() throws {
    let rows = try log().rows(
      "RETENTION FROM FIRST exposure RETURN purchase BY WEEK, variant FOR 1 WEEK WITH criterion = on_or_before, "
        + "baseline = 'a' WHERE cohort = '2026-W10' AND age = 0 AND variant = 'b'", "lift low high p")
    expect(rows[0], [1, -0.71828, 13.1981, 0.4652])
  }

  /// 30 users of one variant and 3 of the other: chi-square 22.1.
  @Test func theSplitIsChecked() throws {
    var events = "user time event variant\n"
    for user in 0..<33 { events += "u\(user) 2026-03-02 exposure \(user < 30 ? "a" : "b")\n" }
    let log = try Log(events)
    let funnel = "FUNNEL exposure THEN exposure WITHIN 7 DAYS BY variant WITH baseline = 'a'"
    func warnings(_ text: String) throws -> [String] {
      try log.run(text).receipt.notes.filter { $0.hasPrefix("W010") }.map { String($0.prefix(5)) }
    }
    #expect(try warnings(funnel) == ["W0106"])
    #expect(try warnings("\(funnel), split = (10, 1)").isEmpty)
    #expect(try warnings("\(funnel), split = (10, 1, 1)") == ["W0106"])
    #expect(try warnings("FUNNEL exposure THEN exposure WITHIN 7 DAYS BY variant WITH baseline = 'c'") == ["W0107"])
    let users = "SEGMENT users ADD v = count(exposure), variant = first(exposure.variant)"
    #expect(try warnings("\(users) AGGREGATE avg(v) BY variant WITH baseline = 'a'") == ["W0106"])
  }

  @Test func refusals() throws {
    let log = try log()
    for text in [
      "FUNNEL exposure THEN purchase WITH baseline = 'a'",
      "FUNNEL exposure THEN purchase BY variant WITH baseline = 3",
      "FUNNEL exposure THEN purchase BY variant WITH split = (1, 2)",
      "FUNNEL exposure THEN purchase BY variant WITH baseline = 'a', split = (1, 0)",
      "FUNNEL exposure THEN purchase BY variant WITH baseline = 'a' PER USER",
      "EVENTS purchase AGGREGATE avg(amount) BY variant WITH baseline = 'a'",
      "SEGMENT users ADD v = first(exposure.variant) AGGREGATE users() BY v WITH baseline = 'a'",
      "EVENTS purchase AGGREGATE users() BY variant WITH trailing = 7 DAYS",
      "EVENTS purchase AGGREGATE users() BY DAY WITH trailing = 7",
    ] {
      #expect(log.refusal(text) == "E0308", "\(text)")
    }
  }

  // MARK: - Trailing stretches

  /// Ann on the 1st and 3rd of March, Bob on the 2nd; three days ending with each day, from the 2nd to the 6th.
  @Test func trailing() throws {
    let log = try Log(
      """
      user time             event amount
      ann  2026-03-01T10:00 visit 1
      bob  2026-03-02T10:00 visit 2
      ann  2026-03-03T10:00 visit 4
      ann  2026-03-03T11:00 visit 8
      """, settings: ["SET CLOCK @2026-03-06T12:00"])
    let during = "BY DAY DURING @2026-03-02 TO @2026-03-06 WITH trailing = 3 DAYS"
    let expected = [
      "2026-03-02 2 2 3.0 true", "2026-03-03 2 4 15.0 true", "2026-03-04 2 3 14.0 true", "2026-03-05 1 2 12.0 true",
      "2026-03-06 0 0 0.0 false",
    ]
    let figures = "AGGREGATE users() AS u, count() AS n, sum(amount) AS s"
    #expect(try log.ask("EVENTS visit \(figures) \(during)", "day u n s complete") == expected)
    // The same over a table of events that exists already.
    #expect(try log.ask("EVENTS visit SORT BY amount DESC \(figures) \(during)", "day u n s complete") == expected)
    #expect(
      try log.ask("EVENTS visit AGGREGATE users() AS u BY DAY WITH trailing = 3 DAYS", "u").joined() == "122210")
    // The last day of each week.
    #expect(
      try log.ask("EVENTS visit AGGREGATE count() AS n BY WEEK WITH trailing = 1 DAY", "week n")
        == ["2026-W09 1", "2026-W10 0"])
  }

  @Test func trailingByGroupAndMonths() throws {
    let log = try Log(
      """
      user time       event device
      ann  2026-01-15 visit phone
      ann  2026-02-15 visit desk
      bob  2026-03-15 visit phone
      """, settings: ["SET CLOCK @2026-04-01"])
    #expect(
      try log.ask(
        "EVENTS visit AGGREGATE users() AS u BY MONTH, device WITH trailing = 2 MONTHS WHERE u > 0", "month device u")
        == ["2026-01 phone 1", "2026-02 desk 1", "2026-02 phone 1", "2026-03 desk 1", "2026-03 phone 1"])
  }

  /// On his own clock of active days Ann comes back at age 1 and 2, whatever lies between.
  @Test func ageByActivity() throws {
    let log = try Log(
      """
      user time       event
      ann  2026-03-01 signup
      ann  2026-03-10 visit
      ann  2026-03-25 other
      bob  2026-03-01 signup
      bob  2026-03-02 other
      bob  2026-03-03 visit
      """, settings: ["SET CLOCK @2026-04-01"])
    #expect(
      try log.ask(
        "RETENTION FROM FIRST signup RETURN visit BY DAY FOR 2 DAYS DURING @2026-03-01 USING activity "
          + "WHERE cohort = '2026-03-01'", "size age users") == ["2 0 0", "2 1 1", "2 2 1"])
  }

  @Test func explains() throws {
    let text = try log().ask(
      "EXPLAIN FUNNEL exposure THEN purchase WITHIN 7 DAYS BY variant WITH baseline = 'a', split = (9, 1)", "text"
    ).joined(separator: "\n")
    #expect(text.contains("each variant compared with 'a'"))
    #expect(text.contains("baseline 'a' of #0 split 9.0:1.0"))
  }
}
