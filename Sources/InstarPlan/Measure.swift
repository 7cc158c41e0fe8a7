package import InstarCalendar
internal import InstarColumns

/// The moment from which an expression looks: it sees events with time < moment.
package indirect enum Moment: Sendable, Hashable {
  /// The moment of the statement (AS OF, or the clock).
  case statement
  /// Milliseconds since 1970.
  case fixed(Int64)
  /// The time of the event row at hand.
  case row
  /// A time of the user's own, as `first(purchase) + 180 DAYS`. Missing where it is missing or beyond the statement's.
  case user(Expression)
}

/// A stretch of time relative to a moment, half-open.
package enum Window: Sendable, Hashable {
  case ever
  /// Ends at the moment.
  case last(CalendarDuration)
  /// Begins at the moment. Only in targets of PREDICT and AGAINST.
  case next(CalendarDuration)
  /// The calendar unit that holds the moment, up to the moment.
  case this(PeriodUnit)
  /// So many whole calendar units before the one that holds the moment.
  case previous(Int, PeriodUnit)
  /// Begins at the user's first event of any type.
  case first(CalendarDuration)
  /// Milliseconds since 1970; an open end is `nil`.
  case range(from: Int64?, to: Int64?)
}

/// Which events are meant: one of several types, each with a filter.
package struct EventPattern: Sendable, Hashable {
  package struct Alternative: Sendable, Hashable {
    /// Codes of the event type dictionary; `nil` means an event of any type.
    package var types: [UInt32]?
    /// A condition on the event, of level `event` or lower.
    package var filter: Expression?

    package init(types: [UInt32]?, filter: Expression?) {
      self.types = types
      self.filter = filter
    }
  }

  package enum Ordinal: String, Sendable, Hashable {
    /// The first, or last, of the user's matching events in the whole history before the moment.
    case first, last
    case each
  }

  package var alternatives: [Alternative]
  package var ordinal: Ordinal?
  /// `(FIRST purchase)[f]`: the first purchase ever, and then f must hold. Level `event`.
  package var then: Expression?
  /// As the user wrote it, for headings and EXPLAIN: "purchase[amount > 5]".
  package var text: String

  package init(alternatives: [Alternative], ordinal: Ordinal? = nil, then: Expression? = nil, text: String) {
    self.alternatives = alternatives
    self.ordinal = ordinal
    self.then = then
    self.text = text
  }
}

/// One figure over the events of a user: the primitive of all behaviour, `fn(event[filter].value window)`.
package struct Measure: Sendable, Hashable {
  package enum Function: String, Sendable, Hashable, CaseIterable {
    /// Occurrences: rows of one user, type and order count once where the store has orders.
    case count
    case rows
    case sum, avg, min, max, median, distinct
    /// Distinct local days with such an event.
    case days
    /// Value (or time, without a value) of the first or last such event. With a value: of the first or last event
    /// whose value is known.
    case first, last
    /// Days from the last such event to the moment, with fractions; `since` is the same from the first.
    case recency, since
    /// Median and interquartile range of the gaps between occurrences, in days (the built-in `cycle`).
    case medianGap, gapSpread
    /// The most frequent value, where each event weighs 2^(-age / 90 days) and age runs to the moment: preference that
    /// follows a change of taste. Equal weights: the value seen last.
    case mode
  }

  package var function: Function
  package var events: EventPattern
  /// What is summed, averaged ..; of level `event`. `nil` for count, rows, days, recency, since and times.
  package var value: Expression?
  package var window: Window
  package var moment: Moment

  package init(
    _ function: Function, of events: EventPattern, value: Expression? = nil, in window: Window, at moment: Moment
  ) {
    self.function = function
    self.events = events
    self.value = value
    self.window = window
    self.moment = moment
  }
}

/// A chain of events: the subject of FUNNEL and of `did (a THEN b)`.
package struct SequencePlan: Sendable, Hashable {
  package enum Mode: String, Sendable, Hashable {
    /// Later, others allowed.
    case then
    /// The next event of this user.
    case directly
    case optional
    /// Does not follow inside the window. Only as the last step.
    case not
  }

  package struct Step: Sendable, Hashable {
    /// More than one: ANY ORDER.
    package var events: [EventPattern]
    package var mode: Mode
    /// The gap to the previous step.
    package var after: CalendarDuration?
    package var within: CalendarDuration?

    package init(
      events: [EventPattern], mode: Mode = .then, after: CalendarDuration? = nil, within: CalendarDuration? = nil
    ) {
      self.events = events
      self.mode = mode
      self.after = after
      self.within = within
    }
  }

  package enum Key: Sendable, Hashable {
    case session
    case item, order
    case property(UInt16)
  }

  package var steps: [Step]
  package var without: [EventPattern]
  package var same: [Key]
  /// From the first step to the last, inclusive.
  package var within: CalendarDuration?

  package init(steps: [Step], without: [EventPattern] = [], same: [Key] = [], within: CalendarDuration? = nil) {
    self.steps = steps
    self.without = without
    self.same = same
    self.within = within
  }
}

/// `did (a THEN b ..) window`: whether a chain was completed whose first step lies in the window.
package struct SequenceCondition: Sendable, Hashable {
  package var sequence: SequencePlan
  /// How often, as `AT LEAST 2 TIMES`: the bounds of the number of chains, both inclusive.
  package var least: Int
  package var most: Int?
  package var window: Window
  package var moment: Moment

  package init(_ sequence: SequencePlan, least: Int = 1, most: Int? = nil, window: Window, moment: Moment) {
    self.sequence = sequence
    self.least = least
    self.most = most
    self.window = window
    self.moment = moment
  }
}
