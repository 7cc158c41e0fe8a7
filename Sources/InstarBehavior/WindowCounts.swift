/// Counts each user's events by type in windows that are the same for all users: one walk over the rows of a user gives
/// all windows of up to four sets of types.
///
/// ```
/// instants          40      20      0          a window is the difference of two counts "from an instant on"
/// times        5  18 | 21 30 | 44 50           walked from the last row back
/// from 40 on                   2
/// from 20 on             4                     so from 20 to 40: 4 − 2 = 2
/// ```
package struct WindowCounts: Sendable {
  /// How many sets one walk counts.
  package static let mostSets = 4
  package typealias Counts = SIMD4<UInt32>

  /// Descending.
  package let instants: [Int64]
  /// For each type one in the lane of each set that it belongs to.
  private let lanes: [Counts]
  /// For each user the counts from each instant on.
  private var counts: [Counts] = []

  /// - Parameters:
  ///   - instants: milliseconds; rows at an instant belong to what begins there.
  ///   - masks: for each type a mask; bit *s* says that the type is in set *s*. A type beyond them is in none.
  package init(instants: [Int64], masks: [UInt64]) {
    self.instants = Set(instants).sorted(by: >)
    lanes = masks.map { mask in
      var lane = Counts.zero
      for set in 0..<Self.mostSets where mask >> UInt64(set) & 1 != 0 { lane[set] = 1 }
      return lane
    }
  }

  /// Counts the rows of one batch, in place of those of the last.
  ///
  /// - Complexity: O(rows from the earliest instant on + users × instants).
  package mutating func update(starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>) {
    precondition(times.count == types.count, "a type for each row")
    let wanted = (starts.count - 1) * instants.count
    if counts.count < wanted { counts = Array(repeating: .zero, count: wanted) }
    let (ownInstants, ownLanes) = (instants, lanes)
    let (bounds, lanes) = (ownInstants.span, ownLanes.span)
    var output = counts.mutableSpan
    var place = 0
    var user = 0
    while user < starts.count - 1 {
      let first = starts[user]
      var row = starts[user &+ 1]
      var found = Counts.zero
      var index = 0
      while index < bounds.count {
        let bound = bounds[index]
        while row > first && times[row &- 1] >= bound {
          row &-= 1
          let type = Int(types[row])
          if type < lanes.count { found &+= lanes[type] }
        }
        output[place] = found
        place &+= 1
        index &+= 1
      }
      user &+= 1
    }
  }

  /// How many rows of `set` each user has from one instant up to but not including a later one.
  ///
  /// - Parameters:
  ///   - first: the place of the earlier instant.
  ///   - end: the place of the later one; `nil` counts all rows from the earlier one on.
  package func counts(of set: Int, from first: Int, to end: Int?, users: Int) -> [Int64] {
    precondition(first < instants.count && users * instants.count <= counts.count, "users of the batch")
    switch set {
    case 0: return counts(first, end, users) { $0.x }
    case 1: return counts(first, end, users) { $0.y }
    case 2: return counts(first, end, users) { $0.z }
    default: return counts(first, end, users) { $0.w }
    }
  }

  @inline(__always)
  private func counts(_ first: Int, _ end: Int?, _ users: Int, _ lane: (Counts) -> UInt32) -> [Int64] {
    var result = [Int64](repeating: 0, count: users)
    let (stride, ownCounts) = (instants.count, self.counts)
    let counts = ownCounts.span
    var output = result.mutableSpan
    var user = 0
    while user < users {
      output[user] = Int64(lane(counts[user &* stride &+ first]))
      if let end { output[user] &-= Int64(lane(counts[user &* stride &+ end])) }
      user &+= 1
    }
    return result
  }
}
