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
