internal import InstarCalendar
internal import InstarColumns

/// A result as a page that stands on its own: the statement, the picture that suits it, the table, the receipt.
///
/// The style sheet and the picture are part of the file; it runs no script and asks no network. Colours follow the
/// reader's choice of light or dark. The end tags of `body` and `html` are left out, as HTML allows, so that the
/// results of several statements follow each other in one page.
struct HTMLText {
  private let table: ResultTable
  private let options: RenderOptions
  private let cells: [CellWriter]

  init(_ table: ResultTable, _ options: RenderOptions) {
    self.table = table
    self.options = options
    cells = table.columns.map {
      CellWriter($0, rows: 0..<table.rowCount, zone: options.zone, forPrograms: false)
    }
  }

  /// Appends the head of the page, the statement, the picture and the head of the table.
  func appendHead(to bytes: inout [UInt8]) {
    let statement = table.receipt.statement
    if !options.continues { appendDocumentHead(title: statement.isEmpty ? "Result" : statement, to: &bytes) }
    bytes.append(text: "<section>\n")
    if !statement.isEmpty {
      bytes.append(text: "<pre class=\"statement\">")
      bytes.append(html: statement)
      bytes.append(text: "</pre>\n")
    }
    appendFigure(to: &bytes)
    bytes.append(text: "<div class=\"wide\"><table>\n<thead><tr>")
    for cell in cells {
      bytes.append(text: cell.isRightAligned ? "<th class=\"n\">" : "<th>")
      bytes.append(html: cell.column.name + (cell.column.unit.map { " (\($0))" } ?? ""))
      bytes.append(text: "</th>")
    }
    bytes.append(text: "</tr></thead>\n<tbody>\n")
  }

  func appendRows(_ rows: Range<Int>, to bytes: inout [UInt8]) {
    for row in rows {
      bytes.append(text: "<tr>")
      for cell in cells {
        bytes.append(text: cell.isRightAligned ? "<td class=\"n\">" : "<td>")
        bytes.append(html: cell.readable(row))
        bytes.append(text: "</td>")
      }
      bytes.append(text: "</tr>\n")
    }
  }

  /// Appends the end of the table and the receipt.
  func appendFoot(shown: Int, to bytes: inout [UInt8]) {
    bytes.append(text: "</tbody></table></div>\n")
    if let remark = Truncation.remark(shown: shown, of: table.rowCount) { bytes.append(text: "<p>\(remark)</p>\n") }
    if !table.receipt.statement.isEmpty {
      bytes.append(text: "<footer>")
      for (index, line) in table.receipt.lines(zone: options.zone).enumerated() {
        if index > 0 { bytes.append(text: "<br>\n") }
        bytes.append(html: line)
      }
      bytes.append(text: "</footer>\n")
    }
    bytes.append(text: "</section>\n")
  }

  private func appendDocumentHead(title: String, to bytes: inout [UInt8]) {
    bytes.append(text: "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
    bytes.append(text: "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
    bytes.append(html: title)
    bytes.append(text: "</title>\n<style>\n\(HTMLStyle.sheet)</style>\n</head>\n<body>\n")
  }

  private func appendFigure(to bytes: inout [UInt8]) {
    guard table.rowCount > 0, let figure = figure() else { return }
    bytes.append(text: "<figure class=\"wide\">\n")
    figure.append(to: &bytes)
    bytes.append(text: "</figure>\n")
  }

  private func figure() -> (any Picture)? {
    switch table.shape {
    case .funnel: FunnelFigure(table, options)
    case .retention: RetentionFigure(table, options)
    case .series: SeriesFigure(table, options)
    case .bars: BarsFigure(table, options)
    case .rfm: RFMFigure(table, options)
    case .survival: SurvivalFigure(table, options)
    case .quality: QualityFigure(table, options)
    case .table, .profile, .message: nil
    }
  }
}

extension [UInt8] {
  /// Appends a text so that no byte of it is markup, within elements and within quoted attributes.
  mutating func append(html text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): append(contentsOf: "&amp;".utf8)
      case UInt8(ascii: "<"): append(contentsOf: "&lt;".utf8)
      case UInt8(ascii: ">"): append(contentsOf: "&gt;".utf8)
      case UInt8(ascii: "\""): append(contentsOf: "&quot;".utf8)
      default: append(byte)
      }
    }
  }
}
