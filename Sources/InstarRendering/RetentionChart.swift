internal import InstarColumns

/// A retention table as a heat map: a line for each cohort, a column for each age, the rate in per cent in each cell,
/// or the measure where the statement asked for one.
///
/// The ground of a cell shows its value against the largest one of ages above 0 (age 0 is nearly always all of the
/// cohort): one of 256 colours, or a shade block in front of the number without colour. A star marks cells that the
/// data do not cover to their end.
///
/// ```
/// cohort   size       0       1       2
/// 2026-01   948  █100.0  █ 40.0  ▒ 20.0
/// 2026-02   720  █100.0  ░ 10.0*
/// ```
struct RetentionChart: Picture {
  private let grid: RetentionGrid
  private let lines: ArraySlice<RetentionGrid.Line>
  private let ages: ArraySlice<Int>
  private let labelWidths: [Int]
  private let decimals: Int
  private let style: TerminalStyle
  private let cellWidth: Int

  /// `nil` when the table lacks the columns of a retention.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let grid = RetentionGrid(table, options) else { return nil }
    self.grid = grid
    lines = grid.lines.prefix(options.maxRows ?? .max)
    style = TerminalStyle(isOn: options.color)
    labelWidths = grid.labelWidths(of: Array(lines))
    let room = options.width.map { [labelWidths] in $0 - labelWidths.reduce(0) { $0 + $1 + 2 } }
    let numbers = grid.numbers
    let most = grid.isRate ? 1 : NumberText.decimals(for: numbers)
    (decimals, cellWidth) = RetentionChart.layout(numbers, most: most, ages: grid.ages.count, room: room)
    let fitting = room.map { [cellWidth] in max(1, ($0 + 1) / cellWidth) } ?? grid.ages.count
    ages = grid.ages.prefix(fitting)
  }

  func append(to bytes: inout [UInt8]) {
    var head: [UInt8] = []
    for (label, width) in zip(grid.labels, labelWidths) {
      head.append(label.column.name, width: width, right: label.isRightAligned)
      head.append(spaces: 2)
    }
    for age in ages {
      head.append(String(age), width: cellWidth - 2, right: true)
      head.append(spaces: 2)
    }
    while head.last == 32 { head.removeLast() }
    style.appendDim(String(decoding: head, as: UTF8.self), to: &bytes)
    bytes.append(10)
    for line in lines {
      var text: [UInt8] = []
      for (index, width) in labelWidths.enumerated() {
        text.append(line.labels[index], width: width, right: grid.labels[index].isRightAligned)
        text.append(spaces: 2)
      }
      for age in ages { appendCell(line.rows[age], age: age, to: &text) }
      while text.last == 32 { text.removeLast() }
      bytes.append(contentsOf: text)
      bytes.append(10)
    }
    appendRemarks(to: &bytes)
  }

  private func appendRemarks(to bytes: inout [UInt8]) {
    if let remark = Truncation.remark(shown: lines.count, of: grid.lines.count) {
      bytes.append(text: remark.replacingLast("rows", with: "cohorts") + "\n")
    }
    if ages.count < grid.ages.count { bytes.append(text: "\(ages.count) of \(grid.ages.count) ages\n") }
    let starred = lines.contains { line in ages.contains { line.rows[$0].map(grid.isOpen) ?? false } }
    if starred { bytes.append(text: "* not covered to its end: the value may rise\n") }
  }

  /// A cell of `cellWidth` columns: a shade, the number, the star, a blank.
  private func appendCell(_ row: Int?, age: Int, to bytes: inout [UInt8]) {
    guard let row, let value = grid.value(row) else {
      bytes.append(spaces: cellWidth)
      return
    }
    var number: [UInt8] = []
    NumberText.append(grid.isRate ? value * 100 : value, decimals: decimals, to: &number)
    let text = String(decoding: number, as: UTF8.self)
    let level = grid.largest > 0 ? min(1, max(0, value / grid.largest)) : 0
    let star = grid.isOpen(row) ? "*" : " "
    let space = String(repeating: " ", count: max(0, cellWidth - 3 - text.displayWidth))
    style.appendHeat("\(space)\(text)\(star)", level: level, to: &bytes)
    bytes.append(32)
  }

  /// The decimals and the width of a cell: decimals go when the ages do not fit with them.
  private static func layout(_ numbers: some Sequence<Double>, most: Int, ages: Int, room: Int?) -> (Int, Int) {
    var decimals = most
    while true {
      var width = 1
      for number in numbers {
        var bytes: [UInt8] = []
        NumberText.append(number, decimals: decimals, to: &bytes)
        width = max(width, bytes.count)
      }
      if decimals == 0 || room.map({ (width + 3) * ages - 1 <= $0 }) ?? true { return (decimals, width + 3) }
      decimals -= 1
    }
  }
}

extension String {
  fileprivate func replacingLast(_ word: String, with other: String) -> String {
    hasSuffix(word) ? dropLast(word.count) + other : self
  }
}
