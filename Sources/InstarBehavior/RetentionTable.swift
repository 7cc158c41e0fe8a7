import InstarCalendar

/// The summary of a retention analysis.
package struct RetentionTable: Sendable {
  /// One row of the summary: a cohort at an age.
  package struct Cell: Sendable, Equatable {
    package var users: Int
    /// `users` over the size of the cohort; `nil` for an empty one.
    package var rate: Double?
    /// The measure per member of the cohort; `nil` without a measure or members.
    package var measure: Double?
    /// The sum of the squares of what each member adds to the measure; 0 without a measure.
    package var squares: Double
    /// Whether the age lies behind every member of the cohort, and no member can still join it.
    package var isComplete: Bool
    /// Whether the age has begun for anybody. What has not begun is not shown.
    package var hasBegun: Bool
  }

  /// One cohort of one group.
  package struct Cohort: Sendable {
    /// Breakdown code; 0 without a breakdown.
    package let group: UInt32
    /// Index into the definition's periods.
    package let period: Int
    package let size: Int
    /// Ages 0 ... n.
    package let cells: [Cell]
    /// First returns and members at risk by age; `nil` where they are not estimated.
    package let counts: ProductLimit.Counts?

    /// What the members show at an age, for a comparison with another group.
    package func sample(age: Int) -> LiftSample {
      let cell = cells[age]
      guard let measure = cell.measure else { return .share(count: cell.users, of: size) }
      return .mean(sum: measure * Double(size), squares: cell.squares, of: size)
    }
  }

  /// Ordered by group, then period. Cohorts are dense inside the range; groups without a member are left out.
  package let cohorts: [Cohort]
  private let lastAge: Int

  init(_ counted: RetentionAccumulator, groupCount: Int) {
    let range = counted.cohorts
    lastAge = counted.definition.lastAge
    var cohorts: [Cohort] = []
    for group in 0..<groupCount {
      let places = group * range.count..<(group + 1) * range.count
      if group > 0 || groupCount > 1, counted.sizes[places].allSatisfy({ $0 == 0 }) { continue }
      for place in places {
        let period = range.lowerBound + place - places.lowerBound
        cohorts.append(
          Cohort(
            group: UInt32(group), period: period, size: counted.sizes[place],
            cells: Self.cells(counted, place: place, period: period), counts: Self.counts(counted, place: place)))
      }
    }
    self.cohorts = cohorts
  }

  private static func counts(_ counted: RetentionAccumulator, place: Int) -> ProductLimit.Counts? {
    guard counted.definition.estimatesReturn else { return nil }
    let ages = counted.definition.lastAge + 1
    // A member with m ages at risk is at risk at 0 ..< m.
    var atRisk = [Int](repeating: 0, count: ages)
    var members = 0
    for age in stride(from: ages - 1, through: 0, by: -1) {
      members += counted.agesAtRisk[place * (ages + 1) + age + 1]
      atRisk[age] = members
    }
    return ProductLimit.Counts(
      events: Array(counted.firstReturns[place * ages..<(place + 1) * ages]), atRisk: atRisk)
  }

  /// The counts of all cohorts of a group together.
  package func counts(group: UInt32) -> ProductLimit.Counts {
    var sum = ProductLimit.Counts(
      events: [Int](repeating: 0, count: lastAge + 1), atRisk: [Int](repeating: 0, count: lastAge + 1))
    for cohort in cohorts where cohort.group == group {
      if let counts = cohort.counts { sum.add(counts) }
    }
    return sum
  }

  private static func cells(_ counted: RetentionAccumulator, place: Int, period: Int) -> [Cell] {
    let size = counted.sizes[place]
    return (0...counted.definition.lastAge).map { age in
      let cell = place * (counted.definition.lastAge + 1) + age
      return Cell(
        users: counted.users[cell],
        rate: size == 0 ? nil : Double(counted.users[cell]) / Double(size),
        measure: size == 0 || !counted.hasMeasure ? nil : counted.measures[cell] / Double(size),
        squares: counted.hasMeasure ? counted.squares[cell] : 0,
        isComplete: isComplete(counted, place: place, period: period, age: age),
        hasBegun: hasBegun(counted, place: place, period: period, age: age))
    }
  }

  private static func isComplete(_ counted: RetentionAccumulator, place: Int, period: Int, age: Int) -> Bool {
    let definition = counted.definition
    let boundaries = definition.periods.boundaries
    guard boundaries[period + 1] <= definition.now else { return false }
    switch definition.clock {
    case .calendar:
      let end = period + age + 1
      return end < boundaries.count && boundaries[end] <= definition.now
    case .rolling:
      let last = counted.sizes[place] == 0 ? boundaries[period + 1] - 1 : counted.latestBirth[place]
      return definition.periods.calendar.adding(definition.unit, times: age + 1, to: last) <= definition.now
    case .activity:
      return counted.sizes[place] == 0 || counted.leastActive[place] > age
    }
  }

  private static func hasBegun(_ counted: RetentionAccumulator, place: Int, period: Int, age: Int) -> Bool {
    let definition = counted.definition
    switch definition.clock {
    case .calendar, .activity: return period + age < definition.periods.count
    case .rolling:
      let first = definition.periods.boundaries[period]
      return definition.periods.calendar.adding(definition.unit, times: age, to: first) < definition.now
    }
  }

  /// What all members of the complete cohorts of a group show together at an age: the share of those retained, or the
  /// measure where there is one; `nil` without a member.
  package func together(group: UInt32, age: Int) -> LiftSample? {
    var (size, users, sum, squares) = (0, 0, 0.0, 0.0)
    var hasMeasure = false
    for cohort in cohorts where cohort.group == group && cohort.cells[age].isComplete {
      let cell = cohort.cells[age]
      size += cohort.size
      users += cell.users
      squares += cell.squares
      guard let measure = cell.measure else { continue }
      sum += measure * Double(cohort.size)
      hasMeasure = true
    }
    guard size > 0 else { return nil }
    return hasMeasure ? .mean(sum: sum, squares: squares, of: size) : .share(count: users, of: size)
  }

  /// The mean over the cohorts of a group at each age, over complete cells only; `nil` where there is none.
  ///
  /// - Parameter weighted: whether a cohort counts by its size, which makes the rate that of all its members together.
  package func average(group: UInt32 = 0, weighted: Bool = true) -> [(rate: Double, measure: Double?)?] {
    (0...lastAge).map { age in
      var weight = 0.0
      var rate = 0.0
      var measure = 0.0
      var hasMeasure = false
      for cohort in cohorts where cohort.group == group && cohort.cells[age].isComplete {
        guard let share = cohort.cells[age].rate else { continue }
        let size = weighted ? Double(cohort.size) : 1
        weight += size
        rate += share * size
        if let value = cohort.cells[age].measure {
          measure += value * size
          hasMeasure = true
        }
      }
      return weight == 0 ? nil : (rate / weight, hasMeasure ? measure / weight : nil)
    }
  }
}
