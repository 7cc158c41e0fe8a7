internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func paths(_ tree: PathsStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "PATHS", at: range)
    inventions.note("PATHS")
    let options = try Options(
      tree.options, of: "PATHS", allowed: ["steps", "top", "min_users", "collapse", "on"], in: self)
    var plan = PathsPlan(
      from: try optional(tree.from) { event throws(Failure) in try reference(event) },
      to: try optional(tree.to) { event throws(Failure) in try reference(event) })
    plan.without = try each(tree.conditions.without) { event throws(Failure) in try reference(event) }
    plan.sameSession = try sameSession(tree.conditions.same, at: range)
    plan.within = try optional(tree.conditions.within) { span throws(Failure) in try duration(span) }
    plan.by = try breakdown(tree.by, after: builder)
    plan.during = try self.range(tree.during)
    plan.perUser = tree.isPerUser
    try apply(options, to: &plan)
    try checkDistinct(plan.columns, at: range)
    builder.append(.paths(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "PATHS")
  }

  private func sameSession(_ keys: [CorrelationKey], at range: SourceRange) throws(Failure) -> Bool {
    for key in keys {
      guard case .property(let name) = key else { continue }
      throw fail(
        .sequenceShape, at: name.range, "a path follows all events of a user: PATHS takes SAME SESSION only",
        help: "FUNNEL a THEN b SAME \(Names.quoted(name.text)) follows one \(name.text)")
    }
    return !keys.isEmpty
  }

  private func apply(_ options: Options, to plan: inout PathsPlan) throws(Failure) {
    if let steps = try options.whole("steps", in: 1...255) { plan.steps = steps } else { useDefault("steps = 5") }
    if !plan.perUser {
      if let top = try options.whole("top", in: 1...1_000_000) { plan.top = top } else { useDefault("top = 20") }
    }
    plan.minimumUsers = try options.whole("min_users", in: 1...1_000_000_000) ?? 1
    plan.collapse = try flag("collapse", of: options)
    guard let tree = try options.expression("on") else { return }
    let value = try expression(tree, in: Scope.event("event"))
    guard value.type == .text else {
      throw fail(
        .operandType, at: tree.range,
        "on names the events of a path, and \(text(at: tree.range)) is \(value.type.phrase)",
        help: "take a text property of events, such as on = page")
    }
    plan.on = value
  }
}

extension PathsPlan {
  /// The columns of the result: breakdowns first, then those of the summary or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    guard perUser else {
      return breakdowns + [
        PlanColumn("position", .integer), PlanColumn("from", .text), PlanColumn("to", .text),
        PlanColumn("transitions", .integer), PlanColumn("users", .integer), PlanColumn("share", .real),
        PlanColumn("median_gap", .duration),
      ]
    }
    return breakdowns + [
      PlanColumn("user", .text), PlanColumn("path", .text), PlanColumn("length", .integer),
      PlanColumn("ended_at", .text),
    ]
  }
}
