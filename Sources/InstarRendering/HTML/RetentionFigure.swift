internal import InstarColumns

/// A retention table as a heat map: a line for each cohort, a cell for each age. The ground of a cell shows its value
/// against the largest one of ages above 0, a star marks what the data do not cover to its end.
struct RetentionFigure: Picture {
  private let grid: RetentionGrid

  private static let cellWidth = 58.0
  private static let cellHeight = 26.0
  /// About the width of a letter of a label.
  private static let letter = 7.6

  /// `nil` when the table lacks the columns of a retention.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let grid = RetentionGrid(table, options) else { return nil }
    self.grid = grid
  }

  func append(to page: inout [UInt8]) {
    let widths = grid.labelWidths(of: grid.lines).map { Double($0) * Self.letter + 16 }
    let left = widths.reduce(0, +)
    let decimals = grid.isRate ? 1 : NumberText.decimals(for: grid.numbers)
    var canvas = SVGCanvas(
      width: left + Double(grid.ages.count) * Self.cellWidth,
      height: Double(grid.lines.count + 1) * Self.cellHeight, label: "Retention: rows are cohorts, columns are ages")
    appendHead(widths, left, to: &canvas)
    for (place, line) in grid.lines.enumerated() {
      let y = Double(place + 1) * Self.cellHeight
      appendLabels(line.labels, widths, y: y + 18, style: "", to: &canvas)
      for (column, age) in grid.ages.enumerated() {
        guard let row = line.rows[age], let value = grid.value(row) else { continue }
        let x = left + Double(column) * Self.cellWidth
        let level = grid.largest > 0 ? min(1, max(0, value / grid.largest)) : 0
        var number: [UInt8] = []
        NumberText.append(grid.isRate ? value * 100 : value, decimals: decimals, to: &number)
        let text = String(decoding: number, as: UTF8.self) + (grid.isOpen(row) ? "*" : "")
        canvas.rectangle(
          x: x + 1, y: y + 1, width: Self.cellWidth - 2, height: Self.cellHeight - 2, style: "bar",
          opacity: 0.08 + 0.82 * level, title: "\(line.labels.joined(separator: ", ")), age \(age): \(text)")
        canvas.text(
          text, x: x + Self.cellWidth - 8, y: y + 18, style: level > 0.55 ? "end light" : "end")
      }
    }
    canvas.finish(to: &page)
    let starred = grid.lines.contains { $0.rows.values.contains { grid.isOpen($0) } }
    if starred { page.append(text: "<p>* not covered to its end: the value may rise</p>\n") }
  }

  private func appendHead(_ widths: [Double], _ left: Double, to canvas: inout SVGCanvas) {
    appendLabels(grid.labels.map(\.column.name), widths, y: 18, style: "faint", to: &canvas)
    for (column, age) in grid.ages.enumerated() {
      canvas.text(
        String(age), x: left + Double(column + 1) * Self.cellWidth - 8, y: 18, style: "end faint")
    }
  }

  private func appendLabels(
    _ texts: [String], _ widths: [Double], y: Double, style: String, to canvas: inout SVGCanvas
  ) {
    var x = 0.0
    for (place, text) in texts.enumerated() {
      let isRight = grid.labels[place].isRightAligned
      canvas.text(text, x: isRight ? x + widths[place] - 16 : x, y: y, style: isRight ? "end \(style)" : style)
      x += widths[place]
    }
  }
}
