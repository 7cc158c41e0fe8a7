/// Counts each user's events by type in windows that are the same for all users: one walk over the rows of a user gives
/// all windows of up to four sets of types.
///
/// ```
/// instants      0         20       40          a window is the difference of two counts "from an instant on"
/// times         5   18  | 21   30 | 44   50    the last row of a stretch tells where the next one begins
/// rows before   0   1     2    3    4    5     so from 20 on there are 6 − 2, and from 20 to 40 4 − 2
/// ```
package struct WindowCounts: Sendable {
  /// How many sets one walk counts.
  package static let mostSets = 4
  package typealias Counts = SIMD4<UInt32>

  /// Descending.
  package let instants: [Int64]
  private let stretches: Stretches
  /// For each type one in the lane of each set that it belongs to; the last is for unknown types.
  private let lanes: [Counts]
  /// For each user the counts from each instant on.
  private var counts: [Counts] = []
  /// For each row of the batch, and for its end, the counts of the rows before it.
  private var before: [Counts] = []

  /// - Parameters:
  ///   - instants: milliseconds; rows at an instant belong to what begins there. `Int64.min` comes before all rows.
  ///   - masks: for each type a mask; bit *s* says that the type is in set *s*. A type beyond them is in none.
  package init(instants: [Int64], masks: [UInt64]) {
    self.instants = Set(instants).sorted(by: >)
    stretches = Stretches(self.instants.reversed().filter { $0 > .min })
    lanes =
      masks.map { mask in
        var lane = Counts.zero
        for set in 0..<Self.mostSets where mask >> UInt64(set) & 1 != 0 { lane[set] = 1 }
        return lane
      } + [.zero]
  }

  /// Counts the rows of one batch, in place of those of the last.
  ///
  /// - Complexity: O(rows + users × instants).
  package mutating func update(starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>) {
    precondition(times.count == types.count, "a type for each row")
    let wanted = (starts.count - 1) * instants.count
    if counts.count < wanted { counts = Array(repeating: .zero, count: wanted) }
    countRowsBefore(types)
    let (before, stretches) = (self.before, self.stretches)
    let rowsBefore = before.span
    let edges = stretches.edges.count
    let hasAll = instants.last == .min
    let width = instants.count
    // For each stretch the row behind its last one, or where the user begins.
    var scratch = [Int](repeating: 0, count: edges + 1)
    var ends = scratch.mutableSpan
    var found: [Counts] = []
    swap(&found, &counts)
    var output = found.mutableSpan
    var user = 0
    while user < starts.count - 1 {
      let (first, stop) = (starts[user], starts[user &+ 1])
      var stretch = 0
      while stretch <= edges {
        ends[stretch] = first
        stretch &+= 1
      }
      var row = first
      while row < stop {
        ends[stretches.index(of: times[row])] = row &+ 1
        row &+= 1
      }
      let all = rowsBefore[stop]
      let place = user &* width &+ edges
      if hasAll { output[place] = all &- rowsBefore[first] }
      var begin = first
      stretch = 1
      while stretch <= edges {
        begin = max(begin, ends[stretch &- 1])
        output[place &- stretch] = all &- rowsBefore[begin]
        stretch &+= 1
      }
      user &+= 1
    }
    swap(&found, &counts)
  }

  /// Fills ``before`` for the rows of a batch.
  private mutating func countRowsBefore(_ types: Span<UInt32>) {
    if before.count <= types.count { before = Array(repeating: .zero, count: types.count + 1) }
    let ownLanes = lanes
    let lanes = ownLanes.span
    let unknown = lanes.count - 1
    var list: [Counts] = []
    swap(&list, &before)
    var output = list.mutableSpan
    var sum = Counts.zero
    var row = 0
    while row < types.count {
      sum &+= lanes[min(Int(types[row]), unknown)]
      output[row &+ 1] = sum
      row &+= 1
    }
    swap(&list, &before)
  }

  /// Rows of one set in one window.
  package struct Window: Sendable {
    package var set: Int
    /// The place of the instant at which the window begins.
    package var from: Int
    /// The place of that at which it has ended; `nil` counts all rows from the beginning on.
    package var to: Int?

    package init(set: Int, from: Int, to: Int?) {
      self.set = set
      self.from = from
      self.to = to
    }
  }

  /// How many rows of a window each user has.
  package func counts(_ window: Window, users: Int) -> [Int64] { each(window, users) { $0 } }

  /// 1 for each user whose number of rows in the window lies in `range`.
  package func holds(_ window: Window, _ range: ClosedRange<Int64>, users: Int) -> [UInt8] {
    let (least, most) = (range.lowerBound, range.upperBound)
    return each(window, users) { ($0 >= least ? 1 : 0) & ($0 <= most ? 1 : 0) }
  }

  @inline(__always)
  private func each<Value: FixedWidthInteger>(
    _ window: Window, _ users: Int, _ value: (Int64) -> Value
  ) -> [Value] {
    precondition(window.from < instants.count && users * instants.count <= counts.count, "users of the batch")
    switch window.set {
    case 0: return each(window, users, { $0.x }, value)
    case 1: return each(window, users, { $0.y }, value)
    case 2: return each(window, users, { $0.z }, value)
    default: return each(window, users, { $0.w }, value)
    }
  }

  @inline(__always)
  private func each<Value: FixedWidthInteger>(
    _ window: Window, _ users: Int, _ lane: (Counts) -> UInt32, _ value: (Int64) -> Value
  ) -> [Value] {
    var result = [Value](repeating: 0, count: users)
    let (stride, ownCounts) = (instants.count, self.counts)
    let counts = ownCounts.span
    var output = result.mutableSpan
    var place = window.from
    var user = 0
    if let end = window.to {
      let offset = end &- window.from
      while user < users {
        output[user] = value(Int64(lane(counts[place]) &- lane(counts[place &+ offset])))
        place &+= stride
        user &+= 1
      }
    } else {
      while user < users {
        output[user] = value(Int64(lane(counts[place])))
        place &+= stride
        user &+= 1
      }
    }
    return result
  }
}

/// The stretches of time between ascending instants, with a lookup that costs a shift, a load and a compare: which one a
/// row falls into is anybody's guess, so that a search would be dear.
private struct Stretches: Sendable {
  /// Ascending. Stretch 0 lies before the first, stretch *i* begins at the one before place *i*.
  let edges: [Int64]
  private let slots: [Slot]
  private let shift: Int64
  private let first: Int64

  private struct Slot: Sendable {
    /// The instant at which `high` begins; `Int64.max` where the slot lies within `low`.
    var split: Int64
    /// The stretch before `split`; negative where only a search can tell.
    var low: Int32
    var high: Int32
  }

  init(_ edges: [Int64]) {
    self.edges = edges
    first = edges.first ?? 0
    let extent = (edges.last ?? 0) - first
    let shift = Int64(max(0, 64 - extent.leadingZeroBitCount - 10))
    self.shift = shift
    // One slot before the first edge; the last one holds what comes after the last edge too.
    var slots: [Slot] = []
    if !edges.isEmpty { slots.append(Slot(split: .max, low: 0, high: 0)) }
    var passed = 0
    for number in 0...(extent >> shift) {
      let begin = passed
      while passed < edges.count && (edges[passed] - first) >> shift == number { passed += 1 }
      switch passed - begin {
      case 0: slots.append(Slot(split: .max, low: Int32(begin), high: Int32(begin)))
      case 1: slots.append(Slot(split: edges[begin], low: Int32(begin), high: Int32(passed)))
      default: slots.append(Slot(split: .max, low: -1, high: -1))
      }
    }
    self.slots = slots
  }

  @inline(__always)
  func index(of time: Int64) -> Int {
    let distance = time &- first
    let place = distance < 0 ? 0 : min(Int(truncatingIfNeeded: distance &>> shift) &+ 1, slots.count &- 1)
    let slot = slots[place]
    let index = time < slot.split ? slot.low : slot.high
    return index >= 0 ? Int(index) : search(time)
  }

  private func search(_ time: Int64) -> Int { edges.firstIndex { $0 > time } ?? edges.count }
}
