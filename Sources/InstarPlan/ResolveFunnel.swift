internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func funnel(_ tree: FunnelStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "FUNNEL", at: range)
    let options = try Options(
      tree.options, of: "FUNNEL", allowed: ["entry", "tolerance", "value_at", "cut", "baseline", "split"], in: self)
    var plan = FunnelPlan(sequence: try funnelSequence(tree.subject))
    plan.by = try breakdown(tree.by, after: builder)
    plan.during = try self.range(tree.during)
    plan.perUser = tree.isPerUser
    if tree.isPerUser && stack.isEmpty { try checkPrivacy("PER USER", at: range) }
    try apply(options, to: &plan)
    plan.lift = try lift(options, by: plan.by, isPerUser: plan.perUser)
    let columns = plan.columns
    try checkDistinct(columns, at: range)
    builder.append(.funnel(plan))
    builder.becomeTable(columns, hasUser: plan.perUser, by: "FUNNEL")
    builder.plan.shape = plan.perUser ? .table : .funnel
  }

  private func funnelSequence(_ subject: FunnelStep.Subject) throws(Failure) -> SequencePlan {
    switch subject {
    case .sequence(let sequence): return try self.sequence(sequence)
    case .saved(let name):
      guard let definition = names.definition(.funnel, name.text) else {
        throw fail(
          .unknownDefinition, at: name.range, "no funnel named \(Names.quoted(name.text))",
          help: Suggestions.sentence(for: name.text, among: names.candidates(.funnel)) ?? "SHOW FUNNELS lists the names"
        )
      }
      return try inlined(definition, at: name.range) { (inner, body) throws(Failure) in
        guard case .funnel(_, let sequence) = body else {
          throw inner.fail(.brokenDefinition, at: nil, "not a definition of a funnel")
        }
        return try inner.sequence(sequence)
      }
    }
  }

  private func apply(_ options: Options, to plan: inout FunnelPlan) throws(Failure) {
    if let entry = try options.word("entry", FunnelPlan.Entry.self) {
      plan.entry = entry
    } else {
      useDefault("entry = best")
    }
    plan.tolerance = try options.length("tolerance") ?? 0
    if let cut = try options.word("cut") {
      guard cut == "range" else { throw options.wrong("cut", "range") }
      plan.cutsAtRange = true
    }
    guard options.has("value_at") else {
      if !plan.by.isEmpty { useDefault("value_at = 1") }
      return
    }
    if let tree = try options.expression("value_at"), case .path = tree.kind {
      switch try options.word("value_at") {
      case "last": plan.valueAt = .last
      case "first": plan.valueAt = .step(1)
      default: throw options.wrong("value_at", "first, last or the number of a step")
      }
    } else {
      let count = Double(plan.sequence.steps.count)
      let step = try options.number("value_at", in: 1...count) ?? 1
      plan.valueAt = .step(Int(step))
    }
  }

  // MARK: Shared with RETENTION

  /// FUNNEL and RETENTION start from users and read all their events.
  func checkUserSet(_ scope: Scope, _ step: String, at range: SourceRange) throws(Failure) {
    if scope.rows == .events {
      throw fail(
        .wrongRows, at: range, "\(step) starts from users and reads their events itself",
        help: "leave EVENTS out, or write SEGMENT users WHERE .. \(step) ..")
    }
    guard scope.hasUser else {
      throw fail(
        .noUsers, at: range, "\(step) starts from users, and \(scope.rowsPhrase) have none",
        help: "write SEGMENT users \(step) ..")
    }
  }

  /// Breakdowns, valued at the first event of the chain. What ADD made of users can be used by name.
  func breakdown(_ trees: [Syntax.Bucket], after builder: ChainBuilder) throws(Failure) -> [Bucket] {
    var scope = Scope(rows: .events, columns: [], hasUser: true)
    scope.inlined = builder.scope.added
    return try each(trees) { tree throws(Failure) in try bucket(event: tree, in: scope) }
  }
}

extension FunnelPlan {
  /// The columns of the result: breakdowns first, then those of the summary or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    guard perUser else {
      return breakdowns + [
        PlanColumn("step", .integer), PlanColumn("event", .text), PlanColumn("users", .integer),
        PlanColumn("rate", .real), PlanColumn("rate_prev", .real), PlanColumn("dropped", .integer),
        PlanColumn("median_time", .duration), PlanColumn("complete", .boolean),
      ] + (lift == nil ? [] : LiftPlan.columns)
    }
    let times = sequence.steps.indices.map { PlanColumn("t\($0 + 1)", .time) }
    return breakdowns + [
      PlanColumn("user", .text), PlanColumn("reached", .integer), PlanColumn("converted", .boolean),
    ] + times + [PlanColumn("time_to_convert", .duration), PlanColumn("entry_complete", .boolean)]
  }
}
