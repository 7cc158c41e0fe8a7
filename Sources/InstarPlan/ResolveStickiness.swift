internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func stickiness(_ tree: StickinessStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "STICKINESS", at: range)
    let options = try Options(tree.options, of: "STICKINESS", allowed: ["cumulative"], in: self)
    var plan = StickinessPlan(
      event: try reference(tree.event), unit: PeriodUnit(tree.unit), per: PeriodUnit(tree.period))
    guard plan.unit.isShorter(than: plan.outer) else {
      throw fail(
        .notAUnit, at: range, "STICKINESS counts a shorter unit in a longer one",
        help: "write DAYS PER WEEK, WEEKS PER QUARTER ..")
    }
    let (period, others) = try period(of: tree.by, for: "STICKINESS")
    if let period {
      guard period.key == .period(plan.outer) else {
        let word = plan.outer.rawValue.uppercased()
        throw fail(
          .notAUnit, at: tree.by.first?.range, "the series of STICKINESS goes by the unit behind PER",
          help: "write BY \(word), or \(plan.unit.rawValue.uppercased())S PER the unit of BY")
      }
      plan.series = period.name
    }
    plan.by = try breakdown(others, after: builder)
    plan.during = try self.range(tree.during)
    plan.cumulative = try flag("cumulative", of: options)
    plan.perUser = tree.isPerUser
    guard plan.series == nil || !plan.cumulative else {
      throw options.wrong("cumulative", "for the counts of all periods together: leave BY \(plan.outer.rawValue) out")
    }
    guard plan.series == nil || !plan.perUser else {
      throw fail(
        .notAUnit, at: tree.by.first?.range, "the days of a user are the mean over his periods",
        help: "leave BY \(plan.outer.rawValue.uppercased()) out")
    }
    try checkDistinct(plan.columns, at: range)
    builder.append(.stickiness(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "STICKINESS")
    if plan.series != nil && plan.by.isEmpty { builder.plan.shape = .series }
  }

  /// An option that is true or false; false where it is not given.
  func flag(_ name: String, of options: Options) throws(Failure) -> Bool {
    switch try options.word(name) {
    case nil, "false": return false
    case "true": return true
    default: throw options.wrong(name, "true or false")
    }
  }
}

extension PeriodUnit {
  fileprivate func isShorter(than other: PeriodUnit) -> Bool {
    let units = PeriodUnit.allCases
    guard let own = units.firstIndex(of: self), let their = units.firstIndex(of: other) else { return false }
    return own < their
  }
}

extension StickinessPlan {
  /// The column of the count: "days" of `DAYS PER WEEK`.
  package var countName: String { "\(unit.rawValue)s" }

  /// The columns of the result: breakdowns first, then those of the summary, of the series or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    if perUser { return breakdowns + [PlanColumn("user", .text), PlanColumn(countName, .real)] }
    guard let series else {
      return breakdowns + [
        PlanColumn(countName, .integer), PlanColumn("users", .integer), PlanColumn("share", .real),
      ]
    }
    return breakdowns + [
      PlanColumn(series, .text), PlanColumn("active", .integer), PlanColumn("mean_\(countName)", .real),
      PlanColumn("ratio", .real),
    ]
  }
}
