internal import InstarCalendar
internal import InstarColumns

/// Prints plans with the names of a catalog: for EXPLAIN and for tests.
///
/// Expressions print as the language writes them, with the windows and moments that they were resolved to. One line for
/// the source and one for each step.
package struct PlanText {
  private let events: [UInt32: String]
  private let properties: [UInt16: PropertyEntry]
  let times: TimeText

  package init(_ catalog: some Catalog) {
    events = Dictionary(catalog.eventTypes.map { ($0.code, $0.name) }, uniquingKeysWith: { first, _ in first })
    properties = Dictionary(catalog.properties.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    times = TimeText(catalog.settings.calendar)
  }

  // MARK: Plans

  package func text(_ plan: LogicalPlan) -> String {
    lines(plan).joined(separator: "\n")
  }

  package func lines(_ plan: LogicalPlan) -> [String] {
    var lines = [source(plan.source)]
    lines += plan.steps.map { "  " + step($0, in: plan) }
    lines.append("  -> " + plan.columns.map { "\($0.name) \($0.type.rawValue)" }.joined(separator: ", "))
    return lines
  }

  /// A chain inside another, on one line.
  func inline(_ plan: LogicalPlan) -> String {
    "{ \(([source(plan.source)] + plan.steps.map { step($0, in: plan) }).joined(separator: " | ")) }"
  }

  func source(_ source: LogicalSource) -> String {
    switch source {
    case .users(nil): "users"
    case .users(let condition?): "users where \(text(condition))"
    case .usersOf(let chain): "users of \(inline(chain.plan))"
    case .snapshot(let name): "snapshot \(Names.quoted(name))"
    case .events(let patterns): "events \(patterns.map(text).joined(separator: ", "))"
    case .items(nil): "items"
    case .items(let condition?): "items where \(text(condition))"
    case .table(let name): "table \(Names.quoted(name))"
    case .timeline(let user, let during): "timeline of '\(user)'" + clause(during)
    case .profile(let user): "profile of '\(user)'"
    case .catalog(let question): "catalog \(question)"
    case .train(let plan): "train \(Names.quoted(plan.name)): \(plan.model.text)"
    case .compare(let plan): text(plan)
    case .segmentProfile(let plan): text(plan)
    case .evaluate(let plan): "evaluate \(plan.subjects.map(text).joined(separator: ", "))" + clause(plan.during)
    case .trial(let plan): text(plan)
    case .campaignTrial(let plan): text(plan)
    case .trainRecommendation(let plan):
      "train \(Names.quoted(plan.name)): recommend \(plan.model.count) using \(plan.model.using.joined(separator: ", "))"
    }
  }

  func step(_ step: LogicalStep, in plan: LogicalPlan) -> String {
    switch step {
    case .filter(let condition): "filter \(text(condition))"
    case .add(let columns): "add " + columns.map(text).joined(separator: ", ")
    case .keep(let columns): "keep " + columns.map(text).joined(separator: ", ")
    case .sort(let keys):
      "sort " + keys.map { text($0.expression) + ($0.descending ? " desc" : "") }.joined(separator: ", ")
    case .limit(let count, let per): "limit \(count)" + (per.map { " per #\($0)" } ?? "")
    case .pivot(let pivot): text(pivot)
    case .join(let table, let keys): "join \(Names.quoted(table)) on \(keys.joined(separator: ", "))"
    case .assert(let condition, let message): "assert \(text(condition)), '\(message)'"
    case .aggregate(let aggregate): text(aggregate)
    case .funnel(let funnel): text(funnel)
    case .retention(let retention): text(retention)
    case .sessions(let sessions): text(sessions)
    case .stickiness(let stickiness): text(stickiness)
    case .lifecycle(let lifecycle): text(lifecycle)
    case .rfm(let rfm): text(rfm)
    case .paths(let paths): text(paths)
    case .cluster(let cluster): text(cluster)
    case .rules(let rules): text(rules)
    case .recommend(let recommend): text(recommend)
    case .predict(let predict): text(predict)
    case .survival(let survival): text(survival)
    case .forecast(let forecast): text(forecast)
    case .saveDefinition(let entry): "save \(entry.kind.rawValue) \(Names.quoted(entry.name)): \(entry.statement)"
    case .saveCampaign(let campaign): text(campaign)
    case .saveTable(let name): "save table \(Names.quoted(name))"
    case .snapshot(let name): "snapshot \(Names.quoted(name))"
    case .export(let path, let options):
      "export '\(path)'"
        + options.sorted { $0.key < $1.key }.map { " \($0.key) = \(text($0.value))" }.joined(separator: ",")
    }
  }

  private func text(_ column: NamedExpression) -> String { "\(Names.quoted(column.name)) = \(text(column.expression))" }

  private func text(_ plan: PivotPlan) -> String {
    let values = plan.values.map { "#\($0)" }.joined(separator: ", ")
    let keys = plan.keys.map { "#\($0)" }.joined(separator: ", ")
    let known = plan.known.map { " as " + $0.map(text).joined(separator: ", ") } ?? ""
    return "pivot #\(plan.column) of \(values) per \(keys)" + known
  }

  private func text(_ plan: AggregatePlan) -> String {
    "aggregate " + plan.aggregates.map(text).joined(separator: ", ") + clause(plan.by) + clause(plan.during)
      + (plan.trailing.map { " trailing \(times.length($0))" } ?? "") + clause(plan.lift)
      + (plan.noise.map { " with noise: \($0.text)" } ?? "")
  }

  private func text(_ plan: FunnelPlan) -> String {
    var words = "funnel \(text(plan.sequence))" + clause(plan.by) + clause(plan.during)
    if plan.entry != .best { words += " entry \(plan.entry.rawValue)" }
    if plan.tolerance > 0 { words += " tolerance \(times.length(plan.tolerance))" }
    switch plan.valueAt {
    case .step(1): break
    case .step(let number): words += " value at \(number)"
    case .last: words += " value at last"
    }
    if plan.cutsAtRange { words += " cut" }
    words += clause(plan.lift)
    return words + (plan.perUser ? " per user" : "")
  }

  private func text(_ plan: RetentionPlan) -> String {
    var words = "retention from \(text(plan.birth)) return \(text(plan.returning))"
    words += conditions(plan.without, plan.same, plan.within) + " by \(plan.unit.rawValue)" + clause(plan.by)
    words += " for \(plan.periods)" + clause(plan.during) + " \(plan.method.rawValue) \(plan.criterion.rawValue)"
    if let measure = plan.measure { words += " measure \(text(measure))" }
    if !plan.weightedAverage { words += " simple" }
    if plan.estimatesReturn { words += " kaplan-meier" }
    words += clause(plan.lift)
    return words + (plan.perUser ? " per user" : "")
  }

  func text(_ plan: RecommendPlan) -> String {
    var words = "recommend \(plan.count)"
    switch plan.subject {
    case .itemsForUsers: break
    case .itemsForUser(let user): words += " for user '\(user)'"
    case .itemsLikeItem(let item): words += " like item '\(item)'"
    case .usersForItem(let item): words += " users for item '\(item)'"
    case .usersLikeSegment(let name, let chain): words += " users like \(Names.quoted(name)) \(inline(chain.plan))"
    case .usersLikeUser(let user): words += " users like user '\(user)'"
    }
    if let filter = plan.itemFilter { words += " items where \(text(filter))" }
    if plan.keepsConsumed { words += " keeping consumed" }
    for condition in plan.excluding { words += " excluding \(text(condition.events))\(text(condition.window))" }
    for condition in plan.only { words += " only \(text(condition.events))\(text(condition.window))" }
    if let limit = plan.atMost { words += " at most \(limit.count) per \(text(limit.property))" }
    words += " using \(plan.using.joined(separator: ", "))"
    if let name = plan.stored { words += " of \(Names.quoted(name))" }
    if let relation = plan.relation { words += " relation \(text(relation.events))" }
    if plan.measure != .normalised { words += " measure \(plan.measure.rawValue)" }
    if plan.diversity > 0 { words += " diversity \(plan.diversity)" }
    if plan.reranking != .mmr { words += " by \(plan.reranking.rawValue)" }
    return words + (plan.why.map { " why \($0)" } ?? "")
  }

  func clause(_ by: [Bucket]) -> String {
    guard !by.isEmpty else { return "" }
    return " by "
      + by.map { bucket in
        switch bucket.key {
        case .period(let unit): "\(Names.quoted(bucket.name)) = each \(unit.rawValue)"
        case .every(let count, let unit): "\(Names.quoted(bucket.name)) = each \(count) \(unit.rawValue)s"
        case .expression(let value): "\(Names.quoted(bucket.name)) = \(text(value))"
        }
      }.joined(separator: ", ")
  }

  func clause(_ range: TimeRange?) -> String {
    range.map { " during \(times.instant($0.from)) to \(times.instant($0.to))" } ?? ""
  }
}

// MARK: - Names

extension PlanText {
  func event(_ code: UInt32) -> String { events[code].map(Names.quoted) ?? "event #\(code)" }
  func property(_ id: UInt16) -> String { properties[id].map { Names.quoted($0.name) } ?? "property #\(id)" }
}
