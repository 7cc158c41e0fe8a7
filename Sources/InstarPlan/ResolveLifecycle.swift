package import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func lifecycle(_ tree: LifecycleStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkUserSet(builder.scope, "LIFECYCLE", at: range)
    let options = try Options(tree.options, of: "LIFECYCLE", allowed: ["dormant_after"], in: self)
    let (period, others) = try period(of: tree.by, for: "LIFECYCLE")
    guard let period, let (every, unit) = period.key.units else {
      throw fail(
        .notAUnit, at: tree.by.first?.range, "LIFECYCLE needs a unit of time after BY",
        help: "write BY WEEK, or BY WEEK, country")
    }
    let span = try wholePeriods(try self.range(tree.during), every, unit, at: tree.by.first?.range ?? range)
    var plan = LifecyclePlan(
      subject: try lifecycleSubject(tree.subject, span), period: period, range: span.range)
    plan.by = try breakdown(ofUsers: others, after: builder)
    plan.hasTransitions = tree.hasTransitions
    plan.perUser = tree.isPerUser
    if options.has("dormant_after") {
      guard case .activity = plan.subject else {
        throw options.wrong(
          "dormant_after", "for LIFECYCLE OF: the stages of a definition say themselves when they hold")
      }
      plan.dormantAfter = try options.length("dormant_after")
    }
    if plan.perUser && plan.hasTransitions {
      throw fail(
        .sequenceShape, at: range, "TRANSITIONS is a summary; PER USER has the stage before beside each stage",
        help: "leave TRANSITIONS or PER USER out")
    }
    try checkDistinct(plan.columns, at: range)
    builder.append(.lifecycle(plan))
    builder.becomeTable(plan.columns, hasUser: plan.perUser, by: "LIFECYCLE")
    if plan.by.isEmpty && !plan.perUser && !plan.hasTransitions { builder.plan.shape = .series }
  }

  /// Whole periods of a range, and the moment at which each is looked at: its end, or the statement's moment before it.
  private struct Span {
    var range: TimeRange
    var moments: [Int64]
  }

  private static let mostPeriods = 1_000

  private func wholePeriods(
    _ during: TimeRange?, _ every: Int, _ unit: PeriodUnit, at place: SourceRange
  ) throws(Failure) -> Span {
    let first = during?.from ?? catalog.firstEvent ?? moment - 1
    let end = min(during?.to ?? moment, moment)
    guard first < end else {
      throw fail(
        .emptyRange, at: place, "the range lies behind the moment of the statement, so there is nothing to see",
        help: "write an earlier range, or a later moment with AS OF")
    }
    let range = TimeRange(from: calendar.start(of: unit, every: every, containing: first), to: end)
    let table: PeriodTable
    do { table = try PeriodTable(unit, every: every, over: range.from..<range.to, in: calendar) } catch {
      throw fail(.optionValue, at: place, error.message)
    }
    guard table.count <= Self.mostPeriods else {
      throw fail(
        .optionValue, at: place, "LIFECYCLE looks at no more than \(Names.grouped(Self.mostPeriods)) periods",
        help: "take a longer unit, or a shorter range with DURING")
    }
    return Span(range: range, moments: table.boundaries.dropFirst().map { min($0, end) })
  }

  // MARK: Stages

  private func lifecycleSubject(
    _ subject: LifecycleStep.Subject, _ span: Span
  ) throws(Failure) -> LifecyclePlan.Subject {
    switch subject {
    case .event(let event):
      var pattern = try reference(event)
      if pattern.ordinal == .each { pattern.ordinal = nil }
      return .activity(pattern)
    case .saved(let name):
      var names: [String] = []
      let numbers = try each(span.moments) { instant throws(Failure) in
        let scope = Scope.users.looking(from: instant == moment ? .statement : .fixed(instant))
        return numbered(try stage(name, in: scope), &names)
      }
      return .stages(name: name.text, names: names, numbers: numbers)
    }
  }

  /// The stage of a life cycle as text: of a definition, or the built-in one.
  private func stage(_ name: Name, in scope: Scope) throws(Failure) -> Expression {
    let word = Word(name)
    if let definition = names.definition(.lifecycle, name.text) {
      return try lifecycle(definition, word, in: scope)
    }
    if name.text == BuiltinAttribute.stage.rawValue {
      return try self.name(WordPath([word], at: name.range), in: scope)
    }
    throw fail(
      .unknownDefinition, at: name.range, "no life cycle named \(Names.quoted(name.text))",
      help: Suggestions.sentence(for: name.text, among: names.candidates(.lifecycle) + [NameCandidate("stage")])
        ?? "SHOW LIFECYCLES lists the names; stage is built in; activity is LIFECYCLE OF event")
  }

  /// The expression with each stage as its number in `names`, which lists them in the order of the definition.
  private func numbered(_ expression: Expression, _ names: inout [String]) -> Expression {
    guard case .choice(let branches, let otherwise) = expression.node else { return expression }
    func number(_ value: Expression) -> Expression {
      guard case .text(let name)? = value.constant else { return value }
      if let known = names.firstIndex(of: name) { return .literal(.integer(Int64(known))) }
      names.append(name)
      return .literal(.integer(Int64(names.count - 1)))
    }
    let numbered = branches.map { Expression.Branch(condition: $0.condition, value: number($0.value)) }
    return .choice(numbered, otherwise: otherwise.map(number), type: .integer)
  }

  // MARK: Shared with RFM

  /// Breakdowns of users: `device` is the last one known, `country` that of the moment.
  func breakdown(ofUsers trees: [Syntax.Bucket], after builder: ChainBuilder) throws(Failure) -> [Bucket] {
    var scope = Scope.users
    scope.inlined = builder.scope.added
    return try each(trees) { tree throws(Failure) in
      guard case .expression(let value) = tree.kind else {
        throw fail(.notAUnit, at: tree.range, "users have no time of their own to go by")
      }
      return Bucket(.expression(try expression(value, in: scope)), name: tree.name?.text ?? columnName(value))
    }
  }
}

extension Bucket.Key {
  /// The number of units of one period, and the unit.
  package var units: (every: Int, unit: PeriodUnit)? {
    switch self {
    case .period(let unit): (1, unit)
    case .every(let count, let unit): (count, unit)
    case .expression: nil
    }
  }
}

extension LifecyclePlan {
  /// The columns of the result: breakdowns first, then those of the summary, of TRANSITIONS or of PER USER.
  package var columns: [PlanColumn] {
    let breakdowns = by.map { PlanColumn($0.name, $0.key.type, unit: $0.key.unit) }
    if perUser {
      return breakdowns + [
        PlanColumn("user", .text), PlanColumn(period.name, .text), PlanColumn("stage", .text),
        PlanColumn("previous_stage", .text),
      ]
    }
    guard hasTransitions else {
      return breakdowns + [
        PlanColumn(period.name, .text), PlanColumn("stage", .text), PlanColumn("users", .integer),
      ]
    }
    return breakdowns + [
      PlanColumn("from", .text), PlanColumn("to", .text), PlanColumn("users", .integer), PlanColumn("share", .real),
    ]
  }
}
