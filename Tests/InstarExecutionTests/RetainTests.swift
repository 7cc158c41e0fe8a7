import InstarColumns
import InstarExecution
import InstarStorage
import Testing

/// RETAIN EVENTS: old events go, and when something first and last happened stays known.
@Suite struct RetainTests {
  /// The last event is on 1 July 2026, so 6 months keep what is from 1 January 2026 on.
  private func makeLog() throws -> Log {
    try Log(
      """
      user time             event    amount item
      ann  2025-01-10       purchase 10     tea
      ann  2025-03-10       purchase 20     tea
      ann  2025-05-10       purchase 40     cup
      ann  2026-02-01       purchase 5      tea
      bob  2025-02-01       purchase 7      cup
      bob  2025-08-01       purchase 9      cup
      bob  2026-03-01       visit    -      -
      cyd  2025-04-01       visit    -      -
      cyd  2026-01-01       visit    -      -
      dan  2026-07-01       visit    -      -
      """)
  }

  @Test func firstAndLastStayKnown() throws {
    let log = try makeLog()
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m, count() AS n", "m n") == ["91.0 6"])
    let table = try log.run("RETAIN EVENTS FOR 6 MONTHS")
    // Ann loses March and May, which are neither her first nor, because of February, her last. January is her first,
    // and bob's two are his first and his last: they keep their times. Cyd's visit of April had no value to lose.
    #expect(table.receipt.notes.first == "2 events before 2026-01-01 removed")
    #expect(table.receipt.notes[1].hasPrefix("3 events "))
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m, count() AS n", "m n") == ["5.0 4"])
    #expect(
      try log.ask("SEGMENT users ADD f = first(purchase), l = last(purchase)", "user f l") == [
        "ann 2025-01-10 2026-02-01", "bob 2025-02-01 2025-08-01", "cyd - -", "dan - -",
      ])
    // Neither bought for the first time this year.
    #expect(try log.ask("SEGMENT users WHERE first(purchase) >= @2026-01-01", "user") == [])
    #expect(
      try log.ask("SHOW AUDIT", "text") == [
        "events are kept for 6 months", "removed 2 events before 2026-01-01, and the values of 3 more",
      ])
    #expect(
      try log.ask("SHOW SETTINGS", "setting value").contains("events kept 6 months; whole since 2026-01-01"))
    #expect(
      try log.run("SEGMENT users").receipt.notes.contains { $0.hasPrefix("retention: of events before 2026-01-01") })
  }

  /// Compaction moves the boundary with the clock; without a new length nothing else does.
  @Test func compactionMovesTheBoundary() throws {
    let log = try makeLog()
    try log.run("RETAIN EVENTS FOR 6 MONTHS")
    try log.store.append(try Log.records("user time event amount\n ann 2026-05-01 purchase 1\n dan 2026-09-01 visit -"))
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m", "m") == ["6.0"])
    try log.engine.compact()
    // From 1 March on: ann's purchase of February goes, because January is her first and May her last.
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m, count() AS n", "m n") == ["1.0 4"])
    #expect(
      try log.ask("SHOW SETTINGS", "setting value").contains("events kept 6 months; whole since 2026-03-01"))
    try log.run("RETAIN EVENTS FOR EVER")
    try log.store.append(try Log.records("user time event\n dan 2027-09-01 visit"))
    try log.engine.compact()
    #expect(try log.ask("EVENTS purchase AGGREGATE sum(amount) AS m", "m") == ["1.0"])
    #expect(
      try log.ask("SHOW SETTINGS", "setting value").contains("events kept for ever; whole since 2026-03-01"))
  }

  @Test func lengthsThatMeanNothingAreRefused() throws {
    let log = try makeLog()
    #expect(log.refusal("RETAIN EVENTS FOR 0 DAYS") == "E0308")
    #expect(try log.run("RETAIN EVENTS FOR 10 YEARS").receipt.notes.first == "0 events before 2016-07-01 removed")
  }

  /// A month before 31 March is 28 February, and whole days are kept.
  @Test func monthsAreThoseOfTheCalendar() throws {
    let log = try Log(
      """
      user time             event
      ann  2026-02-27T09:00 visit
      ann  2026-02-27T11:00 visit
      ann  2026-02-28T00:00 visit
      ann  2026-03-31T10:00 visit
      """)
    let table = try log.run("RETAIN EVENTS FOR 1 MONTH")
    #expect(table.receipt.notes.first == "1 events before 2026-02-28 removed", "09:00 is the first and stays")
    #expect(
      try log.ask("EVENTS visit KEEP time", "time") == ["2026-02-27T09:00", "2026-02-28", "2026-03-31T10:00"])
  }
}
