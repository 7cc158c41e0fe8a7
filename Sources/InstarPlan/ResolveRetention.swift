internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func retention(_ tree: RetentionStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "RETENTION", at: range)
    let options = try Options(
      tree.options, of: "RETENTION", allowed: ["criterion", "measure", "average", "estimate", "baseline", "split"],
      in: self)
    var birth = try reference(tree.birth)
    if birth.ordinal == nil {
      birth.ordinal = .first
      useDefault("birth = first")
    } else if birth.ordinal == .last {
      throw fail(
        .sequenceShape, at: tree.birth.range, "a cohort is born at a FIRST event, or at EACH", help: "write FIRST")
    }
    let (unit, others) = try cohortUnit(tree)
    var plan = RetentionPlan(
      birth: birth, returning: try reference(tree.returning), unit: unit, periods: try periods(tree.periods, unit))
    plan.by = try breakdown(others, after: builder)
    plan.without = try each(tree.conditions.without) { event throws(Failure) in try reference(event) }
    plan.same = try each(tree.conditions.same) { key throws(Failure) in try self.key(key, at: range) }
    plan.within = try optional(tree.conditions.within) { span throws(Failure) in try duration(span) }
    plan.during = try self.range(tree.during)
    plan.method = try retentionMethod(tree.methods)
    plan.perUser = tree.isPerUser
    if tree.isPerUser && stack.isEmpty { try checkPrivacy("PER USER", at: range) }
    try apply(options, to: &plan)
    try estimate(options, in: &plan)
    plan.lift = try lift(options, by: plan.by, isPerUser: plan.perUser)
    if plan.method == .activity { inventions.note("USING activity") }
    let columns = plan.columns
    try checkDistinct(columns, at: range)
    builder.append(.retention(plan))
    builder.becomeTable(columns, hasUser: plan.perUser, by: "RETENTION")
    builder.plan.shape = plan.perUser ? .table : .retention
  }

  private func cohortUnit(_ tree: RetentionStep) throws(Failure) -> (PeriodUnit, [Syntax.Bucket]) {
    var unit: PeriodUnit?
    var others: [Syntax.Bucket] = []
    for bucket in tree.by {
      switch bucket.kind {
      case .unit(let found):
        guard unit == nil else { throw fail(.notAUnit, at: bucket.range, "RETENTION has one unit of time after BY") }
        unit = PeriodUnit(found)
      case .every: throw fail(.notAUnit, at: bucket.range, "RETENTION counts single units", help: "write BY WEEK")
      case .expression: others.append(bucket)
      }
    }
    guard let unit else {
      throw fail(
        .notAUnit, at: tree.by.first?.range, "RETENTION needs a unit of time after BY", help: "write BY WEEK, country")
    }
    return (unit, others)
  }

  private func periods(_ span: TimeSpan?, _ unit: PeriodUnit) throws(Failure) -> Int {
    guard let span else {
      useDefault("for = 12 \(unit.rawValue)s")
      return 12
    }
    let (number, given) = try units(span)
    guard given == unit else {
      throw fail(
        .notAUnit, at: span.range, "FOR counts \(unit.rawValue)s here, the unit of BY",
        help: "write FOR 12 \(unit.rawValue.uppercased())S, or BY \(given.rawValue.uppercased())")
    }
    guard number >= 1, number <= 10_000 else {
      throw fail(.optionValue, at: span.range, "FOR follows 1 to 10,000 periods")
    }
    return number
  }

  private func retentionMethod(_ methods: [Name]) throws(Failure) -> RetentionPlan.Method {
    guard let name = methods.first else {
      useDefault("using = rolling")
      return .rolling
    }
    guard methods.count == 1, let method = RetentionPlan.Method(rawValue: name.text) else {
      throw fail(.optionValue, at: name.range, "RETENTION goes USING rolling, calendar or activity")
    }
    return method
  }

  /// `estimate = kaplan_meier` estimates who has returned by an age: of users, once each.
  private func estimate(_ options: Options, in plan: inout RetentionPlan) throws(Failure) {
    guard let method = try options.word("estimate") else { return }
    guard method == "kaplan_meier" else { throw options.wrong("estimate", "kaplan_meier") }
    plan.estimatesReturn = true
    guard !options.has("criterion") || plan.criterion == .onOrBefore else {
      throw options.wrong("criterion", "on_or_before where the return is estimated")
    }
    for other in ["measure", "baseline", "average"] where options.has(other) {
      throw options.wrong(other, "not for an estimate: leave it out")
    }
    if plan.perUser { throw options.wrong("estimate", "for the summary: leave PER USER out") }
    if plan.method == .activity { throw options.wrong("estimate", "for ages of rolling or calendar time") }
    plan.criterion = .onOrBefore
  }

  private func apply(_ options: Options, to plan: inout RetentionPlan) throws(Failure) {
    if let criterion = try options.word("criterion", RetentionPlan.Criterion.self) {
      plan.criterion = criterion
    } else if !options.has("estimate") {
      useDefault("criterion = on")
    }
    if let average = try options.word("average") {
      guard average == "weighted" || average == "simple" else { throw options.wrong("average", "weighted or simple") }
      plan.weightedAverage = average == "weighted"
    }
    guard let tree = try options.expression("measure") else { return }
    var scope = Scope(rows: .events, columns: [], hasUser: true)
    scope.allowsAggregates = true
    guard case .aggregate(let call) = try expression(tree, in: scope).node else {
      throw options.wrong("measure", "one aggregate of the returning events, as sum(amount)")
    }
    plan.measure = call
  }
}

extension RetentionPlan {
  /// The columns of the result: breakdowns first, then those of the summary or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    guard perUser else {
      let figure = measure.map { _ in [PlanColumn("measure", .real)] } ?? []
      return breakdowns + [
        PlanColumn("cohort", .text), PlanColumn("size", .integer),
        PlanColumn("age", .integer, unit: "\(unit.rawValue)s"),
        PlanColumn("users", .integer), PlanColumn("rate", .real),
      ] + figure + [PlanColumn("complete", .boolean)] + (lift == nil ? [] : LiftPlan.columns)
        + (estimatesReturn
          ? [PlanColumn("at_risk", .integer), PlanColumn("low", .real), PlanColumn("high", .real)] : [])
    }
    return breakdowns + [
      PlanColumn("user", .text), PlanColumn("cohort", .text), PlanColumn("birth", .time),
      PlanColumn("\(unit.rawValue)s_active", .integer), PlanColumn("last_age", .integer, unit: "\(unit.rawValue)s"),
    ]
  }
}
