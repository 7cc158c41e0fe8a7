extension Parser {
  mutating func parseTimeUnit() throws(SyntaxError) -> TimeUnit {
    try expectTimeUnit()
  }

  mutating func parseTimeSpan() throws(SyntaxError) -> TimeSpan {
    let start = index
    let isParameter = at(.parameter)
    let count = try parseCount()
    if isAtTimeUnit() {
      return TimeSpan(kind: .units(count, try parseTimeUnit()), range: range(from: start))
    }
    if isParameter, case .parameter(let parameter) = count.kind {
      return TimeSpan(kind: .parameter(parameter), range: parameter.range)
    }
    if current.kind == .invalid || isNearTimeUnit(current) { throw unexpected() }
    let digits = text(of: tokens[index - 1])
    throw error(
      .missingUnit, "\(digits) what? a unit is missing", help: "write \(digits) DAYS, or another unit of time")
  }

  mutating func isAtTimeUnit() -> Bool { at(anyOf: Keyword.timeUnits) }

  /// Whether the word is a unit with a slip of the pen, which the general message names.
  private func isNearTimeUnit(_ token: Token) -> Bool {
    guard token.kind == .word, token.keyword == nil else { return false }
    return Spelling.nearest(to: text(of: token), in: Keyword.timeUnits) != nil
  }

  mutating func parseTimePoint() throws(SyntaxError) -> TimePoint {
    let token = current
    if at(.date) { return TimePoint(kind: .date(try parseDate()), range: token.range) }
    if accept(.text) { return TimePoint(kind: .text(unquoted(token)), range: token.range) }
    if at(.parameter) { return TimePoint(kind: .parameter(parameter()), range: token.range) }
    try expect(.now)
    return TimePoint(kind: .now, range: token.range)
  }

  mutating func isAtTimePoint() -> Bool {
    at(.date) || at(.text) || at(.parameter) || at(.now)
  }

  mutating func parseDate() throws(SyntaxError) -> DateLiteral {
    let token = current
    guard accept(.date), let kind = DateLiteral.Kind(digits: bytes[Int(token.start) + 1..<Int(token.end)]) else {
      throw unexpected()
    }
    return DateLiteral(kind: kind, range: token.range)
  }

  mutating func parseDateTerm() throws(SyntaxError) -> DateTerm {
    if at(.parameter) { return .parameter(parameter()) }
    return .date(try parseDate())
  }

  /// Whether a window starts here. `IN (` is no window but a test on a list.
  mutating func isAtWindow() -> Bool {
    if at(.since) || at(.before) || at(.ever) { return true }
    guard at(.in) else { return false }
    if index + 1 == watched { expectWindowAhead() }
    switch ahead(1).keyword {
    case .last, .next, .this, .previous, .first: return true
    default: return ahead(1).kind == .date || ahead(1).kind == .parameter
    }
  }

  private mutating func expectWindowAhead() {
    expected.keywords.formUnion([.last, .next, .this, .previous, .first])
    expected.kinds.formUnion([.date, .parameter])
  }

  mutating func parseWindow() throws(SyntaxError) -> Window {
    let start = index
    let kind: Window.Kind
    if accept(.since) {
      kind = .since(try parseTimePoint())
    } else if accept(.before) {
      kind = .before(try parseTimePoint())
    } else if accept(.ever) {
      kind = .ever
    } else {
      try expect(.in)
      kind = try windowBehindIn()
    }
    return Window(kind: kind, range: range(from: start))
  }

  private mutating func windowBehindIn() throws(SyntaxError) -> Window.Kind {
    if accept(.last) { return .last(try parseTimeSpan()) }
    if accept(.next) { return .next(try parseTimeSpan()) }
    if accept(.this) { return .this(try parseTimeUnit()) }
    if accept(.previous) { return .previous(try parseTimeSpan()) }
    if accept(.first) { return .first(try parseTimeSpan()) }
    let from = try parseDateTerm()
    return .dates(from, to: accept(.to) ? try parseDateTerm() : nil)
  }

  mutating func parseDateRange() throws(SyntaxError) -> DateRange {
    let start = index
    let kind: DateRange.Kind
    if accept(.last) {
      kind = .last(try parseTimeSpan())
    } else if accept(.this) {
      kind = .this(try parseTimeUnit())
    } else if accept(.previous) {
      kind = .previous(try parseTimeSpan())
    } else {
      let from = try parseTimePoint()
      kind = .dates(from, to: accept(.to) ? try parseTimePoint() : nil)
    }
    return DateRange(kind: kind, range: range(from: start))
  }

  mutating func parseSince() throws(SyntaxError) -> TimePoint {
    try expect(.since)
    return try parseTimePoint()
  }

  mutating func parseAt() throws(SyntaxError) -> TimePoint {
    try expect(.at)
    return try parseTimePoint()
  }

  /// Whether `AT moment` stands here, and not `AT LEAST` or `AT MOST`.
  mutating func isAtMoment() -> Bool {
    at(.at) && ahead(1).keyword != .least && ahead(1).keyword != .most
  }

  mutating func parseAtMoment() throws(SyntaxError) -> Moment {
    try expect(.at)
    return try parseMoment()
  }

  mutating func parseMoment() throws(SyntaxError) -> Moment {
    if isAtTimePoint() { return .time(try parseTimePoint()) }
    if accept(.leftParenthesis) {
      let sum = try nested { parser throws(SyntaxError) in try parser.parseSum() }
      try expect(.rightParenthesis)
      return .expression(sum)
    }
    if isAtFunction() { return .call(try parseCall()) }
    return .path(try parsePath())
  }
}
