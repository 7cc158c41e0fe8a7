internal import InstarCalendar
internal import InstarColumns

extension PlanText {
  func text(_ plan: SessionsPlan) -> String {
    var words = "sessions gap \(times.length(plan.gap))" + clause((plan.period.map { [$0] } ?? []) + plan.by)
    words += clause(plan.during)
    return words + (plan.perUser ? " per user" : "")
  }

  func text(_ plan: StickinessPlan) -> String {
    var words = "stickiness of \(text(plan.event)) \(plan.unit.rawValue)s per \(plan.outer.rawValue)"
    if let series = plan.series { words += " by \(Names.quoted(series)) = each \(plan.outer.rawValue)" }
    words += clause(plan.by) + clause(plan.during)
    if plan.cumulative { words += " cumulative" }
    return words + (plan.perUser ? " per user" : "")
  }

  /// Of stages the first moment stands for all.
  func text(_ plan: LifecyclePlan) -> String {
    var words = "lifecycle "
    switch plan.subject {
    case .activity(let event): words += "of \(text(event))"
    case .stages(let name, let names, let numbers):
      words += "\(Names.quoted(name)) (\(names.joined(separator: ", ")))"
      if let first = numbers.first { words += " each moment \(text(first))" }
    }
    words += clause([plan.period] + plan.by) + clause(plan.range)
    if let silence = plan.dormantAfter { words += " dormant after \(times.length(silence))" }
    if plan.hasTransitions { words += " transitions" }
    return words + (plan.perUser ? " per user" : "")
  }

  func text(_ plan: RFMPlan) -> String {
    var words = "rfm \(text(plan.recency)), \(text(plan.frequency)), \(text(plan.monetary)) into \(plan.scores)"
    words += clause(plan.by)
    if let weights = plan.weights { words += " weights \(weights.map { "\($0)" }.joined(separator: ", "))" }
    return words
  }

  func text(_ plan: PathsPlan) -> String {
    var words = "paths"
    if let from = plan.from { words += " from \(text(from))" }
    if let to = plan.to { words += " to \(text(to))" }
    words += conditions(plan.without, plan.sameSession ? [.session] : [], plan.within)
    words += clause(plan.by) + clause(plan.during)
    if let on = plan.on { words += " on \(text(on))" }
    words += " steps \(plan.steps)"
    if !plan.perUser { words += " top \(plan.top)" }
    if plan.minimumUsers > 1 { words += " min users \(plan.minimumUsers)" }
    if plan.collapse { words += " collapse" }
    return words + (plan.perUser ? " per user" : "")
  }
}
