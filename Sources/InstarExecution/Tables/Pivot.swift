import InstarColumns

/// PIVOT k: the values of column k become columns.
///
/// The remaining columns but the last ones, which hold numbers that vary with k, are the keys of the rows. With one
/// value column the new columns are named by the value of k; with several, `k_value`. A combination that does not occur
/// is zero for counts and missing otherwise.
struct Pivot {
  private let table: Table
  private let column: Int

  init(_ table: Table, by column: Int) {
    self.table = table
    self.column = column
  }

  /// - Throws: ``PivotTooWide`` when k has more values than a table can have columns.
  func table() throws -> Table {
    // `complete` belongs to the period and would vary with k only by accident.
    let others = table.columns.indices.filter { $0 != column && table.columns[$0].name != "complete" }
    let values = others.filter { $0 > column && table.columns[$0].type != .text }
    let keys = others.filter { !values.contains($0) }
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
    guard representatives.count <= Self.most else { throw PivotTooWide(column: table.columns[column].name, values: representatives.count) }
    var groups = GroupTable(extents: keys.map { _ in nil })
    let numbers = groups.groups(of: keys.map { GroupKey.bits(of: Vector(table.columns[$0]), count: count) }, count: count)
    var first = [Int](repeating: -1, count: groups.count)
    for row in 0..<count where first[Int(numbers[row])] < 0 { first[Int(numbers[row])] = row }
    var columns = keys.map { key in
      Vector(table.columns[key]).gathered(first).column(table.columns[key].name, unit: table.columns[key].unit, count: first.count)
    }
    for representative in representatives {
      let label = Self.label(table.columns[column][representative])
      var rows = [Int](repeating: -1, count: groups.count)
      for row in 0..<count where pivotKeys[row] == pivotKeys[representative] { rows[Int(numbers[row])] = row }
      for value in values {
        let name = values.count == 1 ? label : "\(label)_\(table.columns[value].name)"
        columns.append(cells(table.columns[value], rows, name: name))
      }
    }
    let users = table.users.map { users in first.map { users[$0] } }
    return Table(columns: columns, rowCount: first.count, users: keys.contains { table.columns[$0].name == "user" } ? users : nil)
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

/// A column has too many different values to become columns.
package struct PivotTooWide: Error, Sendable {
  package var column: String
  package var values: Int
}
