package import InstarColumns

/// Rows in order of arrival, with their codes resolved; the input of the loader's sort.
package struct CodedRows: Sendable {
  package var users: [UInt32]
  package var times: [Int64]
  package var types: [UInt32]
  /// The further columns, as the run's.
  package var columns: [EventColumnBuffer]

  package init(users: [UInt32], times: [Int64], types: [UInt32], columns: [EventColumnBuffer] = []) {
    precondition(users.count == times.count && users.count == types.count, "columns of equal length")
    self.users = users
    self.times = times
    self.types = types
    self.columns = columns
  }
}

/// Buffers rows in order of arrival and sorts them by (user, time, arrival) with a counting sort.
///
/// Only row numbers are sorted; the columns stay where they are and are gathered block by block. A log usually arrives
/// in the order of time, so that users whose rows came out of order are marked on the way in and sorted alone.
final class RowBuffer: Sendable {
  private let users = SegmentedColumn<UInt32>()
  private let times = SegmentedColumn<Int64>()
  private let types = SegmentedColumn<UInt32>()
  private let columns: [BufferedColumn]

  init(_ columns: RunColumns) { self.columns = columns.types.map(BufferedColumn.init) }

  var rowCount: Int { times.count }

  var byteCount: Int {
    columns.reduce(users.byteCount + times.byteCount + types.byteCount) { $0 + $1.byteCount }
  }

  func append(_ rows: CodedRows) {
    precondition(rows.columns.count == columns.count, "the columns of the run")
    for (column, values) in zip(columns, rows.columns) { column.append(values, behind: rowCount) }
    users.append(rows.users)
    times.append(rows.times)
    types.append(rows.types)
  }

  func removeAll() {
    users.removeAll()
    times.removeAll()
    types.removeAll()
    columns.forEach { $0.removeAll() }
  }

  /// Sorts the rows.
  ///
  /// - Complexity: O(rows + users), plus the sort of users whose rows came out of order.
  func sorted() -> SortedOrder {
    columns.forEach { $0.complete(rowCount) }
    var ends: [UInt32] = []
    var latest: [Int64] = []
    var unordered = Set<UInt32>()
    unsafe users.forEachSegment { firstRow, segment in
      for row in 0..<segment.count {
        let user = unsafe Int(segment[row])
        if user >= ends.count {
          let room = max(user + 1, min(ends.count * 2, user + (1 << 20)))
          ends.setCount(room, 0)
          latest.setCount(room, .min)
        }
        ends[user] &+= 1
        let time = times[firstRow &+ row]
        if time < latest[user] { unordered.insert(UInt32(user)) } else { latest[user] = time }
      }
    }
    var order = SortedOrder(counts: ends)
    unsafe order.fill(rowCount) { next, target in
      unsafe users.forEachSegment { firstRow, segment in
        for row in 0..<segment.count {
          let user = unsafe Int(segment[row])
          let place = unsafe Int(next[user])
          unsafe next[user] &+= 1
          unsafe target[place] = UInt32(truncatingIfNeeded: firstRow &+ row)
        }
      }
    }
    for user in unordered { order.sort(user) { times[Int($0)] } }
    return order
  }

  /// Reads the rows of `users` of `order` into `batch`.
  func gather(_ order: SortedOrder, users range: Range<Int>, into batch: EventBatch) {
    batch.users = Array(order.users[range])
    batch.starts.setCount(range.count + 1, 0)
    let first = order.firstRow(of: range.lowerBound)
    for place in 0...range.count { batch.starts[place] = order.firstRow(of: range.lowerBound + place) - first }
    unsafe order.withRows(of: range) { rows in
      batch.times.setCount(rows.count, 0)
      batch.types.setCount(rows.count, 0)
      unsafe batch.times.withUnsafeMutableBufferPointer { unsafe times.gather(rows, into: $0.baseAddress!) }
      unsafe batch.types.withUnsafeMutableBufferPointer { unsafe types.gather(rows, into: $0.baseAddress!) }
      for place in columns.indices { unsafe columns[place].gather(rows, into: &batch.columns[place]) }
    }
  }
}

/// The rows of a buffer in the order of users: a permutation and where each user's part of it begins.
struct SortedOrder: Sendable {
  /// The users that have rows, ascending.
  private(set) var users: [UInt32] = []
  private var starts: [UInt32] = []
  private var order: [UInt32] = []
  private let firstOfUser: [UInt32]

  init(counts: [UInt32]) {
    var first: [UInt32] = []
    first.reserveCapacity(counts.count)
    var total: UInt32 = 0
    for (user, count) in counts.enumerated() {
      first.append(total)
      if count > 0 {
        users.append(UInt32(user))
        starts.append(total)
      }
      total += count
    }
    starts.append(total)
    firstOfUser = first
  }

  var rowCount: Int { order.count }

  /// Fills the permutation: `body` gets the next free place of each user.
  mutating func fill(
    _ rows: Int, _ body: (_ next: UnsafeMutablePointer<UInt32>, _ target: UnsafeMutablePointer<UInt32>) -> Void
  ) {
    var next = firstOfUser
    order = unsafe [UInt32](unsafeUninitializedCapacity: rows) { target, count in
      unsafe next.withUnsafeMutableBufferPointer { next in
        if let first = next.baseAddress, let rows = target.baseAddress { unsafe body(first, rows) }
      }
      count = rows
    }
  }

  /// Sorts one user's rows by time, ties by arrival.
  mutating func sort(_ user: UInt32, time: (UInt32) -> Int64) {
    let place = users.lowerBound(user)
    let range = firstRow(of: place)..<firstRow(of: place + 1)
    var rows = order[range].map { (time: time($0), row: $0) }
    rows.sort { ($0.time, $0.row) < ($1.time, $1.row) }
    for (offset, row) in rows.enumerated() { order[range.lowerBound + offset] = row.row }
  }

  func firstRow(of place: Int) -> Int { Int(starts[place]) }

  func withRows(of users: Range<Int>, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    let range = firstRow(of: users.lowerBound)..<firstRow(of: users.upperBound)
    unsafe order.withUnsafeBufferPointer { unsafe body(UnsafeBufferPointer(rebasing: $0[range])) }
  }
}
