package import InstarCalendar

/// SESSIONS: the events of each user, cut where more than a gap passes between two.
package struct SessionsPlan: Sendable, Hashable {
  /// Milliseconds.
  package var gap: Int64
  /// The bucket of the session's beginning; `nil` counts the whole range as one.
  package var period: Bucket?
  /// Further breakdowns, valued at the first event of a session.
  package var by: [Bucket]
  package var during: TimeRange?
  package var perUser: Bool

  package init(
    gap: Int64, period: Bucket? = nil, by: [Bucket] = [], during: TimeRange? = nil, perUser: Bool = false
  ) {
    self.gap = gap
    self.period = period
    self.by = by
    self.during = during
    self.perUser = perUser
  }
}

/// STICKINESS: on how many days of a week users are active.
package struct StickinessPlan: Sendable, Hashable {
  package var event: EventPattern
  /// The unit that is counted: days.
  package var unit: PeriodUnit
  /// The period in which it is counted: the week.
  package var outer: PeriodUnit
  /// The name of the column of periods, for the series of `BY WEEK`; `nil` sums up over all periods.
  package var series: String?
  /// Further breakdowns, valued at the first event of a period.
  package var by: [Bucket]
  package var during: TimeRange?
  /// Whether `users` counts those with at least that many days.
  package var cumulative: Bool
  package var perUser: Bool

  package init(
    event: EventPattern, unit: PeriodUnit, per outer: PeriodUnit, series: String? = nil, by: [Bucket] = [],
    during: TimeRange? = nil, cumulative: Bool = false, perUser: Bool = false
  ) {
    self.event = event
    self.unit = unit
    self.outer = outer
    self.series = series
    self.by = by
    self.during = during
    self.cumulative = cumulative
    self.perUser = perUser
  }
}

/// LIFECYCLE: what users are in each period.
package struct LifecyclePlan: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    /// New, returning, resurrected, dormant: by the activity in the period and in those before.
    case activity(EventPattern)
    /// Stages of a definition. For each period the number of the first stage that fits at its end, of level `user`;
    /// missing where none does.
    case stages(name: String, names: [String], numbers: [Expression])
  }

  package var subject: Subject
  package var period: Bucket
  /// Further breakdowns, of users.
  package var by: [Bucket]
  /// Begins with a period, and ends with one or at the moment.
  package var range: TimeRange
  /// Milliseconds of silence after which a user is dormant; `nil` is one period without activity.
  package var dormantAfter: Int64?
  package var hasTransitions: Bool
  package var perUser: Bool

  package init(
    subject: Subject, period: Bucket, by: [Bucket] = [], range: TimeRange, dormantAfter: Int64? = nil,
    hasTransitions: Bool = false, perUser: Bool = false
  ) {
    self.subject = subject
    self.period = period
    self.by = by
    self.range = range
    self.dormantAfter = dormantAfter
    self.hasTransitions = hasTransitions
    self.perUser = perUser
  }
}

/// RFM: users scored by how recently, how often and for how much.
package struct RFMPlan: Sendable, Hashable {
  package var event: EventPattern
  /// Figures of level `user`: days since the last event, number of events, sum of the value.
  package var recency: Expression
  package var frequency: Expression
  package var monetary: Expression
  /// Scores run from 1 to this number.
  package var scores: Int
  /// Users are scored within each of these.
  package var by: [Bucket]
  /// For a `score` that is the weighted mean of the three; `nil` reads them as one number.
  package var weights: [Double]?

  package init(
    event: EventPattern, recency: Expression, frequency: Expression, monetary: Expression, scores: Int = 5,
    by: [Bucket] = [], weights: [Double]? = nil
  ) {
    self.event = event
    self.recency = recency
    self.frequency = frequency
    self.monetary = monetary
    self.scores = scores
    self.by = by
    self.weights = weights
  }
}

/// PATHS: the ways that users take from an event, or to one.
package struct PathsPlan: Sendable, Hashable {
  /// At least one end is given.
  package var from: EventPattern?
  package var to: EventPattern?
  package var without: [EventPattern]
  package var sameSession: Bool
  package var within: CalendarDuration?
  /// Breakdowns, valued at the event that the path starts from or, with TO alone, ends at.
  package var by: [Bucket]
  package var during: TimeRange?
  /// What an event is called, of level `event`; `nil` is its type.
  package var on: Expression?
  /// The most transitions of one path.
  package var steps: Int
  /// The most rows of one position.
  package var top: Int
  package var minimumUsers: Int
  /// Whether a run of equal nodes is one.
  package var collapse: Bool
  package var perUser: Bool

  package init(
    from: EventPattern? = nil, to: EventPattern? = nil, without: [EventPattern] = [], sameSession: Bool = false,
    within: CalendarDuration? = nil, by: [Bucket] = [], during: TimeRange? = nil, on: Expression? = nil,
    steps: Int = 5, top: Int = 20, minimumUsers: Int = 1, collapse: Bool = false, perUser: Bool = false
  ) {
    self.from = from
    self.to = to
    self.without = without
    self.sameSession = sameSession
    self.within = within
    self.by = by
    self.during = during
    self.on = on
    self.steps = steps
    self.top = top
    self.minimumUsers = minimumUsers
    self.collapse = collapse
    self.perUser = perUser
  }
}
