internal import InstarColumns

/// A series in time as sparklines: a line for each number column and each value of the breakdown.
///
/// ```
/// revenue  country = TR  ▁▂▃▅█▆  2026-01 .. 2026-06  min 1,204  max 98,300  last 71,020
/// ```
///
/// The first column is the time. Blocks count from 0, or from the least value where it is negative; a missing value is
/// a gap. Series longer than the space are averaged over equal stretches.
struct SparklineChart: Picture {
  private let table: ResultTable
  private let time: CellWriter
  private let keys: [CellWriter]
  private let numbers: [CellWriter]
  private let style: TerminalStyle
  private let width: Int
  private let most: Int

  /// `nil` when the table has no rows or no numbers.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    func writer(_ column: Column) -> CellWriter {
      CellWriter(column, rows: rows, zone: options.zone, forPrograms: false)
    }
    guard !rows.isEmpty, let first = table.columns.first else { return nil }
    time = writer(first)
    keys = table.columns.dropFirst().filter { $0.type == .text }.map(writer)
    numbers = table.columns.dropFirst().filter { $0.type.isNumber }.map(writer)
    guard !numbers.isEmpty else { return nil }
    self.table = table
    style = TerminalStyle(isOn: options.color)
    width = max(10, min(60, (options.width ?? 120) - 70))
    most = options.maxRows ?? .max
  }

  func append(to bytes: inout [UInt8]) {
    let series = RowGroup.all(keys, rows: 0..<table.rowCount)
    let names = numbers.flatMap { number in series.map { (number, name(number, $0.key), $0.rows) } }
    let nameWidth = names.prefix(most).map(\.1.displayWidth).max() ?? 0
    for (number, name, rows) in names.prefix(most) {
      bytes.append(name, width: nameWidth, right: false)
      bytes.append(spaces: 2)
      let values = rows.map { number.column[$0].number }
      style.append(Sparkline.text(values, width: width), foreground: 32, to: &bytes)
      bytes.append(text: "  \(time.readable(rows[0])) .. \(time.readable(rows[rows.count - 1]))")
      appendRange(number, rows, to: &bytes)
      bytes.append(10)
    }
    if let remark = Truncation.remark(shown: min(most, names.count), of: names.count) {
      bytes.append(text: remark.dropLast(4) + "series\n")
    }
  }

  private func appendRange(_ number: CellWriter, _ rows: [Int], to bytes: inout [UInt8]) {
    let present = rows.filter { number.column.isPresent($0) }
    func value(_ row: Int) -> Double { number.column[row].number ?? 0 }
    guard let least = present.min(by: { value($0) < value($1) }),
      let greatest = present.max(by: { value($0) < value($1) }), let last = present.last
    else { return }
    bytes.append(
      text: "  min \(number.readable(least))  max \(number.readable(greatest))  last \(number.readable(last))")
  }

  private func name(_ number: CellWriter, _ key: [String]) -> String {
    number.column.name + zip(keys, key).map { "  \($0.column.name) = \($1)" }.joined()
  }
}

/// Values as a row of block characters.
package enum Sparkline {
  /// - Parameter width: the most columns; longer series are averaged over equal stretches.
  package static func text(_ values: [Double?], width: Int) -> String {
    let points = values.count > width ? averaged(values, width) : values
    let present = points.compactMap { $0 }.filter(\.isFinite)
    guard let greatest = present.max(), let least = present.min() else {
      return String(repeating: " ", count: points.count)
    }
    let floor = min(0, least)
    let height = greatest - floor
    return String(
      points.map { point in
        guard let point, point.isFinite else { return " " }
        return blocks[height > 0 ? min(7, Int((point - floor) / height * 8)) : 0]
      })
  }

  private static func averaged(_ values: [Double?], _ width: Int) -> [Double?] {
    (0..<width).map { place in
      let present = values[place * values.count / width..<(place + 1) * values.count / width].compactMap { $0 }
      return present.isEmpty ? nil : present.reduce(0, +) / Double(present.count)
    }
  }

  private static let blocks: [Character] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]
}
