import Testing

/// The figures over a user's events, missing values and arithmetic.
@Suite struct MeasureTests {
  private func shop() throws -> Log {
    try Log(
      """
      user time             event amount item  category
      a    2026-03-01T10:00 buy   10     x     books
      a    2026-03-01T12:00 buy   30     y     toys
      a    2026-03-05T10:00 buy   20     x     books
      a    2026-03-06T10:00 view  -      z     -
      b    2026-03-02T10:00 buy   5      y     toys
      b    2026-03-04T10:00 buy   -      y     -
      c    2026-03-03T10:00 view  -      x     books
      """)
  }

  @Test func everyFunction() throws {
    let log = try shop()
    #expect(try log.each("count(buy)") == "3 2 0")
    #expect(try log.each("sum(buy.amount)") == "60.0 5.0 0.0")
    #expect(try log.each("avg(buy.amount)") == "20.0 5.0 -")
    #expect(try log.each("min(buy.amount)") == "10.0 5.0 -")
    #expect(try log.each("max(buy.amount)") == "30.0 5.0 -")
    #expect(try log.each("median(buy.amount)") == "20.0 5.0 -")
    #expect(try log.each("median(buy[amount < 25].amount)") == "15.0 5.0 -")
    #expect(try log.each("distinct(buy.item)") == "2 1 0")
    #expect(try log.each("days(buy)") == "2 2 0")
    #expect(try log.each("first(buy.item)") == "x y -")
    #expect(try log.each("last(buy.item)") == "x y -")
    // The last buy whose amount is known.
    #expect(try log.each("last(buy.amount)") == "20.0 5.0 -")
    #expect(try log.each("first(buy)") == "2026-03-01T10:00 2026-03-02T10:00 -")
    #expect(try log.each("last(buy)") == "2026-03-05T10:00 2026-03-04T10:00 -")
    #expect(
      try log.ask("AS OF @2026-03-07T10:00 SEGMENT users ADD r = recency(buy), s = since(buy)", "r s")
        == ["2.0 6.0", "3.0 5.0", "- -"])
  }

  @Test func filtersAndWindows() throws {
    let log = try shop()
    #expect(try log.each("count(buy[category = 'books'])") == "2 0 0")
    #expect(try log.each("sum(buy[amount > 10].amount IN @2026-03-01)") == "30.0 0.0 0.0")
    #expect(try log.who("did buy[category = 'books' AND amount > 15]") == "a")
    #expect(try log.who("did buy AT LEAST 3 TIMES") == "a")
    #expect(try log.who("did buy AT MOST 2 TIMES") == "b c")
    #expect(try log.who("did buy EXACTLY 2 TIMES") == "b")
    #expect(try log.who("did buy AT LEAST 2 DAYS") == "a b")
    #expect(try log.who("did buy EXACTLY 1 DAY IN @2026-03-01 TO @2026-03-03") == "a b")
    #expect(try log.who("did not buy") == "c")
    #expect(try log.who("did not buy IN @2026-03-01") == "b c")
    #expect(try log.who("did event IN @2026-03-06") == "a")
    #expect(try log.who("count(buy) > 2 * count(view)") == "a b")
    #expect(try log.who("did (buy OR view) IN @2026-03-03 TO @2026-03-04") == "b c")
  }

  @Test func firstOfAKindAndFirstOfAll() throws {
    let log = try Log(
      """
      user time       event category
      a    2026-01-01 buy   toys
      a    2026-03-01 buy   books
      b    2026-03-02 buy   books
      c    2026-01-05 buy   books
      c    2026-03-05 buy   books
      """)
    // The first purchase of books lies in March.
    #expect(try log.who("did FIRST buy[category = 'books'] IN @2026-03") == "a b")
    // The first purchase of all was of books.
    #expect(try log.who("did (FIRST buy)[category = 'books']") == "b c")
    #expect(try log.who("first(buy.category) = 'books'") == "b c")
    #expect(try log.who("did (FIRST buy)[category = 'books'] IN @2026-03") == "b")
    #expect(try log.who("did LAST buy IN @2026-01") == "")
    #expect(try log.ask("EVENTS FIRST buy AGGREGATE users() AS n BY category", "category n") == ["books 2", "toys 1"])
    #expect(
      try log.ask("EVENTS FIRST buy[category = 'books'] AGGREGATE count() AS n DURING @2026-03", "n") == ["2"])
  }

  @Test func aMissingValueEqualsNothing() throws {
    let log = try Log(
      "user time event \n a 1s e \n b 2s e \n c 3s e",
      users: "user country age \n a TR 30 \n b DE 40 \n c - -")
    #expect(try log.who("country = 'TR'") == "a")
    #expect(try log.who("country != 'TR'") == "b c")
    #expect(try log.who("NOT country = 'TR'") == "b c")
    #expect(try log.who("country IN ('TR', 'DE')") == "a b")
    #expect(try log.who("country NOT IN ('TR')") == "b c")
    #expect(try log.who("age > 30") == "b")
    #expect(try log.who("age <= 30") == "a")
    #expect(try log.who("NOT age > 30") == "a c")
    #expect(try log.who("age BETWEEN 30 AND 40") == "a b")
    #expect(try log.who("age IS MISSING") == "c")
    #expect(try log.who("age IS KNOWN") == "a b")
    #expect(try log.who("age + 1 > 0") == "a b")
    #expect(try log.who("age = age") == "a b")
    #expect(try log.who("country CONTAINS 'T'") == "a")
    #expect(try log.who("coalesce(age, 0) < 35") == "a c")
    #expect(try log.each("CASE WHEN age > 35 THEN 'old' WHEN age > 0 THEN 'young' END") == "young old -")
    #expect(try log.ask("SEGMENT users AGGREGATE avg(age) AS m, count() AS n", "m n") == ["35.0 3"])
    #expect(
      try log.ask("SEGMENT users AGGREGATE users() AS n BY country SORT BY n DESC, country", "n").count == 3)
    #expect(try log.run("SEGMENT users WHERE country != 'TR'").receipt.usersWithMissingValues == 1)
    #expect(try log.run("SEGMENT users WHERE count(e) > 0").receipt.usersWithMissingValues == 0)
  }

  @Test func divisionIsRealAndByZeroMissing() throws {
    let log = try Log("user time event amount \n a 1s e 7 \n a 2s f 1 \n b 3s f 2")
    #expect(try log.each("7 / 2") == "3.5 3.5")
    #expect(try log.each("count(e) / count(f)") == "1.0 0.0")
    #expect(try log.each("count(f) / count(e)") == "1.0 -")
    #expect(try log.each("0 / count(e)") == "0.0 -")
    #expect(try log.who("count(f) / count(e) > 0") == "a")
    #expect(try log.who("count(f) / count(e) IS MISSING") == "b")
    #expect(try log.each("sum(e.amount) / 2 - -1") == "4.5 1.0")
    #expect(try log.each("2 + 3 * 4") == "14 14")
  }

  @Test func functionsOfValues() throws {
    let log = try Log("user time event name \n a 2026-03-04T15:30 e Ada")
    #expect(try log.each("day_of_week(last(e))") == "3")
    #expect(try log.each("hour_of_day(last(e))") == "15")
    #expect(try log.each("month_of_year(last(e))") == "3")
    #expect(try log.each("date(last(e))") == "2026-03-04")
    #expect(try log.each("bucket(17, 5)") == "15")
    #expect(try log.each("bucket(-3, 5)") == "-5")
    #expect(try log.each("round(2.567, 1)") == "2.6")
    #expect(try log.each("abs(-4)") == "4")
    #expect(try log.each("least(3, 1, 2)") == "1")
    #expect(try log.each("greatest(3, 1, 2)") == "3")
    #expect(try log.each("exp(0)") == "1.0")
    #expect(try log.each("ln(1)") == "0.0")
    #expect(try log.each("lower(last(e.name))") == "ada")
    #expect(try log.each("upper(last(e.name))") == "ADA")
    #expect(try log.each("length(last(e.name))") == "3")
  }

  @Test func anEventPropertyOfAUserIsItsLastValue() throws {
    let log = try Log("user time event channel \n a 1s e ads \n a 2s e mail \n a 3s e - \n b 4s e ads")
    #expect(try log.who("channel = 'mail'") == "a")
    #expect(try log.ask("AS OF @2026-01-01T00:00:02 SEGMENT users WHERE channel = 'ads'", "user") == ["a"])
  }

  @Test func ordersAreOccurrences() throws {
    // Two lines of order o1, one of o2.
    let log = try Log(
      """
      user time             event    order item amount
      a    2026-03-01T10:00 purchase o1    x    10
      a    2026-03-01T10:00 purchase o1    y    5
      a    2026-03-11T10:00 purchase o2    x    21
      b    2026-03-05T10:00 purchase o3    x    1
      b    2026-03-05T10:00 purchase o3    y    1
      """, settings: ["SET GOAL EVENT purchase"])
    #expect(try log.each("count(purchase)") == "2 1")
    #expect(try log.each("rows(purchase)") == "3 2")
    #expect(try log.each("sum(purchase.amount)") == "36.0 2.0")
    #expect(try log.each("distinct(purchase.item)") == "2 2")
    #expect(try log.who("did purchase AT LEAST 2 TIMES") == "a")
    #expect(try log.each("count(purchase[item = 'y'])") == "1 1")
    #expect(try log.each("frequency") == "2 1")
    #expect(try log.each("aov") == "18.0 2.0")
    #expect(try log.each("cycle") == "10.0 -")
    #expect(
      try log.ask("EVENTS purchase AGGREGATE count() AS n, rows() AS r, sum(amount) AS s, users() AS u", "n r s u")
        == ["3 5 38.0 2"])
    #expect(
      try log.ask("EVENTS purchase AGGREGATE count() AS n, rows() AS r BY item", "item n r") == ["x 3 3", "y 2 2"])
    #expect(try log.ask("FUNNEL purchase THEN purchase", "users") == ["2", "1"])
    #expect(try log.who("did (purchase THEN purchase)") == "a")
    #expect(
      try log.ask("FUNNEL purchase THEN purchase SAME item PER USER", "user reached") == ["a 2", "b 1"])
    let each =
      "RETENTION FROM EACH purchase RETURN purchase BY DAY FOR 1 DAY DURING @2026-03-01 WHERE cohort != 'average'"
    #expect(try log.ask("AS OF @2026-04-01 \(each)", "size age users") == ["1 0 1", "1 1 0"])
  }
}
