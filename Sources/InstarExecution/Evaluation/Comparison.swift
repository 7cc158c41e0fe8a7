import InstarColumns
import InstarPlan

/// Comparisons in two-valued logic: a missing value equals nothing and is neither less nor greater; `!=` is the exact
/// opposite of `=`.
extension Combine {
  static func compare(_ symbol: BinaryOperator, _ left: Vector, _ right: Vector, _ count: Int) -> Vector {
    let constant = left.isConstant && right.isConstant
    let rows = constant ? 1 : count
    var result: [UInt8]
    if left.type == .text {
      result = compareText(symbol, left, right, rows)
    } else if left.type == .real || right.type == .real {
      result = compareOrdered(
        symbol, left, right, rows, { $0.reals($1) },
        { vector in
          if case .reals(let one) = vector.values { return one[0] }
          return vector.reals(1)[0]
        })
    } else {
      result = compareOrdered(symbol, left, right, rows, { $0.integers($1) }, { $0.integers(1)[0] })
    }
    let present = bothPresent(left, right, rows)
    if !present.isEmpty {
      let exception: UInt8 = symbol == .notEqual ? 1 : 0
      var row = 0
      while row < rows {
        if present[row] == 0 { result[row] = exception }
        row &+= 1
      }
    }
    return Vector(.boolean, .booleans(result), isConstant: constant)
  }

  @inline(__always)
  private static func compareOrdered<Element: Comparable>(
    _ symbol: BinaryOperator, _ left: Vector, _ right: Vector, _ rows: Int, _ expand: (Vector, Int) -> [Element],
    _ single: (Vector) -> Element
  ) -> [UInt8] {
    let a = expand(left, rows)
    if right.isConstant {
      let b = single(right)
      switch symbol {
      case .equal: return mask(a) { $0 == b }
      case .notEqual: return mask(a) { $0 != b }
      case .less: return mask(a) { $0 < b }
      case .lessOrEqual: return mask(a) { $0 <= b }
      case .greater: return mask(a) { $0 > b }
      default: return mask(a) { $0 >= b }
      }
    }
    let b = expand(right, rows)
    switch symbol {
    case .equal: return mask(a, b) { $0 == $1 }
    case .notEqual: return mask(a, b) { $0 != $1 }
    case .less: return mask(a, b) { $0 < $1 }
    case .lessOrEqual: return mask(a, b) { $0 <= $1 }
    case .greater: return mask(a, b) { $0 > $1 }
    default: return mask(a, b) { $0 >= $1 }
    }
  }

  @inline(__always)
  private static func mask<Element>(_ values: [Element], _ test: (Element) -> Bool) -> [UInt8] {
    [UInt8](unsafeUninitializedCapacity: values.count) { buffer, count in
      var row = 0
      while row < values.count {
        buffer[row] = test(values[row]) ? 1 : 0
        row &+= 1
      }
      count = values.count
    }
  }

  @inline(__always)
  private static func mask<Element>(_ a: [Element], _ b: [Element], _ test: (Element, Element) -> Bool) -> [UInt8] {
    precondition(a.count == b.count)
    return [UInt8](unsafeUninitializedCapacity: a.count) { buffer, count in
      var row = 0
      while row < a.count {
        buffer[row] = test(a[row], b[row]) ? 1 : 0
        row &+= 1
      }
      count = a.count
    }
  }

  /// Equality by dictionary code where one side is a constant or both come from one dictionary; else by text.
  private static func compareText(_ symbol: BinaryOperator, _ left: Vector, _ right: Vector, _ rows: Int) -> [UInt8] {
    let isEquality = symbol == .equal || symbol == .notEqual
    if isEquality, case .codes(let codes, let dictionary) = left.values, !left.isConstant {
      if right.isConstant, right.isPresent(0) {
        guard let code = dictionary.code(of: right.text(0)) else {
          return [UInt8](repeating: symbol == .notEqual ? 1 : 0, count: rows)
        }
        return symbol == .equal ? mask(codes) { $0 == code } : mask(codes) { $0 != code }
      }
      if case .codes(let others, let same) = right.values, same === dictionary, !right.isConstant {
        return symbol == .equal ? mask(codes, others) { $0 == $1 } : mask(codes, others) { $0 != $1 }
      }
    }
    var result = [UInt8](repeating: 0, count: rows)
    for row in 0..<rows where left.isPresent(row) && right.isPresent(row) {
      let a = left.text(row)
      let b = right.text(row)
      let holds =
        switch symbol {
        case .equal: a == b
        case .notEqual: a != b
        case .less: a < b
        case .lessOrEqual: a <= b
        case .greater: a > b
        default: a >= b
        }
      result[row] = holds ? 1 : 0
    }
    return result
  }

  static func oneOf(_ inner: Vector, _ list: [Value], _ count: Int) -> Vector {
    let rows = inner.isConstant ? 1 : count
    var result = [UInt8](repeating: 0, count: rows)
    switch inner.values {
    case .codes(let codes, let dictionary):
      let wanted = list.compactMap { value -> UInt32? in
        if case .text(let text) = value { return dictionary.code(of: text) }
        return nil
      }
      for row in 0..<rows where wanted.contains(codes[row]) { result[row] = 1 }
    case .texts(let texts):
      for row in 0..<rows where list.contains(.text(texts[row])) { result[row] = 1 }
    case .integers(let integers) where !list.contains(where: { if case .real = $0 { true } else { false } }):
      let wanted = list.compactMap { value -> Int64? in
        switch value {
        case .integer(let integer), .time(let integer), .duration(let integer): integer
        default: nil
        }
      }
      for row in 0..<rows where wanted.contains(integers[row]) { result[row] = 1 }
    case .booleans(let flags):
      for row in 0..<rows where list.contains(.boolean(flags[row] != 0)) { result[row] = 1 }
    default:
      let wanted = list.compactMap(\.number)
      let reals = inner.reals(rows)
      for row in 0..<rows where wanted.contains(reals[row]) { result[row] = 1 }
    }
    if !inner.present.isEmpty {
      for row in 0..<rows where inner.present[row] == 0 { result[row] = 0 }
    }
    return Vector(.boolean, .booleans(result), isConstant: inner.isConstant)
  }
}
