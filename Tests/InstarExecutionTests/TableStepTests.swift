import InstarExecution
import InstarPlan
import Testing

/// AGGREGATE and the steps on tables.
@Suite struct TableStepTests {
  private func sales() throws -> Log {
    try Log(
      """
      user time       event amount item
      a    2026-01-10 buy   10     x
      a    2026-01-20 buy   20     y
      b    2026-01-20 buy   30     x
      b    2026-03-05 buy   40     y
      c    2026-03-06 view  -      x
      """, users: "user country \n a TR \n b DE \n c TR", items: "item price \n x 5 \n y 8")
  }

  @Test func aggregatesOfEvents() throws {
    let log = try sales()
    #expect(
      try log.ask(
        "EVENTS buy AGGREGATE count() AS n, sum(amount) AS s, avg(amount) AS a, min(amount) AS lo, max(amount) AS hi, median(amount) AS m, distinct(item) AS items, users() AS u, quantile(amount, 0.25) AS q"
      ) == ["4 100.0 25.0 10.0 40.0 25.0 2 2 17.5"])
    #expect(
      try log.ask("EVENTS buy AGGREGATE sum(amount) / users() AS each BY country", "country each")
        == ["DE 70.0", "TR 30.0"])
    #expect(
      try log.ask("EVENTS buy AGGREGATE sum(amount) AS s BY item SORT BY s DESC", "item s") == ["y 60.0", "x 40.0"])
    #expect(try log.ask("EVENTS buy, view AGGREGATE users() AS u BY event", "event u") == ["buy 2", "view 1"])
    #expect(
      try log.ask("EVENTS buy AGGREGATE count() AS n BY price SORT BY price", "price n") == ["5 2", "8 2"])
    #expect(try log.ask("EVENTS buy WHERE amount > 15 AGGREGATE count() AS n", "n") == ["3"])
    #expect(
      try log.ask("EVENTS buy[amount > 15] AGGREGATE users() AS n BY MONTH WHERE n > 0", "month n") == [
        "2026-01 2", "2026-03 1",
      ])
  }

  @Test func aggregatesOfUsers() throws {
    let log = try sales()
    #expect(
      try log.ask("SEGMENT users ADD s = sum(buy.amount) AGGREGATE users() AS n, sum(s) AS s, avg(s) AS m BY country")
        == ["DE 1 70.0 70.0", "TR 2 30.0 15.0"])
    #expect(
      try log.ask("SEGMENT users ADD n = count(buy) AGGREGATE users() AS u BY n SORT BY n") == ["0 1", "2 2"])
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n BY first(event.item) AS start") == ["x 3"])
  }

  @Test func timeBucketsAreDense() throws {
    let log = try sales()
    #expect(
      try log.ask(
        "AS OF @2026-04-15 EVENTS buy AGGREGATE count() AS n, sum(amount) AS s, avg(amount) AS a BY MONTH DURING @2026-01 TO @2026-04"
      )
        == ["2026-01 3 60.0 20.0 true", "2026-02 0 0.0 - true", "2026-03 1 40.0 40.0 true", "2026-04 0 0.0 - false"])
    // Each combination of the other buckets has all periods.
    #expect(
      try log.ask("EVENTS buy AGGREGATE count() AS n BY MONTH, country DURING @2026-01 TO @2026-02", "month country n")
        .sorted() == ["2026-01 DE 1", "2026-01 TR 2", "2026-02 DE 0", "2026-02 TR 0"])
    #expect(
      try log.ask("EVENTS buy AGGREGATE count() AS n BY QUARTER DURING @2026", "quarter n").prefix(1) == ["2026-Q1 4"])
  }

  @Test func aRangeThatCutsPeriodsSaysSo() throws {
    // The moment is Wednesday 18 March 2026, noon.
    let log = try Log("user time event \n a 2026-03-04T13:00 e \n a 2026-03-09 e \n a 2026-03-18T11:00 e")
    let cut = try log.run("AS OF @2026-03-18T12:00 EVENTS e AGGREGATE count() AS n BY WEEK DURING LAST 2 WEEKS")
    #expect(cut.rowCount == 3)
    #expect(cut.receipt.incompletePeriods == 2)
    #expect(
      try log.ask("AS OF @2026-03-18T12:00 EVENTS e AGGREGATE count() AS n BY WEEK DURING LAST 2 WEEKS")
        == ["2026-W10 1 false", "2026-W11 1 true", "2026-W12 1 false"])
    #expect(
      try log.ask("AS OF @2026-03-18T12:00 EVENTS e AGGREGATE count() AS n BY WEEK DURING PREVIOUS 2 WEEKS")
        == ["2026-W10 1 true", "2026-W11 1 true"])
    #expect(cut.receipt.notes.contains { $0.contains("DURING PREVIOUS") })
  }

  @Test func pivot() throws {
    let log = try sales()
    // A cell without a row is 0 where the column counts.
    #expect(
      try log.ask(
        "EVENTS buy, view AGGREGATE users() AS n BY MONTH, event DURING @2026-01 TO @2026-03 PIVOT event",
        "month buy view")
        == ["2026-01 2 0", "2026-02 0 0", "2026-03 1 1"])
    #expect(
      try log.ask("EVENTS buy AGGREGATE sum(amount) AS s BY user, item PIVOT item", "user x y")
        == ["a 10.0 20.0", "b 30.0 40.0"])
  }

  @Test func sortAndLimit() throws {
    let log = try sales()
    #expect(try log.ask("EVENTS buy SORT BY amount DESC LIMIT 2 KEEP amount") == ["40.0", "30.0"])
    #expect(
      try log.ask("EVENTS buy SORT BY item, amount DESC KEEP item, amount") == ["x 30.0", "x 10.0", "y 40.0", "y 20.0"])
    #expect(
      try log.ask("EVENTS buy SORT BY amount DESC LIMIT 2 AGGREGATE sum(amount) AS s, users() AS u") == ["70.0 1"])
    #expect(
      try log.ask("EVENTS buy SORT BY amount DESC LIMIT 3 AGGREGATE count() AS n BY MONTH DURING @2026-01", "month n")
        == ["2026-01 2"])
    #expect(try log.ask("EVENTS buy LIMIT 2", "user time amount") == ["a 2026-01-10 10.0", "a 2026-01-20 20.0"])
    #expect(try log.ask("EVENTS buy LIMIT 3 WHERE amount > 15 KEEP user, item") == ["a y", "b x"])
    // A missing value comes last, either way.
    #expect(try log.ask("EVENTS event SORT BY amount KEEP amount").last == "-")
    #expect(try log.ask("EVENTS event SORT BY amount DESC KEEP amount").last == "-")
    #expect(
      try log.ask("EVENTS buy SORT BY amount DESC LIMIT 1 PER item KEEP item, amount") == ["y 40.0", "x 30.0"])
    #expect(
      try log.ask("EVENTS buy SORT BY amount LIMIT 1 PER user KEEP user, amount") == ["a 10.0", "b 30.0"])
  }

  @Test func functionsOverRows() throws {
    let log = try sales()
    let base = "EVENTS buy SORT BY amount"
    #expect(try log.ask("\(base) ADD p = previous(amount) KEEP p") == ["-", "10.0", "20.0", "30.0"])
    #expect(try log.ask("\(base) ADD p = previous(amount, 2) KEEP p") == ["-", "-", "10.0", "20.0"])
    #expect(try log.ask("\(base) ADD r = running(amount) KEEP r") == ["10.0", "30.0", "60.0", "100.0"])
    #expect(try log.ask("\(base) ADD t = total(amount) KEEP t") == ["100.0", "100.0", "100.0", "100.0"])
    #expect(try log.ask("\(base) ADD s = share(amount) KEEP s") == ["0.1", "0.2", "0.3", "0.4"])
    #expect(try log.ask("\(base) ADD q = ntile(amount, 2) KEEP q") == ["1", "1", "2", "2"])
    #expect(
      try log.ask(
        "EVENTS buy AGGREGATE sum(amount) AS s BY MONTH ADD growth = s / previous(s) - 1 KEEP month, s, growth")
        == ["2026-01 60.0 -", "2026-02 0.0 -1.0", "2026-03 40.0 -"])
  }

  @Test func joinIsALeftJoin() throws {
    let log = try sales()
    try log.run("EVENTS buy AGGREGATE sum(amount) AS spent BY item WHERE item = 'x' SAVE AS TABLE spend")
    #expect(
      try log.ask("EVENTS buy AGGREGATE count() AS n BY item JOIN spend ON item KEEP item, n, spent SORT BY item")
        == ["x 2 40.0", "y 2 -"])
    try log.run("EVENTS buy KEEP item, amount SAVE AS TABLE twice")
    #expect(!log.refusal("EVENTS buy AGGREGATE count() AS n BY item JOIN twice ON item").isEmpty)
    #expect(try log.ask("TABLE spend") == ["x 40.0"])
  }

  @Test func anAssertionStopsTheStatement() throws {
    let log = try sales()
    #expect(try log.ask("SEGMENT users ASSERT users() = 3, 'three' AGGREGATE users() AS n") == ["3"])
    #expect(throws: AssertionFailure.self) { try log.run("SEGMENT users ASSERT users() > 100, 'too few'") }
    do {
      try log.run("SEGMENT users ASSERT users() > 100, 'too few'")
    } catch let failure as AssertionFailure {
      #expect(failure.message == "too few")
    }
    // What a statement would have written is not written.
    _ = try? log.run("SEGMENT users ASSERT users() > 100, 'too few' SNAPSHOT AS frozen")
    #expect(log.refusal("SEGMENT frozen") != "")
  }

  @Test func smallGroupsAreHidden() throws {
    let log = try sales()
    try log.run("SET PRIVACY THRESHOLD 2")
    // The other group goes with the small one: the total less what is shown would give it away.
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n BY country") == [])
    #expect(try log.run("SEGMENT users AGGREGATE users() AS n BY country").receipt.suppressedRows == 2)
    #expect(try log.ask("EVENTS buy AGGREGATE count() AS n BY item", "item n") == ["x 2", "y 2"])
    #expect(try log.ask("EVENTS buy AGGREGATE count() AS n BY amount", "n") == [])
    // A month of one buyer is hidden and the smallest other with it, and no empty month stands in for them.
    #expect(
      try log.ask("EVENTS buy AGGREGATE count() AS n BY MONTH DURING @2026-01 TO @2026-03", "month n")
        == ["2026-02 0"])
    #expect(try log.ask("FUNNEL buy THEN buy[amount > 35]", "step users") == ["1 2"])
    #expect(try log.run("FUNNEL buy THEN buy[amount > 35]").receipt.suppressedRows == 1)
    #expect(
      try log.ask(
        "RETENTION FROM FIRST event RETURN buy BY MONTH FOR 2 MONTHS USING calendar WHERE cohort != 'average'",
        "cohort size age")
        == ["2026-01 2 0", "2026-01 2 1", "2026-02 0 0", "2026-02 0 1"])
    for statement in ["PROFILE USER 'a'", "TIMELINE USER 'a'", "FUNNEL buy THEN view PER USER"] {
      #expect(log.refusal(statement) != "", "\(statement)")
    }
    try log.run("SET PRIVACY THRESHOLD 0")
    #expect(try log.ask("SEGMENT users AGGREGATE users() AS n BY country") == ["DE 1", "TR 2"])
    #expect(log.refusal("PROFILE USER 'a'") == "")
  }

  @Test func itemsAndOneUser() throws {
    let log = try sales()
    #expect(try log.ask("ITEMS[price > 6]", "item price") == ["y 8"])
    #expect(try log.ask("ITEMS SORT BY price DESC", "item") == ["y", "x"])
    #expect(try log.ask("TIMELINE USER 'b'", "time event item") == ["2026-01-20 buy x", "2026-03-05 buy y"])
    #expect(try log.ask("TIMELINE USER 'b' DURING @2026-03", "item") == ["y"])
    #expect(try log.run("PROFILE USER 'a'").rowCount > 0)
    #expect(log.refusal("TIMELINE USER 'nobody'") != "")
  }
}
