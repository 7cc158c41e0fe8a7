import InstarColumns
import InstarImport
import InstarPlan

/// Gives the expressions of MAP their types, once the columns of the file are known.
struct FileTypes {
  /// The columns that chunks carry, in their order.
  let columns: [(name: String, type: ValueType)]
  let file: String

  /// The expression over the chunk's columns, of level `row`.
  ///
  /// - Throws: ``ExecutionError`` E0701 for an operation that the types do not allow.
  func typed(_ expression: FileExpression) throws -> Expression {
    switch expression {
    case .literal(let value):
      guard let type = value.type else { throw wrong("a missing value has no type here") }
      return Expression(.literal(value), type: type, level: .constant)
    case .column(let name):
      guard let position = columns.lastIndex(where: { $0.name == name }) else {
        throw ExecutionError(
          "E0722", "'\(file)' has no column '\(name)'",
          help: "its columns: \(columns.map(\.name).joined(separator: ", "))")
      }
      return Expression(.column(position), type: columns[position].type, level: .row)
    case .not(let inner):
      let operand = try typed(inner)
      guard operand.type == .boolean else { throw wrong("NOT needs a condition") }
      return Expression(.not(operand), type: .boolean, level: operand.level)
    case .negate(let inner):
      let operand = try typed(inner)
      guard operand.type.isNumber else { throw wrong("a minus needs a number, and this is \(operand.type.phrase)") }
      return Expression(.negate(operand), type: operand.type, level: operand.level)
    case .binary(let symbol, let left, let right): return try binary(symbol, try typed(left), try typed(right))
    case .oneOf(let inner, let list):
      return Expression(.oneOf(try typed(inner), list), type: .boolean, level: .row)
    case .isMissing(let inner): return Expression(.isMissing(try typed(inner)), type: .boolean, level: .row)
    case .textTest(let test, let inner, let text):
      let operand = try typed(inner)
      guard operand.type == .text else {
        throw wrong("\(test.rawValue) needs text, and this is \(operand.type.phrase)")
      }
      return Expression(.textTest(test, operand, text), type: .boolean, level: .row)
    case .call(let function, let arguments): return try call(function, try arguments.map(typed))
    case .choice(let branches, let otherwise): return try choice(branches, otherwise)
    }
  }

  private func binary(_ symbol: BinaryOperator, _ left: Expression, _ right: Expression) throws -> Expression {
    let level = max(left.level, right.level)
    switch symbol {
    case .and, .or:
      guard left.type == .boolean, right.type == .boolean else { throw wrong("\(symbol.rawValue) needs conditions") }
      return Expression(.binary(symbol, left, right), type: .boolean, level: level)
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual:
      guard left.type == right.type || left.type.isNumber && right.type.isNumber else {
        throw wrong("\(left.type.phrase) cannot be compared with \(right.type.phrase)")
      }
      return Expression(.binary(symbol, left, right), type: .boolean, level: level)
    case .add, .subtract, .multiply, .divide:
      guard left.type.isNumber, right.type.isNumber else {
        throw wrong("\(symbol.rawValue) needs numbers, and these are \(left.type.phrase) and \(right.type.phrase)")
      }
      let isWhole = left.type == .integer && right.type == .integer && symbol != .divide
      return Expression(.binary(symbol, left, right), type: isWhole ? .integer : .real, level: level)
    }
  }

  private func call(_ function: Function, _ arguments: [Expression]) throws -> Expression {
    let type: ValueType
    switch function {
    case .dayOfWeek, .hourOfDay, .dayOfMonth, .monthOfYear, .length: type = .integer
    case .date, .periodStart: type = .time
    case .bucket, .sqrt, .exp, .ln: type = .real
    case .round, .floor, .ceil, .abs: type = arguments.first?.type ?? .real
    case .lower, .upper: type = .text
    case .least, .greatest, .coalesce: type = try common(arguments.map(\.type))
    }
    let level = arguments.map(\.level).max() ?? .constant
    return Expression(.call(function, arguments), type: type, level: level)
  }

  private func choice(_ branches: [FileBranch], _ otherwise: FileExpression?) throws -> Expression {
    let typedBranches = try branches.map { branch -> Expression.Branch in
      let condition = try typed(branch.condition)
      guard condition.type == .boolean else { throw wrong("WHEN needs a condition") }
      return .init(condition: condition, value: try typed(branch.value))
    }
    let last = try otherwise.map(typed)
    let type = try common(typedBranches.map(\.value.type) + (last.map { [$0.type] } ?? []))
    return Expression(.choice(typedBranches, otherwise: last), type: type, level: .row)
  }

  private func common(_ types: [ValueType]) throws -> ValueType {
    guard let first = types.first else { throw wrong("a function needs values") }
    if types.allSatisfy({ $0 == first }) { return first }
    if types.allSatisfy(\.isNumber) { return .real }
    throw wrong("the values are of different types: \(types.map(\.phrase).joined(separator: ", "))")
  }

  private func wrong(_ sentence: String) -> ExecutionError {
    ExecutionError(
      "E0721", "in MAP over '\(file)': \(sentence)",
      help: "the types of the columns are what IMPORT .. WITH dry_run = true prints")
  }
}

extension FileExpression {
  /// The columns that the expression reads.
  var columnNames: [String] {
    switch self {
    case .literal: []
    case .column(let name): [name]
    case .not(let inner), .negate(let inner), .oneOf(let inner, _), .isMissing(let inner), .textTest(_, let inner, _):
      inner.columnNames
    case .binary(_, let left, let right): left.columnNames + right.columnNames
    case .call(_, let arguments): arguments.flatMap(\.columnNames)
    case .choice(let branches, let otherwise):
      branches.flatMap { $0.condition.columnNames + $0.value.columnNames } + (otherwise?.columnNames ?? [])
    }
  }

  /// The column that the expression is, where it is no more than that.
  var plainColumn: String? {
    if case .column(let name) = self { name } else { nil }
  }
}
