internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func rules(_ tree: RulesStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "RULES", at: range)
    let options = try Options(
      tree.options, of: "RULES", allowed: ["min_support", "min_confidence", "max_length", "ordered"], in: self)
    var plan = RulesPlan(event: try pattern(tree.value.event), value: try basketValue(tree.value))
    plan.without = try each(tree.conditions.without) { event throws(Failure) in try reference(event) }
    plan.same = try each(tree.conditions.same) { key throws(Failure) in try self.key(key, at: range) }
    plan.within = try optional(tree.conditions.within) { span throws(Failure) in try duration(span) }
    plan.by = try breakdown(tree.by, after: builder)
    plan.during = try self.range(tree.during)
    plan.perUser = tree.isPerUser
    if tree.isPerUser && stack.isEmpty { try checkPrivacy("PER USER", at: range) }
    try apply(options, to: &plan)
    try checkDistinct(plan.columns, at: range)
    builder.append(.rules(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "RULES")
  }

  private func basketValue(_ tree: EventProperty) throws(Failure) -> Expression {
    let value = try eventValue(WordPath(tree.property))
    guard value.type == .text else {
      throw fail(
        .operandType, at: tree.property.range,
        "baskets hold things by name, and \(text(at: tree.property.range)) is \(value.type.phrase)",
        help: "take the item or a text property: RULES OF purchase.item")
    }
    return value
  }

  private func apply(_ options: Options, to plan: inout RulesPlan) throws(Failure) {
    if let share = try options.number("min_support", in: 0...1) {
      plan.minimumSupport = share
    } else {
      useDefault("min_support = 0.01")
    }
    if let share = try options.number("min_confidence", in: 0...1) {
      plan.minimumConfidence = share
    } else {
      useDefault("min_confidence = 0.25")
    }
    if let length = try options.whole("max_length", in: 2...10) {
      plan.maximumLength = length
    } else {
      useDefault("max_length = 5")
    }
    plan.ordered = try flag("ordered", of: options)
  }
}

extension RulesPlan {
  /// The columns of the result: breakdowns first, then those of the rules or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    guard perUser else {
      return breakdowns + [
        PlanColumn("if", .text), PlanColumn("then", .text), PlanColumn("orders", .integer),
        PlanColumn("users", .integer), PlanColumn("support", .real), PlanColumn("confidence", .real),
        PlanColumn("lift", .real), PlanColumn("leverage", .real), PlanColumn("conviction", .real),
      ]
    }
    return breakdowns + [PlanColumn("user", .text), PlanColumn("rules_matched", .integer)]
  }
}
