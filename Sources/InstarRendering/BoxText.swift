internal import InstarColumns

/// A table drawn with box characters.
///
/// Texts that are too wide for the terminal end in an ellipsis, numbers never do; columns that then still find no room
/// are left out from the right, and a line below the table names them and says how many rows were shown.
struct BoxText {
  private let cells: [CellWriter]
  private let widths: [Int]
  private let headers: [String]
  private let style: TerminalStyle
  private let shown: Int
  private let rowCount: Int
  private let hidden: [String]

  /// Text columns shrink to this before columns are left out.
  private static let leastTextWidth = 12

  /// - Complexity: O(*cells shown*): every shown cell is written once to be measured.
  init(_ table: ResultTable, _ options: RenderOptions) {
    rowCount = table.rowCount
    shown = min(table.rowCount, options.maxRows ?? .max)
    let rows = 0..<shown
    let writers = table.columns.map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
    let titles = table.columns.map { column in
      column.name + (column.unit.map { " (\($0))" } ?? "")
    }
    let natural = zip(writers, titles).map { BoxText.naturalWidth($0, title: $1, rows: rows) }
    let widths = BoxText.fit(natural, writers.map { $0.text(in: rows) }, into: options.width)
    cells = Array(writers.prefix(widths.count))
    self.widths = widths
    headers = Array(titles.prefix(widths.count))
    hidden = table.columns.dropFirst(widths.count).map(\.name)
    style = TerminalStyle(isOn: options.color)
  }

  func appendHead(to bytes: inout [UInt8]) {
    appendRule("┌", "┬", "┐", to: &bytes)
    appendBar(to: &bytes)
    for (index, header) in headers.enumerated() {
      let text = header.truncated(toWidth: widths[index])
      let space = widths[index] - text.displayWidth
      bytes.append(spaces: 1 + (cells[index].isRightAligned ? space : 0))
      style.appendBold(text, to: &bytes)
      bytes.append(spaces: 1 + (cells[index].isRightAligned ? 0 : space))
      appendBar(to: &bytes)
    }
    bytes.append(10)
    appendRule("├", "┼", "┤", to: &bytes)
  }

  func appendRows(_ rows: Range<Int>, to bytes: inout [UInt8]) {
    for row in rows {
      appendBar(to: &bytes)
      for (index, cell) in cells.enumerated() {
        bytes.append(32)
        let text = cell.readable(row).truncated(toWidth: widths[index])
        bytes.append(text, width: widths[index], right: cell.isRightAligned)
        bytes.append(32)
        appendBar(to: &bytes)
      }
      bytes.append(10)
    }
  }

  func appendFoot(to bytes: inout [UInt8]) {
    appendRule("└", "┴", "┘", to: &bytes)
    if let remark = Truncation.remark(shown: shown, of: rowCount) { bytes.append(text: remark + "\n") }
    if !hidden.isEmpty {
      let noun = hidden.count == 1 ? "column does" : "columns do"
      bytes.append(text: "\(hidden.count) \(noun) not fit: \(hidden.joined(separator: ", "))\n")
    }
  }

  private func appendBar(to bytes: inout [UInt8]) { style.appendDim("│", to: &bytes) }

  private func appendRule(_ left: String, _ middle: String, _ right: String, to bytes: inout [UInt8]) {
    let line = widths.map { String(repeating: "─", count: $0 + 2) }.joined(separator: middle)
    style.appendDim(left + line + right, to: &bytes)
    bytes.append(10)
  }

  private static func naturalWidth(_ cell: CellWriter, title: String, rows: Range<Int>) -> Int {
    var width = title.displayWidth
    for row in rows { width = max(width, cell.readable(row).displayWidth) }
    return width
  }

  /// The widths of the columns that fit: the widest texts give way first, then columns from the right.
  private static func fit(_ natural: [Int], _ canShrink: [Bool], into limit: Int?) -> [Int] {
    guard let limit else { return natural }
    var widths = natural
    while true {
      var excess = widths.reduce(1) { $0 + $1 + 3 } - limit
      while excess > 0 {
        let shrinkable = widths.indices.filter { canShrink[$0] && widths[$0] > leastTextWidth }
        guard let widest = shrinkable.max(by: { widths[$0] < widths[$1] }) else { break }
        widths[widest] -= 1
        excess -= 1
      }
      if excess <= 0 || widths.count == 1 { return widths }
      widths = Array(natural.prefix(widths.count - 1))
    }
  }
}

extension CellWriter {
  /// Whether cells may be cut short: texts.
  fileprivate func text(in rows: Range<Int>) -> Bool { column.type == .text }
}

/// What is said about rows that are not shown.
enum Truncation {
  /// "40 of 912 rows", or `nil` when all are shown.
  static func remark(shown: Int, of count: Int) -> String? {
    guard shown < count else { return nil }
    return "\(NumberText.grouped(Int64(shown))) of \(NumberText.grouped(Int64(count))) rows"
  }
}
