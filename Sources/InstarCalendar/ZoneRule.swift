/// The rule of a POSIX `TZ` text: standard offset and, where clocks are changed, when and by how much.
///
/// Version 3 of TZif widens the hours of a change to -167 ... 167.
struct ZoneRule {
  /// Seconds to add to UTC, positive to the east (POSIX writes the opposite sign).
  var standardOffset: Int64
  var daylight: Daylight?

  struct Daylight {
    var offset: Int64
    var start: Day
    var end: Day
  }

  /// A day of every year and the seconds of local time after its midnight.
  struct Day {
    enum Kind {
      /// `Jn`: 1 to 365, 29 February never counted.
      case julian(Int)
      /// `n`: 0 to 365, 29 February counted.
      case zeroBased(Int)
      /// `Mm.w.d`: weekday `d` (0 is Sunday) of week `w` of month `m`; week 5 is the last.
      case weekday(month: Int, week: Int, day: Int)
    }
    var kind: Kind
    var seconds: Int64
  }

  /// One change of the clock, in seconds since 1970, and the offset from then on.
  struct Change {
    var seconds: Int64
    var offset: Int64
  }

  /// Parses `std offset [dst [offset] [, start [/time], end [/time]]]`; `nil` when the text is none.
  init?(_ text: String) {
    var scanner = RuleScanner(text)
    guard scanner.name(), let standard = scanner.offset() else { return nil }
    standardOffset = -standard
    if scanner.atEnd { return }
    guard scanner.name() else { return nil }
    var offset = standardOffset + 3600
    if !scanner.atEnd, !scanner.peek(",") {
      guard let written = scanner.offset() else { return nil }
      offset = -written
    }
    guard scanner.skip(","), let start = scanner.day(), scanner.skip(","), let end = scanner.day(), scanner.atEnd else {
      return nil
    }
    daylight = Daylight(offset: offset, start: start, end: end)
  }

  /// The two changes of a year in order of time; none without daylight saving time.
  func changes(in year: Int) -> [Change] {
    guard let daylight else { return [] }
    let start = Change(
      seconds: daylight.start.localSeconds(in: year) - standardOffset, offset: daylight.offset)
    let end = Change(seconds: daylight.end.localSeconds(in: year) - daylight.offset, offset: standardOffset)
    return start.seconds <= end.seconds ? [start, end] : [end, start]
  }
}

extension ZoneRule.Day {
  /// Seconds of local time since 1970 at which the change happens in `year`.
  func localSeconds(in year: Int) -> Int64 {
    Int64(dayNumber(in: year)) * 86_400 + seconds
  }

  private func dayNumber(in year: Int) -> Int {
    let newYear = CivilDate(year: year, month: 1, day: 1).dayNumber
    switch kind {
    case .julian(let day):
      return newYear + day - 1 + (CivilDate.isLeap(year) && day >= 60 ? 1 : 0)
    case .zeroBased(let day):
      return newYear + day
    case .weekday(let month, let week, let day):
      let first = CivilDate(year: year, month: month, day: 1).dayNumber
      let firstWeekday = floorModulo(first + 4, 7)
      let offset = floorModulo(day - firstWeekday, 7) + (week - 1) * 7
      return first + (offset < CivilDate.length(ofMonth: month, year: year) ? offset : offset - 7)
    }
  }
}

/// Reads the parts of a POSIX `TZ` text from left to right.
private struct RuleScanner {
  private let bytes: [UInt8]
  private var position = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  var atEnd: Bool { position == bytes.count }

  func peek(_ character: Unicode.Scalar) -> Bool {
    position < bytes.count && bytes[position] == UInt8(ascii: character)
  }

  mutating func skip(_ character: Unicode.Scalar) -> Bool {
    guard peek(character) else { return false }
    position += 1
    return true
  }

  /// An abbreviation: letters, or anything between angle brackets.
  mutating func name() -> Bool {
    if skip("<") {
      while !atEnd, !peek(">") { position += 1 }
      return skip(">")
    }
    let start = position
    while position < bytes.count, (bytes[position] | 0x20) >= 97, (bytes[position] | 0x20) <= 122 { position += 1 }
    return position - start >= 3
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  mutating func offset() -> Int64? {
    let negative = peek("-")
    if negative || peek("+") { position += 1 }
    guard let hours = number(), hours <= 167 else { return nil }
    var seconds = Int64(hours) * 3600
    var unit: Int64 = 60
    while unit >= 1, skip(":") {
      guard let part = number(), part < 60 else { return nil }
      seconds += Int64(part) * unit
      unit /= 60
    }
    return negative ? -seconds : seconds
  }

  mutating func day() -> ZoneRule.Day? {
    guard let kind = dayKind() else { return nil }
    guard skip("/") else { return ZoneRule.Day(kind: kind, seconds: 7200) }
    return offset().map { ZoneRule.Day(kind: kind, seconds: $0) }
  }

  private mutating func dayKind() -> ZoneRule.Day.Kind? {
    if skip("J") {
      guard let day = number(), day >= 1, day <= 365 else { return nil }
      return .julian(day)
    }
    if skip("M") {
      guard let month = number(), month >= 1, month <= 12, skip("."), let week = number(), week >= 1, week <= 5,
        skip("."), let day = number(), day <= 6
      else { return nil }
      return .weekday(month: month, week: week, day: day)
    }
    guard let day = number(), day <= 365 else { return nil }
    return .zeroBased(day)
  }

  private mutating func number() -> Int? {
    let start = position
    var value = 0
    while position < bytes.count, position - start < 4, bytes[position] >= 48, bytes[position] <= 57 {
      value = value * 10 + Int(bytes[position]) - 48
      position += 1
    }
    return position > start ? value : nil
  }
}
