import Testing

/// STICKINESS as statements. Weeks begin on Monday; 2 and 9 March 2026 are Mondays. In the first week Ann is active on 3
/// days and Bob on 1, in the second Ann on 2.
@Suite struct StickinessStatementTests {
  private func log(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time             event    device
      ann  2026-03-02T10:00 visit    phone
      ann  2026-03-02T12:00 visit    desk
      ann  2026-03-04T10:00 visit    desk
      ann  2026-03-08T10:00 visit    desk
      ann  2026-03-09T10:00 visit    desk
      ann  2026-03-10T10:00 visit    desk
      bob  2026-03-03T10:00 visit    phone
      bob  2026-03-05T10:00 purchase phone
      """, users: "user country \n ann TR \n bob DE", settings: ["SET CLOCK @2026-03-16"], threads: threads)
  }

  @Test func daysPerWeek() throws {
    let rows = try log().ask("STICKINESS OF visit DAYS PER WEEK")
    #expect(rows.prefix(3) == ["1 1 0.333333", "2 1 0.333333", "3 1 0.333333"])
    #expect(rows.dropFirst(3) == ["4 0 0.0", "5 0 0.0", "6 0 0.0", "7 0 0.0"])
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK WITH cumulative = true").prefix(3) == [
        "1 3 1.0", "2 2 0.666667", "3 1 0.333333",
      ])
  }

  @Test func during() throws {
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK DURING @2026-W11", "days users").prefix(3) == [
        "1 0", "2 1", "3 0",
      ])
  }

  /// Any event: Bob has a purchase on a second day.
  @Test func ofAnyEvent() throws {
    #expect(
      try log().ask("STICKINESS OF event DAYS PER WEEK", "days users").prefix(3) == ["1 0", "2 2", "3 1"])
    #expect(
      try log().ask("STICKINESS OF visit[device = 'phone'] DAYS PER WEEK", "days users").prefix(1) == ["1 2"])
  }

  /// Four days of activity over seven days and two users; two over seven and one.
  @Test func series() throws {
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK BY WEEK DURING @2026-03-02 TO @2026-03-15") == [
        "2026-W10 2 2.0 0.285714", "2026-W11 1 2.0 0.285714",
      ])
    #expect(
      try log().run("STICKINESS OF visit DAYS PER WEEK BY WEEK").columns.map(\.name) == [
        "period", "active", "mean_days", "ratio",
      ])
  }

  @Test func breakdowns() throws {
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK BY country", "country days users").filter { !$0.hasSuffix("0") }
        == ["DE 1 1", "TR 2 1", "TR 3 1"])
    // By the first event of the week: phone for Ann and Bob in the first, desk for Ann in the second.
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK BY device", "device days users").filter { !$0.hasSuffix("0") }
        == ["desk 2 1", "phone 1 1", "phone 3 1"])
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK BY WEEK, country", "country period active") == [
        "DE 2026-W10 1", "DE 2026-W11 0", "TR 2026-W10 1", "TR 2026-W11 1",
      ])
  }

  @Test func perUser() throws {
    #expect(try log().ask("STICKINESS OF visit DAYS PER WEEK PER USER") == ["ann 2.5", "bob 1.0"])
    #expect(try log().users("STICKINESS OF visit DAYS PER WEEK PER USER WHERE days > 2") == "ann")
    #expect(
      try log().ask("STICKINESS OF visit DAYS PER WEEK BY device PER USER") == [
        "phone ann 3.0", "desk ann 2.0", "phone bob 1.0",
      ])
  }

  @Test func otherUnitsNameTheirColumn() throws {
    #expect(
      try log().run("STICKINESS OF visit WEEKS PER QUARTER DURING @2026-Q1").columns.map(\.name) == [
        "weeks", "users", "share",
      ])
    #expect(
      try log().ask("STICKINESS OF visit WEEKS PER QUARTER DURING @2026-Q1", "weeks users").prefix(2) == ["1 1", "2 1"])
  }

  @Test func ofSomeUsers() throws {
    #expect(
      try log().ask("SEGMENT users WHERE country = 'DE' STICKINESS OF visit DAYS PER WEEK", "days users").prefix(2) == [
        "1 1", "2 0",
      ])
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("STICKINESS OF visit WEEKS PER DAY") == "E0321")
    #expect(log.refusal("STICKINESS OF visit DAYS PER WEEK BY MONTH") == "E0321")
    #expect(log.refusal("STICKINESS OF visit DAYS PER WEEK WITH cumulative = 3") == "E0308")
  }

  @Test func explains() throws {
    let text = try log().ask("EXPLAIN STICKINESS OF visit DAYS PER WEEK", "text").joined(separator: "\n")
    #expect(text.contains("how many users have visit on so many days of a week, once in each week"))
    #expect(text.contains("stickiness of visit days per week"))
  }
}
