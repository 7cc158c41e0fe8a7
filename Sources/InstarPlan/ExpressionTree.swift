extension Expression {
  /// The operands of the node, in order. Filters and values inside measures are not operands.
  package var operands: [Expression] {
    switch node {
    case .literal, .column, .event, .user, .userProperty, .item, .itemProperty, .measure, .sequence, .snapshotMember,
      .score, .chainMember:
      return []
    case .not(let operand), .negate(let operand), .oneOf(let operand, _), .isMissing(let operand),
      .textTest(_, let operand, _), .shifted(let operand, _):
      return [operand]
    case .binary(_, let left, let right): return [left, right]
    case .call(_, let operands), .overRows(_, let operands): return operands
    case .choice(let branches, let otherwise):
      return branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    case .aggregate(let call): return call.argument.map { [$0] } ?? []
    }
  }

  /// The expression with each operand replaced.
  package func mapOperands(_ body: (Expression) -> Expression) -> Expression {
    var copy = self
    switch node {
    case .literal, .column, .event, .user, .userProperty, .item, .itemProperty, .measure, .sequence, .snapshotMember,
      .score, .chainMember:
      break
    case .not(let operand): copy.node = .not(body(operand))
    case .negate(let operand): copy.node = .negate(body(operand))
    case .oneOf(let operand, let values): copy.node = .oneOf(body(operand), values)
    case .isMissing(let operand): copy.node = .isMissing(body(operand))
    case .textTest(let test, let operand, let text): copy.node = .textTest(test, body(operand), text)
    case .shifted(let operand, let duration): copy.node = .shifted(body(operand), by: duration)
    case .binary(let operation, let left, let right): copy.node = .binary(operation, body(left), body(right))
    case .call(let function, let operands): copy.node = .call(function, operands.map(body))
    case .overRows(let function, let operands): copy.node = .overRows(function, operands.map(body))
    case .choice(let branches, let otherwise):
      let mapped = branches.map { Branch(condition: body($0.condition), value: body($0.value)) }
      copy.node = .choice(mapped, otherwise: otherwise.map(body))
    case .aggregate(var call):
      call.argument = call.argument.map(body)
      copy.node = .aggregate(call)
    }
    return copy
  }

  /// Whether the value needs no row outside its aggregates: what AGGREGATE and ASSERT can compute.
  var isAggregated: Bool {
    if case .aggregate = node { return true }
    if constant != nil { return true }
    return !operands.isEmpty && operands.allSatisfy(\.isAggregated)
  }
}
