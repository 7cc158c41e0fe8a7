import InstarColumns
import Testing

/// Random statements on random logs, against the same question in SQL. Every failure prints its seed and both texts.
@Suite struct DifferentialTests {
  /// Compares the rows, and returns their number.
  private func check(
    _ log: RandomLog, _ statement: String, _ columns: String, _ sql: String, seed: Int
  ) -> Int {
    do {
      let ours = try log.log.ask(statement, columns).sorted()
      let theirs = try log.oracle.ask(sql)
      guard ours != theirs else { return ours.count }
      let more = ours.filter { !theirs.contains($0) }.prefix(5)
      let fewer = theirs.filter { !ours.contains($0) }.prefix(5)
      Issue.record("seed \(seed): only Instar \(more), only SQLite \(fewer)\n\(statement)\n\(sql)")
    } catch {
      Issue.record("seed \(seed): \(error) in \(statement)\n\(sql)")
    }
    return 0
  }

  // MARK: - Segments

  @Test(arguments: 0..<25) func segments(_ seed: Int) throws {
    var rows = 0
    let log = try RandomLog(seed: seed)
    var writer = RandomWriter(SplitMix(seed + 1000), types: log.types, now: log.now)
    for _ in 0..<12 {
      let predicate = writer.predicate()
      rows += check(
        log, "SEGMENT users WHERE \(predicate.text)", "user", "SELECT u.user FROM u WHERE \(predicate.sql)", seed: seed)
    }
    #expect(rows > 0, "seed \(seed): every answer was empty")
  }

  // MARK: - Aggregates

  /// SQL for the name of the period that holds `x.time`.
  private static func label(_ unit: String) -> String {
    let date = "x.time / 1000, 'unixepoch'"
    switch unit {
    case "DAY": return "strftime('%Y-%m-%d', \(date))"
    case "WEEK":
      // The ISO week is that of its Thursday.
      let thursday = "\(date), 'start of day', 'weekday 0', '-3 days'"
      return "strftime('%Y', \(thursday)) || printf('-W%02d', (strftime('%j', \(thursday)) - 1) / 7 + 1)"
    default: return "strftime('%Y-%m', \(date))"
    }
  }

  @Test(arguments: 0..<20) func aggregates(_ seed: Int) throws {
    var rows = 0
    let log = try RandomLog(seed: 100 + seed)
    var writer = RandomWriter(SplitMix(seed + 2000), types: log.types, now: log.now)
    for _ in 0..<6 {
      let event = writer.event()
      let (unit, key, column) = writer.random.pick([
        ("DAY", Self.label("DAY"), "day"), ("WEEK", Self.label("WEEK"), "week"),
        ("MONTH", Self.label("MONTH"), "month"),
        ("country", "u.country", "country"), ("category", "x.category", "category"),
        ("MONTH, country", "\(Self.label("MONTH")) AS k, u.country", "month country"),
        ("WEEK, category", "\(Self.label("WEEK")) AS k, x.category", "week category"),
      ])
      let month = writer.random.pick(1...4)
      let (during, range) = writer.random.pick([
        ("", "1"),
        (
          "DURING @2026-0\(month)", "strftime('%Y-%m', x.time / 1000, 'unixepoch') = '2026-0\(month)'"
        ), ("DURING LAST 40 DAYS", "x.time >= \(log.now - 40 * RandomLog.day)"),
      ])
      rows += check(
        log,
        """
        EVENTS \(event.text) AGGREGATE count() AS n, rows() AS r, sum(amount) AS s, avg(amount) AS m, min(amount) AS lo, \
        max(amount) AS hi, distinct(item) AS items, users() AS us BY \(unit) \(during) WHERE n > 0
        """, "\(column) n r s m lo hi items us",
        """
        SELECT \(key), count(DISTINCT x.occurrence), count(*), total(x.amount), avg(x.amount), min(x.amount), max(x.amount),
        count(DISTINCT x.item), count(DISTINCT x.user) FROM e x JOIN u ON u.user = x.user WHERE \(event.sql) AND \(range)
        GROUP BY \(key.contains(" AS k, ") ? "1, 2" : "1")
        """, seed: seed)
    }
    #expect(rows > 0, "seed \(seed): every answer was empty")
  }

  // MARK: - Funnels

  private struct Chain {
    var text = ""
    /// For each step the condition on `x`, and for each but the first the condition that joins it to the row before, `c`.
    var steps: [(event: String, join: String)] = []
    var within: Int64?
    var same = false
    var during = ""
    var range = "1"
  }

  private func chain(_ writer: inout RandomWriter, orders: Bool) -> Chain {
    var chain = Chain()
    let length = writer.random.pick(2...4)
    let type = writer.random.pick(writer.types)
    let filters = !orders && writer.random.chance(40)
    chain.steps.append(("x.type = '\(type)'", ""))
    chain.text = "\(type)"
    for _ in 1..<length {
      let next =
        filters
        ? writer.event()
        : {
          let type = writer.random.pick(writer.types); return (type, "x.type = '\(type)'")
        }()
      var join = "x.pos > c.pos"
      chain.text += " THEN "
      if !orders, writer.random.chance(12) {
        chain.text += "DIRECTLY "
        join = "x.pos = c.pos + 1"
      } else if writer.random.chance(15) {
        let days = writer.random.pick(1...20)
        chain.text += "WITHIN \(days) DAYS "
        join += " AND x.time <= c.time + \(Int64(days) * RandomLog.day)"
      } else if writer.random.chance(10) {
        chain.text += "AFTER 2 DAYS "
        join += " AND x.time >= c.time + \(2 * RandomLog.day)"
      }
      chain.text += next.0
      chain.steps.append((next.1, join))
    }
    conditions(&chain, &writer, orders: orders, filters: filters)
    return chain
  }

  private func conditions(_ chain: inout Chain, _ writer: inout RandomWriter, orders: Bool, filters: Bool) {
    let same = !orders && writer.random.chance(25)
    // An event that ends attempts, and is no step itself.
    if !filters, writer.random.chance(30),
      let other = writer.types.first(where: { type in !chain.steps.contains { $0.event == "x.type = '\(type)'" } })
    {
      chain.text += " WITHOUT \(other)"
      let key = same ? " AND w.item = c.item" : ""
      for step in chain.steps.indices.dropFirst() {
        chain.steps[step].join += """
           AND NOT EXISTS (SELECT 1 FROM e w WHERE w.user = c.user AND w.type = '\(other)' AND w.pos > c.pos AND w.pos < x.pos
          AND w.line = 1\(key))
          """
      }
    }
    if same {
      chain.text += " SAME item"
      chain.same = true
    }
    if writer.random.chance(70) {
      let days = writer.random.pick(1...60)
      chain.text += " WITHIN \(days) DAYS"
      chain.within = Int64(days) * RandomLog.day
    }
    if writer.random.chance(30) {
      let month = writer.random.pick(1...4)
      chain.during = "DURING @2026-0\(month)"
      chain.range = "strftime('%Y-%m', x.time / 1000, 'unixepoch') = '2026-0\(month)'"
    }
  }

  /// Every way along the chain: `c(user, entry, began, step, pos, time, item)`.
  private func ways(_ chain: Chain) -> String {
    let item = chain.same ? "x.item" : "NULL"
    let known = chain.same ? " AND x.item IS NOT NULL" : ""
    var sql = """
      WITH RECURSIVE c(user, entry, began, step, pos, time, item) AS (
      SELECT x.user, x.pos, x.time, 1, x.pos, x.time, \(item) FROM e x WHERE x.line = 1 AND \(chain.steps[0].event) AND \(chain.range)\(known)
      """
    for (number, step) in chain.steps.enumerated().dropFirst() {
      let within = chain.within.map { " AND x.time <= c.began + \($0)" } ?? ""
      let same = chain.same ? " AND x.item = c.item" : ""
      sql += """

        UNION SELECT c.user, c.entry, c.began, \(number + 1), x.pos, x.time, c.item FROM c JOIN e x ON x.user = c.user
        WHERE c.step = \(number) AND x.line = 1 AND \(step.event) AND \(step.join)\(within)\(same)
        """
    }
    return sql + ")\n"
  }

  @Test(arguments: 0..<25) func funnels(_ seed: Int) throws {
    var rows = 0
    let log = try RandomLog(seed: 200 + seed)
    var writer = RandomWriter(SplitMix(seed + 3000), types: log.types, now: log.now)
    for _ in 0..<5 {
      let chain = chain(&writer, orders: log.hasOrders)
      // The furthest step of each user, and the earliest entry that leads there.
      let best = """
        \(ways(chain)), far AS (SELECT user, max(step) AS reached FROM c GROUP BY user),
        best AS (SELECT far.user, far.reached, min(c.entry) AS entry, min(c.began) AS began FROM far JOIN c ON c.user = far.user
        AND c.step = far.reached GROUP BY far.user),
        steps(k) AS (VALUES \((1...chain.steps.count).map { "(\($0))" }.joined(separator: ", ")))
        """
      switch writer.random.pick(0...2) {
      case 0:
        rows += check(
          log, "FUNNEL \(chain.text) \(chain.during)", "step users",
          "\(best) SELECT k, (SELECT count(*) FROM best WHERE reached >= k) FROM steps", seed: seed)
      case 1:
        rows += check(
          log, "FUNNEL \(chain.text) BY category \(chain.during)", "category step users",
          """
          \(best), grouped AS (SELECT best.reached, x.category FROM best JOIN e x ON x.user = best.user AND x.pos = best.entry)
          SELECT category, k, sum(reached >= k) FROM grouped, steps GROUP BY category, k
          """, seed: seed)
      default:
        rows += check(
          log, "FUNNEL \(chain.text) \(chain.during) PER USER ADD ms = t1 - @2026-01-01T00:00 KEEP user, reached, ms",
          "user reached ms",
          "\(best) SELECT user, reached, ((began - \(Log.origin)) / 1000) || 's' FROM best", seed: seed)
      }
    }
    #expect(rows > 0, "seed \(seed): every answer was empty")
  }

  // MARK: - Retention

  @Test(arguments: 0..<25) func retentions(_ seed: Int) throws {
    var rows = 0
    let log = try RandomLog(seed: 300 + seed)
    var writer = RandomWriter(SplitMix(seed + 4000), types: log.types, now: log.now)
    for _ in 0..<5 { rows += retention(log, &writer, seed: seed) }
    #expect(rows > 0, "seed \(seed): every answer was empty")
  }

  private func retention(_ log: RandomLog, _ writer: inout RandomWriter, seed: Int) -> Int {
    let (birth, back) = (writer.event(), writer.event())
    let isEach = writer.random.chance(40)
    let isCalendar = writer.random.chance(50)
    let (unit, days) = writer.random.pick(
      isCalendar ? [("DAY", 1), ("WEEK", 7), ("MONTH", 0)] : [("DAY", 1), ("WEEK", 7)])
    let ages = writer.random.pick(1...8)
    let criterion = writer.random.pick(["on", "on_or_after", "on_or_before", "streak"])
    let byCountry = writer.random.chance(30)
    let month = writer.random.pick(1...3)
    let isDuring = writer.random.chance(40)
    let during = isDuring ? "DURING @2026-0\(month) TO @2026-0\(month + 1)" : ""
    let range =
      isDuring
      ? "strftime('%Y-%m', x.time / 1000, 'unixepoch') BETWEEN '2026-0\(month)' AND '2026-0\(month + 1)'" : "1"
    // 1 January 1970 is a Thursday: days + 3 counts from a Monday.
    func period(_ time: String) -> String {
      switch unit {
      case "DAY": "\(time) / 86400000"
      case "WEEK": "(\(time) / 86400000 + 3) / 7"
      default:
        "(strftime('%Y', \(time) / 1000, 'unixepoch') * 12 + strftime('%m', \(time) / 1000, 'unixepoch'))"
      }
    }
    let age =
      isCalendar ? "\(period("x.time")) - \(period("m.birth"))" : "(x.time - m.birth) / \(Int64(days) * RandomLog.day)"
    let held =
      switch criterion {
      case "on": "sum(age = k) > 0"
      case "on_or_after": "sum(age >= k) > 0"
      case "on_or_before": "sum(age <= k) > 0"
      default: "k = 0 OR count(DISTINCT CASE WHEN age BETWEEN 1 AND k THEN age END) = k"
      }
    // An age is shown once it could have begun for a member: for one born at the first moment of the cohort.
    let start = unit == "DAY" ? "m.birth / 86400000 * 86400000" : "((m.birth / 86400000 + 3) / 7 * 7 - 3) * 86400000"
    let begun =
      isCalendar
      ? "\(period("\(log.now - 1)")) - \(period("m.birth"))"
      : "(\(log.now - 1) - \(start)) / \(Int64(days) * RandomLog.day)"
    let eachKey = isEach ? ", \(period("x.time"))" : ""
    let country = byCountry ? "country, " : ""
    return check(
      log,
      """
      RETENTION FROM \(isEach ? "EACH" : "FIRST") \(birth.text) RETURN \(back.text) BY \(unit)\(byCountry ? ", country" : "") \
      FOR \(ages) \(unit)S \(during) USING \(isCalendar ? "calendar" : "rolling") WITH criterion = \(criterion) \
      WHERE users > 0
      """, "\(byCountry ? "country " : "")cohort size age users",
      """
      WITH RECURSIVE ks(k) AS (SELECT 0 UNION SELECT k + 1 FROM ks WHERE k < \(ages)),
      born AS (SELECT x.user, min(x.pos) AS pos FROM e x WHERE \(birth.sql) AND \(isEach ? range : "1") GROUP BY x.user\(eachKey)),
      m AS (SELECT x.user, x.pos, x.time AS birth, \(Self.label(unit)) AS cohort, u.country FROM born JOIN e x ON x.user = born.user
        AND x.pos = born.pos JOIN u ON u.user = x.user WHERE \(range)),
      begun AS (SELECT \(country)cohort, max(\(begun)) AS last, count(*) AS size FROM m GROUP BY \(country)cohort),
      back AS (SELECT m.user, m.pos, m.cohort, m.country, \(age) AS age FROM m LEFT JOIN e x ON x.user = m.user AND x.pos >= m.pos
        AND \(back.sql)),
      kept AS (SELECT user, pos, cohort, country, k, \(held) AS held FROM back, ks GROUP BY user, pos, k)
      SELECT \(byCountry ? "kept.country, " : "")kept.cohort, begun.size, k, sum(held) FROM kept JOIN begun ON begun.cohort = kept.cohort
        \(byCountry ? "AND begun.country IS kept.country" : "") WHERE k <= begun.last
      GROUP BY \(byCountry ? "1, 2, 4" : "1, 3") HAVING sum(held) > 0
      """, seed: seed)
  }
}
