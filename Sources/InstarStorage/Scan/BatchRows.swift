internal import InstarColumns

// Moving rows between batches. Everything works on ranges of rows, so that a call costs per range and not per row.

extension EventBatch {
  /// Empties the batch but keeps its memory.
  func removeAllRows() {
    users.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    starts.append(0)
    times.removeAll(keepingCapacity: true)
    types.removeAll(keepingCapacity: true)
    for column in columns.indices { columns[column].removeAllRows() }
  }

  /// Appends `rows` of `other`, which has the same columns; users and starts are the caller's.
  func appendRows(_ rows: Range<Int>, of other: EventBatch) {
    let start = times.count
    times.append(contentsOf: other.times[rows])
    types.append(contentsOf: other.types[rows])
    for column in columns.indices { columns[column].append(rows, of: other.columns[column], at: start) }
  }

  /// Appends the users `range` of `other` with all their rows.
  func appendUsers(_ range: Range<Int>, of other: EventBatch) {
    guard !range.isEmpty else { return }
    let shift = times.count - other.starts[range.lowerBound]
    users.append(contentsOf: other.users[range])
    let otherStarts = other.starts
    var newStarts = starts
    starts = []
    for user in range { newStarts.append(otherStarts[user + 1] + shift) }
    starts = newStarts
    appendRows(other.starts[range.lowerBound]..<other.starts[range.upperBound], of: other)
  }

  /// Keeps of each user the rows `from[user] ..< to[user]` and drops users without any.
  func keepRows(from: [Int], to: [Int]) {
    var ranges: [Range<Int>] = []
    var counts: [Int] = []
    counts.reserveCapacity(users.count)
    for user in 0..<users.count {
      let (lower, upper) = (from[user], max(from[user], to[user]))
      counts.append(upper - lower)
      if lower < upper { ranges.extend(with: lower..<upper) }
    }
    keep(ranges, rowsPerUser: counts)
  }

  /// Keeps the rows of ascending `ranges`, of which user `i` has `rowsPerUser[i]`, and drops users without any.
  func keep(_ ranges: [Range<Int>], rowsPerUser: [Int]) {
    loadRows()
    // Local names for arrays of the class: its properties are checked for overlapping access at every use.
    var (newUsers, newStarts) = (users, starts)
    (users, starts) = ([], [])
    var keptUsers = 0
    var keptRows = 0
    for user in 0..<newUsers.count where rowsPerUser[user] > 0 {
      newUsers[keptUsers] = newUsers[user]
      keptUsers += 1
      keptRows += rowsPerUser[user]
      newStarts[keptUsers] = keptRows
    }
    newUsers.setCount(keptUsers, 0)
    newStarts.setCount(keptUsers + 1, 0)
    (users, starts) = (newUsers, newStarts)
    times.keep(ranges)
    types.keep(ranges)
    for column in columns.indices { columns[column].keep(ranges) }
  }
}

extension Array where Element == Range<Int> {
  /// Appends a range behind all others, joined to the last where they touch.
  mutating func extend(with range: Range<Int>) {
    if let last, last.upperBound == range.lowerBound {
      self[count - 1] = last.lowerBound..<range.upperBound
    } else {
      append(range)
    }
  }
}

extension EventColumnBuffer {
  var count: Int {
    switch type {
    case .integer, .time, .duration: integers.count
    case .real: reals.count
    case .text: codes.count
    case .boolean: flags.count
    }
  }

  mutating func removeAllRows() {
    integers.removeAll(keepingCapacity: true)
    reals.removeAll(keepingCapacity: true)
    codes.removeAll(keepingCapacity: true)
    flags.removeAll(keepingCapacity: true)
    present.removeAll(keepingCapacity: true)
  }

  /// Appends `rows` of `other` behind the `start` rows that are there.
  mutating func append(_ rows: Range<Int>, of other: EventColumnBuffer, at start: Int) {
    switch type {
    case .integer, .time, .duration: integers.append(contentsOf: other.integers[rows])
    case .real: reals.append(contentsOf: other.reals[rows])
    case .text: codes.append(contentsOf: other.codes[rows])
    case .boolean: flags.append(contentsOf: other.flags[rows])
    }
    if other.present.isEmpty {
      if !present.isEmpty { present.setCount(start + rows.count, 1) }
    } else {
      materializePresent(start)
      present.append(contentsOf: other.present[rows])
    }
  }

  mutating func keep(_ ranges: [Range<Int>]) {
    switch type {
    case .integer, .time, .duration: integers.keep(ranges)
    case .real: reals.keep(ranges)
    case .text: codes.keep(ranges)
    case .boolean: flags.keep(ranges)
    }
    if !present.isEmpty { present.keep(ranges) }
  }
}

extension Array where Element: BitwiseCopyable {
  /// Keeps the elements of ascending, disjoint `ranges`.
  mutating func keep(_ ranges: [Range<Int>]) {
    precondition((ranges.last?.upperBound ?? 0) <= count, "rows that are not there")
    var kept = 0
    unsafe withUnsafeMutableBufferPointer { elements in
      guard let start = elements.baseAddress else { return }
      for range in ranges {
        if range.lowerBound != kept {
          // Ranges ascend, so rows only move towards the front; `update` allows the two to overlap.
          unsafe (start + kept).update(from: start + range.lowerBound, count: range.count)
        }
        kept += range.count
      }
    }
    removeLast(count - kept)
  }
}
