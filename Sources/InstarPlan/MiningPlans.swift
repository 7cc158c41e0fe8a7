package import InstarCalendar

/// RULES: what is bought (seen, played ..) together.
package struct RulesPlan: Sendable, Hashable {
  package var event: EventPattern
  /// What is in the baskets, of level `event`, a text.
  package var value: Expression
  /// A basket that holds one of these events is left out.
  package var without: [EventPattern]
  /// What rows of one basket share; none makes one basket of each user.
  package var same: [SequencePlan.Key]
  /// A basket reaches no further than this from its first row.
  package var within: CalendarDuration?
  /// Breakdowns, valued at the first row of a basket. Each value is mined by itself.
  package var by: [Bucket]
  package var during: TimeRange?
  package var minimumSupport: Double
  package var minimumConfidence: Double
  /// The most items of a rule.
  package var maximumLength: Int
  /// Whether what stands under IF must have come before what stands under THEN.
  package var ordered: Bool
  package var perUser: Bool

  package init(
    event: EventPattern, value: Expression, without: [EventPattern] = [], same: [SequencePlan.Key] = [],
    within: CalendarDuration? = nil, by: [Bucket] = [], during: TimeRange? = nil, minimumSupport: Double = 0.01,
    minimumConfidence: Double = 0.25, maximumLength: Int = 5, ordered: Bool = false, perUser: Bool = false
  ) {
    self.event = event
    self.value = value
    self.without = without
    self.same = same
    self.within = within
    self.by = by
    self.during = during
    self.minimumSupport = minimumSupport
    self.minimumConfidence = minimumConfidence
    self.maximumLength = maximumLength
    self.ordered = ordered
    self.perUser = perUser
  }
}

/// CLUSTER: users who are alike by a few figures.
package struct ClusterPlan: Sendable, Hashable {
  package enum Number: Sendable, Hashable {
    case exactly(Int)
    /// The number with the best silhouette.
    case auto
  }

  package var number: Number
  /// Numbers, lengths and conditions of users.
  package var features: [NamedExpression]
  /// Breakdowns of users. Each value is clustered by itself.
  package var by: [Bucket]
  /// Bounds the figures that have no window of their own.
  package var during: TimeRange?
  package var seed: UInt64
  /// The goal event, by which clusters of an earlier moment are judged; `nil` where none is set.
  package var goal: EventPattern?
  /// How far back that moment lies, milliseconds; `nil` for 90 days, or a third of the history where that is less.
  package var horizon: Int64?
  package var perUser: Bool

  package init(
    number: Number, features: [NamedExpression], by: [Bucket] = [], during: TimeRange? = nil, seed: UInt64 = 1,
    goal: EventPattern? = nil, horizon: Int64? = nil, perUser: Bool = false
  ) {
    self.number = number
    self.features = features
    self.by = by
    self.during = during
    self.seed = seed
    self.goal = goal
    self.horizon = horizon
    self.perUser = perUser
  }
}

/// COMPARE: what differs between two sets of users.
package struct ComparePlan: Sendable, Hashable {
  package struct Side: Sendable, Hashable {
    package var name: String
    /// The users, as of the moment of the chain; their features are looked at from there too.
    package var chain: ChainBox
    /// Bounds the figures that have no window of their own.
    package var during: TimeRange?

    package init(name: String, chain: ChainBox, during: TimeRange? = nil) {
      self.name = name
      self.chain = chain
      self.during = during
    }
  }

  package var left: Side
  package var right: Side
  package var features: [NamedExpression]

  package init(left: Side, right: Side, features: [NamedExpression]) {
    self.left = left
    self.right = right
    self.features = features
  }

  package static let columns = [
    PlanColumn("what", .text), PlanColumn("value", .text), PlanColumn("a", .real), PlanColumn("b", .real),
    PlanColumn("difference", .real), PlanColumn("low", .real), PlanColumn("high", .real), PlanColumn("effect", .real),
  ]
}

/// PROFILE SEGMENT: a portrait of a set of users beside everybody.
package struct SegmentProfilePlan: Sendable, Hashable {
  package var name: String
  /// Whether a user belongs, of level `user`; `nil` for everybody.
  package var member: Expression?
  /// Numbers shown as means, and texts shown by their most frequent values; of level `user`.
  package var features: [NamedExpression]
  /// The feature whose sum is revenue, where the store knows money.
  package var revenue: String?
  /// The event whose cycle is shown; `nil` where no goal is set.
  package var goal: EventPattern?

  package init(
    name: String, member: Expression?, features: [NamedExpression], revenue: String?, goal: EventPattern? = nil
  ) {
    self.name = name
    self.member = member
    self.features = features
    self.revenue = revenue
    self.goal = goal
  }

  package static let columns = [
    PlanColumn("property", .text), PlanColumn("value", .text), PlanColumn("everybody", .text),
  ]
}

extension Expression {
  /// The expression with its figures bounded to a range; a figure that has a window of its own keeps it.
  package func bounded(by range: TimeRange?) -> Expression {
    guard let range else { return self }
    switch node {
    case .measure(var measure) where measure.window == .ever:
      measure.window = .range(from: range.from, to: range.to)
      return Expression(.measure(measure), type: type, level: level, unit: unit)
    case .sequence(var condition) where condition.window == .ever:
      condition.window = .range(from: range.from, to: range.to)
      return Expression(.sequence(condition), type: type, level: level, unit: unit)
    default: return mapOperands { $0.bounded(by: range) }
    }
  }
}
