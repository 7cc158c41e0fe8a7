internal import InstarCalendar
internal import InstarColumns

/// How the plans of mining print, and what they mean in a sentence.
extension PlanText {
  func text(_ plan: RulesPlan) -> String {
    var words = "rules of \(text(plan.event)).\(text(plan.value))" + conditions(plan.without, plan.same, plan.within)
    words += clause(plan.by) + clause(plan.during)
    words += " support \(plan.minimumSupport) confidence \(plan.minimumConfidence) length \(plan.maximumLength)"
    if plan.ordered { words += " ordered" }
    return words + (plan.perUser ? " per user" : "")
  }
}

extension Meaning {
  func sentence(_ plan: RulesPlan) -> String {
    var words = plan.perUser ? "how many rules each user's baskets follow" : "which values come together"
    words += ": \(text.text(plan.value)) of \(text.text(plan.event)), a basket for each "
    words += plan.same.isEmpty ? "user" : Names.list(plan.same.map(text.text))
    if let within = plan.within { words += " within \(text.times.length(within))" }
    for event in plan.without { words += ", without \(text.text(event))" }
    if plan.ordered { words += ", IF before THEN" }
    words += ", in at least \(plan.minimumSupport) of the baskets, followed in at least \(plan.minimumConfidence)"
    return words + per(plan.by) + (plan.during.map { ", \(span($0))" } ?? "")
  }
}
