import InstarColumns
import Testing

/// SET PRIVACY THRESHOLD: what is hidden cannot be computed from what is shown.
@Suite struct SuppressionTests {
  /// Users of country and plan, one event each: de 5 free 1 paid, fr 6 free 7 paid, it 4 free 8 paid.
  static func log() throws -> Log {
    let counts = [
      ("de", "free", 5), ("de", "paid", 1), ("fr", "free", 6), ("fr", "paid", 7), ("it", "free", 4), ("it", "paid", 8),
    ]
    var events = "user time event country plan\n"
    for (country, plan, count) in counts {
      for number in 0..<count { events += "\(country)-\(plan)-\(number) 1d visit \(country) \(plan)\n" }
    }
    return try Log(events, settings: ["SET PRIVACY THRESHOLD 3"])
  }

  /// paid of de has one user; shown totals would give him away, so the smallest other row goes too.
  @Test func aRowIsNeverHiddenAlone() throws {
    let log = try Self.log()
    let table = try log.run("EVENTS visit[plan = 'paid'] AGGREGATE users() BY country")
    #expect(table.rowCount == 1)
    #expect(table.columns[0][0] == "it")
    #expect(table.receipt.suppressedRows == 2)
    #expect(try log.run("EVENTS visit AGGREGATE users() BY country").rowCount == 3)
  }

  /// With two buckets each row and each column of the table hides none or two.
  @Test func noLineHidesOneCell() throws {
    let log = try Self.log()
    let rows = try log.ask("EVENTS visit AGGREGATE users() BY country, plan")
    // de/paid; with it de/free and fr/paid; then fr/free, because de/free and fr/paid may not stand alone either.
    #expect(rows == ["it free 4", "it paid 8"])
  }
}
