internal import InstarColumns

/// Curves of survival, or of cumulative hazard, as steps over days, each with the band of its interval.
struct SurvivalFigure: Picture {
  private let keys: [CellWriter]
  private let days: Column
  private let values: Column
  private let band: (lower: Column, upper: Column)?
  private let groups: [RowGroup]

  private static let width = 860.0
  private static let height = 260.0
  private static let top = 12.0

  /// `nil` when the table lacks the columns of a curve.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    let rows = 0..<table.rowCount
    guard !rows.isEmpty, let first = table.columns.firstIndex(where: { $0.name == "days" }),
      let events = table.columns.firstIndex(where: { $0.name == "events" }), events + 1 < table.columns.count,
      table.columns[events + 1].type.isNumber
    else { return nil }
    keys = table.columns[..<first].map {
      CellWriter($0, rows: rows, zone: options.zone, forPrograms: false)
    }
    (days, values) = (table.columns[first], table.columns[events + 1])
    if let lower = table.column("low"), let upper = table.column("high") { band = (lower, upper) } else { band = nil }
    groups = RowGroup.all(keys, rows: rows)
  }

  func append(to page: inout [UInt8]) {
    let shown = groups.prefix(HTMLStyle.seriesCount)
    let rows = shown.flatMap(\.rows)
    let last = rows.compactMap { days[$0].number }.max() ?? 0
    let top = rows.compactMap { band?.upper[$0].number ?? values[$0].number }.max() ?? 1
    let frame = PlotFrame(
      vertical: AxisScale(from: 0, to: max(top, 1e-9)), width: Self.width, top: Self.top, height: Self.height)
    var canvas = SVGCanvas(
      width: Self.width, height: Self.top + Self.height + 28, label: "\(values.name) over days")
    frame.appendRules(to: &canvas)
    for (place, group) in shown.enumerated() {
      func steps(_ column: Column) -> [(x: Double, y: Double)] {
        Self.steps(
          group.rows.compactMap { row in
            guard let day = days[row].number, let value = column[row].number else { return nil }
            return (frame.x(last > 0 ? day / last : 0), frame.y(value))
          })
      }
      if let band { canvas.area(steps(band.lower) + steps(band.upper).reversed(), style: "p\(place)") }
      canvas.curve(steps(values), style: "s\(place)", title: RowGroup.name(keys, group.key))
    }
    frame.appendLabel("0", at: 0, to: &canvas)
    frame.appendLabel("\(NumberText.grouped(Int64(last.rounded()))) days", at: 1, to: &canvas)
    if !keys.isEmpty { Legend.append(shown.map { RowGroup.name(keys, $0.key) }, to: &page) }
    canvas.finish(to: &page)
    if let remark = Truncation.remark(shown: shown.count, of: groups.count) {
      page.append(text: "<p>\(remark.dropLast(4))curves; the table has all</p>\n")
    }
  }

  /// A value holds until the next one: a corner at each change.
  private static func steps(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    var steps: [(x: Double, y: Double)] = []
    for point in points {
      if let last = steps.last { steps.append((point.x, last.y)) }
      steps.append(point)
    }
    return steps
  }
}
