import InstarCalendar
import InstarColumns

/// How the bytes of a field become a value of a column.
package enum FieldConversion: Sendable, Hashable {
  /// Text as it stands. With `dropZeroFraction`, `17850.0` becomes `17850`: ids that a spreadsheet took for reals.
  case text(dropZeroFraction: Bool)
  case integer
  case real(decimalComma: Bool)
  /// `true`, `false`, `yes`, `no`, `t`, `f` in any case.
  case boolean
  case time(TimeFormat)

  package static let text = FieldConversion.text(dropZeroFraction: false)
  package static let real = FieldConversion.real(decimalComma: false)

  package var type: ValueType {
    switch self {
    case .text: .text
    case .integer: .integer
    case .real: .real
    case .boolean: .boolean
    case .time: .time
    }
  }

  /// How a message names what was expected: "a whole number", "a time like 2026-01-31 10:15".
  package var phrase: String {
    switch self {
    case .text: "text"
    case .integer: "a whole number"
    case .real(let comma): comma ? "a number like 12,50" : "a number"
    case .boolean: "true or false"
    case .time(let format): "a time like \(format.example)"
    }
  }
}

/// A column that an import needs: which, read how, and whether a record can do without it.
package struct ColumnRequest: Sendable, Hashable {
  /// Index into ``FileFormat/columns``.
  package var column: Int
  package var conversion: FieldConversion
  /// A record without a value here is rejected (user and time of an event).
  package var isRequired: Bool

  package init(column: Int, conversion: FieldConversion, isRequired: Bool = false) {
    self.column = column
    self.conversion = conversion
    self.isRequired = isRequired
  }
}

extension TimeFormat {
  /// A time written so, for messages.
  package var example: String {
    switch self {
    case .yearFirst: "2026-01-31 10:15"
    case .dayFirst: "31/01/2026 10:15"
    case .monthFirst: "01/31/2026 10:15"
    case .epoch(.seconds): "1769854500"
    case .epoch(.milliseconds): "1769854500000"
    case .epoch(.microseconds): "1769854500000000"
    case .epoch(.nanoseconds): "1769854500000000000"
    }
  }
}
