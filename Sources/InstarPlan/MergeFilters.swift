// before  users | filter country = 'TR' | filter age > 30      after  users where country = 'TR' and age > 30

extension LogicalPlan {
  /// One pass over the rows instead of one for each WHERE. A filter behind a score or a membership in a chain stays a
  /// part of one conjunction: all of it is a condition on the same row.
  func mergingFilters() -> LogicalPlan {
    var copy = self
    if case .usersOf(let chain) = source { copy.source = .usersOf(ChainBox(chain.plan.mergingFilters())) }
    copy.steps = []
    var pending: [Expression] = []
    for step in steps {
      if case .filter(let condition) = step {
        pending.append(condition)
      } else {
        copy.append(filters: pending)
        pending = []
        copy.steps.append(step)
      }
    }
    copy.append(filters: pending)
    return copy
  }

  private mutating func append(filters: [Expression]) {
    guard let condition = Expression.joined(filters, .and) else { return }
    switch source {
    case .users(let before) where steps.isEmpty && condition.level <= .user: source = .users(.and(before, condition))
    case .items(let before) where steps.isEmpty && condition.level <= .item: source = .items(.and(before, condition))
    default: steps.append(.filter(condition))
    }
  }
}
