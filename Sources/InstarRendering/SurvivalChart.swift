internal import InstarColumns

/// Curves of survival, or of cumulative hazard, drawn as steps over days: a letter for each group.
///
/// ```
/// 100 % ┤AAAAAAA
///       │BBBB  AAAAAAAA
///  50 % ┤    BBBBBB   AAAAAAAA
///       │          BBBBBBBB   AAAA
///   0 % ┼────────────────────────────
///       0            60          120 days
/// A  plan = pro   at risk 1,204 .. 20
/// ```
///
/// Where two curves meet the letter of the first one stands.
struct SurvivalChart: Picture {
  private let keys: [CellWriter]
  private let days: Column
  private let atRisk: CellWriter
  private let values: Column
  private let groups: [[Int]]
  private let most: Int
  private let style: TerminalStyle
  private let width: Int

  private static let height = 12
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
  /// Numbers of the 256 colours.
  private static let colors = [32, 33, 36, 35, 34, 31]

  /// `nil` when the table lacks the columns of a curve.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    guard !rows.isEmpty, let days = table.column("days"), let risk = table.column("at_risk"),
      let place = table.columns.firstIndex(where: { $0.name == "events" }), place + 1 < table.columns.count,
      let first = table.columns.firstIndex(where: { $0.name == "days" }), table.columns[place + 1].type.isNumber
    else { return nil }
    func writer(_ column: Column) -> CellWriter {
      CellWriter(column, rows: rows, zone: options.zone, forPrograms: false)
    }
    let keys = table.columns[..<first].map(writer)
    (self.keys, self.days, atRisk, values) = (keys, days, writer(risk), table.columns[place + 1])
    groups = RowGroup.all(keys, rows: rows).map(\.rows)
    most = min(options.maxRows ?? .max, Self.letters.count)
    style = TerminalStyle(isOn: options.color)
    width = max(20, min(72, (options.width ?? 80) - 9))
  }

  func append(to bytes: inout [UInt8]) {
    let shown = Array(groups.prefix(most))
    let last = shown.flatMap { $0 }.reduce(0.0) { max($0, days[$1].number ?? 0) }
    let top = max(shown.flatMap { $0 }.reduce(0.0) { max($0, values[$1].number ?? 0) }, 1e-12)
    var cells = [[Int?]](repeating: [Int?](repeating: nil, count: width), count: Self.height)
    for (group, rows) in shown.enumerated() {
      var at = 0
      for column in 0..<width {
        let time = last * Double(column) / Double(width - 1)
        while at + 1 < rows.count, (days[rows[at + 1]].number ?? 0) <= time { at += 1 }
        let share = (values[rows[at]].number ?? 0) / top
        let line = min(Self.height - 1, max(0, Int(((1 - share) * Double(Self.height - 1)).rounded())))
        if cells[line][column] == nil { cells[line][column] = group }
      }
    }
    appendCells(cells, top: top, to: &bytes)
    appendAxis(last: last, to: &bytes)
    appendLegend(shown, to: &bytes)
  }

  private func appendCells(_ cells: [[Int?]], top: Double, to bytes: inout [UInt8]) {
    for (line, row) in cells.enumerated() {
      let share = 1 - Double(line) / Double(Self.height - 1)
      let isMarked = line == 0 || line == Self.height - 1 || line == Self.height / 2
      bytes.append(isMarked ? label(share * top) : "", width: 6, right: true)
      bytes.append(text: isMarked ? " ┤" : " │")
      var end = row.count
      while end > 0, row[end - 1] == nil { end -= 1 }
      for cell in row[..<end] {
        guard let group = cell else {
          bytes.append(spaces: 1)
          continue
        }
        let letter = groups.count == 1 ? "•" : String(Self.letters[group])
        style.append(letter, foreground: Self.colors[group % Self.colors.count], to: &bytes)
      }
      bytes.append(10)
    }
  }

  /// Of survival the share in per cent, of a hazard the number.
  private func label(_ value: Double) -> String {
    var bytes: [UInt8] = []
    if isShare {
      NumberText.append(value * 100, decimals: 0, to: &bytes)
    } else {
      NumberText.append(value, decimals: 2, to: &bytes)
    }
    return String(decoding: bytes, as: UTF8.self) + (isShare ? " %" : "")
  }

  /// Survival starts at 1, a hazard at 0.
  private var isShare: Bool { (values[groups[0][0]].number ?? 0) > 0.5 }

  private func appendAxis(last: Double, to bytes: inout [UInt8]) {
    bytes.append(text: "       └" + String(repeating: "─", count: width) + "\n")
    var number: [UInt8] = []
    NumberText.append(last, decimals: last == last.rounded() ? 0 : 1, to: &number)
    let end = String(decoding: number, as: UTF8.self) + " days"
    bytes.append(spaces: 8)
    bytes.append(text: "0")
    bytes.append(spaces: max(1, width - 1 - end.displayWidth))
    bytes.append(text: end + "\n")
  }

  private func appendLegend(_ shown: [[Int]], to bytes: inout [UInt8]) {
    for (group, rows) in shown.enumerated() where groups.count > 1 {
      style.append(String(Self.letters[group]), foreground: Self.colors[group % Self.colors.count], to: &bytes)
      let name = keys.map { "\($0.column.name) = \($0.readable(rows[0]))" }.joined(separator: ", ")
      let numbers = "\(atRisk.readable(rows[0])) .. \(atRisk.readable(rows[rows.count - 1]))"
      bytes.append(text: "  \(name)  at risk \(numbers)\n")
    }
    if let remark = Truncation.remark(shown: shown.count, of: groups.count) {
      bytes.append(text: remark.dropLast(4) + "curves\n")
    }
  }
}
