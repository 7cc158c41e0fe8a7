/// Writes instants as text in a zone: ISO 8601 in the reading order year, month, day.
package struct TimeFormatter: Sendable {
  /// How much of the time of day is written.
  package enum Precision: Sendable {
    /// "2026-03-15"
    case days
    /// "2026-03-15 10:30"
    case minutes
    /// "2026-03-15 10:30:00"
    case seconds
    /// "2026-03-15 10:30:00.250"
    case milliseconds
    /// Seconds, and milliseconds where they are not zero.
    case automatic
  }

  /// What stands between date and time, and whether the offset follows.
  package enum Style: Sendable {
    /// "2026-03-15 10:30:00": for people; the zone is said elsewhere.
    case local
    /// "2026-03-15T10:30:00+03:00", with "Z" in UTC: RFC 3339, for programs.
    case rfc3339
  }

  package var zone: Zone
  package var precision: Precision
  package var style: Style

  package init(zone: Zone = .utc, precision: Precision = .automatic, style: Style = .local) {
    self.zone = zone
    self.precision = precision
    self.style = style
  }

  /// The text of `instant`.
  package func text(_ instant: Int64) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32)
    append(instant, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Appends the text of `instant`. No allocation but the growth of `bytes`.
  package func append(_ instant: Int64, to bytes: inout [UInt8]) {
    let offset = zone.offset(at: instant)
    let local = instant + offset
    let day = floorDivide(local, millisecondsPerDay)
    let time = Int(local - day * millisecondsPerDay)
    TimeFormatter.append(CivilDate(dayNumber: Int(day)), to: &bytes)
    if precision == .days { return }
    TimeFormatter.append(style == .local ? " " : "T", time / 3_600_000, to: &bytes)
    TimeFormatter.append(":", time / 60_000 % 60, to: &bytes)
    if precision != .minutes || style == .rfc3339 { appendSeconds(time, to: &bytes) }
    guard style == .rfc3339 else { return }
    if offset == 0 {
      bytes.append(UInt8(ascii: "Z"))
    } else {
      TimeFormatter.appendOffset(offset, to: &bytes)
    }
  }

  private func appendSeconds(_ time: Int, to bytes: inout [UInt8]) {
    TimeFormatter.append(":", time / 1000 % 60, to: &bytes)
    let milliseconds = time % 1000
    if precision == .milliseconds || (precision == .automatic && milliseconds != 0) {
      bytes.append(UInt8(ascii: "."))
      bytes.append(48 + UInt8(milliseconds / 100))
      bytes.append(48 + UInt8(milliseconds / 10 % 10))
      bytes.append(48 + UInt8(milliseconds % 10))
    }
  }

  /// "+03:00" for an offset in milliseconds; seconds follow where an old local mean time has them.
  package static func offsetText(_ offset: Int64) -> String {
    var bytes: [UInt8] = []
    appendOffset(offset, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func appendOffset(_ offset: Int64, to bytes: inout [UInt8]) {
    let seconds = Int(offset.magnitude / 1000)
    append(offset < 0 ? "-" : "+", seconds / 3600, to: &bytes)
    append(":", seconds / 60 % 60, to: &bytes)
    if seconds % 60 != 0 { append(":", seconds % 60, to: &bytes) }
  }

  static func append(_ date: CivilDate, to bytes: inout [UInt8]) {
    appendYear(date.year, to: &bytes)
    append("-", date.month, to: &bytes)
    append("-", date.day, to: &bytes)
  }

  /// Four digits; further years with their sign, as ISO 8601 allows by agreement.
  static func appendYear(_ year: Int, to bytes: inout [UInt8]) {
    guard year >= 0, year <= 9999 else {
      bytes.append(contentsOf: (year < 0 ? "-" : "+").utf8)
      bytes.append(contentsOf: String(year.magnitude).utf8)
      return
    }
    bytes.append(48 + UInt8(year / 1000))
    bytes.append(48 + UInt8(year / 100 % 10))
    bytes.append(48 + UInt8(year / 10 % 10))
    bytes.append(48 + UInt8(year % 10))
  }

  /// A separator and two digits.
  static func append(_ separator: Unicode.Scalar, _ number: Int, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: separator))
    bytes.append(48 + UInt8(number / 10))
    bytes.append(48 + UInt8(number % 10))
  }
}
