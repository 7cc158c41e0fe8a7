import Testing

/// Statements with so many counts that one walk over the rows gives all of them, against SQL.
@Suite struct CountedMeasureTests {
  @Test(arguments: 0..<12) func manyCountsOfOneStatement(_ seed: Int) throws {
    let log = try RandomLog(seed: 700 + seed)
    var writer = RandomWriter(SplitMix(seed + 7000), types: log.types, now: log.now)
    for _ in 0..<3 {
      // Of up to six types, and of any: more sets than one walk counts.
      var (names, columns, figures): ([String], [String], [String]) = ([], [], [])
      for number in 0..<writer.random.pick(3...12) {
        let type = writer.random.pick(log.types)
        let (event, condition) = writer.random.chance(80) ? (type, "x.type = '\(type)'") : ("event", "1")
        let (function, counted) = writer.random.pick([("count", "DISTINCT x.occurrence"), ("rows", "*")])
        let window = writer.random.chance(20) ? (text: "", sql: "1") : writer.window()
        names.append("n\(number)")
        columns.append("n\(number) = \(function)(\(event) \(window.text))")
        figures.append(
          "(SELECT count(\(counted)) FROM e x WHERE x.user = u.user AND \(condition) AND \(window.sql))")
      }
      let statement = "SEGMENT users ADD \(columns.joined(separator: ", "))"
      let ours = try log.log.ask(statement, "user \(names.joined(separator: " "))").sorted()
      let theirs = try log.oracle.ask("SELECT u.user, \(figures.joined(separator: ", ")) FROM u").sorted()
      #expect(ours == theirs, "seed \(seed): \(statement)")
    }
  }

  @Test(arguments: 0..<12) func manyConditionsOfOneStatement(_ seed: Int) throws {
    var rows = 0
    let log = try RandomLog(seed: 800 + seed)
    var writer = RandomWriter(SplitMix(seed + 8000), types: log.types, now: log.now)
    for _ in 0..<4 {
      var (text, sql) = ("", "")
      for number in 0..<writer.random.pick(3...8) {
        let type = writer.random.pick(log.types)
        let (symbol, window) = (writer.random.pick([">=", ">", "<", "<=", "=", "!="]), writer.window())
        let (bound, joint) = (writer.random.pick(0...2), number == 0 ? "" : writer.random.pick([" AND ", " OR "]))
        // Joined from the left, as both languages would not without parentheses.
        text = "(\(text)\(joint)count(\(type) \(window.text)) \(symbol) \(bound))"
        sql = """
          (\(sql)\(joint)(SELECT count(DISTINCT x.occurrence) FROM e x WHERE x.user = u.user AND x.type = '\(type)' \
          AND \(window.sql)) \(symbol) \(bound))
          """
      }
      let ours = try log.log.ask("SEGMENT users WHERE \(text)", "user").sorted()
      #expect(try ours == log.oracle.ask("SELECT u.user FROM u WHERE \(sql)").sorted(), "seed \(seed): \(text)")
      rows += ours.count
    }
    #expect(rows > 0, "seed \(seed): every answer was empty")
  }

  /// By hand: windows that lie one inside the other, that touch, and that lie apart.
  @Test func windowsByHand() throws {
    let log = try Log(
      """
      user time             event
      a    2026-03-01T00:00 buy
      a    2026-03-01T23:59 view
      a    2026-03-02T00:00 buy
      a    2026-03-05T12:00 buy
      b    2026-03-02T00:00 view
      b    2026-03-06T00:00 view
      """)
    let statement = """
      AS OF @2026-03-06 SEGMENT users ADD d1 = count(buy IN @2026-03-01), d2 = count(buy IN @2026-03-02),
        e = rows(event IN LAST 1 DAY), all = count(event), v = count(view SINCE @2026-03-02)
      """
    #expect(try log.ask(statement, "user d1 d2 e all v") == ["a 1 1 1 4 0", "b 0 0 0 1 1"])
  }
}
