/// A date as a statement writes it after `@`: a period of its own precision.
///
/// ```
/// 2026   2026-Q1   2026-W07   2026-03   2026-03-15   2026-03-15T10:30   2026-03-15T10:30:15
/// ```
package enum DateLiteral: Sendable, Hashable {
  case year(Int)
  case quarter(year: Int, quarter: Int)
  /// Numbered as in ``Calendar``: ISO 8601 when weeks begin on Monday, otherwise week 1 holds 4 January too.
  case week(year: Int, week: Int)
  case month(year: Int, month: Int)
  case day(CivilDate)
  case minute(CivilDate, hour: Int, minute: Int)
  case second(CivilDate, hour: Int, minute: Int, second: Int)

  /// What is wrong with a date literal.
  package struct Failure: Error, Sendable, Hashable {
    /// One plain sentence.
    package var message: String
  }

  /// Reads the text after `@`.
  package init(_ text: some StringProtocol) throws(Failure) {
    var scanner = LiteralScanner(text)
    guard let year = scanner.number(4) else { throw LiteralScanner.shape(text) }
    if scanner.atEnd {
      self = .year(year)
      return
    }
    guard scanner.skip("-") else { throw LiteralScanner.shape(text) }
    if scanner.skip("Q") || scanner.skip("q") {
      self = .quarter(year: year, quarter: try scanner.last(1, 1...4, "a year has the quarters Q1 to Q4", text))
    } else if scanner.skip("W") || scanner.skip("w") {
      self = .week(year: year, week: try scanner.last(2, 1...53, "a year has the weeks W01 to W52 or W53", text))
    } else {
      try self.init(&scanner, year: year, text: text)
    }
  }

  private init(_ scanner: inout LiteralScanner, year: Int, text: some StringProtocol) throws(Failure) {
    guard let month = scanner.number(2) else { throw LiteralScanner.shape(text) }
    guard (1...12).contains(month) else { throw Failure(message: "'\(text)' has no month: months are 01 to 12") }
    if scanner.atEnd {
      self = .month(year: year, month: month)
      return
    }
    guard scanner.skip("-"), let day = scanner.number(2) else { throw LiteralScanner.shape(text) }
    let date = CivilDate(year: year, month: month, day: day)
    guard date.isValid else {
      let length = CivilDate.length(ofMonth: month, year: year)
      throw Failure(message: "'\(text)' is no date: that month has the days 01 to \(length)")
    }
    if scanner.atEnd {
      self = .day(date)
      return
    }
    guard scanner.skip("T") || scanner.skip("t") || scanner.skip(" "), let hour = scanner.number(2), scanner.skip(":"),
      let minute = scanner.number(2)
    else { throw LiteralScanner.shape(text) }
    guard hour < 24, minute < 60 else { throw Failure(message: "'\(text)' has no time of day: 00:00 to 23:59") }
    if scanner.atEnd {
      self = .minute(date, hour: hour, minute: minute)
      return
    }
    guard scanner.skip(":") else { throw LiteralScanner.shape(text) }
    let second = try scanner.last(2, 0...59, "seconds are 00 to 59", text)
    self = .second(date, hour: hour, minute: minute, second: second)
  }
}

extension Calendar {
  /// The period that a date literal names, in this zone.
  ///
  /// A minute or second that occurs twice means its first occurrence; one that the clocks skip is empty, at the first
  /// instant after the gap. Throws only for the 53rd week of a year that has 52.
  package func range(of literal: DateLiteral) throws(DateLiteral.Failure) -> Range<Int64> {
    switch literal {
    case .year(let year): return period(.year, ordinal: year)
    case .quarter(let year, let quarter): return period(.quarter, ordinal: year * 4 + quarter - 1)
    case .month(let year, let month): return period(.month, ordinal: year * 12 + month - 1)
    case .day(let date): return period(.day, ordinal: date.dayNumber)
    case .week(let year, let week):
      guard week <= weeks(in: year) else {
        throw DateLiteral.Failure(message: "\(year) has \(weeks(in: year)) weeks that begin on \(weekStart.name)")
      }
      let first = firstDayOfWeekOne(year) + (week - 1) * 7
      return start(ofDay: first)..<start(ofDay: first + 7)
    case .minute(let date, let hour, let minute):
      return clockRange(date, Int64(hour * 60 + minute) * 60_000, size: 60_000)
    case .second(let date, let hour, let minute, let second):
      return clockRange(date, Int64((hour * 60 + minute) * 60 + second) * 1000, size: 1000)
    }
  }

  private func period(_ unit: PeriodUnit, ordinal: Int) -> Range<Int64> {
    start(of: unit, ordinal: ordinal)..<start(of: unit, ordinal: ordinal + 1)
  }

  private func clockRange(_ date: CivilDate, _ time: Int64, size: Int64) -> Range<Int64> {
    let local = Int64(date.dayNumber) * millisecondsPerDay + time
    let start = zone.instant(ofLocal: local)
    return start..<(zone.local(at: start) == local ? start + size : start)
  }
}

private struct LiteralScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: some StringProtocol) { bytes = Array(text.utf8) }

  var atEnd: Bool { position == bytes.count }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  /// Exactly `digits` digits.
  mutating func number(_ digits: Int) -> Int? {
    guard position + digits <= bytes.count else { return nil }
    var value = 0
    for byte in bytes[position..<position + digits] {
      guard byte >= 48, byte <= 57 else { return nil }
      value = value * 10 + Int(byte) - 48
    }
    position += digits
    return value
  }

  /// The last number of the text, within `range`.
  mutating func last(
    _ digits: Int, _ range: ClosedRange<Int>, _ rule: String, _ text: some StringProtocol
  ) throws(DateLiteral.Failure) -> Int {
    guard let value = number(digits), atEnd else { throw LiteralScanner.shape(text) }
    guard range.contains(value) else { throw DateLiteral.Failure(message: "'\(text)' is no date: \(rule)") }
    return value
  }

  static func shape(_ text: some StringProtocol) -> DateLiteral.Failure {
    DateLiteral.Failure(
      message: "'\(text)' is no date; write 2026, 2026-Q1, 2026-W07, 2026-03, 2026-03-15 or 2026-03-15T10:30")
  }
}
