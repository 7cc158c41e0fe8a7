/// One named, typed column of a table, stored as one array.
///
/// Operators pass columns, not rows. `present` is empty when every row has a value; otherwise it holds one byte a row,
/// 1 for present and 0 for missing: a mask that loops can multiply with. What stands in `values` at a missing row is
/// unspecified.
public struct Column: Sendable {
  public var name: String
  public let type: ValueType
  /// What the numbers count, for the header of a table: "days", "EUR"; `nil` where the name says it.
  public var unit: String?
  package var values: ColumnValues
  package var present: [UInt8]

  /// - Precondition: `present` is empty or as long as `values`.
  package init(_ name: String, type: ValueType, unit: String? = nil, values: ColumnValues, present: [UInt8] = []) {
    precondition(present.isEmpty || present.count == values.count, "one validity byte for each row")
    self.name = name
    self.type = type
    self.unit = unit
    self.values = values
    self.present = present
  }

  /// The number of rows.
  public var count: Int { values.count }

  /// Whether row `row` has a value.
  public func isPresent(_ row: Int) -> Bool { present.isEmpty || present[row] != 0 }

  /// The value at `row`. For rendering and tests; loops use the typed storage.
  public subscript(row: Int) -> Value {
    guard isPresent(row) else { return .missing }
    switch values {
    case .booleans(let bytes): return .boolean(bytes[row] != 0)
    case .integers(let integers):
      switch type {
      case .time: return .time(integers[row])
      case .duration: return .duration(integers[row])
      default: return .integer(integers[row])
      }
    case .reals(let reals): return .real(reals[row])
    case .codes(let codes, let dictionary): return .text(dictionary.text(codes[row]))
    case .texts(let texts): return .text(texts[row])
    }
  }
}

/// The storage of a column.
///
/// `integers` serves the types `integer`, `time` and `duration`. Text comes as dictionary codes while it is computed
/// with and as strings where it was made up (concatenated, formatted, read from a literal).
package enum ColumnValues: Sendable {
  /// One byte a row, 0 or 1.
  case booleans([UInt8])
  case integers([Int64])
  case reals([Double])
  case codes([UInt32], any TextDictionary)
  case texts([String])

  package var count: Int {
    switch self {
    case .booleans(let rows): rows.count
    case .integers(let rows): rows.count
    case .reals(let rows): rows.count
    case .codes(let rows, _): rows.count
    case .texts(let rows): rows.count
    }
  }
}

/// A set of texts numbered from 0 in order of first appearance.
///
/// Equal codes of one dictionary mean equal text, so that comparison, grouping and joins never touch the text.
package protocol TextDictionary: AnyObject, Sendable {
  /// The number of texts.
  var count: Int { get }
  /// The text of `code`.
  /// - Precondition: `code < count`.
  func text(_ code: UInt32) -> String
  /// The code of `text`, or `nil` when the dictionary does not hold it.
  func code(of text: String) -> UInt32?
}

/// A dictionary that owns its texts: small ones (event types, countries) and those of tests.
package final class TextList: TextDictionary {
  private let texts: [String]
  private let codes: [String: UInt32]

  package init(_ texts: [String]) {
    self.texts = texts
    codes = Dictionary(
      texts.enumerated().map { ($0.element, UInt32($0.offset)) }, uniquingKeysWith: { first, _ in first })
  }

  package var count: Int { texts.count }
  package func text(_ code: UInt32) -> String { texts[Int(code)] }
  package func code(of text: String) -> UInt32? { codes[text] }
}
