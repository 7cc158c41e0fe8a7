import InstarCalendar

/// Cuts the events of each user into sessions: a new one begins where more than a gap has passed since the event before.
package struct SessionDefinition: Sendable {
  /// Milliseconds; two events exactly this far apart are of one session.
  package var gap: Int64
  /// A session belongs to the period it begins in; without a table there is one period for all.
  package var periods: PeriodTable?
  /// Half-open range for the beginning of a session; all of it counts, also what follows the range.
  package var during: Range<Int64>?

  package init(gap: Int64, periods: PeriodTable?, during: Range<Int64>? = nil) {
    self.gap = gap
    self.periods = periods
    self.during = during
  }
}

/// Numbers the sessions of a batch from 0: neighbouring rows of one user with equal numbers are of one session.
///
/// - Parameter numbers: one for each row; with ``SequencePattern/same`` they serve as keys for `SAME SESSION`.
/// - Complexity: O(rows). No allocation.
package func numberSessions(
  starts: Span<Int>, times: Span<Int64>, gap: Int64, into numbers: inout MutableSpan<UInt64>
) {
  precondition(numbers.count == times.count, "one number for each row")
  var number: UInt64 = 0
  var user = 0
  while user < starts.count - 1 {
    var row = starts[user]
    let end = starts[user + 1]
    while row < end {
      if row > starts[user] && times[row] &- times[row - 1] > gap { number &+= 1 }
      numbers[row] = number
      row &+= 1
    }
    if end > starts[user] { number &+= 1 }
    user &+= 1
  }
}

/// Counts sessions by period and group. Reference: docs/reference/sessions.md.
package struct SessionAccumulator: Sendable {
  private let definition: SessionDefinition
  private let grouping: Grouping
  private var groupCount = 0
  /// Indexed by group × periods + period; what belongs to one cell lies together.
  private var cells: [Cell] = []
  private var lengths: [[Int64]] = []
  private var userNumber = 0
  /// Filled when rows of users are asked for.
  package private(set) var perUser: SessionUsers?

  private struct Cell {
    var sessions = 0
    var users = 0
    var events = 0
    /// Sessions of one moment; the lengths of the others are kept.
    var momentary = 0
    /// The last user counted, so that each counts once.
    var lastUser = 0
  }

  package init(_ definition: SessionDefinition, grouping: Grouping = .none, perUser: Bool = false) {
    self.definition = definition
    self.grouping = grouping
    self.perUser = perUser ? SessionUsers() : nil
    if case .none = grouping { grow(to: 1) }
  }

  /// Adds the sessions of one batch.
  ///
  /// - Parameters:
  ///   - users: the user ids of the batch.
  ///   - groups: a small code for each user or row, as the grouping says; a session has that of its first row.
  ///   - selected: 1 for each user that is meant; empty means all.
  ///   - events: 1 for each row that counts as an event, where lines of one order are one; empty counts every row.
  /// - Complexity: O(rows).
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, groups: Span<UInt32> = Span(),
    selected: Span<UInt8> = Span(), events: Span<UInt8> = Span()
  ) {
    precondition(starts.count == users.count + 1, "a start for each user, and the end")
    precondition(events.isEmpty || events.count == times.count, "a mark for each row")
    let gap = definition.gap
    let during = definition.during
    let periods = definition.periods
    let periodCount = self.periodCount
    let withUsers = perUser != nil
    var user = 0
    while user < users.count {
      userNumber &+= 1
      let end = selected.isEmpty || selected[user] != 0 ? starts[user + 1] : starts[user]
      var first = starts[user]
      while first < end {
        var last = first
        while last &+ 1 < end && times[last &+ 1] &- times[last] <= gap { last &+= 1 }
        let period = periods?.index(of: times[first]) ?? 0
        if period >= 0 && during?.contains(times[first]) ?? true {
          var group = 0
          switch grouping {
          case .none: break
          case .user: group = Int(groups[user])
          case .row: group = Int(groups[first])
          }
          if group >= groupCount { grow(to: group + 1) }
          let place = group &* periodCount &+ period
          let length = times[last] &- times[first]
          let rows = events.isEmpty ? last &- first &+ 1 : Self.sum(events, first...last)
          Self.add(&cells[place], length: length, rows: rows, user: userNumber)
          if length != 0 { lengths[place].append(length) }
          if withUsers { perUser?.append(users[user], group: group, period: period, length: length) }
        }
        first = last &+ 1
      }
      user &+= 1
    }
  }

  @inline(__always)
  private static func add(_ cell: inout Cell, length: Int64, rows: Int, user: Int) {
    cell.sessions &+= 1
    cell.events &+= rows
    cell.momentary &+= length == 0 ? 1 : 0
    cell.users &+= cell.lastUser == user ? 0 : 1
    cell.lastUser = user
  }

  private static func sum(_ events: Span<UInt8>, _ rows: ClosedRange<Int>) -> Int {
    var sum = 0
    for row in rows { sum += Int(events[row]) }
    return sum
  }

  private var periodCount: Int { definition.periods?.count ?? 1 }

  private mutating func grow(to count: Int) {
    let added = (count - groupCount) * periodCount
    cells.append(contentsOf: repeatElement(Cell(), count: added))
    lengths.append(contentsOf: repeatElement([], count: added))
    groupCount = count
  }

  /// Adds what another accumulator counted over other users.
  package mutating func merge(_ other: SessionAccumulator) {
    if other.groupCount > groupCount { grow(to: other.groupCount) }
    for cell in other.cells.indices {
      cells[cell].sessions += other.cells[cell].sessions
      cells[cell].users += other.cells[cell].users
      cells[cell].events += other.cells[cell].events
      cells[cell].momentary += other.cells[cell].momentary
      lengths[cell].append(contentsOf: other.lengths[cell])
    }
    if let rows = other.perUser { perUser?.merge(rows) }
  }

  /// The summary, by group and period; periods are dense, groups without a session are left out.
  package func finish() -> [SessionPeriod] {
    var rows: [SessionPeriod] = []
    let count = periodCount
    for group in 0..<groupCount {
      let places = group * count..<(group + 1) * count
      if groupCount > 1, cells[places].allSatisfy({ $0.sessions == 0 }) { continue }
      for place in places {
        let cell = cells[place]
        rows.append(
          SessionPeriod(
            group: UInt32(group), period: place - places.lowerBound, sessions: cell.sessions, users: cell.users,
            events: cell.events, medianLength: median(lengths[place], zeros: cell.momentary)))
      }
    }
    return rows
  }
}

/// One row of the summary of sessions.
package struct SessionPeriod: Sendable, Equatable {
  package var group: UInt32
  /// Index into the definition's periods; 0 without them.
  package var period: Int
  package var sessions: Int
  /// Users with a session that begins in the period.
  package var users: Int
  package var events: Int
  /// From the first event to the last, milliseconds; `nil` without a session.
  package var medianLength: Int64?
}

/// The `PER USER` columns of sessions: a row for each user, period and group in which he has one, in order of users.
package struct SessionUsers: Sendable {
  package private(set) var users: [UInt32] = []
  package private(set) var groups: [UInt32] = []
  /// Index into the definition's periods; 0 without them.
  package private(set) var periods: [Int32] = []
  package private(set) var sessions: [Int32] = []
  private var lengths: [Int64] = []
  /// The row of each length.
  private var rows: [Int32] = []

  mutating func append(_ user: UInt32, group: Int, period: Int, length: Int64) {
    let row = self.row(user, UInt32(truncatingIfNeeded: group), Int32(truncatingIfNeeded: period))
    sessions[row] += 1
    lengths.append(length)
    rows.append(Int32(truncatingIfNeeded: row))
  }

  /// The row of the cell, among the last ones since a user's sessions follow each other.
  private mutating func row(_ user: UInt32, _ group: UInt32, _ period: Int32) -> Int {
    var row = users.count - 1
    while row >= 0 && users[row] == user && periods[row] == period {
      if groups[row] == group { return row }
      row -= 1
    }
    users.append(user)
    groups.append(group)
    periods.append(period)
    sessions.append(0)
    return users.count - 1
  }

  mutating func merge(_ other: SessionUsers) {
    let offset = Int32(truncatingIfNeeded: users.count)
    rows.append(contentsOf: other.rows.map { $0 + offset })
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    periods.append(contentsOf: other.periods)
    sessions.append(contentsOf: other.sessions)
    lengths.append(contentsOf: other.lengths)
  }

  /// The median length of the sessions of each row, milliseconds.
  package func medianLengths() -> [Int64] {
    var next = [Int](repeating: 0, count: sessions.count)
    var end = 0
    for row in sessions.indices {
      next[row] = end
      end += Int(sessions[row])
    }
    var sorted = [Int64](repeating: 0, count: lengths.count)
    for (length, row) in zip(lengths, rows) {
      sorted[next[Int(row)]] = length
      next[Int(row)] += 1
    }
    return sessions.indices.map { row in
      median(Array(sorted[next[row] - Int(sessions[row])..<next[row]])) ?? 0
    }
  }
}
