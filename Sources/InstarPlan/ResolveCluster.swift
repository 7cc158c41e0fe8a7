internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func cluster(_ tree: ClusterStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "CLUSTER", at: range)
    let options = try Options(tree.options, of: "CLUSTER", allowed: ["seed", "horizon"], in: self)
    if let method = tree.methods.first, tree.methods.count > 1 || method.text != "kmeans" {
      throw fail(
        .optionValue, at: method.range, "CLUSTER goes by kmeans", help: "write USING kmeans, or leave USING out")
    }
    var scope = Scope.users
    scope.inlined = builder.scope.added
    var plan = ClusterPlan(number: try number(tree.into), features: try figures(tree.features, of: "CLUSTER", scope))
    plan.by = try breakdown(ofUsers: tree.by, after: builder)
    plan.during = try self.range(tree.during)
    if let seed = try options.whole("seed", in: 0...Int.max) {
      plan.seed = UInt64(seed)
    } else {
      useDefault("seed = 1")
    }
    plan.perUser = tree.isPerUser
    if tree.isPerUser && stack.isEmpty { try checkPrivacy("PER USER", at: range) }
    if let goal = catalog.settings.goalEvent, names.isEvent(goal) {
      plan.goal = try pattern(event: goal, filter: nil, at: range)
    }
    plan.horizon = try options.length("horizon")
    if let horizon = plan.horizon, horizon == 0 { throw options.wrong("horizon", "a length such as 90 DAYS") }
    try checkDistinct(plan.columns, at: range)
    builder.append(.cluster(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "CLUSTER")
    if !plan.perUser { builder.plan.shape = .bars }
  }

  private func number(_ into: GroupCount) throws(Failure) -> ClusterPlan.Number {
    guard case .count(let count) = into else { return .auto }
    let number = try self.count(count)
    guard (1...50).contains(number) else {
      throw fail(.optionValue, at: count.range, "CLUSTER goes INTO 1 to 50 clusters", help: "write INTO 4 or INTO AUTO")
    }
    return .exactly(number)
  }

  /// The numbers and conditions behind ON.
  private func figures(_ trees: [Syntax.Expression], of step: String, _ scope: Scope) throws(Failure)
    -> [NamedExpression]
  {
    try each(trees) { tree throws(Failure) in
      let value = try expression(tree, in: scope)
      guard value.type.isNumber || value.type == .boolean || value.type == .duration else {
        throw fail(
          .operandType, at: tree.range,
          "\(step) needs numbers, and \(text(at: tree.range)) is \(value.type.phrase)",
          help: "use it as a breakdown with BY, or as a condition: country = 'TR'")
      }
      return NamedExpression(columnName(tree), value)
    }
  }
}

extension ClusterPlan {
  /// The columns of the result: breakdowns first, then those of the clusters or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    if perUser {
      return breakdowns + [
        PlanColumn("user", .text), PlanColumn("cluster", .integer), PlanColumn("distance", .real),
      ]
    }
    let forward = goal == nil ? [] : [PlanColumn("forward_users", .integer), PlanColumn("forward_rate", .real)]
    return breakdowns + [PlanColumn("cluster", .integer), PlanColumn("users", .integer), PlanColumn("share", .real)]
      + features.map { PlanColumn($0.name, .real, unit: $0.expression.unit) } + [PlanColumn("silhouette", .real)]
      + forward
  }
}
