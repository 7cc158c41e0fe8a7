import InstarColumns
import InstarPlan
import InstarStorage

/// Expressions of users for the rows of a table that has users: a scan over just these users.
struct UserColumns {
  let environment: QueryEnvironment

  /// For each of the largest parts of `expressions` that are of level user, its column indexed by user.
  func columns(_ expressions: [Expression], for users: [UInt32], in snapshot: borrowing Snapshot) throws
    -> [Expression: Column]
  {
    var wanted: [Expression] = []
    for expression in expressions {
      for part in expression.partsOfUsers where !wanted.contains(part) { wanted.append(part) }
    }
    guard !wanted.isEmpty, !users.isEmpty else { return [:] }
    let named = wanted.enumerated().map { NamedExpression("\($0.offset)", $0.element) }
    var executor = StreamExecutor(environment: environment)
    executor.users = Array(Set(users)).sorted()
    let table = try executor.run(StreamPlan(columnsOfUsers: named), in: snapshot).table
    var places = [Int](repeating: table.rowCount, count: snapshot.userCount)
    for (row, user) in (table.users ?? []).enumerated() { places[Int(user)] = row }
    var result: [Expression: Column] = [:]
    for (expression, column) in zip(wanted, table.columns) {
      result[expression] = Self.scattered(column, places)
    }
    return result
  }

  /// The column with row `places[user]` for each user; a place past the end is missing.
  private static func scattered(_ column: Column, _ places: [Int]) -> Column {
    guard column.count > 0 else { return Vector.missing(column.type).column(column.name, count: places.count) }
    var vector = Vector(column).gathered(places.map { $0 < column.count ? $0 : 0 })
    if places.contains(where: { $0 >= column.count }) {
      var present = vector.presence(places.count)
      if present.isEmpty { present = [UInt8](repeating: 1, count: places.count) }
      for user in places.indices where places[user] >= column.count { present[user] = 0 }
      vector.present = present
    }
    return vector.column(column.name, unit: column.unit, count: places.count)
  }
}

extension Expression {
  /// The largest parts that have one value for each user.
  var partsOfUsers: [Expression] {
    if level == .user { return [self] }
    return children.flatMap(\.partsOfUsers)
  }
}
