internal import InstarColumns

/// A table of GitHub's Markdown: numbers aligned to the right, bars escaped.
struct MarkdownText {
  private let cells: [CellWriter]

  init(_ table: ResultTable, rows: Range<Int>, _ options: RenderOptions) {
    cells = table.columns.map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
  }

  func appendHead(to bytes: inout [UInt8]) {
    for cell in cells {
      let column = cell.column
      bytes.append(text: "| ")
      MarkdownText.appendEscaped(column.name + (column.unit.map { " (\($0))" } ?? ""), to: &bytes)
      bytes.append(32)
    }
    bytes.append(text: "|\n")
    for cell in cells { bytes.append(text: cell.isRightAligned ? "|---:" : "|---") }
    bytes.append(text: "|\n")
  }

  func appendRows(_ rows: Range<Int>, to bytes: inout [UInt8]) {
    for row in rows {
      for cell in cells {
        bytes.append(text: "| ")
        MarkdownText.appendEscaped(cell.readable(row), to: &bytes)
        bytes.append(32)
      }
      bytes.append(text: "|\n")
    }
  }

  private static func appendEscaped(_ text: String, to bytes: inout [UInt8]) {
    for byte in text.utf8 {
      if byte == UInt8(ascii: "|") || byte == UInt8(ascii: "\\") { bytes.append(92) }
      bytes.append(byte)
    }
  }
}
