import InstarBehavior
import InstarCalendar
import Testing

/// Retention against its definition, member by member and age by age.
@Suite struct RetentionReferenceTests {
  @Test(arguments: 0..<8) func equalsTheDefinition(block: Int) throws {
    for seed in block * 100..<(block + 1) * 100 {
      var random = SeededGenerator(seed: seed)
      let end = march + 60 * day
      let unit: PeriodUnit = [.day, .week, .month].randomElement(using: &random)!
      let periods = try PeriodTable(unit, over: march..<end, in: Calendar())
      let lastAge = random.chance(20) ? Int.random(in: 60...70, using: &random) : Int.random(in: 0...6, using: &random)
      let definition = RetentionDefinition(
        periods: periods, lastAge: lastAge, birth: random.chance(50) ? .first : .each,
        clock: [.rolling, .calendar, .activity].randomElement(using: &random)!,
        criterion: [.on, .onOrAfter, .onOrBefore, .streak].randomElement(using: &random)!,
        during: random.chance(40) ? march + 10 * day..<march + 40 * day : nil, now: end)
      let histories = (0..<6).map { _ in randomHistory(&random) }
      let values = histories.map { $0.map { _ in Double(Int.random(in: 1...9, using: &random)) } }
      let hasMeasure = random.chance(50)
      let table = retention(definition, histories, values: hasMeasure ? values : []).finish()
      for cohort in table.cohorts {
        let expected = reference(definition, histories, values, cohort: cohort.period)
        #expect(cohort.size == expected.size, "seed \(seed) \(definition) cohort \(cohort.period)")
        #expect(cohort.cells.map(\.users) == expected.users, "seed \(seed) \(definition) cohort \(cohort.period)")
        if hasMeasure && cohort.size > 0 {
          let sums = cohort.cells.map { (($0.measure ?? -1) * Double(cohort.size)).rounded() }
          #expect(sums == expected.sums, "seed \(seed) \(definition) cohort \(cohort.period)")
        }
      }
    }
  }

  private func randomHistory(_ random: inout SeededGenerator) -> [(String, Int64)] {
    var times: [Int64] = []
    for _ in 0..<Int.random(in: 0...15, using: &random) {
      times.append(march + Int64.random(in: 0..<60 * 24, using: &random) * hour)
    }
    times.sort()
    return times.map { time in
      let name = ["b", "r", "br", "", "r"].randomElement(using: &random)!
      return (random.chance(3) ? "x" : name, time)
    }
  }

  /// The definition, read off word by word.
  private func reference(
    _ definition: RetentionDefinition, _ histories: [[(String, Int64)]], _ values: [[Double]], cohort: Int
  ) -> (size: Int, users: [Int], sums: [Double]) {
    let ages = 0...definition.lastAge
    var size = 0
    var users = ages.map { _ in 0 }
    var sums = ages.map { _ in 0.0 }
    for (index, history) in histories.enumerated() {
      guard let birth = birth(definition, history, cohort) else { continue }
      size += 1
      let end = history.indices.first { $0 > birth && history[$0].0.contains("x") } ?? history.count
      let returns = (birth..<end).filter { history[$0].0.contains("r") }
      let returnAges = returns.map { age(definition, history, birth, $0) }
      for age in ages where isRetained(definition, returnAges, age) {
        users[age] += 1
        for (row, own) in zip(returns, returnAges) {
          let counts: Bool
          switch definition.criterion {
          case .on, .streak: counts = own == age
          case .onOrBefore: counts = own <= age
          case .onOrAfter: counts = own >= age
          }
          if counts { sums[age] += values[index][row] }
        }
      }
    }
    return (size, users, sums)
  }

  private func isRetained(_ definition: RetentionDefinition, _ returns: [Int], _ age: Int) -> Bool {
    switch definition.criterion {
    case .on: returns.contains(age)
    case .onOrBefore: returns.contains { $0 <= age }
    case .onOrAfter: returns.contains { $0 >= age }
    case .streak: (0...age).allSatisfy { $0 == 0 || returns.contains($0) }
    }
  }

  private func birth(_ definition: RetentionDefinition, _ history: [(String, Int64)], _ cohort: Int) -> Int? {
    let births = history.indices.filter { history[$0].0.contains("b") }
    let isIn = { (row: Int) in
      definition.periods.period(cohort).contains(history[row].1)
        && definition.during?.contains(history[row].1) ?? true
    }
    if definition.birth == .first { return births.first.flatMap { isIn($0) ? $0 : nil } }
    return births.first(where: isIn)
  }

  private func age(_ definition: RetentionDefinition, _ history: [(String, Int64)], _ birth: Int, _ row: Int) -> Int {
    let periods = definition.periods
    switch definition.clock {
    case .rolling:
      let unit = CalendarDuration(1, periods.unit)!
      return periods.calendar.age(at: history[row].1, from: history[birth].1, in: unit)
    case .calendar: return periods.index(of: history[row].1) - periods.index(of: history[birth].1)
    case .activity: return Set((birth...row).map { periods.index(of: history[$0].1) }).count - 1
    }
  }
}
