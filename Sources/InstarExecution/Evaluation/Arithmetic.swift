import InstarColumns
import InstarPlan

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

extension Combine {
  /// Integers stay integers under `+`, `-` and `*` and become missing on overflow; `/` is real division and missing
  /// where the divisor is zero. Times and durations add and subtract as milliseconds.
  static func arithmetic(_ symbol: BinaryOperator, _ left: Vector, _ right: Vector, type: ValueType, _ count: Int)
    -> Vector
  {
    let constant = left.isConstant && right.isConstant
    let rows = constant ? 1 : count
    var present = bothPresent(left, right, rows)
    if type == .real {
      let a = left.reals(rows)
      let b = right.reals(rows)
      let result = realArithmetic(symbol, a, b, &present)
      return Vector(.real, .reals(result), present: present, isConstant: constant)
    }
    let a = left.integers(rows)
    let b = right.integers(rows)
    var result = [Int64](repeating: 0, count: rows)
    for row in 0..<rows {
      let (value, overflow) =
        switch symbol {
        case .add: a[row].addingReportingOverflow(b[row])
        case .subtract: a[row].subtractingReportingOverflow(b[row])
        default: a[row].multipliedReportingOverflow(by: b[row])
        }
      result[row] = value
      if overflow { markMissing(&present, row, rows) }
    }
    return Vector(type, .integers(result), present: present, isConstant: constant)
  }

  private static func realArithmetic(_ symbol: BinaryOperator, _ a: [Double], _ b: [Double], _ present: inout [UInt8])
    -> [Double]
  {
    let rows = a.count
    precondition(b.count == rows)
    var result = a
    var row = 0
    switch symbol {
    case .add:
      while row < rows {
        result[row] += b[row]
        row &+= 1
      }
    case .subtract:
      while row < rows {
        result[row] -= b[row]
        row &+= 1
      }
    case .multiply:
      while row < rows {
        result[row] *= b[row]
        row &+= 1
      }
    default:
      while row < rows {
        if b[row] == 0 {
          markMissing(&present, row, rows)
        } else {
          result[row] /= b[row]
        }
        row &+= 1
      }
    }
    return result
  }

  static func markMissing(_ present: inout [UInt8], _ row: Int, _ rows: Int) {
    if present.isEmpty { present = [UInt8](repeating: 1, count: rows) }
    present[row] = 0
  }
}
