import InstarColumns

extension EventBatch {
  /// A batch of the rows before `moment`, without the users who have none: what was there at that moment.
  ///
  /// - Complexity: O(rows that remain + users x log rows of a user).
  func cut(before moment: Int64) -> EventBatch {
    let result = EventBatch(columns: columns.map { EventColumnBuffer(type: $0.type) })
    let (users, starts, times, types) = (self.users, self.starts, self.times, self.types)
    var (keptUsers, keptStarts): ([UInt32], [Int]) = ([], [0])
    var ranges: [Range<Int>] = []
    var kept = 0
    for user in users.indices {
      let first = starts[user]
      var (low, high) = (first, starts[user + 1])
      while low < high {
        let middle = (low + high) / 2
        if times[middle] < moment { low = middle + 1 } else { high = middle }
      }
      guard low > first else { continue }
      keptUsers.append(users[user])
      kept += low - first
      keptStarts.append(kept)
      if let last = ranges.last, last.upperBound == first {
        ranges[ranges.count - 1] = last.lowerBound..<low
      } else {
        ranges.append(first..<low)
      }
    }
    result.users = keptUsers
    result.starts = keptStarts
    result.times = times.rows(ranges, kept)
    result.types = types.rows(ranges, kept)
    for place in columns.indices {
      result.columns[place].integers = columns[place].integers.rows(ranges, kept)
      result.columns[place].reals = columns[place].reals.rows(ranges, kept)
      result.columns[place].codes = columns[place].codes.rows(ranges, kept)
      result.columns[place].flags = columns[place].flags.rows(ranges, kept)
      result.columns[place].present = columns[place].present.rows(ranges, kept)
    }
    return result
  }
}

extension Array {
  /// The elements in `ranges`, `count` in all; nothing of an array that is empty.
  fileprivate func rows(_ ranges: [Range<Int>], _ count: Int) -> [Element] {
    if isEmpty { return [] }
    var result: [Element] = []
    result.reserveCapacity(count)
    for range in ranges { result.append(contentsOf: self[range]) }
    return result
  }
}
