import InstarColumns
import Testing

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// SESSIONS, STICKINESS, LIFECYCLE and PATHS on random logs, against the same question in SQL. Every failure prints its
/// seed and both texts. With `EVERY_SEED=1` in the environment there are 300 logs, otherwise 45.
@Suite struct AnalysisDifferentialTests {
  private struct Question {
    var statement: String
    var columns: String
    var sql: String
  }

  private static let batches = getenv("EVERY_SEED") == nil ? 3 : 20

  @Test(arguments: 0..<batches) func analyses(_ batch: Int) throws {
    var rows = [0, 0, 0, 0]
    for seed in batch * 15..<batch * 15 + 15 {
      let log = try RandomLog(seed: 5000 + seed)
      var writer = RandomWriter(SplitMix(seed + 6000), types: log.types, now: log.now)
      let questions = [sessions(&writer), stickiness(&writer), lifecycle(log, &writer), paths(log, &writer)]
      for (place, question) in questions.enumerated() { rows[place] += check(log, question, seed: seed) }
    }
    #expect(!rows.contains(0), "batch \(batch): every answer was empty of \(rows)")
  }

  /// Compares the rows, and returns their number.
  private func check(_ log: RandomLog, _ question: Question, seed: Int) -> Int {
    do {
      let ours = try log.log.ask(question.statement, question.columns).sorted()
      let theirs = try log.oracle.ask(question.sql)
      guard ours != theirs else { return ours.count }
      let more = ours.filter { !theirs.contains($0) }.prefix(5)
      let fewer = theirs.filter { !ours.contains($0) }.prefix(5)
      Issue.record(
        "seed \(seed): only Instar \(more), only SQLite \(fewer)\n\(question.statement)\n\(question.sql)")
    } catch {
      Issue.record("seed \(seed): \(error) in \(question.statement)\n\(question.sql)")
    }
    return 0
  }

  // MARK: - Periods

  /// SQL for the number of the period that holds `time`; 1 January 1970 is a Thursday, so days + 3 count from a Monday.
  private func period(_ unit: String, _ time: String) -> String {
    switch unit {
    case "DAY": "(\(time) / 86400000)"
    case "WEEK": "((\(time) / 86400000 + 3) / 7)"
    default:
      "(strftime('%Y', \(time) / 1000, 'unixepoch') * 12 + strftime('%m', \(time) / 1000, 'unixepoch') - 1)"
    }
  }

  /// SQL for the name of the period with the number `k`. The ISO week is that of its Thursday.
  private func label(_ unit: String) -> String {
    switch unit {
    case "DAY": "strftime('%Y-%m-%d', k * 86400, 'unixepoch')"
    case "WEEK":
      """
      strftime('%Y', k * 604800, 'unixepoch') || printf('-W%02d', (strftime('%j', k * 604800, 'unixepoch') - 1) / 7 + 1)
      """
    default: "printf('%04d-%02d', k / 12, k % 12 + 1)"
    }
  }

  private func during(_ writer: inout RandomWriter, always: Bool = false) -> (text: String, from: Int64, to: Int64) {
    guard always || writer.random.chance(40) else { return ("", 0, .max) }
    let month = writer.random.pick(1...4)
    // Days from 2026-01-01 to the first of each month.
    let starts: [Int64] = [0, 31, 59, 90, 120]
    return (
      "DURING @2026-0\(month)", Log.origin + starts[month - 1] * RandomLog.day,
      Log.origin + starts[month] * RandomLog.day
    )
  }

  // MARK: - Sessions

  /// Sessions with the number of the period they begin in, and the breakdown of their first event.
  private func sessions(_ writer: inout RandomWriter) -> Question {
    let (gap, length) = writer.random.pick([("30 MINUTES", 30 * 60), ("5 HOURS", 5 * 3600), ("3 DAYS", 3 * 86400)])
    let unit = writer.random.pick(["DAY", "WEEK", "MONTH"])
    let isByCategory = writer.random.chance(40)
    let range = during(&writer)
    let sessions = """
      WITH cut AS (SELECT *, coalesce(time - lag(time) OVER w > \(Int64(length) * 1000), 1) AS begins FROM e
        WINDOW w AS (PARTITION BY user ORDER BY pos)),
      numbered AS (SELECT *, sum(begins) OVER (PARTITION BY user ORDER BY pos) AS number FROM cut),
      s AS (SELECT user, number, min(time) AS began, max(time) - min(time) AS length, sum(line = 1) AS events,
        min(pos) AS pos FROM numbered GROUP BY user, number),
      t AS (SELECT s.*, \(period(unit, "s.began")) AS k, \(isByCategory ? "e.category" : "1") AS category FROM s
        JOIN e ON e.user = s.user AND e.pos = s.pos WHERE s.began >= \(range.from) AND s.began < \(range.to))
      """
    if writer.random.chance(30) {
      return Question(
        statement: "SESSIONS \(range.text) WITH gap = \(gap) PER USER", columns: "user sessions",
        sql: "\(sessions) SELECT user, count(*) FROM t GROUP BY user")
    }
    return Question(
      statement:
        "SESSIONS BY \(unit)\(isByCategory ? ", category" : "") \(range.text) WITH gap = \(gap) WHERE sessions > 0",
      columns: "\(isByCategory ? "category " : "")period sessions users events median_length",
      sql: """
        \(sessions), ranked AS (SELECT *, row_number() OVER (PARTITION BY k, category ORDER BY length) AS rank,
          count(*) OVER (PARTITION BY k, category) AS n FROM t)
        SELECT \(isByCategory ? "category, " : "")\(label(unit)), n, count(DISTINCT user), sum(events),
          ((sum(CASE WHEN rank = (n + 1) / 2 THEN length END) + sum(CASE WHEN rank = n / 2 + 1 THEN length END)) / 2000)
            || 's' FROM ranked GROUP BY k, category
        """)
  }

  // MARK: - Stickiness

  private func stickiness(_ writer: inout RandomWriter) -> Question {
    let event = writer.event()
    let (inner, outer) = writer.random.pick([("DAY", "WEEK"), ("DAY", "MONTH"), ("WEEK", "MONTH")])
    let range = during(&writer)
    let isByCategory = writer.random.chance(30)
    let counted = """
      WITH active AS (SELECT x.user, \(period(outer, "x.time")) AS k, count(DISTINCT \(period(inner, "x.time"))) AS n,
        min(x.pos) AS pos FROM e x WHERE \(event.sql) AND x.time >= \(range.from) AND x.time < \(range.to) GROUP BY 1, 2),
      a AS (SELECT active.*, \(isByCategory ? "e.category" : "1") AS category FROM active
        JOIN e ON e.user = active.user AND e.pos = active.pos)
      """
    let name = "\(inner.lowercased())s"
    let text = "STICKINESS OF \(event.text) \(inner)S PER \(outer)\(isByCategory ? " BY category" : "") \(range.text)"
    switch writer.random.pick(0...2) {
    case 0 where !isByCategory:
      return Question(
        statement: "\(text) PER USER", columns: "user \(name)",
        sql: "\(counted) SELECT user, avg(n) FROM a GROUP BY user")
    case 1:
      return Question(
        statement: "\(text) WITH cumulative = true WHERE users > 0",
        columns: "\(isByCategory ? "category " : "")\(name) users",
        sql: """
          \(counted), most AS (SELECT max(n) AS n, category FROM a GROUP BY category),
          days(n, category) AS (SELECT 1, category FROM most UNION SELECT days.n + 1, days.category FROM days JOIN most
            ON most.category IS days.category WHERE days.n < most.n)
          SELECT \(isByCategory ? "days.category, " : "")days.n, count(*) FROM days JOIN a ON a.category IS days.category
            AND a.n >= days.n GROUP BY days.category, days.n
          """)
    default:
      return Question(
        statement: "\(text) WHERE users > 0", columns: "\(isByCategory ? "category " : "")\(name) users share",
        sql: """
          \(counted) SELECT \(isByCategory ? "category, " : "")n, count(*),
            count(*) * 1.0 / sum(count(*)) OVER (PARTITION BY category) FROM a GROUP BY category, n
          """)
    }
  }

  // MARK: - Life cycles

  private func lifecycle(_ log: RandomLog, _ writer: inout RandomWriter) -> Question {
    let event = writer.event()
    let unit = writer.random.pick(["DAY", "WEEK", "MONTH"])
    let range = during(&writer, always: true)
    let isByCountry = writer.random.chance(30)
    let last = min(range.to, log.now) - 1
    let stages = """
      WITH RECURSIVE ks(k) AS (SELECT \(period(unit, "\(range.from)")) UNION SELECT k + 1 FROM ks
        WHERE k < \(period(unit, "\(last)"))),
      active AS (SELECT DISTINCT x.user, \(period(unit, "x.time")) AS k FROM e x WHERE \(event.sql)
        AND x.time <= \(last)),
      born AS (SELECT user, min(k) AS first FROM active GROUP BY user),
      stages AS (SELECT born.user, ks.k, CASE WHEN now.k IS NOT NULL AND first = ks.k THEN 'new'
          WHEN now.k IS NOT NULL AND before.k IS NOT NULL THEN 'returning' WHEN now.k IS NOT NULL THEN 'resurrected'
          WHEN before.k IS NOT NULL THEN 'dormant' ELSE 'inactive' END AS stage FROM born JOIN ks ON first <= ks.k
        LEFT JOIN active now ON now.user = born.user AND now.k = ks.k
        LEFT JOIN active before ON before.user = born.user AND before.k = ks.k - 1)
      """
    let text = "LIFECYCLE OF \(event.text) BY \(unit)\(isByCountry ? ", country" : "") \(range.text)"
    if !isByCountry, writer.random.chance(30) {
      return Question(
        statement: "\(text) TRANSITIONS WHERE users > 0", columns: "from to users",
        sql: """
          \(stages) SELECT a.stage, b.stage, count(*) FROM stages a JOIN stages b ON b.user = a.user AND b.k = a.k + 1
          GROUP BY 1, 2
          """)
    }
    return Question(
      statement: "\(text) WHERE users > 0", columns: "\(isByCountry ? "country " : "")period stage users",
      sql: """
        \(stages) SELECT \(isByCountry ? "country, " : "")\(label(unit)), stage, count(*) FROM stages
        JOIN u ON u.user = stages.user WHERE stage != 'inactive' GROUP BY \(isByCountry ? "country, " : "")k, stage
        """)
  }

  // MARK: - Paths

  /// The state of each user after each of his events: whether a path is open, its transitions, and the one just made.
  private func paths(_ log: RandomLog, _ writer: inout RandomWriter) -> Question {
    let types = log.types.shuffled(using: &writer.random)
    let (from, to, without) = (types[0], writer.random.chance(60) ? types[1] : nil, types[2])
    let isWithout = writer.random.chance(30)
    let steps = writer.random.pick(1...5)
    let (within, limit) = writer.random.pick([("", Int64.max / 4), ("WITHIN 20 DAYS", 20 * RandomLog.day)])
    let range = during(&writer)
    let starts = "r.type = '\(from)' AND r.time >= \(range.from) AND r.time < \(range.to)"
    let leaves = "(w.open AND (r.type = '\(isWithout ? without : "-")' OR r.time > w.began + \(limit)))"
    let moves = "(w.open AND NOT \(leaves))"
    let ends = "(r.type = '\(to ?? "-")' OR w.p + 1 = \(steps))"
    return Question(
      statement: """
        PATHS FROM \(from)\(to.map { " TO \($0)" } ?? "")\(isWithout ? " WITHOUT \(without)" : "") \(within) \(range.text) \
        WITH steps = \(steps), top = 1000
        """, columns: "position from to transitions users share",
      sql: """
        WITH RECURSIVE r AS MATERIALIZED (SELECT user, type, time, row_number() OVER (PARTITION BY user ORDER BY pos) AS n
          FROM e WHERE line = 1),
        w(user, n, open, p, began, node, at, source, target) AS (
          SELECT user, 1, \(starts), 0, time, type, NULL, NULL, NULL FROM r WHERE n = 1
          UNION ALL SELECT r.user, r.n, CASE WHEN \(moves) THEN NOT \(ends) ELSE \(starts) END,
            CASE WHEN \(moves) THEN w.p + 1 ELSE 0 END, CASE WHEN \(moves) THEN w.began ELSE r.time END, r.type,
            CASE WHEN w.open THEN w.p + 1 END, w.node, CASE WHEN \(leaves) THEN 'left' ELSE r.type END
          FROM w JOIN r ON r.user = w.user AND r.n = w.n + 1),
        made AS (SELECT user, at, source, target FROM w WHERE at IS NOT NULL
          UNION ALL SELECT user, p + 1, node, 'left' FROM w WHERE open
            AND n = (SELECT max(n) FROM r WHERE r.user = w.user))
        SELECT at, source, target, count(*), count(DISTINCT user), count(*) * 1.0 / sum(count(*)) OVER (PARTITION BY at)
        FROM made GROUP BY at, source, target
        """)
  }
}
