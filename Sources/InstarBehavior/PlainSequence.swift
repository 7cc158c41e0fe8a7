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
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  func match(
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, into matches: inout SequenceMatches
  ) {
    matches.reserve(starts.count)
    let byType = !types.isEmpty
    var user = 0
    while user < starts.count - 1 {
      let rows = starts[user]..<starts[user + 1]
      let userTimes = times.extracting(rows)
      let userTypes = byType ? types.extracting(rows) : types
      let userMasks = byType ? masks : masks.extracting(rows)
      let furthest =
        bits.count <= 4
        ? furthestOfFour(times: userTimes, types: userTypes, masks: userMasks)
        : furthestOfMany(times: userTimes, types: userTypes, masks: userMasks)
      if furthest.step > 0 {
        let cell = matches.count * bits.count
        matches.append(user: user, reached: furthest.step, flags: flags(furthest))
        if furthest.step == 1 {
          matches.rows[cell] = Int32(truncatingIfNeeded: rows.lowerBound + furthest.row)
        } else {
          report(
            furthest, times: userTimes, types: userTypes, masks: userMasks, firstRow: rows.lowerBound, cell: cell,
            into: &matches)
        }
      }
      user &+= 1
    }
  }

  /// The furthest step of a user, the row that first reached it, and the time of the last row that fits the first step.
  private struct Furthest {
    var step = 0
    var row = 0
    var lastEntry = PlainSequence.never
  }

  private func flags(_ furthest: Furthest) -> SequenceMatches.Flags {
    if furthest.step == bits.count { return [.converted, .complete] }
    return hasWindow && furthest.lastEntry >= now &- window ? [] : .complete
  }

  /// Up to four steps in registers: within a row nothing branches on the data.
  @inline(__always)
  private func furthestOfFour(times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>) -> Furthest {
    let byType = !types.isEmpty
    let rowCount = times.count
    precondition(byType ? types.count == rowCount : masks.count == rowCount)
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
    var furthestStep = 0
    var furthestRow = 0
    var row = 0
    while row < rowCount && furthestStep < count {
      let time = times[row]
      let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
      let open = time &- window
      let reaches4 = (mask & bit4 != 0) & (entry3 >= open)
      let reaches3 = (mask & bit3 != 0) & (entry2 >= open)
      let reaches2 = (mask & bit2 != 0) & (entry1 >= open)
      let reaches1 = (mask & bit1 != 0) & (time >= from) & (time < to)
      entry3 = reaches3 ? entry2 : entry3
      entry2 = reaches2 ? entry1 : entry2
      entry1 = reaches1 ? time : entry1
      let step = reaches4 ? 4 : reaches3 ? 3 : reaches2 ? 2 : reaches1 ? 1 : 0
      furthestRow = step > furthestStep ? row : furthestRow
      furthestStep = step > furthestStep ? step : furthestStep
      row &+= 1
    }
    return Furthest(step: furthestStep, row: furthestRow, lastEntry: entry1)
  }

  /// Any number of steps, the entries in an inline array.
  private func furthestOfMany(times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>) -> Furthest {
    let byType = !types.isEmpty
    let count = bits.count
    var entries = InlineArray<64, Int64>(repeating: Self.never)
    var furthest = Furthest()
    var row = 0
    while row < times.count && furthest.step < count {
      let time = times[row]
      let mask = masks[byType ? Int(types[row]) : row]
      var step = min(furthest.step + 1, count)
      while step > 0 {
        if mask & bits[step - 1] != 0 {
          let entry = step == 1 ? (during.contains(time) ? time : Self.never) : entries[step - 2]
          if entry != Self.never && entry >= time &- window {
            entries[step - 1] = entry
            if step > furthest.step {
              furthest.step = step
              furthest.row = row
            }
          }
        }
        step &-= 1
      }
      row &+= 1
    }
    furthest.lastEntry = entries[0]
    return furthest
  }

  /// Writes the rows of the attempt that ends at the furthest row.
  private func report(
    _ furthest: Furthest, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, firstRow: Int, cell: Int,
    into matches: inout SequenceMatches
  ) {
    let byType = !types.isEmpty
    var row = furthest.row
    let open = times[row] &- window
    while row > 0 && times[row - 1] >= open { row &-= 1 }
    var step = 0
    while step < furthest.step {
      let fits = masks[byType ? Int(types[row]) : row] & bits[step] != 0
      if fits && (step > 0 || during.contains(times[row])) {
        matches.rows[cell + step] = Int32(truncatingIfNeeded: firstRow + row)
        step &+= 1
      }
      row &+= 1
    }
  }
}

/// Both hold, without a branch between them.
@inline(__always)
private func & (left: Bool, right: Bool) -> Bool { (left ? 1 : 0) & (right ? 1 : 0) as UInt8 != 0 }
