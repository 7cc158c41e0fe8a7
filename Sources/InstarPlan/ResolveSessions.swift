internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func sessions(_ tree: SessionsStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "SESSIONS", at: range)
    inventions.note("SESSIONS")
    guard tree.conditions.isEmpty else {
      throw fail(
        .sequenceShape, at: range, "only a gap ends a session: SESSIONS takes no WITHOUT, SAME or WITHIN",
        help: "write SESSIONS BY DAY WITH gap = 30 MINUTES")
    }
    let options = try Options(tree.options, of: "SESSIONS", allowed: ["gap"], in: self)
    var plan = SessionsPlan(gap: try gap(options))
    let (period, others) = try period(of: tree.by, for: "SESSIONS")
    plan.period = period
    plan.by = try breakdown(others, after: builder)
    plan.during = try self.range(tree.during)
    plan.perUser = tree.isPerUser
    try checkDistinct(plan.columns, at: range)
    builder.append(.sessions(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "SESSIONS")
    if plan.period != nil && plan.by.isEmpty && !plan.perUser { builder.plan.shape = .series }
  }

  private func gap(_ options: Options) throws(Failure) -> Int64 {
    guard let gap = try options.length("gap") else {
      useDefault("gap = 30 minutes")
      return SessionsPlan.defaultGap
    }
    return gap
  }

  // MARK: Shared by the analyses of periods

  /// The unit of time among the buckets, as the column `period`, and the other buckets.
  func period(
    of trees: [Syntax.Bucket], for step: String
  ) throws(Failure) -> (period: Bucket?, others: [Syntax.Bucket]) {
    var period: Bucket?
    var others: [Syntax.Bucket] = []
    for tree in trees {
      if case .expression = tree.kind {
        others.append(tree)
        continue
      }
      guard period == nil else { throw fail(.notAUnit, at: tree.range, "\(step) has one unit of time after BY") }
      var bucket = try bucket(event: tree, in: Scope(rows: .events, columns: [], hasUser: true))
      bucket.name = tree.name?.text ?? "period"
      period = bucket
    }
    return (period, others)
  }
}

extension SessionsPlan {
  /// Events at most this far apart are of one session where a statement says nothing else: 30 minutes.
  package static let defaultGap: Int64 = 30 * 60_000

  /// The columns of the result: breakdowns first, then the period, then those of the summary or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    let periods = period.map { [PlanColumn($0.name, .text)] } ?? []
    guard perUser else {
      return breakdowns + periods + [
        PlanColumn("sessions", .integer), PlanColumn("users", .integer), PlanColumn("events", .integer),
        PlanColumn("median_length", .duration),
      ]
    }
    return breakdowns + [PlanColumn("user", .text)] + periods + [
      PlanColumn("sessions", .integer), PlanColumn("median_length", .duration),
    ]
  }
}
