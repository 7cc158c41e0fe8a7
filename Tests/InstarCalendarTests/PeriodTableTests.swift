import InstarCalendar
import Testing

@Suite struct PeriodTableTests {
  @Test(arguments: zonesUnderTest) func lookupEqualsTheCalendar(name: String) throws {
    let seed: UInt64 = 23
    var random = KnuthGenerator(state: seed)
    let zone = try Zone.named(name)
    for unit in PeriodUnit.allCases {
      for every in [1, 2, 5] {
        let calendar = Calendar(zone: zone, weekStart: Weekday.allCases.randomElement(using: &random)!)
        let start = random.instant(in: utc(1880, 1, 1)..<utc(2100, 1, 1))
        let length = Int64(random.draw() % 2000 + 1) * (unit.milliseconds ?? 2_629_746_000) * Int64(every)
        let range = start..<start + length
        let table = try PeriodTable(unit, every: every, over: range, in: calendar)
        let place = "seed \(seed): \(name) \(unit) \(every) \(range)"
        #expect(table.boundaries == table.boundaries.sorted(), "\(place)")
        #expect(table.boundaries[0] <= start && table.boundaries[table.count] >= range.upperBound, "\(place)")
        var instants = (0..<500).map { _ in random.instant(in: start - length / 10..<range.upperBound + length / 10) }
        instants +=
          table.boundaries.prefix(300).flatMap { [$0 - 1, $0] } + [start, range.upperBound - 1, range.upperBound]
        let wanted = instants.map { Self.search(table, $0) }
        #expect(instants.map(table.index) == wanted, "\(place)")
        var indices = [Int32](repeating: 0, count: instants.count)
        var output = indices.mutableSpan
        table.indices(of: instants.span, into: &output)
        #expect(indices.map(Int.init) == wanted, "\(place)")
        for index in instants.indices.prefix(50) where wanted[index] >= 0 {
          let period = calendar.period(of: unit, every: every, containing: instants[index])
          #expect(table.period(wanted[index]) == period, "\(place)")
        }
      }
    }
  }

  /// The last boundary at or before an instant, by looking at all of them.
  static func search(_ table: PeriodTable, _ instant: Int64) -> Int {
    guard table.range.contains(instant) else { return -1 }
    return table.boundaries.dropLast().lastIndex { $0 <= instant }!
  }

  @Test func ordinalsAreLocalDayNumbers() throws {
    let calendar = Calendar(zone: try Zone.named("Pacific/Apia"))
    let range = utc(2011, 12, 1)..<utc(2012, 2, 1)
    let table = try PeriodTable(.day, over: range, in: calendar)
    let instants = [utc(2011, 12, 30, 9, 59), utc(2011, 12, 30, 10), utc(2012, 1, 15), utc(2012, 2, 1)]
    var ordinals = [Int32](repeating: 0, count: 4)
    var output = ordinals.mutableSpan
    table.ordinals(of: instants.span, into: &output)
    func day(_ month: Int, _ day: Int, _ year: Int) -> Int32 {
      Int32(CivilDate(year: year, month: month, day: day).dayNumber)
    }
    #expect(ordinals == [day(12, 29, 2011), day(12, 31, 2011), day(1, 15, 2012), Int32.min])
  }

  @Test func partialPeriodsAreKnown() throws {
    // Twelve weeks that end on a Wednesday noon cut thirteen calendar weeks.
    let end = utc(2026, 5, 20, 12)
    let table = try PeriodTable(.week, over: end - 12 * 604_800_000..<end, in: Calendar())
    #expect(table.count == 13)
    #expect((0..<13).filter { !table.isComplete($0) } == [0, 12])
    #expect(table.labels.first == "2026-W09")
    #expect(table.labels.last == "2026-W21")
  }

  @Test func labelsReadAsLiterals() throws {
    for name in zonesUnderTest {
      for weekStart in [Weekday.monday, .sunday, .wednesday] {
        let calendar = Calendar(zone: try Zone.named(name), weekStart: weekStart)
        for unit in [PeriodUnit.day, .week, .month, .quarter, .year] {
          let table = try PeriodTable(unit, over: utc(2008, 1, 1)..<utc(2014, 6, 1), in: calendar)
          for index in 0..<table.count {
            let range = try calendar.range(of: DateLiteral(table.label(index)))
            #expect(range == table.period(index), "\(name) \(weekStart) \(table.label(index))")
          }
        }
      }
    }
  }

  @Test func labelsOfHoursTellRepeatedOnesApart() throws {
    let calendar = Calendar(zone: try Zone.named("America/New_York"))
    let table = try PeriodTable(.hour, over: utc(2026, 11, 1, 4)..<utc(2026, 11, 1, 8), in: calendar)
    #expect(
      table.labels == [
        "2026-11-01 00:00", "2026-11-01 01:00-04:00", "2026-11-01 01:00-05:00", "2026-11-01 02:00",
      ])
    let quarters = try PeriodTable(.month, every: 3, over: utc(2026, 2, 1)..<utc(2026, 8, 1), in: Calendar())
    #expect(quarters.labels == ["2026-01", "2026-04", "2026-07"])
    #expect(Calendar().label(.quarter, containing: utc(2026, 8, 1)) == "2026-Q3")
    let seconds = try PeriodTable(.second, every: 30, over: 0..<60_000, in: Calendar())
    #expect(seconds.labels == ["1970-01-01 00:00:00", "1970-01-01 00:00:30"])
  }

  @Test func emptyAndVastRanges() throws {
    let empty = try PeriodTable(.day, over: 5..<5, in: Calendar())
    #expect(empty.count == 0)
    #expect(empty.index(of: 5) == -1)
    #expect(throws: PeriodTable.TooManyPeriods.self) {
      try PeriodTable(.second, over: 0..<utc(2026, 1, 1), in: Calendar())
    }
    let table = try PeriodTable(.day, over: 0..<86_400_000, in: Calendar())
    #expect(table.index(of: .min) == -1)
    #expect(table.index(of: .max) == -1)
  }
}
