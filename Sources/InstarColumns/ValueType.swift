/// The type of a value, a column or an expression of the language.
///
/// A user set and a table are not values; they are what a step takes and gives.
public enum ValueType: String, Sendable, Hashable, CaseIterable, Codable {
  /// True or false.
  case boolean
  /// A whole number: counts, quantities, ranks.
  case integer
  /// A number with a fraction, stored as an IEEE 754 double.
  case real
  /// Unicode text, compared by its bytes.
  case text
  /// An instant: milliseconds since 1970-01-01T00:00Z.
  case time
  /// A length of time in milliseconds.
  case duration

  /// Whether arithmetic and order by size apply: `integer` or `real`.
  public var isNumber: Bool { self == .integer || self == .real }

  /// How messages name the type, with its article: "a number", "text".
  public var phrase: String {
    switch self {
    case .boolean: "true or false"
    case .integer: "a whole number"
    case .real: "a number"
    case .text: "text"
    case .time: "a time"
    case .duration: "a duration"
    }
  }
}
