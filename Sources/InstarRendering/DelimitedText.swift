package import InstarCalendar
package import InstarColumns

/// Comma- or tab-separated values, batch by batch: a header, then any number of batches of rows.
///
/// Lines end with a line feed. Reals have the fewest digits that read back as the same number; times are RFC 3339 with
/// their offset; durations are seconds.
package struct DelimitedText: Sendable {
  package enum Style: Sendable {
    /// RFC 4180. Fields with commas, quotes, line breaks or blanks at their ends are quoted, quotes doubled.
    case csv
    /// As PostgreSQL's text format: `\N` for missing, backslash escapes, no quotes.
    case tsv
  }

  private let style: Style
  private let zone: Zone
  private let separator: UInt8

  package init(_ style: Style, zone: Zone = .utc) {
    self.style = style
    self.zone = zone
    separator = style == .csv ? UInt8(ascii: ",") : UInt8(ascii: "\t")
  }

  /// Appends the line of column names.
  package func appendHeader(_ columns: [Column], to bytes: inout [UInt8]) {
    for (index, column) in columns.enumerated() {
      if index > 0 { bytes.append(separator) }
      appendText(column.name, to: &bytes)
    }
    bytes.append(UInt8(ascii: "\n"))
  }

  /// Appends rows of columns of equal length.
  package func appendRows(_ rows: Range<Int>, of columns: [Column], to bytes: inout [UInt8]) {
    let cells = columns.map { CellWriter($0, rows: rows, zone: zone, forPrograms: true) }
    for row in rows {
      for (index, cell) in cells.enumerated() {
        if index > 0 { bytes.append(separator) }
        append(cell, row, to: &bytes)
      }
      bytes.append(UInt8(ascii: "\n"))
    }
  }

  private func append(_ cell: CellWriter, _ row: Int, to bytes: inout [UInt8]) {
    if cell.column.isPresent(row) {
      if let text = cell.text(row) {
        appendText(text, to: &bytes)
        return
      }
      if cell.appendExact(row, to: &bytes) { return }
    }
    if style == .tsv { bytes.append(contentsOf: "\\N".utf8) }
  }

  private func appendText(_ text: String, to bytes: inout [UInt8]) {
    switch style {
    case .csv: DelimitedText.appendQuoted(text, to: &bytes)
    case .tsv: DelimitedText.appendEscaped(text, to: &bytes)
    }
  }

  private static func appendQuoted(_ text: String, to bytes: inout [UInt8]) {
    let utf8 = text.utf8
    let isPlain =
      utf8.allSatisfy { $0 != 34 && $0 != 44 && $0 != 10 && $0 != 13 }
      && !utf8.isEmpty && utf8.first! > 32 && utf8.last! > 32
    guard !isPlain else {
      bytes.append(contentsOf: utf8)
      return
    }
    bytes.append(34)
    for byte in utf8 {
      if byte == 34 { bytes.append(34) }
      bytes.append(byte)
    }
    bytes.append(34)
  }

  private static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      switch byte {
      case 9: bytes.append(contentsOf: "\\t".utf8)
      case 10: bytes.append(contentsOf: "\\n".utf8)
      case 13: bytes.append(contentsOf: "\\r".utf8)
      case 92: bytes.append(contentsOf: "\\\\".utf8)
      default: bytes.append(byte)
      }
    }
  }
}
