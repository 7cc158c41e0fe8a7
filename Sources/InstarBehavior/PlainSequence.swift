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
  private let window: Int64
  private let hasWindow: Bool
  private let during: Range<Int64>?
  private let now: Int64

  // Times lie within ±2^58 ms, so that no sum below overflows: a window of 2^60 reaches over all of them, and one that
  // starts from `never` over none.
  private static let unlimited: Int64 = 1 << 60
  private static let never: Int64 = -(1 << 62)

  init(_ pattern: SequencePattern, now: Int64) {
    bits = pattern.steps.map { 1 << UInt64($0.predicates[0]) }
    if case .milliseconds(let length) = pattern.within {
      window = min(length, Self.unlimited)
      hasWindow = true
    } else {
      window = Self.unlimited
      hasWindow = false
    }
    during = pattern.during
    self.now = now
  }

  /// - Parameters:
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  func match(
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, into matches: inout SequenceMatches
  ) {
    matches.reserve(starts.count)
    matches.count = fill(
      &matches.user, &matches.reached, &matches.flags, &matches.rows, starts: starts, times: times, types: types,
      masks: masks)
  }

  /// Writes the attempts into the columns and returns their number.
  private func fill(
    _ user: inout [Int32], _ reached: inout [UInt8], _ flags: inout [SequenceMatches.Flags], _ rows: inout [Int32],
    starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>
  ) -> Int {
    var userColumn = user.mutableSpan
    var reachedColumn = reached.mutableSpan
    var flagsColumn = flags.mutableSpan
    var rowsColumn = rows.mutableSpan
    let byType = !types.isEmpty
    let stepCount = bits.count
    var count = 0
    var user = 0
    while user < starts.count - 1 {
      let rows = starts[user]..<starts[user + 1]
      let userTimes = times.extracting(rows)
      let userTypes = byType ? types.extracting(rows) : types
      let userMasks = byType ? masks : masks.extracting(rows)
      let furthest = furthest(times: userTimes, types: userTypes, masks: userMasks)
      if furthest.step > 0 {
        userColumn[count] = Int32(truncatingIfNeeded: user)
        reachedColumn[count] = UInt8(truncatingIfNeeded: furthest.step)
        flagsColumn[count] = facts(furthest)
        let cell = count &* stepCount
        if furthest.step == 1 {
          rowsColumn[cell] = Int32(truncatingIfNeeded: rows.lowerBound + furthest.row)
        } else {
          report(
            furthest, times: userTimes, types: userTypes, masks: userMasks, firstRow: rows.lowerBound, cell: cell,
            into: &rowsColumn)
        }
        var step = furthest.step
        while step < stepCount {
          rowsColumn[cell &+ step] = -1
          step &+= 1
        }
        count &+= 1
      }
      user &+= 1
    }
    return count
  }

  /// The furthest step of a user, the row that first reached it, and the time of the last row that fits the first step.
  private struct Furthest {
    var step = 0
    var row = 0
    var lastEntry = PlainSequence.never
  }

  private func facts(_ furthest: Furthest) -> SequenceMatches.Flags {
    if furthest.step == bits.count { return [.converted, .complete] }
    return hasWindow && furthest.lastEntry >= now &- window ? [] : .complete
  }

  @inline(__always)
  private func furthest(times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>) -> Furthest {
    if bits.count > 4 || during != nil { return furthestOfMany(times: times, types: types, masks: masks) }
    return types.isEmpty
      ? furthestOfFour(times: times, types: types, masks: masks, byType: false)
      : furthestOfFour(times: times, types: types, masks: masks, byType: true)
  }

  /// Up to four steps in registers, one loop for each step still to be reached: the loop branches on the data only where
  /// it ends.
  @inline(__always)
  private func furthestOfFour(
    times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, byType: Bool
  ) -> Furthest {
    let count = bits.count
    var search = Search(
      window: window, bit1: bits[0], bit2: count > 1 ? bits[1] : 0, bit3: count > 2 ? bits[2] : 0,
      bit4: count > 3 ? bits[3] : 0)
    var furthest = Furthest()
    if search.advance(0, times, types, masks, byType) {
      furthest.step = 1
      furthest.row = search.row
      if count > 1 && search.advance(1, times, types, masks, byType) {
        furthest.step = 2
        furthest.row = search.row
        if count > 2 && search.advance(2, times, types, masks, byType) {
          furthest.step = 3
          furthest.row = search.row
          if count > 3 && search.advance(3, times, types, masks, byType) {
            furthest.step = 4
            furthest.row = search.row
          }
        }
      }
    }
    furthest.lastEntry = search.entry1
    return furthest
  }

  /// The state of ``furthestOfFour``: for each step the latest entry that reaches it.
  private struct Search {
    let window: Int64
    let bit1: UInt64
    let bit2: UInt64
    let bit3: UInt64
    let bit4: UInt64
    var row = -1
    var entry1 = PlainSequence.never
    var entry2 = PlainSequence.never
    var entry3 = PlainSequence.never

    init(window: Int64, bit1: UInt64, bit2: UInt64, bit3: UInt64, bit4: UInt64) {
      self.window = window
      self.bit1 = bit1
      self.bit2 = bit2
      self.bit3 = bit3
      self.bit4 = bit4
    }

    /// Moves on from a row that reached `step` to the first one that reaches the next; false at the end.
    ///
    /// A later entry replaces an earlier one even where its own window has closed: what closed stays closed.
    @inline(__always)
    mutating func advance(
      _ step: Int, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>, _ byType: Bool
    ) -> Bool {
      let count = times.count
      precondition(byType ? types.count == count : masks.count == count, "the columns of a user are equally long")
      let next = step == 0 ? bit1 : step == 1 ? bit2 : step == 2 ? bit3 : bit4
      var row = self.row &+ 1
      var entry1 = entry1
      var entry2 = entry2
      var entry3 = entry3
      var found = false
      while row < count {
        let time = times[row]
        let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
        let entry = step == 0 ? time : step == 1 ? entry1 : step == 2 ? entry2 : entry3
        // Negative where the row does not fit, or the window of the entry has closed.
        let reaches = (entry &- time &+ window) | ~Self.all(mask & next)
        if step > 2 { entry3 = Self.choose(mask & bit3, entry2, entry3) }
        if step > 1 { entry2 = Self.choose(mask & bit2, entry1, entry2) }
        if step > 0 { entry1 = Self.choose(mask & bit1, time, entry1) }
        if reaches >= 0 {
          if step == 0 { entry1 = time }
          if step == 1 { entry2 = entry }
          if step == 2 { entry3 = entry }
          found = true
          break
        }
        row &+= 1
      }
      self.row = row
      self.entry1 = entry1
      self.entry2 = entry2
      self.entry3 = entry3
      return found
    }

    /// All ones where `bit` is set, else 0. Bits are below 63, so the negation of a set one is negative.
    @inline(__always)
    private static func all(_ bit: UInt64) -> Int64 { (0 &- Int64(truncatingIfNeeded: bit)) &>> 63 }

    @inline(__always)
    private static func choose(_ bit: UInt64, _ new: Int64, _ old: Int64) -> Int64 {
      old ^ ((old ^ new) & all(bit))
    }
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
          let entry = step > 1 ? entries[step - 2] : isInRange(time) ? time : Self.never
          if entry >= time &- window {
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

  private func isInRange(_ time: Int64) -> Bool { during?.contains(time) ?? true }

  /// Writes the rows of the attempt that ends at the furthest row.
  private func report(
    _ furthest: Furthest, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>, firstRow: Int, cell: Int,
    into rows: inout MutableSpan<Int32>
  ) {
    let byType = !types.isEmpty
    var row = furthest.row
    let open = times[row] &- window
    while row > 0 && times[row - 1] >= open { row &-= 1 }
    var step = 0
    while step < furthest.step {
      let fits = masks[byType ? Int(types[row]) : row] & bits[step] != 0
      if fits && (step > 0 || isInRange(times[row])) {
        rows[cell + step] = Int32(truncatingIfNeeded: firstRow + row)
        step &+= 1
      }
      row &+= 1
    }
  }
}
