import InstarCalendar
import InstarColumns
import InstarPlan

/// The operations that need nothing but their operands, one column at a time.
struct Combine {
  var calendar: Calendar

  /// The value of `node` for `count` rows, or `nil` where the node is a leaf of its frame.
  func evaluate(_ node: ProgramNode, count: Int, operand: (Int) -> Vector) -> Vector? {
    switch node.operation {
    case .literal(let value): return Vector(constant: value, type: node.type)
    case .not(let inner): return Combine.not(operand(inner), count)
    case .negate(let inner): return Combine.negated(operand(inner), type: node.type, count)
    case .binary(let symbol, let left, let right):
      return binary(symbol, operand(left), operand(right), type: node.type, count)
    case .oneOf(let inner, let list): return Combine.oneOf(operand(inner), list, count)
    case .isMissing(let inner): return Combine.isMissing(operand(inner), count)
    case .textTest(let test, let inner, let text): return Combine.test(test, operand(inner), text, count)
    case .call(let function, let arguments): return call(function, arguments.map(operand), type: node.type, count)
    case .shifted(let inner, let duration):
      let times = operand(inner)
      let rows = times.isConstant ? 1 : count
      let moved = times.integers(rows).map { calendar.adding(duration, to: $0) }
      return Vector(.time, .integers(moved), present: times.present, isConstant: times.isConstant)
    case .choice(let branches, let otherwise):
      return Combine.choice(
        branches.map { (operand($0.condition), operand($0.value)) }, otherwise.map(operand), type: node.type, count)
    default: return nil
    }
  }

  func binary(_ symbol: BinaryOperator, _ left: Vector, _ right: Vector, type: ValueType, _ count: Int) -> Vector {
    switch symbol {
    case .and, .or: return Combine.logical(symbol, left, right, count)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      return Combine.compare(symbol, left, right, count)
    case .add, .subtract, .multiply, .divide: return Combine.arithmetic(symbol, left, right, type: type, count)
    }
  }

  static func not(_ inner: Vector, _ count: Int) -> Vector {
    var flags = inner.flags(inner.isConstant ? 1 : count)
    var row = 0
    while row < flags.count {
      flags[row] ^= 1
      row &+= 1
    }
    return Vector(.boolean, .booleans(flags), isConstant: inner.isConstant)
  }

  static func negated(_ inner: Vector, type: ValueType, _ count: Int) -> Vector {
    let rows = inner.isConstant ? 1 : count
    let values: ColumnValues =
      type == .real ? .reals(inner.reals(rows).map { -$0 }) : .integers(inner.integers(rows).map { 0 &- $0 })
    return Vector(type, values, present: inner.present, isConstant: inner.isConstant)
  }

  static func logical(_ symbol: BinaryOperator, _ left: Vector, _ right: Vector, _ count: Int) -> Vector {
    let constant = left.isConstant && right.isConstant
    let rows = constant ? 1 : count
    var result = left.flags(rows)
    let other = right.flags(rows)
    var row = 0
    if symbol == .and {
      while row < rows {
        result[row] &= other[row]
        row &+= 1
      }
    } else {
      while row < rows {
        result[row] |= other[row]
        row &+= 1
      }
    }
    return Vector(.boolean, .booleans(result), isConstant: constant)
  }

  static func isMissing(_ inner: Vector, _ count: Int) -> Vector {
    if inner.present.isEmpty { return Vector(constant: .boolean(false), type: .boolean) }
    return Vector(.boolean, .booleans(inner.present.map { $0 ^ 1 }), isConstant: inner.isConstant)
  }

  /// Validity of an operation that needs both operands.
  static func bothPresent(_ left: Vector, _ right: Vector, _ rows: Int) -> [UInt8] {
    if left.present.isEmpty { return rows == 1 && right.isConstant ? right.present : right.presence(rows) }
    if right.present.isEmpty { return rows == 1 && left.isConstant ? left.present : left.presence(rows) }
    var result = left.presence(rows)
    let other = right.presence(rows)
    var row = 0
    while row < rows {
      result[row] &= other[row]
      row &+= 1
    }
    return result
  }

  static func choice(
    _ branches: [(condition: Vector, value: Vector)], _ otherwise: Vector?, type: ValueType, _ count: Int
  ) -> Vector {
    // Which branch serves each row: the first whose condition holds.
    var chosen = [Int](repeating: branches.count, count: count)
    var open = [UInt8](repeating: 1, count: count)
    for (index, branch) in branches.enumerated() {
      let holds = branch.condition.flags(count)
      var row = 0
      while row < count {
        if open[row] & holds[row] != 0 {
          chosen[row] = index
          open[row] = 0
        }
        row &+= 1
      }
    }
    let values = branches.map(\.value) + [otherwise ?? Vector.missing(type)]
    return picked(values, chosen, type: type)
  }

  /// Row `r` of the result is row `r` of `values[chosen[r]]`.
  static func picked(_ values: [Vector], _ chosen: [Int], type: ValueType) -> Vector {
    let count = chosen.count
    var present = [UInt8](repeating: 1, count: count)
    var row = 0
    while row < count {
      present[row] = values[chosen[row]].isPresent(row) ? 1 : 0
      row += 1
    }
    let rows: ColumnValues
    switch type {
    case .boolean:
      let all = values.map { $0.flags(count) }
      rows = .booleans((0..<count).map { all[chosen[$0]][$0] })
    case .integer, .time, .duration:
      let all = values.map { $0.integers(count) }
      rows = .integers((0..<count).map { all[chosen[$0]][$0] })
    case .real:
      let all = values.map { $0.reals(count) }
      rows = .reals((0..<count).map { all[chosen[$0]][$0] })
    case .text:
      rows = .texts((0..<count).map { present[$0] != 0 ? values[chosen[$0]].text($0) : "" })
    }
    return Vector(type, rows, present: present.contains(0) ? present : [])
  }
}
