import InstarCalendar

/// Counts members of cohorts by age: accumulators of chunks are merged in chunk order, then finished.
package struct RetentionAccumulator: Sendable {
  package let definition: RetentionDefinition
  let grouping: Grouping
  let cohorts: Range<Int>
  /// Whether values are summed.
  let hasMeasure: Bool
  private var groupCount = 0
  /// Indexed by group × cohorts + cohort.
  private(set) var sizes: [Int] = []
  private(set) var latestBirth: [Int64] = []
  /// The least number of active periods that a member has behind the one of his birth.
  private(set) var leastActive: [Int] = []
  /// Indexed by (group × cohorts + cohort) × ages + age.
  private(set) var users: [Int] = []
  private(set) var measures: [Double] = []
  /// The squares of what each member adds to the measure.
  private(set) var squares: [Double] = []
  /// First returns at ages that lie behind the member, and how many members have 0, 1, .. ages at risk: indexed like
  /// ``users``, the second with one place more for each cohort.
  private(set) var firstReturns: [Int] = []
  private(set) var agesAtRisk: [Int] = []
  /// Filled when rows of members are asked for.
  package private(set) var members: RetentionMembers?

  // State of the member that is walked, reused from one to the next.
  private var words: [UInt64]
  private var values: [Double]
  var periodScratch: [Int32] = []

  package init(
    _ definition: RetentionDefinition, grouping: Grouping = .none, hasMeasure: Bool = false,
    perUser: Bool = false
  ) {
    self.definition = definition
    self.grouping = grouping
    self.hasMeasure = hasMeasure
    cohorts = definition.cohorts
    members = perUser ? RetentionMembers() : nil
    words = Array(repeating: 0, count: definition.lastAge / 64 + 1)
    values = Array(repeating: 0, count: hasMeasure ? definition.lastAge + 2 : 0)
    if case .none = grouping { grow(to: 1) }
  }

  var ageCount: Int { definition.lastAge + 1 }

  /// Adds the members of one batch.
  ///
  /// - Parameters:
  ///   - users: the user ids of the batch, for the rows of members.
  ///   - starts: the first row of each user, and the number of rows at the end.
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  ///   - groups: a small code for each user or row, as the grouping says.
  ///   - keys: for `SAME`: equal numbers for equal keys, ``SequencePattern/missingKey`` for none.
  ///   - values: what a measure sums, one for each row, 0 where missing.
  /// - Complexity: O(rows) for birth FIRST; for EACH every member walks the rows up to his last age.
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    groups: Span<UInt32> = Span(), keys: Span<UInt64> = Span(), values rowValues: Span<Double> = Span()
  ) {
    precondition(starts.count == users.count + 1, "a start for each user, and the end")
    precondition(types.isEmpty ? masks.count == times.count : types.count == times.count, "one mask for each row")
    precondition(!definition.same || keys.count == times.count, "SAME needs a key for each row")
    precondition(!hasMeasure || rowValues.count == times.count, "a measure needs a value for each row")
    if isPlain {
      updatePlain(starts: starts, times: times, types: types, masks: masks, groups: groups)
      return
    }
    let byType = !types.isEmpty
    let walk = RetentionWalk(definition)
    var user = 0
    while user < users.count {
      var row = starts[user]
      var lastPeriod = -1
      while row < starts[user + 1] {
        if masks[byType ? Int(types[row]) : row] & RetentionDefinition.birthBit != 0 {
          let period = definition.periods.index(of: times[row])
          let isInRange = definition.during?.contains(times[row]) ?? true
          if isInRange && period >= 0 && period != lastPeriod {
            lastPeriod = period
            let member = walk.member(
              birthRow: row, end: starts[user + 1], period: period, times: times, types: types, masks: masks,
              keys: keys, rowValues: rowValues, words: &words, values: &values)
            let group = group(user, row, groups)
            add(member, group: group, cohort: period - cohorts.lowerBound)
            members?.append(user: users[user], group: group, cohort: period, birth: times[row], words: words)
          }
          if definition.birth == .first { break }
        }
        row &+= 1
      }
      user &+= 1
    }
  }

  mutating func group(_ user: Int, _ row: Int, _ groups: Span<UInt32>) -> Int {
    let group: Int
    switch grouping {
    case .none: return 0
    case .user: group = Int(groups[user])
    case .row: group = Int(groups[row])
    }
    if group >= groupCount { grow(to: group + 1) }
    return group
  }

  private mutating func add(_ member: RetentionWalk.Member, group: Int, cohort: Int) {
    let place = group * cohorts.count + cohort
    sizes[place] += 1
    latestBirth[place] = max(latestBirth[place], member.birth)
    leastActive[place] = min(leastActive[place], member.activeAge)
    let flags = retained(member)
    let cell = place * ageCount
    for age in 0..<ageCount where flags[age] { users[cell + age] += 1 }
    if hasMeasure { addMeasures(cell, flags) }
    if definition.estimatesReturn { addEstimate(member, place: place, period: cohort + cohorts.lowerBound) }
  }

  /// An age that is not over is not observed, whatever happened in it: what it would add depends on when the member was
  /// born and not on what he does.
  private mutating func addEstimate(_ member: RetentionWalk.Member, place: Int, period: Int) {
    let whole = definition.wholeAges(from: member.birth, in: period, to: member.end)
    var atRisk = min(whole, ageCount)
    if let age = member.firstReturn, age < atRisk {
      firstReturns[place * ageCount + age] += 1
      atRisk = age + 1
    }
    agesAtRisk[place * (ageCount + 1) + atRisk] += 1
  }

  /// Adds a member whose ages fit one word.
  @inline(__always)
  mutating func add(birth: Int64, bits returns: UInt64, returnsLater: Bool, place: Int) {
    sizes[place] &+= 1
    latestBirth[place] = max(latestBirth[place], birth)
    let cell = place &* ageCount
    var bits = retained(returns, returnsLater)
    while bits != 0 {
      users[cell &+ bits.trailingZeroBitCount] &+= 1
      bits &= bits &- 1
    }
  }

  /// The ages at which a member counts, as bits, from the ages of his returns.
  @inline(__always)
  private func retained(_ returns: UInt64, _ returnsLater: Bool) -> UInt64 {
    let all = UInt64.max >> UInt64(63 - definition.lastAge)
    switch definition.criterion {
    case .on: return returns
    case .onOrBefore: return returns == 0 ? 0 : all & (UInt64.max << UInt64(returns.trailingZeroBitCount))
    case .onOrAfter:
      if returnsLater { return all }
      return returns == 0 ? 0 : UInt64.max >> UInt64(returns.leadingZeroBitCount)
    case .streak: return all & ~(UInt64.max << UInt64((~(returns | 1)).trailingZeroBitCount))
    }
  }

  /// The same for any number of ages.
  private func retained(_ member: RetentionWalk.Member) -> [Bool] {
    let returns = (0..<ageCount).map { words[$0 / 64] & (1 << UInt64($0 % 64)) != 0 }
    switch definition.criterion {
    case .on: return returns
    case .onOrBefore:
      let first = returns.firstIndex(of: true) ?? ageCount
      return returns.indices.map { $0 >= first }
    case .onOrAfter:
      let last = member.returnsLater ? ageCount : returns.lastIndex(of: true) ?? -1
      return returns.indices.map { $0 <= last }
    case .streak:
      let end = returns.indices.first { $0 > 0 && !returns[$0] } ?? ageCount
      return returns.indices.map { $0 < end }
    }
  }

  /// Adds a member's values: those of the age, of all ages up to it, or from it on, as the criterion says.
  private mutating func addMeasures(_ cell: Int, _ isRetained: [Bool]) {
    func add(_ value: Double, _ age: Int) {
      measures[cell + age] += value
      squares[cell + age] += value * value
    }
    switch definition.criterion {
    case .on:
      for age in 0..<ageCount { add(values[age], age) }
    case .onOrBefore:
      var sum = 0.0
      for age in 0..<ageCount {
        sum += values[age]
        add(sum, age)
      }
    case .onOrAfter:
      var sum = values[ageCount]
      for age in stride(from: ageCount - 1, through: 0, by: -1) {
        sum += values[age]
        add(sum, age)
      }
    case .streak:
      for age in 0..<ageCount where isRetained[age] { add(values[age], age) }
    }
  }

  private mutating func grow(to count: Int) {
    let added = (count - groupCount) * cohorts.count
    sizes.append(contentsOf: repeatElement(0, count: added))
    latestBirth.append(contentsOf: repeatElement(Int64.min, count: added))
    leastActive.append(contentsOf: repeatElement(Int.max, count: added))
    users.append(contentsOf: repeatElement(0, count: added * ageCount))
    if hasMeasure {
      measures.append(contentsOf: repeatElement(0, count: added * ageCount))
      squares.append(contentsOf: repeatElement(0, count: added * ageCount))
    }
    if definition.estimatesReturn {
      firstReturns.append(contentsOf: repeatElement(0, count: added * ageCount))
      agesAtRisk.append(contentsOf: repeatElement(0, count: added * (ageCount + 1)))
    }
    groupCount = count
  }

  /// Adds what another accumulator of the same definition counted.
  package mutating func merge(_ other: RetentionAccumulator) {
    if other.groupCount > groupCount { grow(to: other.groupCount) }
    for place in other.sizes.indices {
      sizes[place] += other.sizes[place]
      latestBirth[place] = max(latestBirth[place], other.latestBirth[place])
      leastActive[place] = min(leastActive[place], other.leastActive[place])
    }
    for cell in other.users.indices { users[cell] += other.users[cell] }
    for cell in other.measures.indices {
      measures[cell] += other.measures[cell]
      squares[cell] += other.squares[cell]
    }
    for cell in other.firstReturns.indices { firstReturns[cell] += other.firstReturns[cell] }
    for cell in other.agesAtRisk.indices { agesAtRisk[cell] += other.agesAtRisk[cell] }
    if let rows = other.members { members?.merge(rows) }
  }

  /// The summary.
  package func finish() -> RetentionTable { RetentionTable(self, groupCount: groupCount) }
}

/// The `PER USER` columns of retention: one row for each member of a cohort.
package struct RetentionMembers: Sendable {
  package private(set) var users: [UInt32] = []
  /// The breakdown group; 0 without a breakdown.
  package private(set) var groups: [UInt32] = []
  /// Index into the definition's periods.
  package private(set) var cohorts: [Int32] = []
  /// Milliseconds since 1970.
  package private(set) var births: [Int64] = []
  /// The number of ages 0 ... n with a return: `weeks_active`, `days_active` ...
  package private(set) var periodsActive: [Int32] = []
  /// The greatest such age, −1 for none.
  package private(set) var lastAges: [Int32] = []

  mutating func append(user: UInt32, group: Int, cohort: Int, birth: Int64, words: [UInt64]) {
    users.append(user)
    groups.append(UInt32(truncatingIfNeeded: group))
    cohorts.append(Int32(truncatingIfNeeded: cohort))
    births.append(birth)
    periodsActive.append(Int32(words.reduce(0) { $0 + $1.nonzeroBitCount }))
    var last = -1
    for (index, word) in words.enumerated() where word != 0 { last = index * 64 + 63 - word.leadingZeroBitCount }
    lastAges.append(Int32(truncatingIfNeeded: last))
  }

  mutating func merge(_ other: RetentionMembers) {
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    cohorts.append(contentsOf: other.cohorts)
    births.append(contentsOf: other.births)
    periodsActive.append(contentsOf: other.periodsActive)
    lastAges.append(contentsOf: other.lastAges)
  }
}
