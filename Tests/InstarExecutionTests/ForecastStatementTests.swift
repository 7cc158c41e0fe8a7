import InstarColumns
import Testing

/// FORECAST as a statement. Three visits a day by phone and one by desk, from 1 to 30 March 2026; now is noon of the 31st.
@Suite struct ForecastStatementTests {
  private func log() throws -> Log {
    var events = "user time event device amount\n"
    for day in 1...30 {
      let date = "2026-03-\(day < 10 ? "0" : "")\(day)"
      for hour in 10...12 { events += "u\(hour) \(date)T\(hour):00 visit phone 2\n" }
      events += "d \(date)T09:00 visit desk 5\n"
    }
    return try Log(events, settings: ["SET CLOCK @2026-03-31T12:00"])
  }

  /// The forecast begins with the day that is not over.
  @Test func whatNeverChangesGoesOn() throws {
    let log = try log()
    #expect(
      try log.ask("EVENTS visit AGGREGATE count() AS n BY DAY FORECAST 3 DAYS") == [
        "2026-03-31 4.0 4.0 4.0 4.0 0.0 0.0", "2026-04-01 4.0 4.0 4.0 4.0 0.0 0.0",
        "2026-04-02 4.0 4.0 4.0 4.0 0.0 0.0",
      ])
    #expect(
      try log.ask("EVENTS visit AGGREGATE sum(amount) AS s BY device, DAY FORECAST 2 DAYS", "device day value") == [
        "desk 2026-03-31 5.0", "desk 2026-04-01 5.0", "phone 2026-03-31 6.0", "phone 2026-04-01 6.0",
      ])
    #expect(
      try log.ask(
        "EVENTS visit AGGREGATE sum(amount) AS s BY DAY, device FORECAST 2 DAYS USING seasonal", "day device value")
        == ["2026-03-31 desk 5.0", "2026-03-31 phone 6.0", "2026-04-01 desk 5.0", "2026-04-01 phone 6.0"])
  }

  /// After DURING, also where the log goes on; weeks from Monday 2 March.
  @Test func afterTheRange() throws {
    let log = try log()
    #expect(
      try log.ask(
        "EVENTS visit AGGREGATE users() AS u BY DAY DURING @2026-03-01 TO @2026-03-20 FORECAST 1 DAY", "day value")
        == ["2026-03-21 4.0"])
    #expect(
      try log.ask("EVENTS visit AGGREGATE count() AS n BY WEEK DURING PREVIOUS 4 WEEKS FORECAST 2 WEEKS", "week value")
        == ["2026-W14 28.0", "2026-W15 28.0"])
    #expect(
      try log.ask("EVENTS visit AGGREGATE count() AS n BY DAY FORECAST 1 WEEK SORT BY day DESC LIMIT 1", "day")
        == ["2026-04-06"])
  }

  @Test func noteForShortSeries() throws {
    let notes = try log().run(
      "EVENTS visit AGGREGATE count() AS n BY WEEK DURING PREVIOUS 4 WEEKS FORECAST 2 WEEKS"
    ).receipt.notes
    #expect(notes.contains("1 of 1 series are too short or too empty for a back-test"))
  }

  @Test func refusals() throws {
    let log = try log()
    for text in [
      "EVENTS visit AGGREGATE count() BY device FORECAST 3 DAYS", "SEGMENT users FORECAST 3 DAYS",
      "EVENTS visit AGGREGATE count(), users() BY DAY FORECAST 3 DAYS",
      "EVENTS visit AGGREGATE count() BY DAY SORT BY day FORECAST 3 DAYS",
    ] {
      #expect(log.refusal(text) == "E0306", "\(text)")
    }
    #expect(log.refusal("EVENTS visit AGGREGATE count() BY DAY FORECAST 3 DAYS USING magic") == "E0308")
    #expect(log.refusal("EVENTS visit AGGREGATE count() BY DAY FORECAST 3 DAYS WITH level = 2") == "E0308")
    #expect(log.refusal("EVENTS visit AGGREGATE count() BY YEAR FORECAST 1 YEAR DURING @2026") != "")
    #expect(log.refusal("EVENTS visit AGGREGATE count() BY YEAR DURING @2026 FORECAST 1 YEAR") == "E0420")
    #expect(log.refusal("EVENTS visit AGGREGATE count() BY SECOND DURING @2026-03-30 FORECAST 1 DAY") == "E0420")
  }

  @Test func explains() throws {
    let text = try log().ask("EXPLAIN EVENTS visit AGGREGATE count() AS n BY DAY FORECAST 3 DAYS", "text")
      .joined(separator: "\n")
    #expect(text.contains("n continued for 3 days by what erred least in back-tests"))
    #expect(text.contains("forecast 3 days of n auto level 0.95"))
  }
}
