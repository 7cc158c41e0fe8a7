/// A unit of time, written in the singular or the plural.
package enum TimeUnit: String, Sendable, Hashable, CaseIterable {
  case second
  case minute
  case hour
  case day
  case week
  case month
  case quarter
  case year
}

/// A length of time: `30 DAYS`, `$n DAYS`, or `$wait` that must be bound to a whole length.
package struct TimeSpan: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case units(Count, TimeUnit)
    case parameter(Parameter)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// A date after `@`. It is a period: `@2026-03` is a month. The fields are checked: no 13th month, no 30 February.
package struct DateLiteral: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case year(Int)
    /// Quarters 1 to 4.
    case quarter(year: Int, quarter: Int)
    /// ISO 8601 weeks, 1 to 53.
    case week(year: Int, week: Int)
    case month(year: Int, month: Int)
    case day(year: Int, month: Int, day: Int)
    case minute(year: Int, month: Int, day: Int, hour: Int, minute: Int)
    case second(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// A moment that a statement names: after `AS OF`, `SINCE`, `BEFORE`, in `DURING a TO b`.
package struct TimePoint: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case date(DateLiteral)
    case text(String)
    case parameter(Parameter)
    case now
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// Which events count, seen from the moment of the statement: `IN LAST 90 DAYS`, `SINCE @2026`.
package struct Window: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case last(TimeSpan)
    case next(TimeSpan)
    case this(TimeUnit)
    case previous(TimeSpan)
    /// Counted from the user's first event of any kind.
    case first(TimeSpan)
    /// `IN @2026-01 TO @2026-03`, whole periods, the last one included.
    case dates(DateTerm, to: DateTerm?)
    case since(TimePoint)
    case before(TimePoint)
    case ever
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// A date literal, or a parameter that must be bound to one.
package enum DateTerm: Sendable, Hashable {
  case date(DateLiteral)
  case parameter(Parameter)
}

/// The calendar range of a `DURING` clause.
package struct DateRange: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case last(TimeSpan)
    case this(TimeUnit)
    case previous(TimeSpan)
    case dates(TimePoint, to: TimePoint?)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// The moment after `AT` in an expression: a date, a row's time, or a moment of the user's own.
package enum Moment: Sendable, Hashable {
  case time(TimePoint)
  case path(PropertyPath)
  case call(Call)
  case expression(Expression)
}
