import InstarCalendar
import InstarColumns
import InstarPlan

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Functions of single values, one column at a time.
extension Combine {
  func call(_ function: Function, _ arguments: [Vector], type: ValueType, _ count: Int) -> Vector {
    let constant = arguments.allSatisfy(\.isConstant)
    let rows = constant ? 1 : count
    switch function {
    case .dayOfWeek, .hourOfDay, .dayOfMonth, .monthOfYear, .date, .periodStart:
      return timePart(function, arguments, rows, constant)
    case .abs, .round, .floor, .ceil, .sqrt, .exp, .ln, .bucket:
      return number(function, arguments, type: type, rows, constant)
    case .least, .greatest: return extreme(function, arguments, type: type, rows, constant)
    case .lower, .upper: return cased(function, arguments[0], rows, constant)
    case .length: return length(arguments[0], rows, constant)
    case .coalesce: return coalesce(arguments, type: type, rows, constant)
    }
  }

  private func timePart(_ function: Function, _ arguments: [Vector], _ rows: Int, _ constant: Bool) -> Vector {
    let times = arguments[0].integers(rows)
    let present = arguments[0].presence(rows)
    let values: [Int64]
    switch function {
    case .date: values = times.map { calendar.start(of: .day, containing: $0) }
    case .periodStart:
      guard let unit = PeriodUnit(name: arguments[1].text(0)) else {
        preconditionFailure("the resolver checks the unit of period_start")
      }
      values = times.map { calendar.start(of: unit, containing: $0) }
    case .hourOfDay: values = times.map { ($0 - calendar.start(ofDay: calendar.dayNumber(of: $0))) / 3_600_000 }
    case .dayOfWeek: values = times.map { Int64(isoWeekday(calendar.dayNumber(of: $0))) }
    case .dayOfMonth: values = times.map { Int64(calendar.date(of: $0).day) }
    default: values = times.map { Int64(calendar.date(of: $0).month) }
    }
    let type: ValueType = function == .date || function == .periodStart ? .time : .integer
    return Vector(type, .integers(values), present: present, isConstant: constant)
  }

  private func number(_ function: Function, _ arguments: [Vector], type: ValueType, _ rows: Int, _ constant: Bool)
    -> Vector
  {
    var present = arguments[0].presence(rows)
    if type != .real, function == .abs {
      return Vector(
        type, .integers(arguments[0].integers(rows).map { $0 == .min ? .max : Swift.abs($0) }),
        present: present, isConstant: constant)
    }
    var values = arguments[0].reals(rows)
    let second = arguments.count > 1 ? arguments[1].reals(rows) : []
    for row in 0..<rows {
      let x = values[row]
      switch function {
      case .abs: values[row] = Swift.abs(x)
      case .round:
        let scale = second.isEmpty ? 1 : pow(10, second[row])
        values[row] = (x * scale).rounded(.toNearestOrAwayFromZero) / scale
      case .floor: values[row] = x.rounded(.down)
      case .ceil: values[row] = x.rounded(.up)
      case .sqrt: values[row] = x.squareRoot()
      case .exp: values[row] = Foundationless.exp(x)
      case .ln: values[row] = Foundationless.log(x)
      default: values[row] = second[row] > 0 ? (x / second[row]).rounded(.down) * second[row] : .nan
      }
      if !values[row].isFinite { Combine.markMissing(&present, row, rows) }
    }
    if type == .real { return Vector(.real, .reals(values), present: present, isConstant: constant) }
    var integers = [Int64](repeating: 0, count: rows)
    for row in 0..<rows {
      if let exact = Int64(exactly: values[row]) {
        integers[row] = exact
      } else {
        Combine.markMissing(&present, row, rows)
      }
    }
    return Vector(type, .integers(integers), present: present, isConstant: constant)
  }

  /// The least or greatest of the arguments that are known.
  private func extreme(_ function: Function, _ arguments: [Vector], type: ValueType, _ rows: Int, _ constant: Bool)
    -> Vector
  {
    var result = coerced(arguments[0], type, rows)
    for argument in arguments.dropFirst() {
      let other = coerced(argument, type, rows)
      let wins = Combine.compare(function == .least ? .less : .greater, other, result, rows).flags(rows)
      let chosen = (0..<rows).map { wins[$0] != 0 || !result.isPresent($0) ? 1 : 0 }
      result = Combine.picked([result, other], chosen, type: type)
    }
    result.isConstant = constant
    return result
  }

  private func coerced(_ vector: Vector, _ type: ValueType, _ rows: Int) -> Vector {
    guard type == .real, vector.type != .real else { return vector.expanded(rows) }
    return Vector(.real, .reals(vector.reals(rows)), present: vector.presence(rows))
  }

  private func coalesce(_ arguments: [Vector], type: ValueType, _ rows: Int, _ constant: Bool) -> Vector {
    let chosen = (0..<rows).map { row in
      arguments.firstIndex { $0.isPresent(row) } ?? arguments.count - 1
    }
    var result = Combine.picked(arguments, chosen, type: type)
    result.isConstant = constant
    return result
  }

  private func cased(_ function: Function, _ text: Vector, _ rows: Int, _ constant: Bool) -> Vector {
    let values = (0..<rows).map { row -> String in
      guard text.isPresent(row) else { return "" }
      return function == .lower ? text.text(row).lowercased() : text.text(row).uppercased()
    }
    return Vector(.text, .texts(values), present: text.presence(rows), isConstant: constant)
  }

  private func length(_ text: Vector, _ rows: Int, _ constant: Bool) -> Vector {
    let values = (0..<rows).map { text.isPresent($0) ? Int64(text.text($0).count) : 0 }
    return Vector(.integer, .integers(values), present: text.presence(rows), isConstant: constant)
  }
}

/// 1 for Monday to 7 for Sunday (ISO 8601); day 0 was a Thursday.
private func isoWeekday(_ dayNumber: Int) -> Int { ((dayNumber + 3) % 7 + 7) % 7 + 1 }

/// The C library's functions under names that do not collide with the cases of ``Function``.
private enum Foundationless {
  #if canImport(Glibc)
  static func exp(_ x: Double) -> Double { Glibc.exp(x) }
  static func log(_ x: Double) -> Double { Glibc.log(x) }
  #else
  static func exp(_ x: Double) -> Double { Darwin.exp(x) }
  static func log(_ x: Double) -> Double { Darwin.log(x) }
  #endif
}
