import InstarPlan

extension Expression {
  /// The expression with each column of the incoming table replaced by what defines it.
  ///
  /// While rows still are users or events no table exists yet, and a name that ADD gave stands for its expression.
  func substituting(_ columns: [NamedExpression]) -> Expression {
    rewritten { node in
      if case .column(let position) = node.node { columns[position].expression } else { nil }
    }
  }

  /// The expression with parts replaced from the leaves up; `replace` gives `nil` for what stays.
  ///
  /// Conditions inside patterns speak of other events and are left alone.
  func rewritten(_ replace: (Expression) -> Expression?) -> Expression {
    if let other = replace(self) { return other }
    var result = self
    switch node {
    case .not(let inner): result.node = .not(inner.rewritten(replace))
    case .negate(let inner): result.node = .negate(inner.rewritten(replace))
    case .binary(let symbol, let left, let right):
      result.node = .binary(symbol, left.rewritten(replace), right.rewritten(replace))
    case .oneOf(let inner, let list): result.node = .oneOf(inner.rewritten(replace), list)
    case .isMissing(let inner): result.node = .isMissing(inner.rewritten(replace))
    case .textTest(let test, let inner, let text): result.node = .textTest(test, inner.rewritten(replace), text)
    case .call(let function, let arguments): result.node = .call(function, arguments.map { $0.rewritten(replace) })
    case .choice(let branches, let otherwise):
      result.node = .choice(
        branches.map { .init(condition: $0.condition.rewritten(replace), value: $0.value.rewritten(replace)) },
        otherwise: otherwise?.rewritten(replace))
    case .overRows(let function, let arguments):
      result.node = .overRows(function, arguments.map { $0.rewritten(replace) })
    case .aggregate(var call):
      call.argument = call.argument?.rewritten(replace)
      result.node = .aggregate(call)
    case .shifted(let inner, let by): result.node = .shifted(inner.rewritten(replace), by: by)
    default: return self
    }
    result.level = max(result.level, result.children.map(\.level).max() ?? .constant)
    if result.level == .row { result.level = result.children.map(\.level).max() ?? .constant }
    return result
  }

  /// The operands of a composite expression; none for leaves.
  var children: [Expression] {
    switch node {
    case .not(let inner), .negate(let inner), .isMissing(let inner), .oneOf(let inner, _), .textTest(_, let inner, _),
      .shifted(let inner, by: _):
      [inner]
    case .binary(_, let left, let right): [left, right]
    case .call(_, let arguments), .overRows(_, let arguments): arguments
    case .choice(let branches, let otherwise):
      branches.flatMap { [$0.condition, $0.value] } + (otherwise.map { [$0] } ?? [])
    case .aggregate(let call): call.argument.map { [$0] } ?? []
    default: []
    }
  }

  /// Whether the expression or a part of it fits.
  func contains(_ test: (Expression) -> Bool) -> Bool {
    test(self) || children.contains { $0.contains(test) }
  }

  var looksAtOtherRows: Bool {
    contains { part in
      if case .overRows = part.node { true } else { false }
    }
  }

  /// The aggregates in the expression, in the order they stand.
  var aggregateCalls: [AggregateCall] {
    if case .aggregate(let call) = node { return [call] }
    return children.flatMap(\.aggregateCalls)
  }
}
