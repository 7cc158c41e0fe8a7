internal import InstarCalendar
internal import InstarColumns

/// The resolved meaning of a plan in sentences: what EXPLAIN prints first.
///
/// ```
/// meaning   users whose loyalty (logistic regression; 0..1) > 0.7
///           as of 2026-03-31 12:00:00.001 UTC (just after the last event)
///           then 10 items per user, chain hybrid -> content -> popular, consumed items excluded
/// ```
package struct Meaning: Sendable {
  let text: PlanText
  let settings: Settings
  private let lastEvent: Int64?

  package init(_ catalog: some Catalog) {
    text = PlanText(catalog)
    settings = catalog.settings
    lastEvent = catalog.lastEvent
  }

  /// One sentence a line, without the heading.
  package func sentences(_ plan: LogicalPlan) -> [String] {
    var lines = [subject(plan)]
    lines.append("as of \(text.times.plain(plan.moment)) \(settings.timeZone)\(origin(plan.moment))")
    for step in plan.steps where !isLeadingFilter(step, in: plan) { lines.append("then \(sentence(step, in: plan))") }
    if !plan.defaults.isEmpty { lines.append("by default \(plan.defaults.joined(separator: ", "))") }
    return lines + plan.notes.map { "note: \($0)" }
  }

  private func origin(_ moment: Int64) -> String {
    guard let lastEvent, moment == lastEvent + 1 else { return "" }
    return " (just after the last event)"
  }

  // MARK: Where it starts

  /// The source together with the filters that follow it at once.
  private func subject(_ plan: LogicalPlan) -> String {
    let conditions = leadingConditions(plan)
    func narrowed(_ words: String, _ more: Expression? = nil) -> String {
      let all = (more.map { [$0] } ?? []) + conditions
      return all.isEmpty ? words : "\(words) where " + all.map(text.text).joined(separator: " and ")
    }
    switch plan.source {
    case .users(let condition):
      return conditions.isEmpty && condition == nil
        ? "all \(settings.userNoun)" : narrowed(settings.userNoun, condition)
    case .usersOf(let chain):
      return narrowed("\(settings.userNoun) of the analysis: \(sentences(chain.plan).joined(separator: "; "))")
    case .snapshot(let name): return narrowed("\(settings.userNoun) of the frozen list \(name)")
    case .events(let patterns): return narrowed("events \(patterns.map(text.text).joined(separator: ", "))")
    case .items(let condition): return narrowed(settings.itemNoun, condition)
    case .table(let name): return narrowed("the rows of the stored table \(name)")
    case .timeline(let user, let during):
      return narrowed("the events of '\(user)'" + (during.map { " \(span($0))" } ?? ""))
    case .profile(let user): return "the properties and attributes of '\(user)'"
    case .segmentProfile(let plan): return "a portrait of the \(settings.userNoun) of \(plan.name) beside everybody"
    case .compare(let plan): return sentence(plan)
    case .catalog: return "what the store holds"
    case .train(let plan): return "a new version of the model \(plan.name), which learns: \(plan.model.text)"
    case .evaluate(let plan):
      return "\(plan.subjects.map(text.text).joined(separator: ", ")), judged at \(plan.folds) past moments"
    case .trial(let plan): return subject(plan)
    case .campaignTrial(let plan): return subject(plan)
    case .trainRecommendation(let plan):
      return "a new version of the model \(plan.name), which recommends by \(plan.model.using.joined(separator: ", "))"
    }
  }

  private func leadingConditions(_ plan: LogicalPlan) -> [Expression] {
    plan.steps.prefix { if case .filter = $0 { true } else { false } }.compactMap {
      if case .filter(let condition) = $0 { condition } else { nil }
    }
  }

  private func isLeadingFilter(_ step: LogicalStep, in plan: LogicalPlan) -> Bool {
    guard case .filter(let condition) = step else { return false }
    return leadingConditions(plan).contains(condition)
  }

  // MARK: Steps

  private func sentence(_ step: LogicalStep, in plan: LogicalPlan) -> String {
    switch step {
    case .aggregate(let aggregate): return sentence(aggregate)
    case .funnel(let funnel): return sentence(funnel)
    case .retention(let retention): return sentence(retention)
    case .sessions(let sessions): return sentence(sessions)
    case .stickiness(let stickiness): return sentence(stickiness)
    case .lifecycle(let lifecycle): return sentence(lifecycle)
    case .rfm(let rfm): return sentence(rfm)
    case .paths(let paths): return sentence(paths)
    case .cluster(let cluster): return sentence(cluster)
    case .rules(let rules): return sentence(rules)
    case .recommend(let recommend): return sentence(recommend)
    case .predict(let predict): return sentence(predict)
    case .survival(let survival): return sentence(survival)
    case .forecast(let forecast): return sentence(forecast)
    case .saveDefinition(let entry): return "the whole chain is kept as the \(entry.kind.rawValue) \(entry.name)"
    case .saveCampaign(let campaign): return sentence(campaign)
    case .saveTable(let name): return "the table is kept as \(name)"
    case .snapshot(let name): return "the users are frozen as \(name)"
    case .export(let path, _): return "the table is written to '\(path)'"
    default: return text.step(step, in: plan)
    }
  }

  private func sentence(_ plan: AggregatePlan) -> String {
    let figures = plan.aggregates.map { "\($0.name) = \(text.text($0.expression))" }
    return "one row\(per(plan.by)) with \(figures.joined(separator: ", "))" + (plan.during.map { " \(span($0))" } ?? "")
      + (plan.trailing.map { ", each with the \(text.times.length($0)) before its end" } ?? "")
      + comparison(plan.lift, plan.by)
  }

  func per(_ by: [Bucket]) -> String { by.isEmpty ? "" : " for each \(Names.list(by.map(\.name)))" }

  private func sentence(_ plan: FunnelPlan) -> String {
    var words = plan.perUser ? "how far each user came in " : "how many users reached each step of "
    words += text.text(plan.sequence) + per(plan.by)
    if let during = plan.during { words += ", first step \(span(during))" }
    if plan.sequence.within == nil { words += ", without a limit of time" }
    words += ", entry = \(plan.entry.rawValue)" + comparison(plan.lift, plan.by)
    return words + (plan.tolerance > 0 ? ", tolerance \(text.times.length(plan.tolerance))" : "")
  }

  private func sentence(_ plan: RetentionPlan) -> String {
    var words = "users born at \(text.text(plan.birth)) who return with \(text.text(plan.returning)), "
    words +=
      "\(plan.unit.rawValue)s 0 to \(plan.periods) of age, \(plan.method.rawValue), criterion \(plan.criterion.rawValue)"
    words += per(plan.by) + (plan.during.map { ", born \(span($0))" } ?? "")
    if let measure = plan.measure { words += ", and \(text.text(measure)) per member" }
    words += comparison(plan.lift, plan.by)
    if plan.estimatesReturn { words += ", the first return estimated with open ages censored (Kaplan-Meier)" }
    return words + (plan.perUser ? ", one row per user" : "")
  }

  private func sentence(_ plan: RecommendPlan) -> String {
    var words: String
    switch plan.subject {
    case .itemsForUsers: words = "\(plan.count) \(settings.itemNoun) per user"
    case .itemsForUser(let user): words = "\(plan.count) \(settings.itemNoun) for '\(user)'"
    case .itemsLikeItem(let item): words = "\(plan.count) \(settings.itemNoun) like '\(item)'"
    case .usersForItem(let item): words = "\(plan.count) \(settings.userNoun) for '\(item)'"
    case .usersLikeSegment(let name, _):
      return "\(plan.count) \(settings.userNoun) like those of \(name), who are not in it"
    case .usersLikeUser(let user): return "\(plan.count) \(settings.userNoun) like '\(user)'"
    }
    if let filter = plan.itemFilter { words += " where \(text.text(filter))" }
    words += ", chain \(plan.using.joined(separator: " -> "))"
    words += plan.keepsConsumed ? ", consumed items kept" : ", consumed items excluded"
    for condition in plan.excluding {
      words += ", excluding \(text.text(condition.events))\(text.text(condition.window))"
    }
    for condition in plan.only { words += ", only \(text.text(condition.events))\(text.text(condition.window))" }
    if let limit = plan.atMost { words += ", at most \(limit.count) per \(text.text(limit.property))" }
    return words
  }

  func span(_ range: TimeRange) -> String {
    "from \(text.times.plain(range.from)) until \(text.times.plain(range.to))"
  }
}
