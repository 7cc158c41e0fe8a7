internal import InstarColumns

// before  filter loyalty > 0.5 + 0.2 and true      after  filter loyalty > 0.7

extension LogicalPlan {
  func foldingConstants() -> LogicalPlan { mapExpressions { $0.folded } }
}

extension Expression {
  /// The expression with constant parts computed. Whole numbers that overflow stay as they are, for the evaluator.
  var folded: Expression {
    let inner = mapOperands(\.folded)
    switch inner.node {
    case .not(let operand):
      guard case .boolean(let flag) = operand.constant else { return inner }
      return .literal(.boolean(!flag))
    case .binary(.and, let left, let right): return Self.joined(left, right, neutral: true) ?? inner
    case .binary(.or, let left, let right): return Self.joined(left, right, neutral: false) ?? inner
    case .binary(let operation, let left, let right):
      guard let a = left.constant, let b = right.constant, let value = Self.arithmetic(operation, a, b) else {
        return inner
      }
      return Expression(.literal(value), type: inner.type, level: .constant, unit: inner.unit)
    default: return inner
    }
  }

  /// `true and x` is x, `false and x` is false; the other way round for `or`.
  private static func joined(_ left: Expression, _ right: Expression, neutral: Bool) -> Expression? {
    if case .boolean(let flag) = left.constant { return flag == neutral ? right : left }
    if case .boolean(let flag) = right.constant { return flag == neutral ? left : right }
    return nil
  }

  private static func arithmetic(_ operation: BinaryOperator, _ left: Value, _ right: Value) -> Value? {
    if case .integer(let a) = left, case .integer(let b) = right, operation != .divide {
      let (result, overflow): (Int64, Bool)
      switch operation {
      case .add: (result, overflow) = a.addingReportingOverflow(b)
      case .subtract: (result, overflow) = a.subtractingReportingOverflow(b)
      case .multiply: (result, overflow) = a.multipliedReportingOverflow(by: b)
      default: return nil
      }
      return overflow ? nil : .integer(result)
    }
    guard let a = left.number, let b = right.number else { return nil }
    switch operation {
    case .add: return .real(a + b)
    case .subtract: return .real(a - b)
    case .multiply: return .real(a * b)
    case .divide: return b == 0 ? .missing : .real(a / b)
    default: return nil
    }
  }
}
