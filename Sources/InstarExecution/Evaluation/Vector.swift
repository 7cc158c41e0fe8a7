import InstarColumns

/// The values of one expression for the rows of one frame: what the evaluator passes between nodes.
///
/// A constant vector holds a single row that stands for all; every operation accepts it, so that `amount > 5` never
/// writes five eight thousand times.
struct Vector {
  var type: ValueType
  var values: ColumnValues
  /// Empty when every row has a value; else one byte a row.
  var present: [UInt8]
  var isConstant: Bool

  init(_ type: ValueType, _ values: ColumnValues, present: [UInt8] = [], isConstant: Bool = false) {
    self.type = type
    self.values = values
    self.present = present
    self.isConstant = isConstant
  }

  /// One value for every row.
  init(constant value: Value, type: ValueType) {
    self.type = type
    isConstant = true
    present = value == .missing ? [0] : []
    switch value {
    case .missing: values = Vector.filler(type)
    case .boolean(let flag): values = .booleans([flag ? 1 : 0])
    case .integer(let integer), .time(let integer), .duration(let integer):
      values = type == .real ? .reals([Double(integer)]) : .integers([integer])
    case .real(let real): values = .reals([real])
    case .text(let text): values = .texts([text])
    }
  }

  /// No value in any row.
  static func missing(_ type: ValueType) -> Vector { Vector(constant: .missing, type: type) }

  private static func filler(_ type: ValueType) -> ColumnValues {
    switch type {
    case .boolean: .booleans([0])
    case .integer, .time, .duration: .integers([0])
    case .real: .reals([0])
    case .text: .texts([""])
    }
  }

  var allPresent: Bool { present.isEmpty }

  func isPresent(_ row: Int) -> Bool { present.isEmpty || present[isConstant ? 0 : row] != 0 }

  /// The validity bytes for `count` rows; empty when all are present.
  func presence(_ count: Int) -> [UInt8] {
    guard isConstant, !present.isEmpty else { return present }
    return [UInt8](repeating: present[0], count: count)
  }

  /// The rows as doubles; integers are converted.
  func reals(_ count: Int) -> [Double] {
    switch values {
    case .reals(let rows): return isConstant ? [Double](repeating: rows[0], count: count) : rows
    case .integers(let rows):
      if isConstant { return [Double](repeating: Double(rows[0]), count: count) }
      return rows.map { Double($0) }
    case .booleans(let rows):
      if isConstant { return [Double](repeating: Double(rows[0]), count: count) }
      return rows.map { Double($0) }
    case .codes, .texts: preconditionFailure("text is no number; the resolver typed this expression wrongly")
    }
  }

  /// The rows as integers (also times and durations).
  func integers(_ count: Int) -> [Int64] {
    switch values {
    case .integers(let rows): return isConstant ? [Int64](repeating: rows[0], count: count) : rows
    case .booleans(let rows):
      return isConstant ? [Int64](repeating: Int64(rows[0]), count: count) : rows.map { Int64($0) }
    case .reals(let rows):
      return isConstant ? [Int64](repeating: Int64(rows[0]), count: count) : rows.map { Int64($0) }
    case .codes, .texts: preconditionFailure("text is no number; the resolver typed this expression wrongly")
    }
  }

  /// The rows of a condition: 1 where it holds; a missing value does not hold.
  func flags(_ count: Int) -> [UInt8] {
    guard case .booleans(let rows) = values else {
      preconditionFailure("a condition is true or false; the resolver typed this expression wrongly")
    }
    if isConstant { return [UInt8](repeating: isPresent(0) ? rows[0] : 0, count: count) }
    guard !present.isEmpty else { return rows }
    var result = rows
    var row = 0
    while row < result.count {
      result[row] &= present[row]
      row &+= 1
    }
    return result
  }

  /// The text at a row.
  func text(_ row: Int) -> String {
    let at = isConstant ? 0 : row
    switch values {
    case .texts(let rows): return rows[at]
    case .codes(let rows, let dictionary): return dictionary.text(rows[at])
    default: preconditionFailure("no text in a column of \(type.phrase)")
    }
  }

  /// The vector with one row for each of `count` rows.
  func expanded(_ count: Int) -> Vector {
    guard isConstant else { return self }
    let rows: ColumnValues =
      switch values {
      case .booleans(let one): .booleans([UInt8](repeating: one[0], count: count))
      case .integers(let one): .integers([Int64](repeating: one[0], count: count))
      case .reals(let one): .reals([Double](repeating: one[0], count: count))
      case .codes(let one, let dictionary): .codes([UInt32](repeating: one[0], count: count), dictionary)
      case .texts(let one): .texts([String](repeating: one[0], count: count))
      }
    return Vector(type, rows, present: presence(count))
  }

  /// The rows at `positions`, in their order.
  func gathered(_ positions: [Int]) -> Vector {
    guard !isConstant else { return self }
    let rows: ColumnValues =
      switch values {
      case .booleans(let all): .booleans(gather(all, positions))
      case .integers(let all): .integers(gather(all, positions))
      case .reals(let all): .reals(gather(all, positions))
      case .codes(let all, let dictionary): .codes(gather(all, positions), dictionary)
      case .texts(let all): .texts(gather(all, positions))
      }
    return Vector(type, rows, present: present.isEmpty ? [] : gather(present, positions))
  }

  /// The vector as a column of a table of `count` rows.
  func column(_ name: String, unit: String? = nil, count: Int) -> Column {
    let full = expanded(count)
    return Column(name, type: type, unit: unit, values: full.values, present: full.present)
  }
}

extension Vector {
  init(_ column: Column) {
    self.init(column.type, column.values, present: column.present)
  }
}

func gather<Element>(_ values: [Element], _ positions: [Int]) -> [Element] {
  [Element](unsafeUninitializedCapacity: positions.count) { buffer, count in
    var row = 0
    while row < positions.count {
      buffer.initializeElement(at: row, to: values[positions[row]])
      row &+= 1
    }
    count = positions.count
  }
}
