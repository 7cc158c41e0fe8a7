import InstarColumns
import InstarPlan
import InstarStorage

/// A table between steps, once it exists as columns.
struct Table {
  var columns: [Column]
  var rowCount: Int
  /// The user of each row, where the rows speak of users: such a table is a user set.
  var users: [UInt32]?
  /// The item of each row, where the rows speak of items.
  var items: [UInt32]?
  /// Values of the events that the rows are, which later steps ask for and which are no columns of the result.
  var carried: [Expression: Column] = [:]

  init(columns: [Column], rowCount: Int? = nil, users: [UInt32]? = nil, items: [UInt32]? = nil) {
    self.columns = columns
    self.rowCount = rowCount ?? columns.first?.count ?? 0
    self.users = users
    self.items = items
  }

  /// The rows at `positions`, in their order.
  func rows(at positions: [Int]) -> Table {
    func chosen(_ column: Column) -> Column {
      Vector(column).gathered(positions).column(column.name, unit: column.unit, count: positions.count)
    }
    var table = Table(
      columns: columns.map(chosen), rowCount: positions.count, users: users.map { gather($0, positions) },
      items: items.map { gather($0, positions) })
    table.carried = carried.mapValues(chosen)
    return table
  }
}

extension Table {
  /// Reads the texts of the columns, so that whoever is given the table can always ask for them.
  func loadTexts() throws {
    for column in columns {
      if case .codes(let codes, let names) = column.values { try (names as? StoredDictionary)?.load(codes) }
    }
  }

  /// The summary without the rows of fewer than `threshold` users, and how many those are. A row that speaks of nobody
  /// hides nothing.
  func suppressed(below threshold: Int) -> (table: Table, rows: Int) {
    guard threshold > 1, users == nil else { return (self, 0) }
    var kept = Array(0..<rowCount)
    for name in ["users", "size", "active"] {
      guard let column = columns.first(where: { $0.name == name }), case .integers(let counts) = column.values else {
        continue
      }
      kept.removeAll { column.isPresent($0) && counts[$0] > 0 && counts[$0] < Int64(threshold) }
    }
    return kept.count == rowCount ? (self, 0) : (rows(at: kept), rowCount - kept.count)
  }
}

/// Collects the selected rows of one column over batches.
struct ColumnBuilder {
  private let name: String
  private let type: ValueType
  private let unit: String?
  private var values: ColumnValues?
  private var present: [UInt8] = []
  private(set) var count = 0

  init(_ name: String, type: ValueType, unit: String?) {
    self.name = name
    self.type = type
    self.unit = unit
  }

  /// Appends `vector`, which has or stands for `rows` rows.
  mutating func append(_ vector: Vector, rows: Int) {
    guard rows > 0 else { return }
    let full = vector.expanded(rows)
    if !full.present.isEmpty || !present.isEmpty {
      if present.isEmpty { present = [UInt8](repeating: 1, count: count) }
      present.append(contentsOf: full.present.isEmpty ? [UInt8](repeating: 1, count: rows) : full.present)
    }
    count += rows
    append(values: coerced(full, rows))
  }

  mutating func append(_ other: ColumnBuilder) {
    guard let theirs = other.values else { return }
    append(Vector(type, theirs, present: other.present), rows: other.count)
  }

  /// Integers become doubles in a column of doubles: the resolver lets both meet in CASE and arithmetic.
  private func coerced(_ vector: Vector, _ rows: Int) -> ColumnValues {
    if type == .real, case .integers = vector.values { return .reals(vector.reals(rows)) }
    return vector.values
  }

  private mutating func append(values more: ColumnValues) {
    // Taken out while it grows, so that the array is not copied.
    let held = values
    values = nil
    switch (held, more) {
    case (nil, _): values = more
    case (.booleans(var rows), .booleans(let others)):
      rows.append(contentsOf: others)
      values = .booleans(rows)
    case (.integers(var rows), .integers(let others)):
      rows.append(contentsOf: others)
      values = .integers(rows)
    case (.reals(var rows), .reals(let others)):
      rows.append(contentsOf: others)
      values = .reals(rows)
    case (.codes(var rows, let dictionary), .codes(let others, let same)) where dictionary === same:
      rows.append(contentsOf: others)
      values = .codes(rows, dictionary)
    case (let some?, _):
      values = .texts(Self.texts(some, type) + Self.texts(more, type))
    }
  }

  private static func texts(_ values: ColumnValues, _ type: ValueType) -> [String] {
    switch values {
    case .texts(let rows): rows
    case .codes(let rows, let dictionary): rows.map(dictionary.text)
    default: preconditionFailure("columns of different types were joined")
    }
  }

  func finish() -> Column {
    let rows: ColumnValues =
      values
      ?? {
        switch type {
        case .boolean: .booleans([])
        case .integer, .time, .duration: .integers([])
        case .real: .reals([])
        case .text: .texts([])
        }
      }()
    return Column(name, type: type, unit: unit, values: rows, present: present)
  }
}
