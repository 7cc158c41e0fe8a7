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
struct RetentionChart {
  private let labels: [CellWriter]
  private let table: ResultTable
  private let lines: [Line]
  private let ages: [Int]
  private let hiddenAges: Int
  private let hiddenLines: Int
  private let largest: Double
  private let valueName: String
  private let decimals: Int
  private let style: TerminalStyle
  private let cellWidth: Int

  /// One cohort of one value of the breakdown: the row of the table for each age.
  private struct Line {
    var labels: [String]
    var rows: [Int: Int]
  }

  /// `nil` when the table lacks the columns of a retention.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let age = table.column("age"), case .integers(let ageValues) = age.values, table.column("cohort") != nil,
      let rate = table.column("rate") ?? table.column("measure")
    else { return nil }
    let hasMeasure = table.column("measure").map { column in (0..<column.count).contains { column.isPresent($0) } }
    valueName = hasMeasure == true ? "measure" : rate.name
    self.table = table
    let rows = 0..<table.rowCount
    labels = table.columns.filter { !RetentionChart.valueColumns.contains($0.name) }.map {
      CellWriter($0, rows: rows, zone: options.zone, forPrograms: false)
    }
    let all = RetentionChart.lines(labels, ageValues, rows)
    let shown = min(all.count, options.maxRows ?? .max)
    lines = Array(all.prefix(shown))
    hiddenLines = all.count - shown
    style = TerminalStyle(isOn: options.color)
    let values = table.column(valueName)!
    let scale = valueName == "rate" ? 100.0 : 1
    let allAges = Set(ageValues).sorted().map(Int.init)
    largest = RetentionChart.largest(values, ageValues)
    let labelWidth = RetentionChart.widths(labels, lines).reduce(0) { $0 + $1 + 2 }
    let room = options.width.map { $0 - labelWidth }
    let numbers = rows.lazy.compactMap { values[$0].number.map { $0 * scale } }
    let most = valueName == "rate" ? 1 : NumberText.decimals(for: numbers)
    let (decimals, width) = RetentionChart.layout(numbers, most: most, ages: allAges.count, room: room)
    (self.decimals, cellWidth) = (decimals, width)
    let fitting = room.map { max(1, ($0 + 1) / width) } ?? allAges.count
    ages = Array(allAges.prefix(fitting))
    hiddenAges = allAges.count - ages.count
  }

  func append(to bytes: inout [UInt8]) {
    let widths = RetentionChart.widths(labels, lines)
    var head: [UInt8] = []
    for (label, width) in zip(labels, widths) {
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
      for (index, width) in widths.enumerated() {
        text.append(line.labels[index], width: width, right: labels[index].isRightAligned)
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
    if let remark = Truncation.remark(shown: lines.count, of: lines.count + hiddenLines) {
      bytes.append(text: remark.replacingLast("rows", with: "cohorts") + "\n")
    }
    if hiddenAges > 0 { bytes.append(text: "\(ages.count) of \(ages.count + hiddenAges) ages\n") }
    let starred = lines.contains { line in ages.contains { line.rows[$0].map(isOpen) ?? false } }
    if starred { bytes.append(text: "* not covered to its end: the value may rise\n") }
  }

  /// A cell of `cellWidth` columns: a shade, the number, the star, a blank.
  private func appendCell(_ row: Int?, age: Int, to bytes: inout [UInt8]) {
    guard let row, let value = table.column(valueName)?[row].number else {
      bytes.append(spaces: cellWidth)
      return
    }
    var number: [UInt8] = []
    NumberText.append(valueName == "rate" ? value * 100 : value, decimals: decimals, to: &number)
    let text = String(decoding: number, as: UTF8.self)
    let level = largest > 0 ? min(1, max(0, value / largest)) : 0
    let star = isOpen(row) ? "*" : " "
    let space = String(repeating: " ", count: max(0, cellWidth - 3 - text.displayWidth))
    if style.isOn {
      let color = RetentionChart.ramp[
        min(RetentionChart.ramp.count - 1, Int(level * Double(RetentionChart.ramp.count)))]
      let ink = color.isDark ? 231 : 16
      style.append(" \(space)\(text)\(star)", foreground: ink, background: color.number, to: &bytes)
    } else {
      let shade = RetentionChart.shades[min(4, Int((level * 4).rounded(.up)))]
      bytes.append(text: "\(shade)\(space)\(text)\(star)")
    }
    bytes.append(32)
  }

  private func isOpen(_ row: Int) -> Bool { table.column("complete")?[row] == .boolean(false) }

  /// Columns of a retention that are no labels of its lines.
  private static let valueColumns: Set<String> = ["age", "users", "rate", "measure", "complete"]
  private static let shades = [" ", "░", "▒", "▓", "█"]
  /// Blues from light to dark, numbers of the 256 colours.
  private static let ramp: [(number: Int, isDark: Bool)] = [
    (255, false), (189, false), (153, false), (117, false), (75, false), (33, true), (26, true), (19, true),
  ]

  private static func lines(_ labels: [CellWriter], _ ages: [Int64], _ rows: Range<Int>) -> [Line] {
    var lines: [Line] = []
    var places: [[String]: Int] = [:]
    for row in rows {
      let key = labels.map { $0.readable(row) }
      let place = places[key] ?? lines.count
      if place == lines.count {
        places[key] = place
        lines.append(Line(labels: key, rows: [:]))
      }
      lines[place].rows[Int(ages[row])] = row
    }
    return lines
  }

  private static func largest(_ values: Column, _ ages: [Int64]) -> Double {
    var largest = 0.0
    var largestOfAll = 0.0
    for row in 0..<values.count {
      guard let value = values[row].number else { continue }
      largestOfAll = max(largestOfAll, value)
      if ages[row] > 0 { largest = max(largest, value) }
    }
    return largest > 0 ? largest : largestOfAll
  }

  private static func widths(_ labels: [CellWriter], _ lines: [Line]) -> [Int] {
    labels.enumerated().map { index, label in
      lines.reduce(label.column.name.displayWidth) { max($0, $1.labels[index].displayWidth) }
    }
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
