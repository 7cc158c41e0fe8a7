internal import InstarColumns

/// A series in time as lines: a panel for each number column, a line for each value of the breakdown.
///
/// Values count from 0, or from the least one where it is negative; a missing value is a gap. The first column is the
/// time.
struct SeriesFigure: Picture {
  private let time: CellWriter
  private let keys: [CellWriter]
  private let numbers: [CellWriter]
  private let groups: [RowGroup]
  private let places: [Double]

  private static let width = 860.0
  private static let height = 136.0
  private static let top = 26.0
  /// Points are drawn where they do not run into each other.
  private static let mostPoints = 60

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
    groups = RowGroup.all(keys, rows: rows)
    places = SeriesFigure.places(time, rows)
  }

  func append(to page: inout [UInt8]) {
    let shown = groups.prefix(HTMLStyle.seriesCount)
    if !keys.isEmpty { Legend.append(shown.map { RowGroup.name(keys, $0.key) }, to: &page) }
    for number in numbers { append(number, Array(shown), to: &page) }
    if let remark = Truncation.remark(shown: shown.count, of: groups.count) {
      page.append(text: "<p>\(remark.dropLast(4))series; the table has all</p>\n")
    }
  }

  private func append(_ number: CellWriter, _ shown: [RowGroup], to page: inout [UInt8]) {
    let values = shown.flatMap { $0.rows.compactMap { number.column[$0].number } }.filter(\.isFinite)
    guard let greatest = values.max(), let least = values.min() else { return }
    let scale = AxisScale(from: min(0, least), to: max(0, greatest))
    let frame = PlotFrame(vertical: scale, width: Self.width, top: Self.top, height: Self.height)
    var canvas = SVGCanvas(
      width: Self.width, height: Self.top + Self.height + 28, label: "\(number.column.name) over time")
    canvas.text(
      number.column.name + (number.column.unit.map { " (\($0))" } ?? ""), x: 0, y: 14, style: "strong")
    frame.appendRules(to: &canvas)
    for (place, group) in shown.enumerated() {
      let points = group.rows.map { row -> (x: Double, y: Double)? in
        guard let value = number.column[row].number, value.isFinite else { return nil }
        return (frame.x(places[row]), frame.y(value))
      }
      canvas.curve(points, style: "s\(place)", title: group.key.joined(separator: ", "))
      guard group.rows.count <= Self.mostPoints else { continue }
      for (row, point) in zip(group.rows, points) {
        guard let point else { continue }
        let title = ([time.readable(row)] + group.key + [number.readable(row)]).joined(separator: ", ")
        canvas.point(x: point.x, y: point.y, radius: 3, style: "p\(place)", title: title)
      }
    }
    appendTimes(frame, to: &canvas)
    canvas.finish(to: &page)
  }

  /// Writes the first, the middle and the last time below the panel.
  private func appendTimes(_ frame: PlotFrame, to canvas: inout SVGCanvas) {
    let order = places.indices.sorted { places[$0] < places[$1] }
    guard let first = order.first, let last = order.last else { return }
    frame.appendLabel(time.readable(first), at: 0, to: &canvas)
    guard places[last] > places[first] else { return }
    frame.appendLabel(time.readable(last), at: 1, to: &canvas)
    let middle = order.min { abs(places[$0] - 0.5) < abs(places[$1] - 0.5) } ?? first
    guard places[middle] > 0.25, places[middle] < 0.75 else { return }
    frame.appendLabel(time.readable(middle), at: places[middle], to: &canvas)
  }

  /// Where each row stands between the first time (0) and the last (1): by its moment where the column has one, else
  /// by the order of the texts.
  private static func places(_ time: CellWriter, _ rows: Range<Int>) -> [Double] {
    let positions: [Double]
    if time.column.type == .time || time.column.type.isNumber {
      positions = rows.map { row in
        if case .time(let moment) = time.column[row] { Double(moment) } else { time.column[row].number ?? 0 }
      }
    } else {
      var order: [String: Double] = [:]
      positions = rows.map { row in
        let text = time.readable(row)
        let place = order[text] ?? Double(order.count)
        order[text] = place
        return place
      }
    }
    let least = positions.min() ?? 0
    let span = (positions.max() ?? 0) - least
    return positions.map { span > 0 ? ($0 - least) / span : 0.5 }
  }
}
