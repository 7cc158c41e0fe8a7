// before  did purchase and loyalty > 0.7 and country = 'TR'      after  country = 'TR' and did purchase and loyalty > 0.7

extension LogicalPlan {
  /// Conditions joined by AND or OR in the order of their cost. Two-valued logic makes the order free; neighbours of
  /// equal cost keep theirs.
  func orderingConditions() -> LogicalPlan { mapExpressions(\.orderedByCost) }
}

extension Expression {
  var orderedByCost: Expression {
    let inner = mapOperands(\.orderedByCost)
    guard case .binary(let operation, _, _) = inner.node, operation == .and || operation == .or else { return inner }
    let parts = inner.operands(joinedBy: operation)
    let ordered = parts.enumerated().sorted { ($0.element.cost, $0.offset) < ($1.element.cost, $1.offset) }
    return .joined(ordered.map(\.element), operation) ?? inner
  }

  private func operands(joinedBy operation: BinaryOperator) -> [Expression] {
    guard case .binary(operation, let left, let right) = node else { return [self] }
    return left.operands(joinedBy: operation) + right.operands(joinedBy: operation)
  }

  /// What a value costs for one row, by kind: 0 a constant, 1 a stored value, 10 a pass over the user's events, 20 a
  /// matcher over them, 50 a chain, 100 a model. Moments other than the statement's double it.
  var cost: Int {
    let own: Int =
      switch node {
      case .literal: 0
      case .column, .event, .user, .userProperty, .item, .itemProperty, .snapshotMember: 1
      case .measure(let measure): measure.moment == .statement ? 10 : 20
      case .sequence(let condition): condition.moment == .statement ? 20 : 40
      case .chainMember: 50
      case .score: 100
      case .textTest(.matches, _, _): 5
      default: 0
      }
    return operands.reduce(own) { $0 + $1.cost }
  }
}
