/// One value: a literal, a parameter or a cell of a result.
///
/// A `Value` may hold a `String` and so costs a retain to copy. It belongs to literals, parameters and results, never
/// to the loops over events, which work on ``Column`` storage and spans.
public enum Value: Sendable, Hashable {
  /// No value: nothing equals it, and it is neither less nor greater than anything.
  case missing
  case boolean(Bool)
  case integer(Int64)
  case real(Double)
  case text(String)
  /// Milliseconds since 1970-01-01T00:00Z.
  case time(Int64)
  /// Milliseconds.
  case duration(Int64)

  /// The type, or `nil` for a missing value.
  public var type: ValueType? {
    switch self {
    case .missing: nil
    case .boolean: .boolean
    case .integer: .integer
    case .real: .real
    case .text: .text
    case .time: .time
    case .duration: .duration
    }
  }

  /// The value as a double where it is a number, else `nil`.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }
}

extension Value: ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByStringLiteral
{
  public init(booleanLiteral value: Bool) { self = .boolean(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(floatLiteral value: Double) { self = .real(value) }
  public init(stringLiteral value: String) { self = .text(value) }
}
