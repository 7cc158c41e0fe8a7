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

extension PlanText {
  func text(_ plan: ClusterPlan) -> String {
    var words = "cluster into "
    switch plan.number {
    case .exactly(let number): words += "\(number)"
    case .auto: words += "auto"
    }
    words += " on " + plan.features.map { text($0.expression) }.joined(separator: ", ")
    words += clause(plan.by) + clause(plan.during) + " seed \(plan.seed)"
    return words + (plan.perUser ? " per user" : "")
  }

  func text(_ plan: ComparePlan) -> String {
    let features = plan.features.map { text($0.expression) }.joined(separator: ", ")
    return "compare \(text(plan.left)) with \(text(plan.right)) on \(features)"
  }

  private func text(_ side: ComparePlan.Side) -> String { inline(side.chain.plan) + clause(side.during) }

  func text(_ plan: SegmentProfilePlan) -> String {
    "profile of users" + (plan.member.map { " where \(text($0))" } ?? "")
  }
}

extension Meaning {
  func sentence(_ plan: ClusterPlan) -> String {
    let features = plan.features.map { text.text($0.expression) }
    var words = plan.perUser ? "the cluster of each user" : "clusters of users who are alike"
    words += " by \(Names.list(features))"
    switch plan.number {
    case .exactly(let number): words += ", \(number) of them"
    case .auto: words += ", of 2 to 6 the number with the best silhouette"
    }
    words += per(plan.by)
    if let during = plan.during { words += ", figures \(span(during))" }
    guard let goal = plan.goal, !plan.perUser else { return words }
    let horizon = plan.horizon.map { text.times.length($0) } ?? "90 days (or a third of the history)"
    return words + ", and how many of those who looked like that \(horizon) ago had \(text.text(goal)) since"
  }

  func sentence(_ plan: ComparePlan) -> String {
    let features = plan.features.map { text.text($0.expression) }
    return "what differs between \(plan.left.name) and \(plan.right.name) in \(Names.list(features))"
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
