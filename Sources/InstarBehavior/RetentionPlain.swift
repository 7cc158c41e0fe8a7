import InstarCalendar

/// The short way for the common question: birth FIRST, at most 64 ages, calendar periods or fixed lengths, no measure,
/// condition or rows of members. One loop over the rows of a user sets the bits of his ages.
extension RetentionAccumulator {
  var isPlain: Bool {
    guard definition.birth == .first, definition.lastAge < 64, !hasMeasure, members == nil,
      !definition.estimatesReturn
    else { return false }
    guard !definition.same, definition.within == nil else { return false }
    return definition.clock == .calendar || (definition.clock == .rolling && definition.unit.isFixed)
  }

  mutating func updatePlain(
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, groups: Span<UInt32>
  ) {
    if definition.clock == .calendar {
      var indices: [Int32] = []
      swap(&indices, &periodScratch)
      definition.periods.fill(&indices, times)
      count(starts, times, types, masks, groups, indices.span, isCalendar: true)
      swap(&indices, &periodScratch)
    } else {
      count(starts, times, types, masks, groups, Span(), isCalendar: false)
    }
  }

  @inline(__always)
  private mutating func count(
    _ starts: Span<Int>, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>, _ groups: Span<UInt32>,
    _ periods: Span<Int32>, isCalendar: Bool
  ) {
    let byType = !types.isEmpty
    let lastAge = definition.lastAge
    let unit = UInt64(bitPattern: definition.unit.milliseconds)
    var user = 0
    while user < starts.count - 1 {
      let end = starts[user + 1]
      var row = starts[user]
      while row < end && masks[byType ? Int(types[row]) : row] & RetentionDefinition.birthBit == 0 { row &+= 1 }
      let current = user
      user &+= 1
      guard row < end else { continue }
      let birth = times[row]
      let period = isCalendar ? Int(periods[row]) : definition.periods.index(of: birth)
      guard period >= 0, definition.during?.contains(birth) ?? true else { continue }
      var bits: UInt64 = 0
      var returnsLater = false
      let birthRow = row
      while row < end {
        let mask = masks[byType ? Int(types[row]) : row]
        if mask & RetentionDefinition.withoutBit != 0 && row > birthRow { break }
        let returns = (mask / RetentionDefinition.returnBit) & 1
        let age = isCalendar ? Int(periods[row]) &- period : Int(UInt64(bitPattern: times[row] &- birth) / unit)
        if UInt(bitPattern: age) > UInt(bitPattern: lastAge) {
          returnsLater = returnsLater || returns != 0
          if returnsLater { break }
        } else {
          bits |= returns &<< UInt64(truncatingIfNeeded: age)
        }
        row &+= 1
      }
      let place = group(current, birthRow, groups) &* cohorts.count &+ period &- cohorts.lowerBound
      add(birth: birth, bits: bits, returnsLater: returnsLater, place: place)
    }
  }
}
