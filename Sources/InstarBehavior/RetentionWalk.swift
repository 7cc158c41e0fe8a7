import InstarCalendar

/// Walks the rows of one member from his birth and notes the ages of his returns.
struct RetentionWalk {
  private let definition: RetentionDefinition
  private let unit: CalendarDuration
  private let hasConditions: Bool

  init(_ definition: RetentionDefinition) {
    self.definition = definition
    unit = definition.unit
    hasConditions = definition.same || definition.within != nil
  }

  /// What the bits of the ages leave out.
  struct Member {
    var birth: Int64
    /// A return after the last age.
    var returnsLater = false
    /// Active periods behind that of the birth, or the greatest age looked at.
    var activeAge = 0
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
    let isPlain = !hasConditions && values.isEmpty && words.count == 1
    switch (definition.clock, unit.isFixed) {
    case (.calendar, _) where isPlain:
      return plain(birthRow, end, period, times, types, masks, &words[0], isCalendar: true)
    case (.rolling, true) where isPlain:
      return plain(birthRow, end, period, times, types, masks, &words[0], isCalendar: false)
    default:
      return general(
        birthRow, end, period, times: times, types: types, masks: masks, keys: keys, rowValues: rowValues,
        words: &words, values: &values)
    }
  }

  /// At most 64 ages, no measure, no condition between birth and return.
  @inline(__always)
  private func plain(
    _ birthRow: Int, _ end: Int, _ period: Int, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ word: inout UInt64, isCalendar: Bool
  ) -> Member {
    let byType = !types.isEmpty
    let lastAge = definition.lastAge
    let birth = times[birthRow]
    let periods = definition.periods
    let unit = UInt64(bitPattern: unit.milliseconds)
    var member = Member(birth: birth)
    var bits: UInt64 = 0
    var row = birthRow
    while row < end {
      let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
      if mask & RetentionDefinition.withoutBit != 0 && row > birthRow { break }
      let returns = (mask / RetentionDefinition.returnBit) & 1
      let time = times[row]
      let age = isCalendar ? periods.index(of: time) - period : Int(UInt64(bitPattern: time &- birth) / unit)
      if age > lastAge {
        if returns != 0 {
          member.returnsLater = true
          break
        }
      } else {
        bits |= returns &<< UInt64(truncatingIfNeeded: age)
      }
      row &+= 1
    }
    word = bits
    return member
  }

  /// Every clock and condition.
  private func general(
    _ birthRow: Int, _ end: Int, _ period: Int, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    keys: Span<UInt64>, rowValues: Span<Double>, words: inout [UInt64], values: inout [Double]
  ) -> Member {
    let lastAge = definition.lastAge
    let birth = times[birthRow]
    let latest = definition.within.map { definition.periods.calendar.adding($0, to: birth) } ?? Int64.max
    var member = Member(birth: birth)
    var clock = AgeClock(definition, unit, birth: birth, period: period)
    var row = birthRow
    while row < end && times[row] <= latest {
      let mask = masks[types.isEmpty ? row : Int(types[row])]
      let hasKey =
        !definition.same || (keys[row] == keys[birthRow] && keys[row] != SequencePattern.missingKey)
      if mask & RetentionDefinition.withoutBit != 0 && row > birthRow && hasKey { break }
      let age = clock.age(at: times[row])
      member.activeAge = age
      if age > lastAge && values.isEmpty && member.returnsLater { break }
      if mask & RetentionDefinition.returnBit != 0 && hasKey {
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
