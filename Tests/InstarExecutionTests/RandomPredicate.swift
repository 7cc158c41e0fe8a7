/// A condition on users twice: as Instar writes it, and as SQL over `u` and `e`.
struct RandomPredicate {
  var text: String
  var sql: String
}

/// Makes conditions, events and windows for one log.
struct RandomWriter {
  var random: SplitMix
  let types: [String]
  /// The statement's moment, milliseconds since 1970.
  let now: Int64

  init(_ random: SplitMix, types: [String], now: Int64) {
    self.random = random
    self.types = types
    self.now = now
  }

  // MARK: - Windows and events

  /// A window, and the condition on `x.time`, where `x` is a row of `e` and `u` the user.
  mutating func window() -> (text: String, sql: String) {
    let day = RandomLog.day
    let month = random.pick(1...4)
    func start(_ modifiers: String) -> String {
      "CAST(strftime('%s', \(now / 1000), 'unixepoch', \(modifiers)) AS INTEGER) * 1000"
    }
    func date(_ text: String) -> String { "CAST(strftime('%s', '\(text)') AS INTEGER) * 1000" }
    switch random.pick(0...9) {
    case 0, 1:
      let days = random.pick(1...90)
      return ("IN LAST \(days) DAYS", "x.time >= \(now - Int64(days) * day)")
    case 2: return ("SINCE @2026-0\(month)-15", "x.time >= \(date("2026-0\(month)-15"))")
    case 3: return ("BEFORE @2026-0\(month)", "x.time < \(date("2026-0\(month)-01"))")
    case 4:
      return (
        "IN @2026-0\(month)", "x.time >= \(date("2026-0\(month)-01")) AND x.time < \(date("2026-0\(month + 1)-01"))"
      )
    case 5:
      let count = random.pick(1...3)
      return (
        "IN PREVIOUS \(count) MONTHS",
        "x.time >= \(start("'start of month', '-\(count) months'")) AND x.time < \(start("'start of month'"))"
      )
    case 6:
      let count = random.pick(1...6)
      // The Monday on or before the day: the Sunday on or after it, less six days.
      let monday = "'start of day', 'weekday 0', '-6 days'"
      return (
        "IN PREVIOUS \(count) WEEKS",
        "x.time >= \(start("\(monday), '-\(7 * count) days'")) AND x.time < \(start(monday))"
      )
    case 7:
      let days = random.pick(1...30)
      return (
        "IN FIRST \(days) DAYS",
        "x.time < (SELECT min(y.time) FROM e y WHERE y.user = u.user) + \(Int64(days) * day)"
      )
    case 8: return ("IN THIS MONTH", "x.time >= \(start("'start of month'"))")
    default: return ("", "1")
    }
  }

  /// A filter on an event, or nothing.
  mutating func filter() -> (text: String, sql: String) {
    let category = random.pick(RandomLog.categories)
    let amount = random.pick(0...15)
    switch random.pick(0...7) {
    case 0: return ("[category = '\(category)']", "x.category = '\(category)'")
    case 1: return ("[category != '\(category)']", "x.category IS NOT '\(category)'")
    case 2: return ("[amount > \(amount)]", "x.amount > \(amount)")
    case 3: return ("[NOT amount > \(amount)]", "(x.amount IS NULL OR x.amount <= \(amount))")
    case 4:
      return (
        "[category IN ('c1', 'c3') AND amount <= \(amount)]", "x.category IN ('c1', 'c3') AND x.amount <= \(amount)"
      )
    case 5: return ("[category IS MISSING OR amount < \(amount)]", "(x.category IS NULL OR x.amount < \(amount))")
    default: return ("", "1")
    }
  }

  /// An event with its filter.
  mutating func event() -> (text: String, sql: String) {
    let type = random.pick(types)
    let filter = filter()
    return ("\(type)\(filter.text)", "x.type = '\(type)' AND \(filter.sql)")
  }

  // MARK: - Conditions

  mutating func predicate(depth: Int = 2) -> RandomPredicate {
    guard depth > 0, random.chance(45) else { return leaf() }
    let (left, right) = (predicate(depth: depth - 1), predicate(depth: depth - 1))
    switch random.pick(0...2) {
    case 0: return RandomPredicate(text: "(\(left.text) AND \(right.text))", sql: "(\(left.sql) AND \(right.sql))")
    case 1: return RandomPredicate(text: "(\(left.text) OR \(right.text))", sql: "(\(left.sql) OR \(right.sql))")
    default: return RandomPredicate(text: "NOT (\(left.text))", sql: "NOT (\(left.sql))")
    }
  }

  private mutating func leaf() -> RandomPredicate {
    switch random.pick(0...9) {
    case 0, 1: return times()
    case 2: return days()
    case 3, 4: return figure()
    case 5: return value()
    case 6: return distance()
    case 7: return first()
    case 8: return sequence()
    default: return country()
    }
  }

  /// `did e AT LEAST n TIMES`: occurrences.
  private mutating func times() -> RandomPredicate {
    let (event, window) = (event(), window())
    let number = random.pick(0...3)
    let count =
      "(SELECT count(DISTINCT x.occurrence) FROM e x WHERE x.user = u.user AND \(event.sql) AND \(window.sql))"
    switch random.pick(0...4) {
    case 0: return RandomPredicate(text: "did \(event.text) \(window.text)", sql: "\(count) >= 1")
    case 1: return RandomPredicate(text: "did not \(event.text) \(window.text)", sql: "\(count) = 0")
    case 2:
      return RandomPredicate(
        text: "did \(event.text) AT MOST \(number) TIMES \(window.text)", sql: "\(count) <= \(number)")
    case 3:
      return RandomPredicate(
        text: "did \(event.text) EXACTLY \(number) TIMES \(window.text)", sql: "\(count) = \(number)")
    default:
      return RandomPredicate(text: "count(\(event.text) \(window.text)) > \(number)", sql: "\(count) > \(number)")
    }
  }

  private mutating func days() -> RandomPredicate {
    let (event, window) = (event(), window())
    let number = random.pick(1...3)
    return RandomPredicate(
      text: "did \(event.text) AT LEAST \(number) DAYS \(window.text)",
      sql: """
        (SELECT count(DISTINCT x.time / 86400000) FROM e x WHERE x.user = u.user AND \(event.sql) AND \(window.sql)) >= \(number)
        """)
  }

  /// A figure over the amounts, compared with a number between those that can occur.
  private mutating func figure() -> RandomPredicate {
    let (event, window) = (event(), window())
    let rows = "FROM e x WHERE x.user = u.user AND \(event.sql) AND \(window.sql)"
    let sign = random.pick(["<", ">"])
    let limit = "\(random.pick(-2...25)).1"
    let name = random.pick(["sum", "avg", "min", "max", "median", "distinct"])
    let value: String
    switch name {
    case "sum": value = "(SELECT coalesce(sum(x.amount), 0) \(rows))"
    case "distinct":
      return RandomPredicate(
        text: "distinct(\(event.text).item \(window.text)) >= 2",
        sql: "(SELECT count(DISTINCT x.item) \(rows)) >= 2")
    case "median":
      value = """
        (SELECT avg(m) FROM (SELECT x.amount AS m, row_number() OVER (ORDER BY x.amount) AS r, count(*) OVER () AS c \(rows)
        AND x.amount IS NOT NULL) WHERE r IN ((c + 1) / 2, (c + 2) / 2))
        """
    default: value = "(SELECT \(name)(x.amount) \(rows))"
    }
    // A missing value is neither less nor greater, so NOT of it is true.
    return RandomPredicate(
      text: "\(name)(\(event.text).amount \(window.text)) \(sign) \(limit)",
      sql: "coalesce(\(value) \(sign) \(limit), 0)")
  }

  /// The first or last known value.
  private mutating func value() -> RandomPredicate {
    let (event, window) = (event(), window())
    let (name, order) = random.pick([("first", "ASC"), ("last", "DESC")])
    let category = random.pick(RandomLog.categories)
    let value = """
      (SELECT x.category FROM e x WHERE x.user = u.user AND \(event.sql) AND \(window.sql) AND x.category IS NOT NULL
      ORDER BY x.pos \(order) LIMIT 1)
      """
    let isEqual = random.chance(60)
    return RandomPredicate(
      text: "\(name)(\(event.text).category \(window.text)) \(isEqual ? "=" : "!=") '\(category)'",
      sql: "\(value) \(isEqual ? "IS" : "IS NOT") '\(category)'")
  }

  /// Days from the last or the first event.
  private mutating func distance() -> RandomPredicate {
    let event = event()
    let (name, edge) = random.pick([("recency", "max"), ("since", "min")])
    let days = random.pick(1...110)
    let sign = random.pick(["<", ">"])
    return RandomPredicate(
      text: "\(name)(\(event.text)) \(sign) \(days)",
      sql: """
        coalesce((\(now) - (SELECT \(edge)(x.time) FROM e x WHERE x.user = u.user AND \(event.sql))) / 86400000.0 \(sign) \(days), 0)
        """)
  }

  /// The first of a kind in the whole history lies in a window.
  private mutating func first() -> RandomPredicate {
    let (event, window) = (event(), window())
    let (word, edge) = random.pick([("FIRST", "min"), ("LAST", "max")])
    return RandomPredicate(
      text: "did \(word) \(event.text) \(window.text)",
      sql: """
        EXISTS (SELECT 1 FROM (SELECT \(edge)(x.time) AS time FROM e x WHERE x.user = u.user AND \(event.sql)) x
        WHERE x.time IS NOT NULL AND \(window.sql))
        """)
  }

  private mutating func sequence() -> RandomPredicate {
    let (one, two) = (random.pick(types), random.pick(types))
    let days = random.pick(1...40)
    let window = window()
    return RandomPredicate(
      text: "did (\(one) THEN \(two) WITHIN \(days) DAYS) \(window.text)",
      sql: """
        EXISTS (SELECT 1 FROM e x JOIN e z ON z.user = x.user AND z.pos > x.pos AND z.time <= x.time + \(Int64(days) * RandomLog.day)
        WHERE x.user = u.user AND x.line = 1 AND z.line = 1 AND x.type = '\(one)' AND z.type = '\(two)' AND \(window.sql))
        """)
  }

  private mutating func country() -> RandomPredicate {
    let country = random.pick(RandomLog.countries)
    switch random.pick(0...3) {
    case 0: return RandomPredicate(text: "country = '\(country)'", sql: "u.country IS '\(country)'")
    case 1: return RandomPredicate(text: "country != '\(country)'", sql: "u.country IS NOT '\(country)'")
    case 2: return RandomPredicate(text: "country IS KNOWN", sql: "u.country IS NOT NULL")
    default:
      return RandomPredicate(
        text: "country NOT IN ('TR', 'DE')", sql: "(u.country IS NULL OR u.country NOT IN ('TR', 'DE'))")
    }
  }
}
