/// How a column writes its times.
package enum TimeLayout: Sendable, Hashable {
  /// `2026-01-31`, `2026-01-31 10:15[:30[.123]]`, with `T` for the space and `Z` or `+01:00` behind; also with `/`.
  case yearMonthDay
  /// `31/01/2026 10:15`, `31.1.2026`.
  case dayMonthYear
  /// `1/31/2026 10:15`.
  case monthDayYear
  /// `20260131` or `20260131101530`.
  case compact
  case epochSeconds, epochMilliseconds, epochMicroseconds, epochNanoseconds

  package var example: String {
    switch self {
    case .yearMonthDay: "2026-01-31 10:15"
    case .dayMonthYear: "31/01/2026 10:15"
    case .monthDayYear: "01/31/2026 10:15"
    case .compact: "20260131"
    case .epochSeconds: "1769854500"
    case .epochMilliseconds: "1769854500000"
    case .epochMicroseconds: "1769854500000000"
    case .epochNanoseconds: "1769854500000000000"
    }
  }

  /// The name that the option `time_format` takes.
  package var name: String {
    switch self {
    case .yearMonthDay: "ymd"
    case .dayMonthYear: "dmy"
    case .monthDayYear: "mdy"
    case .compact: "compact"
    case .epochSeconds: "epoch_s"
    case .epochMilliseconds: "epoch_ms"
    case .epochMicroseconds: "epoch_us"
    case .epochNanoseconds: "epoch_ns"
    }
  }
}
