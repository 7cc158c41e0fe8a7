import InstarColumns

extension EventBatch {
  /// A batch of the rows before `moment`, without the users who have none: what was there at that moment.
  ///
  /// - Complexity: O(rows that remain + users x log rows of a user).
  func cut(before moment: Int64) -> EventBatch {
    let result = EventBatch(columns: columns.map { EventColumnBuffer(type: $0.type) })
    let (users, starts, times) = (self.users, self.starts, self.times)
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
    fill(result, ranges, kept)
    return result
  }

  /// A batch of stretches of rows of users, each as a user of its own.
  ///
  /// - Complexity: O(rows of the result).
  func taking(_ stretches: [Stretch]) -> EventBatch {
    let result = EventBatch(columns: columns.map { EventColumnBuffer(type: $0.type) })
    var ranges: [Range<Int>] = []
    var kept = 0
    var starts = [0]
    for stretch in stretches {
      ranges.append(stretch.rows)
      kept += stretch.rows.count
      if let last = stretch.last {
        ranges.append(last..<last + 1)
        kept += 1
      }
      starts.append(kept)
    }
    result.users = stretches.map { users[$0.user] }
    result.starts = starts
    fill(result, ranges, kept)
    return result
  }

  /// Some rows of one user.
  struct Stretch {
    /// The position of the user in the batch.
    var user: Int
    var rows: Range<Int>
    /// One more row, behind them.
    var last: Int?
  }

  /// Copies the rows in `ranges`, `count` in all.
  private func fill(_ result: EventBatch, _ ranges: [Range<Int>], _ count: Int) {
    result.times = times.rows(ranges, count)
    result.types = types.rows(ranges, count)
    for place in columns.indices {
      let column = column(place)
      result.columns[place].integers = column.integers.rows(ranges, count)
      result.columns[place].reals = column.reals.rows(ranges, count)
      result.columns[place].codes = column.codes.rows(ranges, count)
      result.columns[place].flags = column.flags.rows(ranges, count)
      result.columns[place].present = column.present.rows(ranges, count)
    }
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
