internal import InstarCalendar
package import InstarColumns
internal import InstarSyntax

extension Resolution {
  func aggregate(_ tree: AggregateStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    let options = try Options(
      tree.options, of: "AGGREGATE",
      allowed: ["baseline", "split", "trailing", "epsilon", "bounds", "max_events", "groups"],
      in: self)
    var scope = builder.scope
    if scope.rows != .events, let during = tree.during {
      throw fail(
        .wrongRows, at: during.range, "DURING bounds the time of events, and \(scope.rowsPhrase) have none",
        help: "write EVENTS purchase AGGREGATE .. DURING ..")
    }
    let by = try each(tree.by) { bucket throws(Failure) in try self.bucket(bucket, in: builder.scope) }
    scope.allowsAggregates = true
    let aggregates = try each(tree.values) { value throws(Failure) in try self.aggregate(value, in: scope) }
    var plan = AggregatePlan(aggregates: aggregates, by: by, during: try self.range(tree.during))
    plan.trailing = try trailing(options, by: by)
    plan.lift = try lift(options, of: plan, rows: builder.scope.rows)
    plan.noise = try noise(options, of: plan, after: builder)
    try checkDistinct(plan.columns, at: range)
    let before = builder.scope
    builder.append(.aggregate(plan))
    builder.becomeTable(plan, after: before)
    if plan.trailing == nil, case .last = tree.during?.kind, let unit = by.lazy.compactMap(\.key.unitOfPeriod).first {
      warn(.partialPeriods, "DURING LAST cuts its first and last \(unit.rawValue): whole ones are DURING PREVIOUS")
    }
  }

  private func aggregate(_ tree: Syntax.NamedExpression, in scope: Scope) throws(Failure) -> NamedExpression {
    let value = try expression(tree.value, in: scope)
    guard value.isAggregated else {
      throw fail(
        .notAnAggregate, at: tree.value.range,
        "AGGREGATE sums up rows, and \(text(at: tree.value.range)) has a value for each of them",
        help: "write avg(\(text(at: tree.value.range))), or put it behind BY")
    }
    return NamedExpression(tree.name?.text ?? columnName(tree.value), value)
  }

  // MARK: Options

  private func trailing(_ options: Options, by: [Bucket]) throws(Failure) -> CalendarDuration? {
    guard let tree = try options.expression("trailing") else { return nil }
    guard by.contains(where: \.key.isPeriod) else {
      throw options.wrong("trailing", "the stretch that ends with each period: write BY DAY")
    }
    let length: CalendarDuration
    if case .span(let span) = tree.kind {
      length = try duration(span)
    } else {
      length = CalendarDuration(milliseconds: try options.length("trailing") ?? 0)
    }
    guard length.months > 0 || length.milliseconds > 0 else {
      throw options.wrong("trailing", "a length such as 7 DAYS")
    }
    return length
  }

  /// The comparison of means. Rows of events are no independent members: the events of one user are like each other.
  private func lift(_ options: Options, of plan: AggregatePlan, rows: Scope.Rows) throws(Failure) -> LiftPlan? {
    guard let lift = try lift(options, by: plan.by) else { return nil }
    guard rows != .events else {
      throw options.wrong(
        "baseline",
        "for rows of users: write SEGMENT users ADD x = sum(purchase.amount) AGGREGATE avg(x) BY variant WITH ..")
    }
    guard plan.comparedMean != nil else {
      throw options.wrong("baseline", "for the mean of a figure: AGGREGATE has an avg(x) of a number")
    }
    return lift
  }

  // MARK: Buckets

  /// A bucket of AGGREGATE: a period of the event's time, a value, or a column that an earlier step made from a period.
  private func bucket(_ tree: Syntax.Bucket, in scope: Scope) throws(Failure) -> Bucket {
    guard scope.rows != .events, case .unit(let unit) = tree.kind else { return try bucket(event: tree, in: scope) }
    guard let position = scope.position(of: unit.rawValue) else {
      throw fail(
        .wrongRows, at: tree.range, "BY \(unit.rawValue.uppercased()) needs a time, and \(scope.rowsPhrase) have none",
        help: "count events: EVENTS event AGGREGATE users() BY \(unit.rawValue.uppercased())")
    }
    return Bucket(.expression(scope.column(position)), name: tree.name?.text ?? unit.rawValue)
  }

  /// A bucket over events: of AGGREGATE, or of the first step of a chain.
  func bucket(event tree: Syntax.Bucket, in scope: Scope) throws(Failure) -> Bucket {
    switch tree.kind {
    case .unit(let unit): return Bucket(.period(PeriodUnit(unit)), name: tree.name?.text ?? unit.rawValue)
    case .every(let span):
      guard scope.rows == .events else {
        throw fail(.wrongRows, at: tree.range, "BY EVERY needs a time, and \(scope.rowsPhrase) have none")
      }
      let (number, unit) = try units(span)
      guard number >= 1 else { throw fail(.badDate, at: span.range, "EVERY needs at least one unit") }
      return Bucket(.every(number, unit), name: tree.name?.text ?? unit.rawValue)
    case .expression(let value):
      let resolved = try expression(value, in: scope)
      return Bucket(.expression(resolved), name: tree.name?.text ?? columnName(value))
    }
  }
}

extension AggregatePlan {
  /// The columns of the result: the buckets, the aggregates, and `complete` where a bucket is a period.
  package var columns: [PlanColumn] {
    let buckets = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    if noise != nil { return buckets + aggregates.flatMap(\.columnsWithNoise) }
    return buckets
      + aggregates.map { PlanColumn($0.name, $0.expression.type, unit: $0.expression.unit) }
      + (isDense ? [PlanColumn("complete", .boolean)] : []) + (lift == nil ? [] : LiftPlan.columns)
  }

  /// The figure whose mean WITH baseline compares: that of the first `avg` among the aggregates.
  package var comparedMean: Expression? {
    for aggregate in aggregates {
      if case .aggregate(let call) = aggregate.expression.node, call.function == .avg { return call.argument }
    }
    return nil
  }

  /// Whether a bucket is a period, so that periods without rows are rows too.
  package var isDense: Bool { by.contains(where: \.key.isPeriod) }

  fileprivate var groupsByUser: Bool {
    by.contains { bucket in
      guard bucket.name == "user", case .expression(let value) = bucket.key else { return false }
      if case .column = value.node { return value.type == .text }
      return value.node == .user
    }
  }
}

extension NamedExpression {
  /// A figure with noise and the bounds between which the true one is likely to lie.
  fileprivate var columnsWithNoise: [PlanColumn] {
    var isCount = true
    if case .aggregate(let call) = expression.node, call.function == .sum || call.function == .avg { isCount = false }
    return [name, "\(name)_low", "\(name)_high"].map { PlanColumn($0, isCount ? .integer : .real) }
  }
}

extension ChainBuilder {
  mutating func becomeTable(_ aggregate: AggregatePlan, after before: Scope) {
    becomeTable(aggregate.columns, hasUser: aggregate.groupsByUser, by: "AGGREGATE")
    scope.keyColumns = Set(aggregate.by.map(\.name) + ["complete"])
    beforeAggregate = before
    plan.shape = aggregate.isDense && aggregate.noise == nil ? .series : .table
  }
}

extension Bucket.Key {
  var isPeriod: Bool {
    if case .expression = self { return false }
    return true
  }

  var unitOfPeriod: PeriodUnit? {
    switch self {
    case .period(let unit), .every(_, let unit): unit
    case .expression: nil
    }
  }

  /// Periods are shown by their labels, "2026-W07", which sort as their times do.
  package var type: ValueType {
    if case .expression(let value) = self { return value.type }
    return .text
  }

  package var unit: String? {
    if case .expression(let value) = self { return value.unit }
    return nil
  }
}
