import InstarColumns

/// JOIN t ON a, b: a left join with a stored table. Each row finds at most one; a repeated key on the right is an error.
struct Join {
  private let left: Table
  private let right: Table
  private let name: String
  private let keys: [String]

  init(_ left: Table, with right: Table, named name: String, on keys: [String]) {
    self.left = left
    self.right = right
    self.name = name
    self.keys = keys
  }

  func joined() throws -> Table {
    var places: [[Value]: Int] = [:]
    let rightKeys = try keys.map { try Self.column($0, right, "table \(name)") }
    for row in 0..<right.rowCount {
      let key = rightKeys.map { Self.normal($0[row]) }
      guard places.updateValue(row, forKey: key) == nil else {
        throw JoinFailure(
          message: "table \(name) has more than one row for \(Self.text(keys, key))",
          help: "aggregate it first, or join on more columns")
      }
    }
    let leftKeys = try keys.map { try Self.column($0, left, "the table that arrives") }
    let found = (0..<left.rowCount).map { row in places[leftKeys.map { Self.normal($0[row]) }] ?? -1 }
    var result = left
    for column in right.columns where !keys.contains(column.name) {
      guard left.columns.allSatisfy({ $0.name != column.name }) else {
        throw JoinFailure(message: "both tables have a column \(column.name)", help: "rename one with KEEP")
      }
      var vector = column.count == 0 ? Vector.missing(column.type) : Vector(column).gathered(found.map { max(0, $0) })
      if found.contains(-1), column.count > 0 {
        var present = vector.presence(found.count)
        if present.isEmpty { present = [UInt8](repeating: 1, count: found.count) }
        for row in found.indices where found[row] < 0 { present[row] = 0 }
        vector.present = present
      }
      result.columns.append(vector.column(column.name, unit: column.unit, count: left.rowCount))
    }
    return result
  }

  /// Keys of different number types meet as reals.
  private static func normal(_ value: Value) -> Value {
    if case .integer(let integer) = value { .real(Double(integer)) } else { value }
  }

  private static func column(_ name: String, _ table: Table, _ whose: String) throws -> Column {
    if let column = table.columns.first(where: { $0.name == name }) { return column }
    throw JoinFailure(
      message: "\(whose) has no column \(name)",
      help: "it has \(table.columns.map(\.name).joined(separator: ", "))")
  }

  private static func text(_ names: [String], _ key: [Value]) -> String {
    zip(names, key).map { "\($0) = \(plain($1))" }.joined(separator: ", ")
  }

  private static func plain(_ value: Value) -> String {
    switch value {
    case .text(let text): text
    case .real(let real): "\(real)"
    case .integer(let integer), .time(let integer), .duration(let integer): "\(integer)"
    case .boolean(let flag): "\(flag)"
    case .missing: "missing"
    }
  }
}

/// Two tables could not be joined.
package struct JoinFailure: Error, Sendable {
  package var message: String
  package var help: String
}
