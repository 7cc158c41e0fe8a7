/// Rewrites a plan into one that means the same and costs less.
///
/// Each rule is a file with one idea. Rules run in order, once; each leaves a plan whose result is the same table.
package struct Optimizer: Sendable {
  package enum Rule: String, Sendable, CaseIterable {
    /// Parts of expressions without rows are computed once.
    case foldConstants
    /// Neighbouring filters become one, and a filter on top of all users joins the source's.
    case mergeFilters
    /// Cheap conditions before costly ones.
    case orderConditions
  }

  package var rules: [Rule]

  package init(rules: [Rule]) { self.rules = rules }

  package static let standard = Optimizer(rules: Rule.allCases)

  package func optimize(_ plan: LogicalPlan) -> LogicalPlan {
    rules.reduce(plan) { plan, rule in
      switch rule {
      case .foldConstants: plan.foldingConstants()
      case .mergeFilters: plan.mergingFilters()
      case .orderConditions: plan.orderingConditions()
      }
    }
  }
}

extension LogicalPlan {
  /// The plan with `body` applied to every expression of its source and of its steps, at the root of each.
  func mapExpressions(_ body: (Expression) -> Expression) -> LogicalPlan {
    var copy = self
    switch source {
    case .users(let condition): copy.source = .users(condition.map(body))
    case .items(let condition): copy.source = .items(condition.map(body))
    case .usersOf(let chain): copy.source = .usersOf(ChainBox(chain.plan.mapExpressions(body)))
    case .snapshot, .events, .table, .timeline, .profile, .catalog, .train, .evaluate, .compare, .segmentProfile,
      .trial, .campaignTrial, .trainRecommendation:
      break
    }
    copy.steps = steps.map { $0.mapExpressions(body) }
    return copy
  }
}

extension LogicalStep {
  func mapExpressions(_ body: (Expression) -> Expression) -> LogicalStep {
    func named(_ column: NamedExpression) -> NamedExpression { NamedExpression(column.name, body(column.expression)) }
    switch self {
    case .filter(let condition): return .filter(body(condition))
    case .add(let columns): return .add(columns.map(named))
    case .keep(let columns): return .keep(columns.map(named))
    case .sort(let keys): return .sort(keys.map { SortKey(body($0.expression), descending: $0.descending) })
    case .assert(let condition, let message): return .assert(body(condition), message: message)
    case .aggregate(var plan):
      plan.aggregates = plan.aggregates.map(named)
      plan.by = plan.by.map { bucket in
        guard case .expression(let value) = bucket.key else { return bucket }
        return Bucket(.expression(body(value)), name: bucket.name)
      }
      return .aggregate(plan)
    case .lifecycle(var plan):
      if case .stages(let name, let names, let numbers) = plan.subject {
        plan.subject = .stages(name: name, names: names, numbers: numbers.map(body))
      }
      return .lifecycle(plan)
    case .limit, .pivot, .join, .funnel, .retention, .sessions, .stickiness, .rfm, .paths, .cluster, .rules, .recommend,
      .predict, .survival, .forecast, .saveDefinition, .saveCampaign, .saveTable, .snapshot, .export:
      return self
    }
  }
}
