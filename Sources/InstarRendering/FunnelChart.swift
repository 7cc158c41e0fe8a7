internal import InstarColumns

/// A funnel as bars: a line for each step with its users, the rate of all who entered, the rate of those who reached
/// the step before, the users lost on the way and the median time from the step before.
///
/// ```
/// step  event                            users     rate  of prev   dropped   median time
///    1  view      ████████████████      48,000   100.0%
///    2  cart      ████████              24,000    50.0%    50.0%    24,000    2 h 10 min
/// ```
///
/// Columns in front of `step` are the breakdown: each of their values begins a funnel of its own, whose bars count
/// from its own first step. A star marks steps whose windows had not all closed.
struct FunnelChart: Picture {
  private let step: CellWriter
  private let event: CellWriter
  private let users: CellWriter
  private let groups: [CellWriter]
  private let table: ResultTable
  private let shown: Int
  private let barWidth: Int
  private let eventWidth: Int
  private let style: TerminalStyle
  private let medianTime: CellWriter?

  /// `nil` when the table lacks the columns of a funnel.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    shown = min(table.rowCount, options.maxRows ?? .max)
    let rows = 0..<shown
    func writer(_ name: String) -> CellWriter? {
      table.column(name).map { CellWriter($0, rows: rows, zone: options.zone, forPrograms: false) }
    }
    guard let step = writer("step"), let event = writer("event"), let users = writer("users") else { return nil }
    (self.step, self.event, self.users, self.table) = (step, event, users, table)
    medianTime = writer("median_time")
    groups = table.columns.prefix { $0.name != "step" }.map {
      CellWriter($0, rows: rows, zone: options.zone, forPrograms: false)
    }
    let longest = rows.map { event.readable($0).displayWidth }.max() ?? 0
    eventWidth = max(5, min(longest, 30))
    barWidth = max(8, min(40, (options.width ?? 100) - eventWidth - 62))
    style = TerminalStyle(isOn: options.color)
  }

  func append(to bytes: inout [UInt8]) {
    var heading: [String]?
    var entered = 0.0
    for row in 0..<shown {
      let group = groups.map { $0.readable(row) }
      if group != heading {
        if heading != nil { bytes.append(10) }
        appendHeading(group, to: &bytes)
        heading = group
        entered = number("users", row) ?? 0
      }
      appendStep(row, entered: entered, to: &bytes)
    }
    if let remark = Truncation.remark(shown: shown, of: table.rowCount) { bytes.append(text: remark + "\n") }
    if (0..<shown).contains(where: isOpen) { bytes.append(text: "* some windows had not closed: the rate may rise\n") }
  }

  private func appendHeading(_ group: [String], to bytes: inout [UInt8]) {
    if !group.isEmpty {
      let names = zip(groups, group).map { "\($0.column.name) = \($1)" }
      style.appendBold(names.joined(separator: ", "), to: &bytes)
      bytes.append(10)
    }
    var line: [UInt8] = []
    line.append(text: "step  ")
    line.append("event", width: eventWidth + barWidth + 4, right: false)
    for (title, width) in FunnelChart.columns { line.append(title, width: width, right: true) }
    style.appendDim(String(decoding: line, as: UTF8.self), to: &bytes)
    bytes.append(10)
  }

  private func appendStep(_ row: Int, entered: Double, to bytes: inout [UInt8]) {
    var line: [UInt8] = []
    line.append(step.readable(row), width: 4, right: true)
    line.append(spaces: 2)
    line.append(event.readable(row).truncated(toWidth: eventWidth), width: eventWidth, right: false)
    line.append(spaces: 2)
    let share = entered > 0 ? (number("users", row) ?? 0) / entered : 0
    let bar = Bar.text(share, width: barWidth)
    style.append(bar, foreground: 32, to: &line)
    line.append(spaces: barWidth - bar.displayWidth + 2)
    let cells = [
      users.readable(row), percent("rate", row) + (isOpen(row) ? "*" : ""), percent("rate_prev", row),
      count("dropped", row), duration(row),
    ]
    for (cell, (_, width)) in zip(cells, FunnelChart.columns) { line.append(cell, width: width, right: true) }
    while line.last == 32 { line.removeLast() }
    bytes.append(contentsOf: line)
    bytes.append(10)
  }

  private static let columns = [("users", 10), ("rate", 9), ("of prev", 9), ("dropped", 10), ("median time", 14)]

  private func number(_ name: String, _ row: Int) -> Double? { table.column(name)?[row].number }

  private func percent(_ name: String, _ row: Int) -> String {
    number(name, row).map { NumberText.percent($0) } ?? ""
  }

  private func count(_ name: String, _ row: Int) -> String {
    // Nobody is lost at the first step, so nothing stands there.
    guard let value = number(name, row), value != 0 || (number("step", row) ?? 1) > 1 else { return "" }
    return NumberText.grouped(Int64(value))
  }

  private func duration(_ row: Int) -> String {
    guard let medianTime, medianTime.column.isPresent(row) else { return "" }
    return medianTime.readable(row)
  }

  private func isOpen(_ row: Int) -> Bool { table.column("complete")?[row] == .boolean(false) }
}

/// A bar of block characters, exact to an eighth of a column.
enum Bar {
  /// - Parameter share: 0 to 1; a share above nothing shows at least an eighth.
  static func text(_ share: Double, width: Int) -> String {
    guard share > 0, share.isFinite else { return "" }
    let eighths = max(1, Int((min(share, 1) * Double(width * 8)).rounded()))
    let rest = eighths % 8
    return String(repeating: "█", count: eighths / 8) + (rest > 0 ? String(partial[rest - 1]) : "")
  }

  private static let partial: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
}
