import InstarColumns
import InstarPlan

/// PIVOT k: the values of column k become columns.
///
/// Each combination of the key columns gives one row. With one value column the new columns are named by the value of
/// k; with several, `k_value`. A combination that does not occur is zero for counts and missing otherwise.
struct Pivot {
  private let table: Table
  private let plan: PivotPlan

  init(_ table: Table, _ plan: PivotPlan) {
    self.table = table
    self.plan = plan
  }

  /// - Throws: ``ExecutionError`` when k has more values than a table can have columns.
  func pivoted() throws -> Table {
    let (column, keys, values) = (plan.column, plan.keys, plan.values)
    let count = table.rowCount
    var texts = TextNumbers()
    let pivotKeys = GroupKey.bits(of: Vector(table.columns[column]), count: count, texts: &texts)
    var seen: [UInt64: Int] = [:]
    var representatives: [Int] = []
    for row in 0..<count where seen[pivotKeys[row]] == nil {
      seen[pivotKeys[row]] = row
      representatives.append(row)
    }
    let order = RowOrder(Vector(table.columns[column]), count: count, descending: false)
    representatives.sort { order.compare($0, $1) < 0 }
    guard representatives.count <= Self.most else {
      throw ExecutionError(
        "E0410",
        "\(table.columns[column].name) has \(representatives.count) values; a table has at most \(Self.most) columns",
        help: "keep fewer values, or leave PIVOT out")
    }
    // A value that the plan names and the data lack still has its columns.
    var labels = representatives.map { (label: Self.label(table.columns[column][$0]), row: Optional($0)) }
    if let known = plan.known {
      labels = known.map { value in
        let label = Self.label(value)
        return (label, labels.first { $0.label == label }?.row)
      }
    }
    var groups = GroupTable(extents: keys.map { _ in nil })
    let numbers = groups.groups(
      of: keys.map { GroupKey.bits(of: Vector(table.columns[$0]), count: count) }, count: count)
    var first = [Int](repeating: -1, count: groups.count)
    for row in 0..<count where first[Int(numbers[row])] < 0 { first[Int(numbers[row])] = row }
    var columns = keys.map { key in
      Vector(table.columns[key]).gathered(first).column(
        table.columns[key].name, unit: table.columns[key].unit, count: first.count)
    }
    for (label, representative) in labels {
      var rows = [Int](repeating: -1, count: groups.count)
      if let representative {
        for row in 0..<count where pivotKeys[row] == pivotKeys[representative] { rows[Int(numbers[row])] = row }
      }
      for value in values {
        columns.append(cells(table.columns[value], rows, name: plan.name(label, of: table.columns[value].name)))
      }
    }
    let users = table.users.map { users in first.map { users[$0] } }
    return Table(
      columns: columns, rowCount: first.count, users: keys.contains { table.columns[$0].name == "user" } ? users : nil)
  }

  private static let most = 2_000

  private func cells(_ source: Column, _ rows: [Int], name: String) -> Column {
    let vector = Vector(source)
    var result = source.count == 0 ? Vector.missing(source.type) : vector.gathered(rows.map { max(0, $0) })
    if rows.contains(-1) {
      if source.type == .integer {
        var integers = result.integers(rows.count)
        for row in rows.indices where rows[row] < 0 { integers[row] = 0 }
        result = Vector(.integer, .integers(integers), present: result.present)
      } else {
        var present = result.presence(rows.count)
        if present.isEmpty { present = [UInt8](repeating: 1, count: rows.count) }
        for row in rows.indices where rows[row] < 0 { present[row] = 0 }
        result.present = present
      }
    }
    return result.column(name, unit: source.unit, count: rows.count)
  }

  private static func label(_ value: Value) -> String {
    switch value {
    case .missing: "missing"
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let integer), .time(let integer), .duration(let integer): "\(integer)"
    case .real(let real): "\(real)"
    case .text(let text): text
    }
  }
}
