package import InstarColumns

/// Short ways to build typed expressions: the resolver and the built-in attributes are written with them.
extension Expression {
  package static func literal(_ value: Value) -> Expression {
    Expression(.literal(value), type: value.type ?? .boolean, level: .constant)
  }

  /// The literal's value, where the expression is one.
  package var constant: Value? {
    guard case .literal(let value) = node else { return nil }
    return value
  }

  package static func measure(_ measure: Measure, type: ValueType, unit: String? = nil) -> Expression {
    Expression(.measure(measure), type: type, level: measure.moment.level, unit: unit)
  }

  /// A condition of two operands. The operands must have been checked.
  package static func compare(_ left: Expression, _ operation: BinaryOperator, _ right: Expression) -> Expression {
    Expression(.binary(operation, left, right), type: .boolean, level: max(left.level, right.level))
  }

  /// The parts joined by AND or OR as a balanced tree, so that a long list does not nest deeply; `nil` of none.
  package static func joined(_ parts: [Expression], _ operation: BinaryOperator) -> Expression? {
    joined(parts[...], operation)
  }

  private static func joined(_ parts: ArraySlice<Expression>, _ operation: BinaryOperator) -> Expression? {
    guard let first = parts.first else { return nil }
    let middle = parts.startIndex + (parts.count + 1) / 2
    guard let left = joined(parts[..<middle].dropFirst(parts.count == 1 ? 1 : 0), operation),
      let right = joined(parts[middle...], operation)
    else { return first }
    return compare(left, operation, right)
  }

  package static func and(_ left: Expression?, _ right: Expression) -> Expression {
    guard let left else { return right }
    return compare(left, .and, right)
  }

  package static func not(_ operand: Expression) -> Expression {
    Expression(.not(operand), type: .boolean, level: operand.level)
  }

  package static func choice(_ branches: [Branch], otherwise: Expression?, type: ValueType) -> Expression {
    let levels = branches.flatMap { [$0.condition.level, $0.value.level] } + [otherwise?.level ?? .constant]
    return Expression(.choice(branches, otherwise: otherwise), type: type, level: levels.max() ?? .constant)
  }
}

extension Moment {
  /// The level of a figure that looks from this moment.
  package var level: Expression.Level { self == .row ? .event : .user }
}

extension Measure.Function {
  /// The type of the figure over values of type `value`; `nil` where the function cannot take them.
  package func resultType(of value: ValueType?) -> ValueType? {
    switch self {
    case .count, .rows, .days: value == nil ? .integer : nil
    case .distinct: value == nil ? nil : .integer
    case .sum: value?.isNumber == true || value == .duration ? value : nil
    case .avg, .median: value == .duration ? .duration : value?.isNumber == true ? .real : nil
    case .min, .max: value == .boolean ? nil : value
    case .first, .last: value ?? .time
    case .mode: value
    case .recency, .since, .medianGap, .gapSpread: value == nil ? .real : nil
    }
  }

  package var unit: String? {
    switch self {
    case .days, .recency, .since, .medianGap, .gapSpread: "days"
    default: nil
    }
  }
}
