package import InstarCalendar
package import InstarColumns

/// Rows as JSON objects, batch by batch.
///
/// Missing values are `null`, and so are reals that are no numbers; times are RFC 3339 texts with their offset;
/// durations are seconds.
package struct JSONText: Sendable {
  private let zone: Zone

  package init(zone: Zone = .utc) { self.zone = zone }

  /// Appends an object for each row. Every object but the first of the document is preceded by `separator`.
  /// - Parameter isFirst: whether the first of the rows begins the document.
  package func appendRows(
    _ rows: Range<Int>, of columns: [Column], separator: StaticString, isFirst: Bool, to bytes: inout [UInt8]
  ) {
    let cells = columns.map { CellWriter($0, rows: rows, zone: zone, forPrograms: true) }
    let keys = columns.enumerated().map { index, column in
      var key: [UInt8] = index > 0 ? [UInt8(ascii: ",")] : []
      JSONText.append(column.name, to: &key)
      return key + [UInt8(ascii: ":")]
    }
    for row in rows {
      if !isFirst || row > rows.lowerBound { separator.withUTF8Buffer { bytes.append(contentsOf: $0) } }
      bytes.append(UInt8(ascii: "{"))
      for (cell, key) in zip(cells, keys) {
        bytes.append(contentsOf: key)
        append(cell, row, to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private func append(_ cell: CellWriter, _ row: Int, to bytes: inout [UInt8]) {
    guard cell.column.isPresent(row) else {
      bytes.append(contentsOf: "null".utf8)
      return
    }
    if let text = cell.text(row) {
      JSONText.append(text, to: &bytes)
      return
    }
    let quote = cell.column.type == .time
    if quote { bytes.append(34) }
    if !cell.appendExact(row, to: &bytes) { bytes.append(contentsOf: "null".utf8) }
    if quote { bytes.append(34) }
  }

  /// Appends a text in quotes, with the escapes that JSON requires (RFC 8259).
  package static func append(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(34)
    for byte in text.utf8 {
      switch byte {
      case 34: bytes.append(contentsOf: "\\\"".utf8)
      case 92: bytes.append(contentsOf: "\\\\".utf8)
      case 10: bytes.append(contentsOf: "\\n".utf8)
      case 13: bytes.append(contentsOf: "\\r".utf8)
      case 9: bytes.append(contentsOf: "\\t".utf8)
      case ..<32:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes.append(hexDigits[Int(byte >> 4)])
        bytes.append(hexDigits[Int(byte & 15)])
      default: bytes.append(byte)
      }
    }
    bytes.append(34)
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)
}
