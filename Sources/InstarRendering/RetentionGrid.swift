internal import InstarColumns

/// A retention table turned about: a line for each cohort of each value of the breakdown, a column for each age.
struct RetentionGrid {
  /// The columns that name a line.
  let labels: [CellWriter]
  let lines: [Line]
  /// The ages that occur, ascending.
  let ages: [Int]
  /// The largest value of ages above 0, for shades: age 0 is nearly always all of the cohort.
  let largest: Double
  /// Whether values are rates, which are shown in per cent; else they are the measure that was asked for.
  let isRate: Bool
  private let values: Column
  private let complete: Column?

  struct Line {
    var labels: [String]
    /// The row of the table for each age.
    var rows: [Int: Int]
  }

  /// `nil` when the table lacks the columns of a retention.
  init?(_ table: ResultTable, _ options: RenderOptions) {
    guard let age = table.column("age"), case .integers(let ageValues) = age.values, table.column("cohort") != nil,
      let rate = table.column("rate") ?? table.column("measure")
    else { return nil }
    let measure = table.column("measure").flatMap { column in
      (0..<column.count).contains { column.isPresent($0) } ? column : nil
    }
    values = measure ?? rate
    isRate = values.name == "rate"
    complete = table.column("complete")
    let rows = 0..<table.rowCount
    labels = table.columns.filter { !RetentionGrid.valueColumns.contains($0.name) }.map {
      CellWriter($0, rows: rows, zone: options.zone, forPrograms: false)
    }
    lines = RowGroup.all(labels, rows: rows).map { group in
      Line(labels: group.key, rows: Dictionary(group.rows.map { (Int(ageValues[$0]), $0) }) { $1 })
    }
    ages = Set(ageValues).sorted().map(Int.init)
    largest = RetentionGrid.largest(values, ageValues)
  }

  /// The value of a row of the table, or `nil` where it is missing.
  func value(_ row: Int) -> Double? { values[row].number }

  /// Whether the data do not cover a row to its end.
  func isOpen(_ row: Int) -> Bool { complete?[row] == .boolean(false) }

  /// The values as they are shown.
  var numbers: [Double] {
    (0..<values.count).compactMap { row in values[row].number.map { isRate ? $0 * 100 : $0 } }
  }

  /// The display width of each label column over some lines and its heading.
  func labelWidths(of lines: [Line]) -> [Int] {
    labels.enumerated().map { index, label in
      lines.reduce(label.column.name.displayWidth) { max($0, $1.labels[index].displayWidth) }
    }
  }

  private static let valueColumns: Set<String> = ["age", "users", "rate", "measure", "complete"]

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
}
