import InstarCalendar

/// What `RETENTION FROM FIRST a RETURN b BY WEEK FOR n WEEKS` asks: who counts as born when, and what as a return.
///
/// A *member* of a cohort is a user (birth FIRST) or a user and a period (birth EACH). He is born at a row that fulfils
/// the birth event; his returns are the rows from there on, that row included, that fulfil the return event. Each return
/// has an age, and a criterion says at which ages 0 ... n a member counts as retained.
///
/// Rows come with masks of ``birthBit``, ``returnBit`` and ``withoutBit``. Reference: docs/reference/retention.md.
package struct RetentionDefinition: Sendable {
  package enum Birth: Sendable {
    /// The first birth event of the whole history. A user born outside ``during`` is in no cohort.
    case first
    /// The first birth event of each cohort period, inside ``during``.
    case each
  }

  /// The clock that ages are read from.
  package enum Clock: Sendable {
    /// Whole units since the birth: days of 24 hours, months of the calendar.
    case rolling
    /// Calendar periods since the period of the birth.
    case calendar
    /// Periods in which the user had any event, since the period of the birth: his own days of activity.
    case activity
  }

  package enum Criterion: Sendable {
    /// A return at that age.
    case on
    /// A return at that age or any later one, also beyond *n*.
    case onOrAfter
    /// A return at that age or an earlier one.
    case onOrBefore
    /// A return at every age from 1 up to that one; at age 0 everybody.
    case streak
  }

  package static let birthBit: UInt64 = 1
  package static let returnBit: UInt64 = 2
  /// Ends what counts for a member when it comes after the birth.
  package static let withoutBit: UInt64 = 4

  /// The cohort periods, which are also the unit of ages, from the first event up to ``now``.
  package var periods: PeriodTable
  /// *n*: ages go from 0 to n.
  package var lastAge: Int
  package var birth: Birth
  package var clock: Clock
  package var criterion: Criterion
  package var during: Range<Int64>?
  /// Whether a return must have the key of the birth.
  package var same: Bool
  /// The longest time from the birth to a return, inclusive.
  package var within: CalendarDuration?
  /// Whether the time to the first return after the birth is estimated, with members whose ages are not over censored.
  package var estimatesReturn: Bool
  /// The moment of the statement; rows at or after it must not be in the batches.
  package var now: Int64

  /// - Precondition: `lastAge >= 0`, and `periods` reaches to `now`.
  package init(
    periods: PeriodTable, lastAge: Int, birth: Birth = .first, clock: Clock = .rolling, criterion: Criterion = .on,
    during: Range<Int64>? = nil, same: Bool = false, within: CalendarDuration? = nil,
    estimatesReturn: Bool = false, now: Int64
  ) {
    precondition(lastAge >= 0, "FOR takes 0 or more periods")
    precondition(periods.range.upperBound >= now, "the periods reach to the moment of the statement")
    self.periods = periods
    self.lastAge = lastAge
    self.birth = birth
    self.clock = clock
    self.criterion = criterion
    self.during = during
    self.same = same
    self.within = within
    self.estimatesReturn = estimatesReturn
    self.now = now
  }

  /// The length of one unit of age on the rolling clock.
  var unit: CalendarDuration {
    CalendarDuration(
      months: (periods.unit.months ?? 0) * periods.every,
      milliseconds: (periods.unit.milliseconds ?? 0) * Int64(periods.every))
  }

  /// How many ages of a member lie between his birth and `end` as a whole.
  func wholeAges(from birth: Int64, in period: Int, to end: Int64) -> Int {
    guard end > birth else { return 0 }
    guard clock == .calendar else { return periods.calendar.age(at: end, from: birth, in: unit) }
    let last = periods.index(of: end - 1)
    return last - period + (periods.boundaries[last + 1] <= end ? 1 : 0)
  }

  /// The cohorts that the range of the first event meets, as indices into ``periods``.
  var cohorts: Range<Int> {
    guard let during else { return 0..<periods.count }
    let from = max(during.lowerBound, periods.range.lowerBound)
    let to = min(during.upperBound, periods.range.upperBound)
    guard from < to else { return 0..<0 }
    return periods.index(of: from)..<periods.index(of: to - 1) + 1
  }
}
