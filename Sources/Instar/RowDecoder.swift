/// Which column a coding key means.
final class ColumnNames: Sendable {
  private let positions: [String: Int]

  init(_ table: ResultTable) {
    positions = Dictionary(
      table.columns.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: { first, _ in first })
  }

  func position(_ key: String) -> Int? { positions[key] ?? positions[Self.snakeCase(key)] }

  /// `ratePrev` as `rate_prev`.
  private static func snakeCase(_ key: String) -> String {
    var result = ""
    for character in key {
      if character.isUppercase { result += "_" }
      result += character.lowercased()
    }
    return result
  }
}

/// Decodes one row of a table, or one cell of it.
struct RowDecoder: Decoder {
  let table: ResultTable
  let names: ColumnNames
  let row: Int
  /// The column of the cell, or `nil` for the row.
  var column: Int?
  var codingPath: [any CodingKey] = []
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  static func decode<T: Decodable>(_ type: T.Type, _ decoder: RowDecoder) throws -> T {
    do { return try decoder.special(type) ?? T(from: decoder) } catch let error as DecodingError {
      throw decoder.failure("\(error.shortText)")
    }
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard column == nil else { throw failure("a cell holds one value, not an object") }
    return KeyedDecodingContainer(RowContainer<Key>(decoder: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
    throw failure("a \(column == nil ? "row" : "cell") is not a list")
  }

  func singleValueContainer() throws -> any SingleValueDecodingContainer {
    guard !table.columns.isEmpty else { throw failure("the table has no columns") }
    var cell = self
    cell.column = column ?? 0
    return CellContainer(decoder: cell)
  }

  func cell(_ column: Int, _ key: (any CodingKey)? = nil) -> RowDecoder {
    var cell = self
    cell.column = column
    if let key { cell.codingPath.append(key) }
    return cell
  }

  var value: Value { table.columns[column ?? 0][row] }

  /// Types that are not left to their own decoding.
  private func special<T>(_ type: T.Type) throws -> T? {
    if type == Value.self { return value as? T }
    if type == Timestamp.self {
      guard case .time(let milliseconds) = value else { throw mismatch("a time") }
      return Timestamp(millisecondsSince1970: milliseconds) as? T
    }
    if type == Duration.self {
      guard case .duration(let milliseconds) = value else { throw mismatch("a duration") }
      return Duration.milliseconds(milliseconds) as? T
    }
    return nil
  }

  func mismatch(_ wanted: String) -> InstarError {
    failure("is \(value.type?.phrase ?? "missing"), not \(wanted)")
  }

  func failure(_ what: String) -> InstarError {
    let place = column.map { "the column '\(table.columns[$0].name)'" } ?? "the row"
    return InstarError(
      InstarError.decodingFailed, "row \(row + 1): \(place) \(what)",
      help: "make the property optional, or change its type")
  }
}

private struct RowContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let decoder: RowDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }
  var allKeys: [Key] { decoder.table.columns.compactMap { Key(stringValue: $0.name) } }

  func contains(_ key: Key) -> Bool { decoder.names.position(key.stringValue) != nil }

  private func cell(_ key: Key) throws -> RowDecoder {
    guard let position = decoder.names.position(key.stringValue) else {
      let columns = decoder.table.columns.map(\.name).joined(separator: ", ")
      throw InstarError(
        InstarError.decodingFailed, "the table has no column '\(key.stringValue)'", help: "its columns are \(columns)")
    }
    return decoder.cell(position, key)
  }

  func decodeNil(forKey key: Key) throws -> Bool { try cell(key).value == .missing }

  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try RowDecoder.decode(type, try cell(key))
  }

  func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws
    -> KeyedDecodingContainer<Nested>
  { throw try cell(key).failure("holds one value, not an object") }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    throw try cell(key).failure("holds one value, not a list")
  }

  func superDecoder() throws -> any Decoder { decoder }
  func superDecoder(forKey key: Key) throws -> any Decoder { try cell(key) }
}

private struct CellContainer: SingleValueDecodingContainer {
  let decoder: RowDecoder
  var codingPath: [any CodingKey] { decoder.codingPath }

  func decodeNil() -> Bool { decoder.value == .missing }

  func decode(_ type: Bool.Type) throws -> Bool {
    guard case .boolean(let flag) = decoder.value else { throw decoder.mismatch("true or false") }
    return flag
  }

  func decode(_ type: String.Type) throws -> String {
    guard case .text(let text) = decoder.value else { throw decoder.mismatch("text") }
    return text
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard let number = decoder.value.number else { throw decoder.mismatch("a number") }
    return number
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }

  private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    let whole: Int64? =
      switch decoder.value {
      case .integer(let number), .time(let number), .duration(let number): number
      case .real(let number): Int64(exactly: number)
      default: nil
      }
    guard let whole else { throw decoder.mismatch("a whole number") }
    guard let number = T(exactly: whole) else { throw decoder.failure("is \(whole), which does not fit \(type)") }
    return number
  }

  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

  func decode<T: Decodable>(_ type: T.Type) throws -> T { try RowDecoder.decode(type, decoder) }
}

extension DecodingError {
  fileprivate var shortText: String {
    switch self {
    case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
      .dataCorrupted(let context):
      "does not decode: \(context.debugDescription)"
    @unknown default: "does not decode"
    }
  }
}
