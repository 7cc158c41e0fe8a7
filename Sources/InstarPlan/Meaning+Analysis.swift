internal import InstarCalendar
internal import InstarColumns

extension Meaning {
  func sentence(_ plan: SessionsPlan) -> String {
    let buckets = (plan.period.map { [$0] } ?? []) + plan.by
    var words = plan.perUser ? "the sessions of each user" : "how many sessions users had"
    words += ", cut where more than \(text.times.length(plan.gap)) pass" + per(buckets)
    return words + (plan.during.map { ", begun \(span($0))" } ?? "")
  }

  func sentence(_ plan: StickinessPlan) -> String {
    let (unit, outer) = (plan.unit.rawValue, plan.outer.rawValue)
    var words: String
    if plan.perUser {
      words = "on how many \(unit)s of a \(outer) each user has \(text.text(plan.event)), as a mean"
    } else if plan.series != nil {
      words = "users with \(text.text(plan.event)) for each \(outer), and the share of them on a \(unit)"
    } else {
      words = "how many users have \(text.text(plan.event)) on "
      words += plan.cumulative ? "at least so many \(unit)s" : "so many \(unit)s"
      words += " of a \(outer), once in each \(outer)"
    }
    return words + per(plan.by) + (plan.during.map { ", \(span($0))" } ?? "")
  }

  func sentence(_ plan: LifecyclePlan) -> String {
    var words: String
    switch plan.subject {
    case .activity(let event):
      words = "users who are new, returning, resurrected or dormant by \(text.text(event))"
      if let silence = plan.dormantAfter { words += ", dormant after \(text.times.length(silence)) of silence" }
    case .stages(let name, let names, _):
      words = "users in each stage of \(name) (\(names.joined(separator: ", "))) as of the end"
    }
    if plan.hasTransitions { words += ", how they passed from one stage to another" }
    words += per([plan.period] + plan.by) + ", \(span(plan.range))"
    return words + (plan.perUser ? ", one row per user and \(plan.period.name)" : "")
  }

  func sentence(_ plan: RFMPlan) -> String {
    var words = "users scored 1 to \(plan.scores) by \(text.text(plan.recency)), \(text.text(plan.frequency))"
    words += " and \(text.text(plan.monetary))"
    if !plan.by.isEmpty { words += " within each \(Names.list(plan.by.map(\.name)))" }
    return words
  }

  func sentence(_ plan: PathsPlan) -> String {
    var words = plan.perUser ? "the ways" : "the transitions on the ways"
    if let from = plan.from { words += " from \(text.text(from))" }
    if let to = plan.to { words += " to \(text.text(to))" }
    words += text.conditions(plan.without, plan.sameSession ? [.session] : [], plan.within)
    words += ", at most \(plan.steps) steps"
    if let on = plan.on { words += ", events by \(text.text(on))" }
    words += per(plan.by) + (plan.during.map { ", begun \(span($0))" } ?? "")
    return words + (plan.perUser ? ", one row per path" : "")
  }
}
