/// The two passes over a stream that decide everything: what can be reached, and from where.
///
/// *Forward*: for each state and row the latest deadline among the entries from which the state is reached at the row.
/// *Backward*, for one level: for each state and row the earliest moment by which the level can be reached from there;
/// an entry succeeds when that moment is not after its deadline.
///
/// The rows from which a transition may come form an interval whose both ends only move on, so the greatest (least)
/// value over it is kept in a monotone queue: O(rows) a transition.
struct SequencePasses {
  static let never = Int64.min
  static let unreachable = Int64.max

  /// Indexed by state × rows + row.
  private(set) var latestDeadline: [Int64] = []
  private(set) var earliestEnd: [Int64] = []
  private var queue: [Int] = []
  private var rowCount = 0

  func deadline(_ state: Int, _ row: Int) -> Int64 { latestDeadline[state * rowCount + row] }
  func end(_ state: Int, _ row: Int) -> Int64 { earliestEnd[state * rowCount + row] }

  /// Runs forward from the rows for which `entries` is true.
  mutating func forward(_ states: SequenceStates, _ stream: SequenceStream, entries: [Bool]) {
    rowCount = stream.count
    reset(&latestDeadline, to: Self.never, count: states.count * rowCount)
    for state in 0..<states.count {
      for transition in states.incoming[state] {
        if transition.from < 0 {
          enter(transition, stream, entries)
        } else if transition.directly {
          advanceDirectly(transition, stream)
        } else {
          advance(transition, stream)
        }
      }
    }
  }

  private mutating func enter(_ transition: SequenceStates.Transition, _ stream: SequenceStream, _ entries: [Bool]) {
    for row in 0..<rowCount where entries[row] && stream.masks[row] & transition.bit != 0 {
      if stream.deadlines[row] >= stream.times[row] {
        latestDeadline[transition.to * rowCount + row] = stream.deadlines[row]
      }
    }
  }

  private mutating func advanceDirectly(_ transition: SequenceStates.Transition, _ stream: SequenceStream) {
    for row in 1..<max(rowCount, 1) where stream.masks[row] & transition.bit != 0 {
      if stream.allows(transition, from: row - 1, to: row) {
        raise(transition.to, row, deadline(transition.from, row - 1), stream.times[row])
      }
    }
  }

  private mutating func advance(_ transition: SequenceStates.Transition, _ stream: SequenceStream) {
    let source = transition.from * rowCount
    if queue.count < rowCount { reset(&queue, to: 0, count: rowCount) }
    var head = 0
    var tail = 0
    var candidate = 0
    for row in 0..<rowCount where stream.masks[row] & transition.bit != 0 {
      while candidate < rowCount && Self.mayPrecede(candidate, row, transition, stream) {
        let value = latestDeadline[source + candidate]
        if value != Self.never {
          while tail > head && latestDeadline[source + queue[tail - 1]] <= value { tail -= 1 }
          queue[tail] = candidate
          tail += 1
        }
        candidate += 1
      }
      while head < tail && isTooEarly(queue[head], row, transition, stream) { head += 1 }
      if head < tail { raise(transition.to, row, latestDeadline[source + queue[head]], stream.times[row]) }
    }
  }

  /// Whether `candidate` is not too late to come before `row`.
  private static func mayPrecede(
    _ candidate: Int, _ row: Int, _ transition: SequenceStates.Transition, _ stream: SequenceStream
  ) -> Bool {
    if transition.tolerance > 0 {
      return stream.times[candidate] <= stream.times[row] + transition.tolerance
        && candidate <= stream.barrierAfter[row]
    }
    return candidate < row && stream.times[candidate] <= stream.times[row] - (transition.after ?? 0)
  }

  private func isTooEarly(
    _ candidate: Int, _ row: Int, _ transition: SequenceStates.Transition, _ stream: SequenceStream
  ) -> Bool {
    if candidate < stream.barrierBefore[row] { return true }
    guard let within = transition.within else { return false }
    return stream.times[row] - stream.times[candidate] > within
  }

  private mutating func raise(_ state: Int, _ row: Int, _ deadline: Int64, _ time: Int64) {
    let place = state * rowCount + row
    if deadline >= time && deadline > latestDeadline[place] { latestDeadline[place] = deadline }
  }

  /// Runs backward from the end of `level`, from the rows for which `finals` is true, or from all.
  ///
  /// - Parameter rows: the rows to look at; what an earlier pass over this stream found outside of them stays. All rows
  ///   when `nil`, which the first pass over a stream must be.
  mutating func backward(
    _ states: SequenceStates, _ stream: SequenceStream, level: Int, finals: [Bool]?, rows: Range<Int>? = nil
  ) {
    rowCount = stream.count
    let last = states.end[level]
    let rows = rows ?? 0..<rowCount
    if rows.count == rowCount {
      reset(&earliestEnd, to: Self.unreachable, count: states.count * rowCount)
    } else {
      for state in 0..<states.count {
        for row in rows { earliestEnd[state * rowCount + row] = Self.unreachable }
      }
    }
    for row in rows where deadline(last, row) != Self.never && finals?[row] ?? true {
      earliestEnd[last * rowCount + row] = stream.times[row]
    }
    for state in stride(from: last - 1, through: 0, by: -1) {
      for transition in states.outgoing[state] where transition.to <= last {
        if transition.directly {
          retreatDirectly(transition, stream, rows)
        } else {
          retreat(transition, stream, rows)
        }
      }
    }
  }

  private mutating func retreatDirectly(
    _ transition: SequenceStates.Transition, _ stream: SequenceStream, _ rows: Range<Int>
  ) {
    for row in rows.dropLast() where stream.masks[row + 1] & transition.bit != 0 {
      if stream.allows(transition, from: row, to: row + 1) {
        lower(transition.from, row, end(transition.to, row + 1), stream.times[row])
      }
    }
  }

  private mutating func retreat(
    _ transition: SequenceStates.Transition, _ stream: SequenceStream, _ rows: Range<Int>
  ) {
    let source = transition.to * rowCount
    if queue.count < rowCount { reset(&queue, to: 0, count: rowCount) }
    var head = 0
    var tail = 0
    var candidate = rows.upperBound - 1
    for row in stride(from: rows.upperBound - 1, through: rows.lowerBound, by: -1)
    where deadline(transition.from, row) != Self.never {
      while candidate >= rows.lowerBound && mayFollow(candidate, row, transition, stream) {
        let value = earliestEnd[source + candidate]
        if value != Self.unreachable && stream.masks[candidate] & transition.bit != 0 {
          while tail > head && earliestEnd[source + queue[tail - 1]] >= value { tail -= 1 }
          queue[tail] = candidate
          tail += 1
        }
        candidate -= 1
      }
      while head < tail && isTooLate(queue[head], row, transition, stream) { head += 1 }
      if head < tail { lower(transition.from, row, earliestEnd[source + queue[head]], stream.times[row]) }
    }
  }

  private func mayFollow(
    _ candidate: Int, _ row: Int, _ transition: SequenceStates.Transition, _ stream: SequenceStream
  ) -> Bool {
    if transition.tolerance > 0 {
      return stream.times[candidate] >= stream.times[row] - transition.tolerance
        && candidate >= stream.barrierBefore[row]
    }
    return candidate > row && stream.times[candidate] >= saturatingSum(stream.times[row], transition.after ?? 0)
  }

  private func isTooLate(
    _ candidate: Int, _ row: Int, _ transition: SequenceStates.Transition, _ stream: SequenceStream
  ) -> Bool {
    if candidate > stream.barrierAfter[row] { return true }
    guard let within = transition.within else { return false }
    return stream.times[candidate] - stream.times[row] > within
  }

  private mutating func lower(_ state: Int, _ row: Int, _ end: Int64, _ time: Int64) {
    let place = state * rowCount + row
    // A step back within the tolerance must not hide that this row lies later.
    let value = max(end, time)
    if end != Self.unreachable && value < earliestEnd[place] { earliestEnd[place] = value }
  }

  private func reset<Element>(_ array: inout [Element], to value: Element, count: Int) {
    array.removeAll(keepingCapacity: true)
    array.append(contentsOf: repeatElement(value, count: count))
  }
}
