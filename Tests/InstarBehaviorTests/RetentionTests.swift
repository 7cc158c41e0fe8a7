import InstarBehavior
import InstarCalendar
import Testing

/// Runs retention over users that a test writes as `(mask letters, time)`: `b` birth, `r` return, `x` without.
func retention(
  _ definition: RetentionDefinition, _ histories: [[(String, Int64)]], values: [[Double]] = [],
  groups: [UInt32] = [], perUser: Bool = false
) -> RetentionAccumulator {
  var starts = [0]
  var times: [Int64] = []
  var masks: [UInt64] = []
  for history in histories {
    for (name, time) in history {
      times.append(time)
      var mask: UInt64 = 0
      if name.contains("b") { mask |= RetentionDefinition.birthBit }
      if name.contains("r") { mask |= RetentionDefinition.returnBit }
      if name.contains("x") { mask |= RetentionDefinition.withoutBit }
      masks.append(mask)
    }
    starts.append(times.count)
  }
  let ids = (0..<UInt32(histories.count)).map { 100 + $0 }
  let flat = values.flatMap { $0 }
  var accumulator = RetentionAccumulator(
    definition, grouping: groups.isEmpty ? .none : .user, hasMeasure: !values.isEmpty, perUser: perUser)
  accumulator.update(
    users: ids.span, starts: starts.span, times: times.span, types: Span(), masks: masks.span, groups: groups.span,
    values: flat.span)
  return accumulator
}

/// 2026-03-01T00:00Z, a Sunday.
let march: Int64 = 1_772_323_200_000

@Suite struct RetentionConformanceTests {
  private func periods(_ unit: PeriodUnit, days: Range<Int64>, _ calendar: Calendar = Calendar()) throws -> PeriodTable
  {
    try PeriodTable(unit, over: march + days.lowerBound * day..<march + days.upperBound * day, in: calendar)
  }

  private func ages(_ table: RetentionTable, cohort: Int = 0) -> [Int] { table.cohorts[cohort].cells.map(\.users) }

  @Test func r1MidnightMakesACalendarDayButNotARollingOne() throws {
    let days = try periods(.day, days: 0..<5)
    let history = [("b", march + 23 * hour + 45 * minute), ("r", march + day + minute)]
    for (clock, expected) in [(RetentionDefinition.Clock.rolling, [1, 0, 0]), (.calendar, [0, 1, 0])] {
      let definition = RetentionDefinition(periods: days, lastAge: 2, clock: clock, now: march + 5 * day)
      #expect(ages(retention(definition, [history]).finish()) == expected)
    }
  }

  @Test func r2ASundayBelongsToTheWeekOfTheMondayBefore() throws {
    let weeks = try periods(.week, days: -14..<14)
    let definition = RetentionDefinition(periods: weeks, lastAge: 1, now: march + 14 * day)
    let table = retention(definition, [[("b", march + hour)]]).finish()
    let cohort = try #require(table.cohorts.first { $0.size == 1 })
    // Monday 2026-02-23.
    #expect(weeks.boundaries[cohort.period] == march - 6 * day)
  }

  @Test func r3BirthsFallIntoTheLocalDay() throws {
    // 00:30 on 2 March in Istanbul, three hours east, is 21:30 on 1 March in UTC.
    let days = try periods(
      .day, days: 0..<4, Calendar(zone: Zone.named("Europe/Istanbul")))
    let definition = RetentionDefinition(periods: days, lastAge: 0, now: march + 4 * day)
    let table = retention(definition, [[("b", march + 21 * hour + 30 * minute)]]).finish()
    let cohort = try #require(table.cohorts.first { $0.size == 1 })
    #expect(days.boundaries[cohort.period] == march + 21 * hour)
  }

  @Test func r4AShortLocalDayIsOneDay() throws {
    // New York loses an hour on 8 March 2026: that day has 23 hours, from 05:00Z to 04:00Z.
    let zone = try Zone.named("America/New_York")
    let days = try periods(.day, days: 5..<12, Calendar(zone: zone))
    let definition = RetentionDefinition(periods: days, lastAge: 3, clock: .calendar, now: march + 12 * day)
    let noon = { (number: Int64) in march + (number - 1) * day + 17 * hour }
    let history = [("b", noon(7)), ("r", noon(8)), ("r", noon(9)), ("r", noon(10))]
    let table = retention(definition, [history]).finish()
    let cohort = try #require(table.cohorts.first { $0.size == 1 })
    #expect(cohort.cells.map(\.users) == [0, 1, 1, 1])
  }

  @Test func r5AFirstEventBeforeTheRangeIsInNoCohort() throws {
    let days = try periods(.day, days: 0..<10)
    var definition = RetentionDefinition(
      periods: days, lastAge: 2, during: march + 4 * day..<march + 6 * day, now: march + 10 * day)
    let history = [("b", march + day), ("b", march + 5 * day), ("r", march + 5 * day + hour)]
    let table = retention(definition, [history]).finish()
    #expect(table.cohorts.map(\.period) == [4, 5])
    #expect(table.cohorts.map(\.size) == [0, 0])
    // EACH asks for births inside the range instead.
    definition.birth = .each
    #expect(retention(definition, [history]).finish().cohorts.map(\.size) == [0, 1])
  }
}

@Suite struct RetentionTableTests {
  /// Three users, days of March: A is born on the 1st and returns on the 2nd, 3rd and 5th; B is born on the 1st and
  /// returns on the 4th; C is born on the 3rd and returns the same day and on the 4th. Now is the 6th.
  private let histories: [[(String, Int64)]] = [
    [("b", march), ("r", march + day), ("r", march + 2 * day), ("r", march + 4 * day)],
    [("b", march + hour), ("r", march + 3 * day + 2 * hour)],
    [("b", march + 2 * day), ("r", march + 2 * day + hour), ("r", march + 3 * day)],
  ]

  private func definition(_ criterion: RetentionDefinition.Criterion) throws -> RetentionDefinition {
    RetentionDefinition(
      periods: try PeriodTable(.day, over: march..<march + 5 * day, in: Calendar()), lastAge: 3, clock: .calendar,
      criterion: criterion, now: march + 5 * day)
  }

  @Test(arguments: [
    (RetentionDefinition.Criterion.on, [0, 1, 1, 1], [1, 1, 0, 0]),
    (.onOrAfter, [2, 2, 2, 2], [1, 1, 0, 0]),
    (.onOrBefore, [0, 1, 1, 2], [1, 1, 1, 1]),
    (.streak, [2, 1, 1, 0], [1, 1, 0, 0]),
  ])
  func criteria(_ criterion: RetentionDefinition.Criterion, _ first: [Int], _ third: [Int]) throws {
    let table = retention(try definition(criterion), histories).finish()
    #expect(table.cohorts.map(\.size) == [2, 0, 1, 0, 0])
    #expect(table.cohorts[0].cells.map(\.users) == first)
    #expect(table.cohorts[2].cells.map(\.users) == third)
  }

  @Test func cellsAreCompleteOnceTheirPeriodIsOver() throws {
    let table = retention(try definition(.on), histories).finish()
    #expect(table.cohorts[0].cells.map(\.isComplete) == [true, true, true, true])
    // Born on the 3rd: the 4th and 5th are over, the 6th has not begun.
    #expect(table.cohorts[2].cells.map(\.isComplete) == [true, true, true, false])
    #expect(table.cohorts[2].cells.map(\.hasBegun) == [true, true, true, false])
  }

  @Test func rollingCellsWaitForTheLatestBirth() throws {
    var definition = try definition(.on)
    definition.clock = .rolling
    let table = retention(definition, histories).finish()
    // B, born at 01:00 on the 1st, has four whole days behind him at 01:00 on the 5th, before now.
    #expect(table.cohorts[0].cells.map(\.isComplete) == [true, true, true, true])
    #expect(table.cohorts[0].cells.map(\.users) == [0, 1, 1, 1])
    // C is one day old until 00:00 on the 5th, two days until now.
    #expect(table.cohorts[2].cells.map(\.isComplete) == [true, true, true, false])
  }

  @Test func theAverageWeighsBySizeAndLeavesOpenCellsOut() throws {
    let table = retention(try definition(.on), histories).finish()
    let rates: [Double?] = table.average().map { $0?.rate }
    // Age 0: (0 + 1) of 3; age 1: 2 of 3; age 2: 1 of 3; age 3: the first cohort alone, 1 of 2.
    let expected: [Double?] = [1.0 / 3, 2.0 / 3, 1.0 / 3, 0.5]
    #expect(rates == expected)
    // Simple: the mean of the cohorts' rates.
    let simple: [Double?] = table.average(weighted: false).map { $0?.rate }
    #expect(simple == [0.5, 0.75, 0.25, 0.5])
  }

  @Test func theMeasureIsPerMemberAndCumulativeForOnOrBefore() throws {
    let bought: [[(String, Int64)]] = [
      [("br", march), ("r", march + day), ("r", march + 3 * day)], [("br", march + hour)],
    ]
    let values = [[10.0, 4, 6], [20]]
    let table = retention(try definition(.onOrBefore), bought, values: values).finish()
    // Purchases of 30, 34, 34 and 40 by two members.
    #expect(table.cohorts[0].cells.map(\.measure) == [15, 17, 17, 20])
    let on = retention(try definition(.on), bought, values: values).finish()
    #expect(on.cohorts[0].cells.map(\.measure) == [15, 2, 0, 3])
    let after = retention(try definition(.onOrAfter), bought, values: values).finish()
    #expect(after.cohorts[0].cells.map(\.measure) == [20, 5, 3, 3])
  }

  @Test func activityCountsTheUsersOwnDays() throws {
    // Active on the 1st, 3rd and 5th: his second active day is the 3rd, his third the 5th, where he returns.
    var definition = try definition(.on)
    definition.clock = .activity
    let accumulator = retention(
      definition, [[("b", march), ("", march + 2 * day), ("r", march + 4 * day)]], perUser: true)
    let table = accumulator.finish()
    #expect(table.cohorts[0].cells.map(\.users) == [0, 0, 1, 0])
    #expect(table.cohorts[0].cells.map(\.isComplete) == [true, true, false, false])
  }

  @Test func membersCarryTheirOwnColumns() throws {
    let accumulator = retention(try definition(.on), histories, perUser: true)
    let members = try #require(accumulator.members)
    #expect(members.users == [100, 101, 102])
    #expect(members.cohorts == [0, 0, 2])
    #expect(members.births == [march, march + hour, march + 2 * day])
    // A on ages 1, 2 (his age 4 lies behind FOR 3); B on 3; C on 0 and 1.
    #expect(members.periodsActive == [2, 1, 2])
    #expect(members.lastAges == [2, 3, 1])
  }

  @Test func groupsAreThoseOfTheBirthAndMergeInOrder() throws {
    let one = retention(try definition(.on), Array(histories[..<1]), groups: [1])
    var all = retention(try definition(.on), Array(histories[1...]), groups: [0, 2])
    all.merge(one)
    let table = all.finish()
    #expect(table.cohorts.filter { $0.size > 0 }.map(\.group) == [0, 1, 2])
    #expect(table.cohorts.first { $0.group == 1 && $0.period == 0 }?.cells.map(\.users) == [0, 1, 1, 0])
  }

  @Test func monthsAreThoseOfTheCalendar() throws {
    // Born on 31 January: one month old on 28 February, two on 31 March.
    let january = 1_767_225_600_000 as Int64
    let birth = january + 30 * day
    let months = try PeriodTable(.month, over: january..<january + 120 * day, in: Calendar())
    let definition = RetentionDefinition(periods: months, lastAge: 3, now: january + 120 * day)
    let history = [("b", birth), ("r", january + 57 * day), ("r", january + 58 * day), ("r", january + 89 * day)]
    // 27 February, 28 February and 31 March.
    #expect(retention(definition, [history]).finish().cohorts[0].cells.map(\.users) == [1, 1, 1, 0])
  }

  @Test func withoutAndWithinEndWhatCounts() throws {
    var definition = try definition(.on)
    let refunded = [[("b", march), ("r", march + day), ("x", march + 2 * day), ("r", march + 3 * day)]]
    #expect(retention(definition, refunded).finish().cohorts[0].cells.map(\.users) == [0, 1, 0, 0])
    definition.within = CalendarDuration(milliseconds: 2 * day)
    #expect(retention(definition, histories).finish().cohorts[0].cells.map(\.users) == [0, 1, 1, 0])
  }
}
