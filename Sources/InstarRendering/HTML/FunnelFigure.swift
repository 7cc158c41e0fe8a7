internal import InstarColumns

/// A funnel as bars on a common scale: the bar of each step against those who entered, its users, the rate of all who
/// entered and of those who reached the step before. Each value of a breakdown is a funnel of its own.
struct FunnelFigure: Picture {
  private let table: ResultTable
  private let step: CellWriter
  private let event: CellWriter
  private let users: CellWriter
  private let groups: [CellWriter]

  private static let line = 34.0
  private static let left = 190.0
  private static let track = 420.0
  private static let width = 860.0

  /// `nil` when the table lacks the columns of a funnel.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    func writer(_ column: Column) -> CellWriter {
      CellWriter(column, rows: 0..<table.rowCount, zone: options.zone, forPrograms: false)
    }
    guard let step = table.column("step"), let event = table.column("event"), let users = table.column("users") else {
      return nil
    }
    (self.step, self.event, self.users, self.table) = (writer(step), writer(event), writer(users), table)
    groups = table.columns.prefix { $0.name != "step" }.map(writer)
  }

  func append(to page: inout [UInt8]) {
    for group in RowGroup.consecutive(groups, rows: 0..<table.rowCount) { append(group, to: &page) }
    let isOpen = (0..<table.rowCount).contains { table.column("complete")?[$0] == .boolean(false) }
    if isOpen { page.append(text: "<p>* some windows had not closed: the rate may rise</p>\n") }
  }

  private func append(_ group: RowGroup, to page: inout [UInt8]) {
    let name = RowGroup.name(groups, group.key)
    let top = name.isEmpty ? 4.0 : 28
    var canvas = SVGCanvas(
      width: Self.width, height: top + Double(group.rows.count) * Self.line + 4,
      label: name.isEmpty ? "Funnel" : "Funnel, \(name)")
    if !name.isEmpty { canvas.text(name, x: 0, y: 18, style: "strong") }
    let entered = users.column[group.rows[0]].number ?? 0
    for (place, row) in group.rows.enumerated() {
      let y = top + Double(place) * Self.line
      let count = users.column[row].number ?? 0
      let share = entered > 0 ? min(1, count / entered) : 0
      canvas.text("\(step.readable(row))  \(event.readable(row).truncated(toWidth: 26))", x: 0, y: y + 20)
      canvas.rectangle(x: Self.left, y: y + 4, width: Self.track, height: Self.line - 8, style: "track")
      canvas.rectangle(
        x: Self.left, y: y + 4, width: Self.track * share, height: Self.line - 8, style: "bar",
        title: "\(event.readable(row)): \(users.readable(row)) users")
      canvas.text(users.readable(row), x: Self.left + Self.track + 90, y: y + 20, style: "end strong")
      canvas.text(percent("rate", row) + star(row), x: Self.left + Self.track + 160, y: y + 20, style: "end")
      let before = percent("rate_prev", row)
      if !before.isEmpty { canvas.text("\(before) of prev", x: Self.width, y: y + 20, style: "end faint") }
    }
    canvas.finish(to: &page)
  }

  private func star(_ row: Int) -> String { table.column("complete")?[row] == .boolean(false) ? "*" : "" }

  private func percent(_ name: String, _ row: Int) -> String {
    table.column(name)?[row].number.map { NumberText.percent($0) } ?? ""
  }
}
