internal import InstarColumns
internal import InstarSyntax

/// Expressions of MAP: over the columns of a file that is not open yet, so names stay names and types wait.
extension Resolution {
  func fileExpression(_ tree: Syntax.Expression) throws(Failure) -> FileExpression {
    switch tree.kind {
    case .literal(let literal):
      switch literal {
      case .integer(let number): return .literal(.integer(Int64(number)))
      case .real(let number, _): return .literal(.real(number))
      case .text(let text): return .literal(.text(text))
      case .boolean(let flag): return .literal(.boolean(flag))
      case .date(let date): return .literal(.time(try range(of: date).from))
      }
    case .parameter(let parameter): return .literal(try value(of: parameter))
    case .path(let path): return .column(path.names.map(\.text).joined(separator: "."))
    case .negative(let operand): return .negate(try fileExpression(operand))
    case .not(let operand): return .not(try fileExpression(operand))
    case .arithmetic(let sign, let left, let right):
      let operation: BinaryOperator =
        switch sign {
        case .add: .add
        case .subtract: .subtract
        case .multiply: .multiply
        case .divide: .divide
        }
      return .binary(operation, try fileExpression(left), try fileExpression(right))
    case .comparison(let sign, let left, let right):
      return .binary(sign.operation, try fileExpression(left), try fileExpression(right))
    case .and(let operands): return try joined(operands, .and)
    case .or(let operands): return try joined(operands, .or)
    case .between(let operand, let low, let high):
      let value = try fileExpression(operand)
      return .binary(
        .and, .binary(.greaterOrEqual, value, try fileExpression(low)),
        .binary(.lessOrEqual, value, try fileExpression(high)))
    case .presence(let operand, let test):
      let isMissing = FileExpression.isMissing(try fileExpression(operand))
      return test == .isMissing ? isMissing : .not(isMissing)
    case .textTest(let test, let operand, let pattern):
      return .textTest(TextTest(test), try fileExpression(operand), try text(pattern))
    case .membership(let operand, let values, let isNegated):
      let constants = try each(values) { value throws(Failure) in try constant(value) }
      let test = FileExpression.oneOf(try fileExpression(operand), constants)
      return isNegated ? .not(test) : test
    case .case(let choice):
      let branches = try each(choice.branches) { branch throws(Failure) in
        FileBranch(condition: try fileExpression(branch.condition), value: try fileExpression(branch.value))
      }
      let otherwise = try optional(choice.otherwise) { tree throws(Failure) in try fileExpression(tree) }
      return .choice(branches, otherwise: otherwise)
    case .call(let call): return try fileCall(call)
    case .span, .did, .inSegment, .at:
      throw fail(
        .wrongRows, at: tree.range, "MAP reads one row of a file, and this is about the events of a store",
        help: "use the columns of the file")
    }
  }

  private func joined(_ operands: [Syntax.Expression], _ operation: BinaryOperator) throws(Failure) -> FileExpression {
    var result = try fileExpression(operands[0])
    for operand in operands.dropFirst() { result = .binary(operation, result, try fileExpression(operand)) }
    return result
  }

  private func constant(_ tree: Syntax.Expression) throws(Failure) -> Value {
    switch try fileExpression(tree) {
    case .literal(let value): return value
    case .negate(.literal(.integer(let number))): return .integer(-number)
    case .negate(.literal(.real(let number))): return .real(-number)
    default: throw fail(.arguments, at: tree.range, "a list in MAP holds constants")
    }
  }

  private func fileCall(_ call: Call) throws(Failure) -> FileExpression {
    let word = call.function.text.lowercased()
    guard let function = Function(rawValue: word) else {
      throw fail(
        .unknownFunction, at: call.function.range, "MAP has no function \(call.function.text)",
        help: Suggestions.sentence(for: word, among: Function.allCases.map { NameCandidate($0.rawValue) }))
    }
    let arguments = try each(call.arguments) { argument throws(Failure) in
      guard case .expression(let tree) = argument else {
        throw fail(.arguments, at: call.range, "\(word) takes values of the row")
      }
      return try fileExpression(tree)
    }
    guard function.argumentCounts.contains(arguments.count) else {
      throw fail(.arguments, at: call.range, "\(word) is given \(Names.counted(arguments.count, "argument"))")
    }
    return .call(function, arguments)
  }
}
