/// The rows of one user, and with `SAME` of one key, that a pattern can see: as parallel arrays that are reused.
struct SequenceStream {
  var times: [Int64] = []
  var masks: [UInt64] = []
  /// The last moment of an attempt that enters at the row; below `Int64.max`, which stands for unreachable.
  var deadlines: [Int64] = []
  /// Place among the user's visible rows: neighbours differ by one.
  var ordinals: [Int] = []
  /// The row in the batch.
  var rows: [Int] = []
  /// The nearest row before, and after, that ends attempts (`WITHOUT`): −1 and `count` where there is none.
  var barrierBefore: [Int] = []
  var barrierAfter: [Int] = []
  /// The ordinal of the user's last visible row.
  var lastOrdinal = 0

  var count: Int { times.count }

  mutating func reset() {
    times.removeAll(keepingCapacity: true)
    masks.removeAll(keepingCapacity: true)
    deadlines.removeAll(keepingCapacity: true)
    ordinals.removeAll(keepingCapacity: true)
    rows.removeAll(keepingCapacity: true)
  }

  mutating func append(time: Int64, mask: UInt64, deadline: Int64, ordinal: Int, row: Int) {
    times.append(time)
    masks.append(mask)
    deadlines.append(deadline)
    ordinals.append(ordinal)
    rows.append(row)
  }

  /// Appends row `index` of `other`.
  mutating func append(_ index: Int, of other: SequenceStream) {
    append(
      time: other.times[index], mask: other.masks[index], deadline: other.deadlines[index],
      ordinal: other.ordinals[index], row: other.rows[index])
  }

  /// Finds for each row the barriers beside it.
  mutating func findBarriers(_ without: UInt64) {
    barrierBefore.removeAll(keepingCapacity: true)
    barrierAfter.removeAll(keepingCapacity: true)
    var last = -1
    for row in 0..<count {
      barrierBefore.append(last)
      if masks[row] & without != 0 { last = row }
      barrierAfter.append(count)
    }
    var next = count
    for row in stride(from: count - 1, through: 0, by: -1) {
      barrierAfter[row] = next
      if masks[row] & without != 0 { next = row }
    }
  }

  /// The first row at or after `time`.
  func firstRow(from time: Int64) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Whether the pair (`earlier` state's row, `later` state's row) is one that `transition` allows.
  func allows(_ transition: SequenceStates.Transition, from: Int, to: Int) -> Bool {
    let gap = times[to] - times[from]
    if let within = transition.within, gap > within { return false }
    if transition.directly && ordinals[to] != ordinals[from] + 1 { return false }
    if let after = transition.after, gap < after { return false }
    if from < to { return to <= barrierAfter[from] }
    return transition.tolerance > 0 && from != to && gap >= -transition.tolerance && to >= barrierBefore[from]
  }

  /// The rows among which a successor of `row` lies: a bound on where to look, ``allows`` decides.
  func successors(of row: Int, by transition: SequenceStates.Transition) -> Range<Int> {
    if transition.directly { return min(row + 1, count)..<min(row + 2, count) }
    var low = row + 1
    if transition.tolerance > 0 {
      low = max(firstRow(from: times[row] - transition.tolerance), barrierBefore[row], 0)
    } else if let after = transition.after, after > 0 {
      low = max(low, firstRow(from: saturatingSum(times[row], after)))
    }
    var high = min(barrierAfter[row] + 1, count)
    if let within = transition.within { high = min(high, firstRow(from: saturatingSum(times[row], within, 1))) }
    return low < high ? low..<high : low..<low
  }
}

/// The sum of a moment and non-negative lengths, or the last moment there is.
func saturatingSum(_ time: Int64, _ length: Int64, _ further: Int64 = 0) -> Int64 {
  let (sum, overflow) = time.addingReportingOverflow(length)
  if overflow { return Int64.max }
  let (total, overflowAgain) = sum.addingReportingOverflow(further)
  return overflowAgain ? Int64.max : total
}
