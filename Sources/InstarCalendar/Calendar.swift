/// Periods of local time: days, weeks, months and so on in one time zone with one first day of the week.
///
/// Instants are milliseconds since 1970-01-01T00:00Z. A period is half-open: its start belongs to it, its end is the
/// start of the next. Every instant belongs to exactly one period of a unit.
///
/// - **Day and longer** begin at local midnight. A day on which the clocks are set has 23 or 25 hours and is one day.
///   Where midnight is skipped the day begins at the first instant after the gap; where midnight occurs twice the day
///   begins at the first. A day that a country skipped (Apia, 2011-12-30) is an empty period.
/// - **Hour and shorter** are real time cut where the local clock shows a multiple. When clocks go back by an hour the
///   hour that occurs twice is two periods; a shift by half an hour makes one hour longer and another shorter.
/// - **Several units** (`EVERY 2 WEEKS`) are aligned to the calendar and not to the range asked for: months to year 0,
///   so that three months are a quarter; days and weeks to the week of 1970-01-01; hours and less to local midnight
///   of 1970-01-01. The same instant falls into the same period whatever the range.
/// - **Weeks** begin on ``weekStart``. Week 1 of a year is the week that holds 4 January, as in ISO 8601, which it
///   equals when weeks begin on Monday.
package struct Calendar: Sendable, Hashable {
  package var zone: Zone
  package var weekStart: Weekday

  package init(zone: Zone = .utc, weekStart: Weekday = .monday) {
    self.zone = zone
    self.weekStart = weekStart
  }

  package static func == (left: Calendar, right: Calendar) -> Bool {
    left.zone == right.zone && left.weekStart == right.weekStart
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(zone.name)
    hasher.combine(weekStart)
  }

  // MARK: Local dates

  /// The number of the local day that `instant` belongs to, 0 for 1970-01-01.
  package func dayNumber(of instant: Int64) -> Int {
    ordinal(of: .day, containing: instant)
  }

  /// The local date that `instant` belongs to.
  package func date(of instant: Int64) -> CivilDate { CivilDate(dayNumber: dayNumber(of: instant)) }

  /// The first instant of a local day.
  package func start(ofDay dayNumber: Int) -> Int64 {
    zone.instant(ofLocal: Int64(dayNumber) * millisecondsPerDay)
  }

  // MARK: Periods

  /// The start of the period of `count` units that contains `instant`.
  /// - Precondition: `count >= 1`.
  package func start(of unit: PeriodUnit, every count: Int = 1, containing instant: Int64) -> Int64 {
    if let size = clockSize(unit, count) { return clockStart(size, instant) }
    return start(of: unit, every: count, ordinal: ordinal(of: unit, every: count, containing: instant))
  }

  /// The start of the period after the one that contains `instant`.
  package func nextStart(of unit: PeriodUnit, every count: Int = 1, after instant: Int64) -> Int64 {
    if let size = clockSize(unit, count) { return clockEnd(size, instant) }
    return start(of: unit, every: count, ordinal: ordinal(of: unit, every: count, containing: instant) + 1)
  }

  /// The period that contains `instant`: what `THIS MONTH` means at a moment.
  package func period(of unit: PeriodUnit, every count: Int = 1, containing instant: Int64) -> Range<Int64> {
    start(of: unit, every: count, containing: instant)..<nextStart(of: unit, every: count, after: instant)
  }

  /// The `count` whole units before the one that contains `instant`: what `PREVIOUS 3 MONTHS` means at a moment.
  /// - Precondition: `count >= 0`.
  package func previous(_ count: Int, _ unit: PeriodUnit, before instant: Int64) -> Range<Int64> {
    let end = start(of: unit, containing: instant)
    if let size = unit.milliseconds, !unit.isCalendarDay {
      return clockStart(size, end - Int64(count) * size)..<end
    }
    return start(of: unit, ordinal: ordinal(of: unit, containing: instant) - count)..<end
  }

  /// How many periods lie between the one of `first` and the one of `second`: 0 within one period, 1 to the next,
  /// negative backwards. This is the age of `USING calendar`.
  package func periods(of unit: PeriodUnit, every count: Int = 1, from first: Int64, to second: Int64) -> Int {
    guard let size = clockSize(unit, count) else {
      return ordinal(of: unit, every: count, containing: second) - ordinal(of: unit, every: count, containing: first)
    }
    return Int(floorDivide(clockStart(size, second) - clockStart(size, first) + size / 2, size))
  }

  /// The number of a period of day or longer: days since 1970-01-01, months since year 0 and so on, over `count`.
  ///
  /// Consecutive periods have consecutive numbers.
  /// - Precondition: `unit` is day or longer, `count >= 1`. Complexity: O(log *n*) in the changes of the zone.
  package func ordinal(of unit: PeriodUnit, every count: Int = 1, containing instant: Int64) -> Int {
    let day = Int(floorDivide(zone.local(at: instant), millisecondsPerDay))
    var ordinal = ordinal(of: unit, every: count, day: day)
    if start(of: unit, every: count, ordinal: ordinal) > instant {
      ordinal -= 1
    } else {
      while start(of: unit, every: count, ordinal: ordinal + 1) <= instant { ordinal += 1 }
    }
    return ordinal
  }

  /// The first instant of the period of day or longer with this number.
  package func start(of unit: PeriodUnit, every count: Int = 1, ordinal: Int) -> Int64 {
    start(ofDay: firstDay(of: unit, every: count, ordinal: ordinal))
  }

  /// The number of the first local day of a period of day or longer.
  package func firstDay(of unit: PeriodUnit, every count: Int = 1, ordinal: Int) -> Int {
    if let months = unit.months { return Calendar.firstDay(ofMonth: ordinal * months * count) }
    return unit == .week ? ordinal * 7 * count + weekPhase : ordinal * count
  }

  private func ordinal(of unit: PeriodUnit, every count: Int, day: Int) -> Int {
    precondition(count >= 1, "a period is at least one unit long")
    precondition(unit.isCalendarDay, "hours and shorter have no numbers")
    if let months = unit.months {
      let date = CivilDate(dayNumber: day)
      return floorDivide(date.year * 12 + date.month - 1, months * count)
    }
    return unit == .week ? floorDivide(day - weekPhase, 7 * count) : floorDivide(day, count)
  }

  /// The day number of the first day of the month that lies `month` months after January of year 0.
  private static func firstDay(ofMonth month: Int) -> Int {
    CivilDate(year: floorDivide(month, 12), month: floorModulo(month, 12) + 1, day: 1).dayNumber
  }

  /// The first day of week 0: the start of the week of 1970-01-01, a Thursday; -6 to 0.
  private var weekPhase: Int { -floorModulo(Weekday.thursday.rawValue - weekStart.rawValue, 7) }

  // MARK: Week numbers

  /// Year and number of the week that begins on the local day `dayNumber`.
  package func week(beginningOn dayNumber: Int) -> (year: Int, week: Int) {
    // The week belongs to the year that holds its fourth day.
    let year = CivilDate(dayNumber: dayNumber + 3).year
    return (year, (dayNumber - firstDayOfWeekOne(year)) / 7 + 1)
  }

  /// The first day of week 1 of a year.
  package func firstDayOfWeekOne(_ year: Int) -> Int {
    let fourth = CivilDate(year: year, month: 1, day: 4).dayNumber
    return fourth - floorModulo(fourth - weekPhase, 7)
  }

  /// 52 or 53.
  package func weeks(in year: Int) -> Int { (firstDayOfWeekOne(year + 1) - firstDayOfWeekOne(year)) / 7 }
}

// MARK: Hours and shorter

extension Calendar {
  /// The milliseconds of a period of hours or shorter; `nil` for day and longer.
  func clockSize(_ unit: PeriodUnit, _ count: Int) -> Int64? {
    guard !unit.isCalendarDay, let size = unit.milliseconds else { return nil }
    precondition(count >= 1, "a period is at least one unit long")
    return size * Int64(count)
  }

  private func clockStart(_ size: Int64, _ instant: Int64) -> Int64 {
    var instant = instant
    while true {
      let segment = zone.segment(at: instant)
      let floor = floorDivide(instant + segment.offset, size)
      let start = floor * size - segment.offset
      if start >= segment.start { return start }
      // The period would begin before the clocks were set: it does so if the old clock was in the same period.
      let before = zone.offset(at: segment.start - 1)
      if floorDivide(segment.start - 1 + before, size) != floor { return segment.start }
      instant = segment.start - 1
    }
  }

  private func clockEnd(_ size: Int64, _ instant: Int64) -> Int64 {
    var instant = instant
    while true {
      let segment = zone.segment(at: instant)
      let floor = floorDivide(instant + segment.offset, size)
      let end = (floor + 1) * size - segment.offset
      if end < segment.end { return end }
      let local = segment.end + zone.offset(at: segment.end)
      if floorDivide(local, size) != floor || floorModulo(local, size) == 0 { return segment.end }
      instant = segment.end
    }
  }
}

// MARK: Arithmetic

extension Calendar {
  /// The instant that lies `times` durations after `instant` (before it when negative).
  ///
  /// Months move the local date and keep the local time; a day that the month does not have becomes its last (31
  /// January plus a month is 28 or 29 February). Milliseconds are added afterwards.
  package func adding(_ duration: CalendarDuration, times: Int = 1, to instant: Int64) -> Int64 {
    let moved = addingMonths(duration.months * times, to: instant)
    return moved + duration.milliseconds * Int64(times)
  }

  private func addingMonths(_ months: Int, to instant: Int64) -> Int64 {
    guard months != 0 else { return instant }
    let local = zone.local(at: instant)
    let day = floorDivide(local, millisecondsPerDay)
    let date = CivilDate(dayNumber: Int(day))
    let month = date.year * 12 + date.month - 1 + months
    var moved = CivilDate(year: floorDivide(month, 12), month: floorModulo(month, 12) + 1, day: 1)
    moved.day = min(date.day, CivilDate.length(ofMonth: moved.month, year: moved.year))
    return zone.instant(ofLocal: Int64(moved.dayNumber) * millisecondsPerDay + (local - day * millisecondsPerDay))
  }

  /// How many whole durations have passed from `birth` to `instant`: the age on the user's own clock (`USING rolling`).
  ///
  /// The age `k` begins at `adding(duration, times: k, to: birth)`. Days are 24 hours; negative before the birth.
  /// - Precondition: the duration is positive.
  package func age(at instant: Int64, from birth: Int64, in duration: CalendarDuration) -> Int {
    if duration.isFixed { return Int(floorDivide(instant - birth, duration.milliseconds)) }
    precondition(duration.approximateMilliseconds > 0, "an age counts in a positive duration")
    var age = Int(floorDivide(instant - birth, duration.approximateMilliseconds))
    while adding(duration, times: age, to: birth) > instant { age -= 1 }
    while adding(duration, times: age + 1, to: birth) <= instant { age += 1 }
    return age
  }

  /// The span that ends at `moment` and is `duration` long: what `LAST 90 DAYS` means at a moment.
  package func last(_ duration: CalendarDuration, before moment: Int64) -> Range<Int64> {
    let start = adding(duration, times: -1, to: moment)
    return min(start, moment)..<moment
  }
}
