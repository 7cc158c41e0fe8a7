internal import InstarColumns
internal import InstarSyntax

/// A stored campaign: when users were shown something, and how many were held back.
package struct CampaignEntry: Sendable, Hashable {
  package var name: String
  /// The event that each exposure is.
  package var event: String
  /// Milliseconds since 1970.
  package var time: Int64
  package var shown: Int
  package var heldBack: Int
  /// Exposures of both arms.
  package var exposures: Int
  package var hasItems: Bool

  package init(
    name: String, event: String, time: Int64, shown: Int, heldBack: Int, exposures: Int, hasItems: Bool
  ) {
    self.name = name
    self.event = event
    self.time = time
    self.shown = shown
    self.heldBack = heldBack
    self.exposures = exposures
    self.hasItems = hasItems
  }
}

/// `SAVE AS CAMPAIGN`: the users of the table are shown something now, but for those who are held back.
package struct CampaignPlan: Sendable, Hashable {
  package enum Items: Sendable, Hashable {
    case none
    /// Each row has an item and its rank: the lists of RECOMMEND.
    case ofRows
    /// All are shown this one: the audience of an item.
    case one(String)
  }

  package var name: String
  package var event: String
  /// The share of users that is held back, and the seed that draws them.
  package var control: Double
  package var seed: UInt64
  /// The time of the exposures, milliseconds since 1970.
  package var time: Int64
  package var items: Items

  package init(name: String, event: String, control: Double, seed: UInt64, time: Int64, items: Items) {
    self.name = name
    self.event = event
    self.control = control
    self.seed = seed
    self.time = time
    self.items = items
  }

  /// What exposures are called where the statement does not say.
  package static let event = "exposure"
}

/// `EVALUATE CAMPAIGN`: what those who were shown something did afterwards, beside those who were held back.
package struct CampaignTrial: Sendable, Hashable {
  package var campaigns: [String]
  /// Whose target is asked at the time of each campaign.
  package var outcome: PredictionModel
  /// Only campaigns of this range.
  package var during: TimeRange?
  /// Whether a campaign showed items, so that its lists are judged too.
  package var hasItems: Bool

  package init(campaigns: [String], outcome: PredictionModel, during: TimeRange? = nil, hasItems: Bool) {
    self.campaigns = campaigns
    self.outcome = outcome
    self.during = during
    self.hasItems = hasItems
  }

  /// How long after the exposure the goal counts where the statement does not say.
  package static let days = 14

  package var columns: [PlanColumn] {
    let arms = [
      PlanColumn("campaign", .text), PlanColumn("variant", .text), PlanColumn("users", .integer),
      PlanColumn("conversions", .integer), PlanColumn("rate", .real), PlanColumn("lift", .real),
      PlanColumn("low", .real), PlanColumn("high", .real), PlanColumn("p", .real),
    ]
    let lists = [PlanColumn("hit_rate", .real), PlanColumn("precision", .real), PlanColumn("mrr", .real)]
    return hasItems ? arms + lists : arms
  }
}

extension Expression {
  /// Whether the value depends on events of one of `types`.
  func mentions(_ types: Set<UInt32>) -> Bool {
    mentions { pattern in pattern.alternatives.contains { !types.isDisjoint(with: $0.types ?? []) } }
  }

  /// Whether the value depends on events for which `isMeant` holds.
  func mentions(_ isMeant: (EventPattern) -> Bool) -> Bool {
    switch node {
    case .measure(let measure): isMeant(measure.events)
    case .sequence(let condition):
      (condition.sequence.steps.flatMap(\.events) + condition.sequence.without).contains(where: isMeant)
    default: operands.contains { $0.mentions(isMeant) }
    }
  }
}

extension PlanText {
  func text(_ plan: CampaignPlan) -> String {
    var words = "save campaign \(Names.quoted(plan.name)) as \(Names.quoted(plan.event)) at \(times.plain(plan.time))"
    if plan.control > 0 { words += ", control \(plan.control) by seed \(plan.seed)" }
    switch plan.items {
    case .none: return words
    case .ofRows: return words + ", with items"
    case .one(let item): return words + ", with item '\(item)'"
    }
  }

  func text(_ plan: CampaignTrial) -> String {
    "evaluate campaign \(plan.campaigns.map(Names.quoted).joined(separator: ", ")) against \(plan.outcome.text)"
      + clause(plan.during)
  }
}

extension Meaning {
  func sentence(_ plan: CampaignPlan) -> String {
    let who = plan.control > 0 ? "all but a control of \(plan.control * 100) %" : "all"
    return "the campaign \(plan.name) shows this to \(who) of the \(settings.userNoun), as \(plan.event) at "
      + text.times.plain(plan.time)
  }

  func subject(_ plan: CampaignTrial) -> String {
    "what the \(settings.userNoun) of \(Names.list(plan.campaigns)) did after it: \(plan.outcome.text)"
  }
}
