internal import InstarColumns

/// A table whose rows are sizes, as bars: `users`, or `effect` where the rows are differences; a negative one stands
/// left of the middle.
struct BarsFigure: Picture {
  private let heads: [CellWriter]
  private let bar: CellWriter
  private let rowCount: Int
  private let isSigned: Bool

  private static let line = 28.0
  private static let left = 260.0
  private static let track = 480.0
  private static let width = 860.0
  private static let most = 60

  /// `nil` when the table has no column for bars.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    func writer(_ column: Column) -> CellWriter {
      CellWriter(column, rows: 0..<table.rowCount, zone: options.zone, forPrograms: false)
    }
    guard let column = table.column("effect") ?? table.column("users"), column.type.isNumber else { return nil }
    heads = table.columns.filter { $0.type == .text || $0.name == "cluster" }.map(writer)
    bar = writer(column)
    rowCount = table.rowCount
    isSigned = column.name == "effect"
  }

  func append(to page: inout [UInt8]) {
    let shown = 0..<min(Self.most, rowCount)
    let largest = shown.map { abs(bar.column[$0].number ?? 0) }.max() ?? 0
    var canvas = SVGCanvas(
      width: Self.width, height: Double(shown.count) * Self.line + 4, label: "\(bar.column.name) of each row")
    for row in shown {
      let y = Double(row) * Self.line
      let name = heads.map { $0.readable(row) }.joined(separator: "  ")
      canvas.text(name.truncated(toWidth: 36), x: 0, y: y + 18)
      let share = largest > 0 ? (bar.column[row].number ?? 0) / largest : 0
      let room = isSigned ? Self.track / 2 : Self.track
      let start = isSigned ? Self.left + room : Self.left
      canvas.rectangle(
        x: share < 0 ? start + room * share : start, y: y + 4, width: room * abs(share), height: Self.line - 8,
        style: share < 0 ? "loss" : "bar", title: "\(name): \(bar.readable(row))")
      canvas.text(bar.readable(row), x: Self.width, y: y + 18, style: "end strong")
    }
    if isSigned {
      let middle = Self.left + Self.track / 2
      canvas.line(fromX: middle, y: 0, toX: middle, y: Double(shown.count) * Self.line)
    }
    canvas.finish(to: &page)
    if let remark = Truncation.remark(shown: shown.count, of: rowCount) {
      page.append(text: "<p>\(remark); the table has all</p>\n")
    }
  }
}
