// before  users | filter country = 'TR' | filter age > 30      after  users where country = 'TR' and age > 30

extension LogicalPlan {
  /// One pass over the rows instead of one for each WHERE. A filter behind a score or a membership in a chain stays a
  /// part of one conjunction: all of it is a condition on the same row.
  func mergingFilters() -> LogicalPlan {
    var copy = self
    if case .usersOf(let chain) = source { copy.source = .usersOf(ChainBox(chain.plan.mergingFilters())) }
    copy.steps = []
    for step in steps {
      guard case .filter(let condition) = step else {
        copy.steps.append(step)
        continue
      }
      if case .filter(let before) = copy.steps.last {
        copy.steps[copy.steps.count - 1] = .filter(.and(before, condition))
      } else if copy.steps.isEmpty, case .users(let before) = copy.source, condition.level <= .user {
        copy.source = .users(.and(before, condition))
      } else if copy.steps.isEmpty, case .items(let before) = copy.source, condition.level <= .item {
        copy.source = .items(.and(before, condition))
      } else {
        copy.steps.append(step)
      }
    }
    return copy
  }
}
