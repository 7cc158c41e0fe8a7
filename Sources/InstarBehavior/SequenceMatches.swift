/// The attempts that a matcher found in one batch, in the order of the batch's users.
///
/// ```
/// user     0        2           positions in the batch; users without a first step are not listed
/// reached  3        1           1 ... stepCount: the furthest step of the attempt
/// rows     4  6  7  12 -1 -1    stepCount rows of the batch each; -1: not reached, skipped, or a THEN NOT
/// ```
///
/// There is one attempt for each listed user, or with ``SequencePattern/Entry/every`` one for each entry.
package struct SequenceMatches: Sendable {
  /// Facts about an attempt, one byte.
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    /// Every step that is not optional was reached.
    package static let converted = Flags(rawValue: 1)
    /// Nothing that can still happen changes the attempt: it converted, or the window of every entry has closed.
    package static let complete = Flags(rawValue: 2)
  }

  package let stepCount: Int
  package internal(set) var count = 0
  /// At least ``count`` elements, and `count` × ``stepCount`` rows; what follows is left over from other batches.
  package internal(set) var user: [Int32] = []
  package internal(set) var reached: [UInt8] = []
  package internal(set) var flags: [Flags] = []
  package internal(set) var rows: [Int32] = []

  package init(stepCount: Int) { self.stepCount = stepCount }

  /// The row that attempt `index` gave to step `step` (from 0), or `nil`.
  package func row(_ index: Int, step: Int) -> Int? {
    let row = rows[index * stepCount + step]
    return row < 0 ? nil : Int(row)
  }

  /// Empties the list and keeps its memory for the next batch.
  mutating func reset() { count = 0 }

  /// Makes room for `capacity` attempts in all.
  mutating func reserve(_ capacity: Int) {
    let added = capacity - user.count
    guard added > 0 else { return }
    user.append(contentsOf: repeatElement(0, count: added))
    reached.append(contentsOf: repeatElement(0, count: added))
    flags.append(contentsOf: repeatElement([], count: added))
    rows.append(contentsOf: repeatElement(-1, count: added * stepCount))
  }

  /// Adds an attempt whose rows are all −1.
  ///
  /// - Precondition: there is room.
  mutating func append(user index: Int, reached step: Int, flags facts: Flags) {
    user[count] = Int32(truncatingIfNeeded: index)
    reached[count] = UInt8(truncatingIfNeeded: step)
    flags[count] = facts
    var cell = count &* stepCount
    count &+= 1
    while cell < count &* stepCount {
      rows[cell] = -1
      cell &+= 1
    }
  }
}
