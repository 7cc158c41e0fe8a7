import InstarCalendar

/// Walks the rows of one member from his birth and notes the ages of his returns, on every clock and under every
/// condition. ``RetentionAccumulator`` has a shorter way for the common questions.
struct RetentionWalk {
  private let definition: RetentionDefinition
  private let unit: CalendarDuration

  init(_ definition: RetentionDefinition) {
    self.definition = definition
    unit = definition.unit
  }

  /// What the bits of the ages leave out.
  struct Member {
    var birth: Int64
    /// A return after the last age.
    var returnsLater = false
    /// Active periods behind that of the birth, or the greatest age looked at.
    var activeAge = 0
    /// The age of the first return later than the birth.
    var firstReturn: Int?
    /// Where the observation of the member ends: now, the end of WITHIN, or the event of WITHOUT.
    var end = Int64.max
  }

  /// - Parameters:
  ///   - words: set to the ages with a return, 64 a word.
  ///   - values: set to the sum of values at each age, and at the end of those after the last age; empty for no measure.
  func member(
    birthRow: Int, end: Int, period: Int, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    keys: Span<UInt64>, rowValues: Span<Double>, words: inout [UInt64], values: inout [Double]
  ) -> Member {
    for index in words.indices { words[index] = 0 }
    for index in values.indices { values[index] = 0 }
    let lastAge = definition.lastAge
    let birth = times[birthRow]
    let latest = definition.within.map { definition.periods.calendar.adding($0, to: birth) } ?? Int64.max
    var member = Member(birth: birth)
    member.end = min(definition.now, latest == .max ? .max : latest + 1)
    var clock = AgeClock(definition, unit, birth: birth, period: period)
    var row = birthRow
    while row < end && times[row] <= latest {
      let mask = masks[types.isEmpty ? row : Int(types[row])]
      let hasKey =
        !definition.same || (keys[row] == keys[birthRow] && keys[row] != SequencePattern.missingKey)
      if mask & RetentionDefinition.withoutBit != 0 && row > birthRow && hasKey {
        member.end = times[row]
        break
      }
      let age = clock.age(at: times[row])
      if age < 0 { break }
      member.activeAge = age
      if age > lastAge && values.isEmpty && member.returnsLater { break }
      if mask & RetentionDefinition.returnBit != 0 && hasKey {
        if member.firstReturn == nil && times[row] > birth { member.firstReturn = age }
        let place = min(age, lastAge + 1)
        if age > lastAge { member.returnsLater = true } else { words[age / 64] |= 1 << UInt64(age % 64) }
        if !values.isEmpty { values[place] += rowValues[row] }
      }
      row &+= 1
    }
    return member
  }

  /// Ages of ascending moments.
  private struct AgeClock {
    private let definition: RetentionDefinition
    private let unit: CalendarDuration
    private let birth: Int64
    private let firstPeriod: Int
    private var lastPeriod: Int
    private var current = 0
    private var next: Int64

    init(_ definition: RetentionDefinition, _ unit: CalendarDuration, birth: Int64, period: Int) {
      self.definition = definition
      self.unit = unit
      self.birth = birth
      firstPeriod = period
      lastPeriod = period
      next = definition.periods.calendar.adding(unit, to: birth)
    }

    mutating func age(at time: Int64) -> Int {
      switch definition.clock {
      case .calendar: return definition.periods.index(of: time) - firstPeriod
      case .activity:
        let period = definition.periods.index(of: time)
        if period != lastPeriod {
          lastPeriod = period
          current += 1
        }
        return current
      case .rolling:
        while time >= next {
          current += 1
          next = definition.periods.calendar.adding(unit, times: current + 1, to: birth)
        }
        return current
      }
    }
  }
}
