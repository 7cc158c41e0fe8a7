import Testing

/// SESSIONS as statements. Ann: 10:00, 10:10, 10:40 (exactly 30 minutes later) and 11:11; Bob: across midnight, and the
/// next morning.
@Suite struct SessionsStatementTests {
  private func log(threads: Int = 1) throws -> Log {
    try Log(
      """
      user time             event device
      ann  2026-03-01T10:00 view  phone
      ann  2026-03-01T10:10 view  desk
      ann  2026-03-01T10:40 view  phone
      ann  2026-03-01T11:11 view  desk
      bob  2026-03-01T23:50 view  phone
      bob  2026-03-02T00:10 view  phone
      bob  2026-03-02T09:00 view  desk
      """, users: "user country \n ann TR \n bob DE", threads: threads)
  }

  @Test func byDay() throws {
    #expect(
      try log().ask("SESSIONS BY DAY") == [
        // Lengths 40, 0 and 20 minutes.
        "2026-03-01 3 2 6 1200s",
        "2026-03-02 1 1 1 0s",
      ])
  }

  @Test func columnsAreThoseOfTheLanguage() throws {
    #expect(
      try log().run("SESSIONS BY DAY, device").columns.map(\.name) == [
        "device", "period", "sessions", "users", "events", "median_length",
      ])
    #expect(try log().run("SESSIONS PER USER").columns.map(\.name) == ["user", "sessions", "median_length"])
  }

  /// Without a unit the whole log is one period: lengths 40, 0, 20 and 0 minutes.
  @Test func withoutAUnit() throws {
    #expect(try log().ask("SESSIONS") == ["4 2 7 600s"])
    #expect(try log().ask("SESSIONS WITH gap = 1 HOUR") == ["3 2 7 1200s"])
  }

  /// A session belongs to the day that it begins on, whole.
  @Test func duringBoundsTheBeginning() throws {
    #expect(try log().ask("SESSIONS DURING @2026-03-02") == ["1 1 1 0s"])
    #expect(try log().ask("SESSIONS BY DAY DURING @2026-03-01 TO @2026-03-01") == ["2026-03-01 3 2 6 1200s"])
  }

  /// A session has the device of its first event.
  @Test func byTheFirstEventOfASession() throws {
    #expect(
      try log().ask("SESSIONS BY device", "device sessions users events") == ["desk 2 2 2", "phone 2 2 5"])
  }

  @Test func byUsers() throws {
    #expect(try log().ask("SESSIONS BY country", "country sessions events") == ["DE 2 3", "TR 2 4"])
    #expect(
      try log().ask("SEGMENT users ADD n = count(view) SESSIONS BY n", "n sessions events") == ["3 2 3", "4 2 4"])
  }

  @Test func perUser() throws {
    #expect(try log().ask("SESSIONS PER USER") == ["ann 2 1200s", "bob 2 600s"])
    #expect(
      try log().ask("SESSIONS BY DAY PER USER") == [
        "ann 2026-03-01 2 1200s", "bob 2026-03-01 1 1200s", "bob 2026-03-02 1 0s",
      ])
    #expect(
      try log().ask("SESSIONS BY device PER USER", "user device sessions") == [
        "ann phone 1", "ann desk 1", "bob phone 1", "bob desk 1",
      ])
  }

  @Test func ofSomeUsers() throws {
    #expect(try log().ask("SEGMENT users WHERE country = 'TR' SESSIONS") == ["2 1 4 1200s"])
    #expect(try log().ask("SEGMENT users SORT BY last_seen LIMIT 1 SESSIONS") == ["2 1 4 1200s"])
    #expect(try log().users("SESSIONS PER USER WHERE median_length > 15 MINUTES") == "ann")
  }

  /// The rows of one order are one event.
  @Test func linesOfAnOrder() throws {
    let log = try Log(
      """
      user time             event    order
      ann  2026-03-01T10:00 purchase a
      ann  2026-03-01T10:00 purchase a
      ann  2026-03-01T10:05 purchase b
      """)
    #expect(try log.ask("SESSIONS", "sessions events") == ["1 2"])
  }

  @Test func refusals() throws {
    let log = try log()
    #expect(log.refusal("SESSIONS WITHIN 1 HOUR") == "E0320")
    #expect(log.refusal("SESSIONS WITH gop = 1 HOUR") == "E0110")
    #expect(log.refusal("SESSIONS BY DAY, WEEK") == "E0321")
  }

  @Test func explains() throws {
    let text = try log().ask("EXPLAIN SESSIONS BY DAY WITH gap = 10 MINUTES", "text").joined(separator: "\n")
    #expect(text.contains("how many sessions users had, cut where more than 10 minutes pass for each period"))
    #expect(text.contains("sessions gap 10 minutes by period = each day"))
    #expect(try log().ask("EXPLAIN ANALYZE SESSIONS BY DAY", "text").contains("SESSIONS"))
  }

  /// The same cut in a chain of events: ann's second view on the desk is of another session than the first.
  @Test func sameSession() throws {
    let chain = "FUNNEL view[device = 'phone'] THEN view[device = 'desk']"
    #expect(try log().ask(chain + " SAME SESSION", "users") == ["2", "1"])
    #expect(try log().ask(chain, "users") == ["2", "2"])
  }
}
