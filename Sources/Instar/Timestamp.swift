internal import InstarCalendar
internal import InstarExecution

/// A moment, to the millisecond.
///
/// ```swift
/// let moment: Timestamp = .now
/// let birthday = Timestamp("2026-01-31T10:15:00Z")!
/// print(birthday.millisecondsSince1970)     // 1769854500000
/// ```
public struct Timestamp: Sendable, Hashable, Comparable, Codable {
  /// Milliseconds since 1970-01-01T00:00Z; negative before.
  public var millisecondsSince1970: Int64

  public init(millisecondsSince1970: Int64) { self.millisecondsSince1970 = millisecondsSince1970 }

  /// - Parameter secondsSince1970: seconds since 1970-01-01T00:00Z; rounded to the millisecond.
  public init(secondsSince1970: Double) {
    millisecondsSince1970 = Int64((secondsSince1970 * 1000).rounded())
  }

  /// Reads an RFC 3339 time, `2026-01-31 10:15`, or a date. A text without an offset is UTC.
  ///
  /// Returns `nil` for any other text.
  public init?(_ text: String) {
    var parser = TimeParser(.yearFirst)
    guard let milliseconds = parser.parse(text) else { return nil }
    millisecondsSince1970 = milliseconds
  }

  /// The present moment of the system's clock.
  public static var now: Timestamp { Timestamp(millisecondsSince1970: SystemClock.now()) }

  public static func < (left: Timestamp, right: Timestamp) -> Bool {
    left.millisecondsSince1970 < right.millisecondsSince1970
  }

  /// Written as a number of milliseconds since 1970.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(millisecondsSince1970)
  }

  public init(from decoder: any Decoder) throws {
    millisecondsSince1970 = try decoder.singleValueContainer().decode(Int64.self)
  }
}

extension Timestamp: CustomStringConvertible {
  /// RFC 3339 in UTC: `2026-01-31T10:15:00Z`.
  public var description: String { TimeFormatter(zone: .utc, style: .rfc3339).text(millisecondsSince1970) }
}

extension Value {
  /// A moment as a value, for a parameter.
  public static func time(_ moment: Timestamp) -> Value { .time(moment.millisecondsSince1970) }
}
