internal import InstarColumns

/// What an import does with rows that are there already.
package enum DuplicatePolicy: Sendable, Equatable {
  case keep
  /// A row that equals an earlier one of the same user in every column is left out.
  case skip
  /// A row whose value in this column equals that of an earlier row of the same user is left out.
  case skipByColumn(UInt16)
}

/// Removes rows from a batch that the store or the batch itself has already.
struct DuplicateFilter {
  private let idColumn: Int?
  private var known = Set<UInt64>()
  private var ranges: [Range<Int>] = []
  private var counts: [Int] = []

  /// - Returns: `nil` when the policy keeps everything.
  init?(_ policy: DuplicatePolicy, columns: RunColumns) {
    switch policy {
    case .keep: return nil
    case .skip: idColumn = nil
    case .skipByColumn(let number): idColumn = columns.numbers.firstIndex(of: number)
    }
  }

  /// Keeps the rows of `batch` that neither `existing` nor an earlier row of `batch` equals.
  ///
  /// - Parameter existing: rows of some of the users, with the same columns.
  /// - Returns: the number of rows removed.
  mutating func apply(to batch: EventBatch, existing: EventBatch) -> Int {
    ranges.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    let before = batch.rowCount
    for user in 0..<batch.userCount {
      let rows = batch.starts[user]..<batch.starts[user + 1]
      let place = existing.users.lowerBound(batch.users[user])
      let isKnown = place < existing.userCount && existing.users[place] == batch.users[user]
      let old = isKnown ? existing.starts[place]..<existing.starts[place + 1] : 0..<0
      if let idColumn {
        counts.append(keepNewIDs(batch, rows, existing, old, idColumn))
      } else {
        counts.append(keepNewRows(batch, rows, existing, old))
      }
    }
    let removed = before - counts.reduce(0, +)
    if removed > 0 { batch.keep(ranges, rowsPerUser: counts) }
    return removed
  }

  /// Equal rows have equal times, so that a row is compared only with its neighbours.
  private mutating func keepNewRows(
    _ batch: EventBatch, _ rows: Range<Int>, _ existing: EventBatch, _ old: Range<Int>
  ) -> Int {
    var kept = 0
    var oldStart = old.lowerBound
    var groupStart = rows.lowerBound
    for row in rows {
      let time = batch.times[row]
      if batch.times[groupStart] != time { groupStart = row }
      while oldStart < old.upperBound, existing.times[oldStart] < time { oldStart += 1 }
      var isKnown = false
      var place = oldStart
      while !isKnown, place < old.upperBound, existing.times[place] == time {
        isKnown = batch.isRow(row, equalTo: place, of: existing)
        place += 1
      }
      place = groupStart
      while !isKnown, place < row {
        isKnown = batch.isRow(row, equalTo: place, of: batch)
        place += 1
      }
      if !isKnown {
        ranges.extend(with: row..<row + 1)
        kept += 1
      }
    }
    return kept
  }

  /// Rows without an id are always kept.
  private mutating func keepNewIDs(
    _ batch: EventBatch, _ rows: Range<Int>, _ existing: EventBatch, _ old: Range<Int>, _ column: Int
  ) -> Int {
    known.removeAll(keepingCapacity: true)
    for row in old { if let id = existing.columns[column].bits(row) { known.insert(id) } }
    var kept = 0
    for row in rows {
      if let id = batch.columns[column].bits(row), !known.insert(id).inserted { continue }
      ranges.extend(with: row..<row + 1)
      kept += 1
    }
    return kept
  }
}

extension EventBatch {
  /// Whether two rows of one user and time agree in type and all columns.
  fileprivate func isRow(_ row: Int, equalTo other: Int, of batch: EventBatch) -> Bool {
    guard types[row] == batch.types[other] else { return false }
    for column in columns.indices where columns[column].bits(row) != batch.columns[column].bits(other) { return false }
    return true
  }
}

extension EventColumnBuffer {
  /// The value of `row` as bits, `nil` where it is missing.
  fileprivate func bits(_ row: Int) -> UInt64? {
    guard present.isEmpty || present[row] != 0 else { return nil }
    switch type {
    case .integer, .time, .duration: return UInt64(bitPattern: integers[row])
    case .real: return reals[row].bitPattern
    case .text: return UInt64(codes[row])
    case .boolean: return UInt64(flags[row])
    }
  }
}
