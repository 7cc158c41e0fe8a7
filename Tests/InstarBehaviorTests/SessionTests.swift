import InstarBehavior
import InstarCalendar
import Testing

/// Users of a test as one batch: rows of times, all of them of interest.
struct Visits {
  var users: [UInt32] = []
  var starts = [0]
  var times: [Int64] = []
  var masks: [UInt64] = []

  init(_ histories: [[Int64]]) {
    for (user, history) in histories.enumerated() {
      users.append(UInt32(user))
      times += history
      masks += history.map { _ in 1 }
      starts.append(times.count)
    }
  }
}

@Suite struct SessionTests {
  private let days = try! PeriodTable(.day, over: march..<march + 3 * day, in: Calendar())

  @Test func aGapOfExactlyTheLimitKeepsTheSession() {
    let visits = Visits([[0, 10, 40, 71].map { march + $0 * minute }, [march]])
    var numbers = Array(repeating: UInt64.max, count: 5)
    var span = numbers.mutableSpan
    numberSessions(starts: visits.starts.span, times: visits.times.span, gap: 30 * minute, into: &span)
    #expect(numbers == [0, 0, 0, 1, 2])
  }

  @Test func summaryAndRowsOfUsers() throws {
    // Day 1: user 0 from 0:00 to 0:40 and at 1:11, user 1 from 23:50 to 0:10 of day 2. Day 2: user 0 once. Day 3: none.
    let visits = Visits([
      [0, 10, 40, 71, 1_500].map { march + $0 * minute }, [1_430, 1_450].map { march + $0 * minute },
    ])
    var accumulator = SessionAccumulator(SessionDefinition(gap: 30 * minute, periods: days), perUser: true)
    accumulator.update(users: visits.users.span, starts: visits.starts.span, times: visits.times.span)
    let rows = accumulator.finish()
    #expect(rows.map(\.sessions) == [3, 1, 0])
    #expect(rows.map(\.users) == [2, 1, 0])
    #expect(rows.map(\.events) == [6, 1, 0])
    // Lengths 0, 20 and 40 minutes; 0; none.
    let medians: [Int64?] = [20 * minute, 0, nil]
    #expect(rows.map(\.medianLength) == medians)
    let users = try #require(accumulator.perUser)
    // A row for each user and day: 40 and 0 minutes; 0; 20.
    #expect(users.users == [0, 0, 1])
    #expect(users.periods == [0, 1, 0])
    #expect(users.sessions == [2, 1, 1])
    #expect(users.medianLengths() == [20 * minute, 0, 20 * minute])
  }

  @Test func withoutPeriods() throws {
    let visits = Visits([[0, 10, 40, 71, 1_500].map { march + $0 * minute }])
    var accumulator = SessionAccumulator(SessionDefinition(gap: 30 * minute, periods: nil), perUser: true)
    accumulator.update(users: visits.users.span, starts: visits.starts.span, times: visits.times.span)
    #expect(accumulator.finish().map(\.sessions) == [3])
    #expect(accumulator.perUser?.sessions == [3])
    #expect(accumulator.perUser?.medianLengths() == [0])
  }

  @Test func theRangeBoundsTheBeginning() {
    let visits = Visits([[day - 5 * minute, day + 5 * minute, 2 * day].map { march + $0 }])
    let definition = SessionDefinition(gap: 30 * minute, periods: days, during: march..<march + day)
    var accumulator = SessionAccumulator(definition)
    accumulator.update(users: visits.users.span, starts: visits.starts.span, times: visits.times.span)
    #expect(accumulator.finish().map(\.sessions) == [1, 0, 0])
    #expect(accumulator.finish()[0].events == 2)
  }

  @Test func sumsOverPeriodsAndChunksAreThoseOfTheLog() {
    for seed in 0..<100 {
      var random = SeededGenerator(seed: seed)
      let histories = (0..<5).map { _ in
        (0..<Int.random(in: 0...20, using: &random)).map { _ in
          march + Int64.random(in: 0..<3 * 24 * 60, using: &random) * minute
        }.sorted()
      }
      let gap = Int64.random(in: 0...200, using: &random) * minute
      let definition = SessionDefinition(gap: gap, periods: days)
      var whole = SessionAccumulator(definition)
      let all = Visits(histories)
      whole.update(users: all.users.span, starts: all.starts.span, times: all.times.span)
      var merged = SessionAccumulator(definition)
      for history in histories {
        let one = Visits([history])
        var part = SessionAccumulator(definition)
        part.update(users: one.users.span, starts: one.starts.span, times: one.times.span)
        merged.merge(part)
      }
      #expect(whole.finish() == merged.finish(), "seed \(seed)")
      let breaks = histories.reduce(0) { sum, history in
        sum + (history.isEmpty ? 0 : 1) + zip(history, history.dropFirst()).count { $1 - $0 > gap }
      }
      #expect(whole.finish().reduce(0) { $0 + $1.sessions } == breaks, "seed \(seed)")
      #expect(whole.finish().reduce(0) { $0 + $1.events } == all.times.count, "seed \(seed)")
    }
  }
}

@Suite struct StickinessTests {
  private func accumulate(
    _ inner: PeriodUnit, _ outer: PeriodUnit, _ range: Range<Int64>, _ histories: [[Int64]]
  ) throws -> StickinessAccumulator {
    var accumulator = StickinessAccumulator(
      try PeriodTable(inner, over: range, in: Calendar()), per: try PeriodTable(outer, over: range, in: Calendar()),
      perUser: true)
    let visits = Visits(histories)
    accumulator.update(
      users: visits.users.span, starts: visits.starts.span, times: visits.times.span, types: Span(),
      masks: visits.masks.span)
    return accumulator
  }

  @Test func daysPerWeek() throws {
    // Two whole weeks from Monday, 2 March. A: 3 days in week 1, 1 in week 2; B: 1 day (twice) in week 1; C: none.
    let monday = march + day
    let hours = { (hours: [Int64]) in hours.map { monday + $0 * hour } }
    let accumulator = try accumulate(
      .day, .week, monday..<monday + 14 * day,
      [hours([0, 24, 25, 48, 7 * 24]), hours([5, 6]), [monday - hour, monday + 14 * day]])
    let rows = accumulator.finish()
    #expect(rows.map(\.days) == [1, 2, 3, 4, 5, 6, 7])
    // User weeks: two of 1 day, one of 3.
    #expect(rows.map(\.users) == [2, 0, 1, 0, 0, 0, 0])
    let third: Double = 1.0 / 3
    #expect(rows[2].share == third)
    #expect(accumulator.finish(cumulative: true).map(\.users) == [3, 1, 1, 0, 0, 0, 0])
    // Week 1: A and B, 4 user days of 7: mean 2, and 4/7 users a day over 2 users.
    let week = accumulator.series()[0]
    let ratio: Double = 4.0 / 7 / 2
    #expect(week.active == 2 && week.meanDays == 2 && week.ratio == ratio)
    let users = try #require(accumulator.perUser)
    #expect(users.users == [0, 1])
    #expect(users.days == [2, 1])
  }

  @Test func weeksPerQuarterMayCrossTheBorder() throws {
    // The week from Monday, 30 March to 5 April 2026 lies in both quarters: a visit on 31 March and one on 1 April
    // make one week in each.
    let range = march..<march + 60 * day
    let rows = try accumulate(.week, .quarter, range, [[march + 30 * day, march + 31 * day]])
    #expect(rows.finish().first?.users == 2)
    #expect(rows.series().map(\.active) == [1, 1])
  }

  @Test func equalsCountingSets() throws {
    for seed in 0..<100 {
      var random = SeededGenerator(seed: seed)
      let range = march + Int64.random(in: 0...5, using: &random) * day..<march + 50 * day
      let units: (PeriodUnit, PeriodUnit) = [(.day, .week), (.day, .month), (.week, .month), (.hour, .day)]
        .randomElement(using: &random)!
      let histories = (0..<5).map { _ in
        (0..<Int.random(in: 0...40, using: &random)).map { _ in
          march + Int64.random(in: 0..<50 * 24, using: &random) * hour
        }.sorted()
      }
      let inner = try PeriodTable(units.0, over: range, in: Calendar())
      let outer = try PeriodTable(units.1, over: range, in: Calendar())
      var expected: [Int: Int] = [:]
      for history in histories {
        for period in 0..<outer.count {
          let inside = history.filter { range.contains($0) && outer.index(of: $0) == period }
          let count = Set(inside.map { inner.index(of: $0) }).count
          if count > 0 { expected[count, default: 0] += 1 }
        }
      }
      let rows = try accumulate(units.0, units.1, range, histories).finish()
      let found = Dictionary(uniqueKeysWithValues: rows.filter { $0.users > 0 }.map { ($0.days, $0.users) })
      #expect(found == expected, "seed \(seed) \(units)")
    }
  }
}

@Suite struct LifecycleTests {
  /// Days 1 ... 4 of March, preceded by 28 February.
  private func accumulate(_ histories: [[Int64]]) throws -> LifecycleAccumulator {
    var accumulator = LifecycleAccumulator(
      try PeriodTable(.day, over: march - day..<march + 4 * day, in: Calendar()), transitions: true, perUser: true)
    let visits = Visits(histories.map { $0.map { march + $0 * day + hour } })
    accumulator.update(
      users: visits.users.span, starts: visits.starts.span, times: visits.times.span, types: Span(),
      masks: visits.masks.span)
    return accumulator
  }

  @Test func stages() throws {
    // A: first on the 1st, again on the 2nd and 4th. B: long ago, and on the 2nd. C: on 28 February only.
    let accumulator = try accumulate([[0, 1, 3], [-20, 1], [-1]])
    // new, returning, resurrected, dormant
    #expect(
      accumulator.finish() == [
        [1, 0, 0, 1],  // A new; C dormant
        [0, 1, 1, 0],  // A returning, B resurrected
        [0, 0, 0, 2],  // A and B dormant
        [0, 0, 1, 0],  // A resurrected
      ])
  }

  @Test func l1NewIsTheDateOfTheEvent() throws {
    // One event of the 2nd, whenever it was imported.
    #expect(try accumulate([[1]]).finish().map { $0[0] } == [0, 1, 0, 0])
  }

  @Test func transitions() throws {
    let rows = try accumulate([[0, 1, 3], [-20, 1], [-1]]).finishTransitions()
    #expect(
      rows.map { "\($0.from) \($0.to) \($0.users)" } == [
        "new returning 1",
        "returning dormant 1",
        // B after the 2nd.
        "resurrected dormant 1",
        // A comes back on the 4th; B on the 4th and C on the 2nd stay away.
        "dormant resurrected 1",
        "dormant inactive 2",
        // B on the 2nd; C on the 3rd and 4th.
        "inactive resurrected 1",
        "inactive inactive 2",
      ])
    let shares: [Double] = [1, 1, 1, 1.0 / 3, 2.0 / 3, 1.0 / 3, 2.0 / 3]
    #expect(rows.map(\.share) == shares)
  }

  @Test func rowsOfUsersAgreeWithTheSummary() throws {
    for seed in 0..<100 {
      var random = SeededGenerator(seed: seed)
      let histories = (0..<6).map { _ in
        (0..<Int.random(in: 0...6, using: &random)).map { _ in Int64.random(in: -6...3, using: &random) }.sorted()
      }
      let accumulator = try accumulate(histories)
      let users = try #require(accumulator.perUser)
      let summary = accumulator.finish()
      for period in 1...4 {
        for stage in LifecycleStage.allCases where stage != .inactive {
          let count = users.users.indices.count {
            users.periods[$0] == period && users.stages[$0] == Int32(stage.rawValue)
          }
          #expect(summary[period - 1][stage.rawValue] == count, "seed \(seed)")
        }
      }
    }
  }
}

@Suite struct RecencyFrequencyMonetaryTests {
  @Test func tiesShareTheScoreOfTheirMiddle() {
    // Of ten users six have one order: ranks 1 to 6, midrank 3.5, 1 + floor(5 * 3 / 10) = 2. Two have two: midrank
    // 7.5, score 4. Two have five: midrank 9.5, score 5.
    let frequency: [Double] = [1, 1, 1, 1, 1, 1, 2, 2, 5, 5]
    let rising = (1...10).map(Double.init)
    let scored = RecencyFrequencyMonetary(recency: rising, frequency: frequency, monetary: rising)
    #expect(scored.f == [2, 2, 2, 2, 2, 2, 4, 4, 5, 5])
    #expect(scored.m == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5])
    // The most recent score highest.
    #expect(scored.r == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1])
    #expect(scored.score(0) == 521)
  }

  @Test func cdnowFrequencies() {
    // CDNOW up to 1 October 1997: 14,119 of 23,570 users ordered once, 4,442 twice, 5,009 more often.
    let frequency =
      Array(repeating: 1.0, count: 14_119) + Array(repeating: 2, count: 4_442) + Array(repeating: 3, count: 5_009)
    let scored = RecencyFrequencyMonetary(recency: frequency, frequency: frequency, monetary: frequency)
    #expect([0, 14_119, 18_561].map { scored.f[$0] } == [2, 4, 5])
  }

  @Test func labelsTakeTheFirstSegmentThatFits() {
    let rising = (1...5).map(Double.init)
    let scored = RecencyFrequencyMonetary(recency: rising.reversed(), frequency: rising, monetary: rising)
    #expect((0..<5).map(scored.label) == ["lost", "loyal", "potential loyalist", "potential loyalist", "champions"])
  }
}
