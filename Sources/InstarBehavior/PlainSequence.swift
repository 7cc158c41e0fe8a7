/// The matcher for plain patterns: events in order, at most one total limit, best entry.
///
/// One pass keeps for each step *k* the latest entry from which step *k* is reached. A row that fits step *k* moves it
/// on from step *k* − 1 while that entry is inside the window; steps go from last to first, so no row serves two. The
/// entry is best because a later one leaves the window longer open.
///
/// The reported attempt follows from the row that first reached the furthest step: no entry gets there sooner, so the
/// earliest entry that gets there at all ends at that very row, and it is the first one inside the window before it.
/// From it each step takes the first row that fits.
struct PlainSequence: Sendable {
  /// The bit of each step's event.
  private let bits: [UInt64]
  /// Milliseconds, small enough that no subtraction wraps.
  private let window: Int64
  private let hasWindow: Bool
  private let during: Range<Int64>
  private let now: Int64

  /// Times lie within ±2^61 ms, so a window of 2^62 reaches over all of them.
  private static let unlimited: Int64 = 1 << 62
  private static let never = Int64.min

  init(_ pattern: SequencePattern, now: Int64) {
    bits = pattern.steps.map { 1 << UInt64($0.predicates[0]) }
    if case .milliseconds(let length) = pattern.within {
      window = min(length, Self.unlimited)
      hasWindow = true
    } else {
      window = Self.unlimited
      hasWindow = false
    }
    during = pattern.during ?? Int64.min..<Int64.max
    self.now = now
  }

  /// - Parameters:
  ///   - masks: one mask for each type when `byType`, else for each row.
  func match(
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, byType: Bool,
    into matches: inout SequenceMatches
  ) {
    matches.user.reserveCapacity(starts.count)
    matches.reached.reserveCapacity(starts.count)
    matches.flags.reserveCapacity(starts.count)
    matches.rows.reserveCapacity(starts.count * bits.count)
    var user = 0
    while user < starts.count - 1 {
      let start = starts[user]
      let end = starts[user + 1]
      let furthest =
        bits.count <= 4
        ? furthestOfFour(start, end, times: times, types: types, masks: masks, byType: byType)
        : furthestOfMany(start, end, times: times, types: types, masks: masks, byType: byType)
      if furthest.step > 0 {
        report(furthest, user, start, end, times: times, types: types, masks: masks, byType: byType, into: &matches)
      }
      user &+= 1
    }
  }

  /// The furthest step of a user and the row that first reached it.
  private struct Furthest {
    var step = 0
    var row = 0
  }

  /// Up to four steps in registers: no branch depends on the data but the rare one that gets further than before.
  @inline(__always)
  private func furthestOfFour(
    _ start: Int, _ end: Int, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, byType: Bool
  ) -> Furthest {
    let count = bits.count
    let bit1 = bits[0]
    let bit2 = count > 1 ? bits[1] : 0
    let bit3 = count > 2 ? bits[2] : 0
    let bit4 = count > 3 ? bits[3] : 0
    let window = window
    let from = during.lowerBound
    let to = during.upperBound
    var entry1 = Self.never
    var entry2 = Self.never
    var entry3 = Self.never
    var furthest = Furthest()
    var row = start
    while row < end {
      let time = times[row]
      let mask = masks[byType ? Int(types[row]) : row]
      let open = time &- window
      let reaches4 = mask & bit4 != 0 && entry3 >= open
      let reaches3 = mask & bit3 != 0 && entry2 >= open
      let reaches2 = mask & bit2 != 0 && entry1 >= open
      let reaches1 = mask & bit1 != 0 && time >= from && time < to
      entry3 = reaches3 ? entry2 : entry3
      entry2 = reaches2 ? entry1 : entry2
      entry1 = reaches1 ? time : entry1
      let step = reaches4 ? 4 : reaches3 ? 3 : reaches2 ? 2 : reaches1 ? 1 : 0
      if step > furthest.step {
        furthest.step = step
        furthest.row = row
        if step == count { return furthest }
      }
      row &+= 1
    }
    return furthest
  }

  /// Any number of steps, the entries in an inline array.
  private func furthestOfMany(
    _ start: Int, _ end: Int, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, byType: Bool
  ) -> Furthest {
    let count = bits.count
    var entries = InlineArray<64, Int64>(repeating: Self.never)
    var furthest = Furthest()
    var row = start
    while row < end {
      let time = times[row]
      let mask = masks[byType ? Int(types[row]) : row]
      var step = min(furthest.step + 1, count)
      while step > 0 {
        if mask & bits[step - 1] != 0 {
          let entry = step == 1 ? (during.contains(time) ? time : Self.never) : entries[step - 2]
          if entry != Self.never && entry >= time &- window {
            entries[step - 1] = entry
            if step > furthest.step { furthest = Furthest(step: step, row: row) }
          }
        }
        step &-= 1
      }
      if furthest.step == count { break }
      row &+= 1
    }
    return furthest
  }

  private func report(
    _ furthest: Furthest, _ user: Int, _ start: Int, _ end: Int, times: Span<Int64>, types: Span<UInt32>,
    masks: Span<UInt64>, byType: Bool, into matches: inout SequenceMatches
  ) {
    let converted = furthest.step == bits.count
    var flags: SequenceMatches.Flags = converted ? [.converted, .complete] : []
    if !converted
      && (!hasWindow || !hasOpenEntry(start, end, times: times, types: types, masks: masks, byType: byType))
    {
      flags.insert(.complete)
    }
    matches.append(user: user, reached: furthest.step, flags: flags)
    var row = furthest.row
    let open = times[row] &- window
    while row > start && times[row - 1] >= open { row &-= 1 }
    var step = 0
    while step < furthest.step {
      let fits = masks[byType ? Int(types[row]) : row] & bits[step] != 0
      if fits && (step > 0 || during.contains(times[row])) {
        matches.rows.append(Int32(truncatingIfNeeded: row))
        step &+= 1
      }
      row &+= 1
    }
    while step < bits.count {
      matches.rows.append(-1)
      step &+= 1
    }
  }

  /// Whether a row that fits the first step still has its window open: only the last few rows can.
  private func hasOpenEntry(
    _ start: Int, _ end: Int, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, byType: Bool
  ) -> Bool {
    var row = end - 1
    while row >= start && times[row] >= now &- window {
      if masks[byType ? Int(types[row]) : row] & bits[0] != 0 && during.contains(times[row]) { return true }
      row &-= 1
    }
    return false
  }
}
