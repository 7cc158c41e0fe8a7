import InstarCalendar
import InstarColumns
import InstarPlan

/// Evaluates expressions over the rows of a table that earlier steps made.
///
/// Expressions of users read columns that a scan over the table's users has computed beforehand, indexed by user.
final class TableEvaluator {
  let program: Program
  private let table: Table
  private let combine: Combine
  /// Columns of nodes of level user, indexed by user.
  private let userColumns: [Int: Column]
  /// Columns of nodes that were evaluated while the rows still were events.
  private let rowColumns: [Int: Column]
  private let itemProperties: [UInt16: Column]
  private let itemNames: any TextDictionary
  private var cache: [Vector?]

  init(
    program: Program, table: Table, calendar: Calendar, userColumns: [Int: Column] = [:],
    rowColumns: [Int: Column] = [:], itemProperties: [UInt16: Column] = [:],
    itemNames: any TextDictionary = TextList([])
  ) {
    self.program = program
    self.table = table
    self.userColumns = userColumns
    self.rowColumns = rowColumns
    self.itemProperties = itemProperties
    self.itemNames = itemNames
    combine = Combine(calendar: calendar)
    cache = [Vector?](repeating: nil, count: program.nodes.count)
  }

  /// One row for each row of the table.
  func rows(_ node: Int) -> Vector {
    if let known = cache[node] { return known }
    let compiled = program.nodes[node]
    let result: Vector
    if let column = rowColumns[node] {
      result = Vector(column)
    } else if let column = userColumns[node], let users = table.users {
      result = Vector(column).gathered(users.map(Int.init))
    } else {
      result = combine.evaluate(compiled, count: table.rowCount, operand: rows) ?? leaf(compiled)
    }
    cache[node] = result
    return result
  }

  private func leaf(_ node: ProgramNode) -> Vector {
    switch node.operation {
    case .column(let position): return Vector(table.columns[position])
    case .item:
      guard let items = table.items else { preconditionFailure("no items in this table") }
      return Vector(.text, .codes(items, itemNames))
    case .itemProperty(let property, items: _): return itemProperty(property, type: node.type)
    case .overRows(let function, let arguments):
      return RowFunctions.evaluate(function, arguments.map(rows), type: node.type, count: table.rowCount)
    default: preconditionFailure("no operation of table rows: \(node.operation)")
    }
  }

  private func itemProperty(_ property: UInt16, type: ValueType) -> Vector {
    guard let items = table.items, let column = itemProperties[property], column.count > 0 else {
      return Vector.missing(type)
    }
    var outside: [UInt8] = []
    let positions = items.enumerated().map { row, item in
      if Int(item) < column.count { return Int(item) }
      Combine.markMissing(&outside, row, items.count)
      return 0
    }
    var result = Vector(column).gathered(positions)
    if !outside.isEmpty {
      result.present = result.present.isEmpty ? outside : zip(result.present, outside).map { $0 & $1 }
    }
    return result
  }
}
