import InstarCalendar

/// How many days of a week (weeks of a quarter ..) users are active: `STICKINESS OF e DAYS PER WEEK`.
///
/// The unit of counting is a user and an outer period in which he was active at all. Reference:
/// docs/reference/stickiness.md.
package struct StickinessAccumulator: Sendable {
  private let inner: PeriodTable
  private let outer: PeriodTable
  /// The outer period of each inner one, where each lies in one: days of a week, not weeks of a quarter.
  private let outerOfInner: [Int32]?
  /// The most inner periods that an outer one can meet.
  private let most: Int
  private let grouping: Grouping
  private var groupCount = 0
  /// `counts[(group * periods + period) * (most + 1) + days]`: users active on that many days of the period.
  private var counts: [Int] = []
  private var innerScratch: [Int32] = []
  private var outerScratch: [Int32] = []
  /// Filled when rows of users are asked for.
  package private(set) var perUser: StickinessUsers?

  /// - Parameters:
  ///   - inner: the days, over the range of the statement; rows outside count for nothing.
  ///   - outer: the weeks, over the same range.
  ///   - grouping: whose value a user has in an outer period: with ``Grouping/row`` that of his first row in it.
  package init(
    _ inner: PeriodTable, per outer: PeriodTable, grouping: Grouping = .none, perUser: Bool = false
  ) {
    self.inner = inner
    self.outer = outer
    self.grouping = grouping
    self.perUser = perUser ? StickinessUsers() : nil
    var most = 0
    for period in 0..<outer.count { most = max(most, Self.meets(inner, outer.period(period)).count) }
    self.most = most
    let nests = outer.boundaries.dropFirst().dropLast().allSatisfy { boundary in
      inner.boundaries[Self.meets(inner, boundary..<boundary + 1).lowerBound] == boundary
    }
    outerOfInner =
      !nests ? nil : (0..<inner.count).map { Int32(outer.index(of: max(inner.boundaries[$0], outer.range.lowerBound))) }
    grow(to: 1)
  }

  /// The inner periods that meet a range inside the table.
  private static func meets(_ inner: PeriodTable, _ range: Range<Int64>) -> Range<Int> {
    let from = max(range.lowerBound, inner.range.lowerBound)
    let to = min(range.upperBound, inner.range.upperBound)
    guard from < to else { return 0..<0 }
    return inner.index(of: from)..<inner.index(of: to - 1) + 1
  }

  /// Adds one batch; a row counts where bit 0 of its mask is set.
  ///
  /// - Parameters:
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  ///   - groups: a small code for each user or row, as the grouping says.
  /// - Complexity: O(rows).
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    groups: Span<UInt32> = Span()
  ) {
    precondition(types.isEmpty ? masks.count == times.count : types.count == times.count, "one mask for each row")
    inner.fill(&innerScratch, times)
    if outerOfInner == nil { outer.fill(&outerScratch, times) }
    let innerIndices = innerScratch
    let outerIndices = outerOfInner ?? outerScratch
    let byInner = outerOfInner != nil
    count(users, starts, types, masks, groups, innerIndices.span, outerIndices.span, byInner: byInner)
  }

  private mutating func count(
    _ users: Span<UInt32>, _ starts: Span<Int>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ groups: Span<UInt32>, _ days: Span<Int32>, _ periods: Span<Int32>, byInner: Bool
  ) {
    let byType = !types.isEmpty
    var user = 0
    while user < users.count {
      var lastDay: Int32 = -1
      var lastPeriod: Int32 = -1
      var active = 0
      var group = 0
      var row = starts[user]
      let end = starts[user + 1]
      while row < end {
        let day = days[row]
        if day >= 0 && masks[byType ? Int(truncatingIfNeeded: types[row]) : row] & 1 != 0 {
          let period = periods[byInner ? Int(day) : row]
          if period != lastPeriod {
            if lastPeriod >= 0 { close(users[user], group, Int(lastPeriod), active) }
            lastPeriod = period
            lastDay = -1
            active = 0
            switch grouping {
            case .none: break
            case .user: group = Int(groups[user])
            case .row: group = Int(groups[row])
            }
          }
          if day != lastDay {
            lastDay = day
            active &+= 1
          }
        }
        row &+= 1
      }
      if lastPeriod >= 0 { close(users[user], group, Int(lastPeriod), active) }
      user &+= 1
    }
  }

  /// Counts a user's days in one outer period.
  @inline(__always)
  private mutating func close(_ user: UInt32, _ group: Int, _ period: Int, _ days: Int) {
    if group >= groupCount { grow(to: group + 1) }
    counts[(group &* outer.count &+ period) &* (most &+ 1) &+ days] &+= 1
    perUser?.append(user, group: group, days: days)
  }

  private mutating func grow(to count: Int) {
    counts.append(contentsOf: repeatElement(0, count: (count - groupCount) * outer.count * (most + 1)))
    groupCount = count
  }

  package mutating func merge(_ other: StickinessAccumulator) {
    if other.groupCount > groupCount { grow(to: other.groupCount) }
    for cell in other.counts.indices { counts[cell] += other.counts[cell] }
    if let rows = other.perUser { perUser?.merge(rows) }
  }

  /// The groups in which a user was active, ascending.
  package var groups: [UInt32] {
    let size = outer.count * (most + 1)
    return (0..<groupCount).filter { group in counts[group * size..<(group + 1) * size].contains { $0 > 0 } }
      .map { UInt32($0) }
  }

  private func count(_ group: UInt32, _ period: Int, _ days: Int) -> Int {
    let place = (Int(group) * outer.count + period) * (most + 1) + days
    return place < counts.count ? counts[place] : 0
  }

  /// The summary over all periods: for each number of days the users active on that many, a user once in each period.
  ///
  /// - Parameter cumulative: whether `users` counts those with at least that many days.
  package func finish(group: UInt32 = 0, cumulative: Bool = false) -> [StickinessRow] {
    var users = (0...most).map { days in (0..<outer.count).reduce(0) { $0 + count(group, $1, days) } }
    let total = users.reduce(0, +)
    if cumulative { for days in stride(from: most - 1, through: 1, by: -1) { users[days] += users[days + 1] } }
    return (1..<max(most + 1, 1)).map {
      StickinessRow(days: $0, users: users[$0], share: total == 0 ? nil : Double(users[$0]) / Double(total))
    }
  }

  /// The series by outer period: active users, their mean number of days, and the ratio of the mean daily to all active
  /// users (DAU/MAU), over the days of the period that the range covers.
  package func series(group: UInt32 = 0) -> [StickinessPeriod] {
    (0..<outer.count).map { period in
      var active = 0
      var days = 0
      for number in 1..<max(most + 1, 1) {
        active += count(group, period, number)
        days += number * count(group, period, number)
      }
      let length = Self.meets(inner, outer.period(period)).count
      return StickinessPeriod(
        active: active, meanDays: active == 0 ? nil : Double(days) / Double(active),
        ratio: active == 0 ? nil : Double(days) / Double(length) / Double(active))
    }
  }
}

package struct StickinessRow: Sendable, Equatable {
  package var days: Int
  package var users: Int
  package var share: Double?
}

package struct StickinessPeriod: Sendable, Equatable {
  package var active: Int
  package var meanDays: Double?
  package var ratio: Double?
}

/// The `PER USER` columns: a row for each active user and group, in order of users.
package struct StickinessUsers: Sendable {
  package private(set) var users: [UInt32] = []
  package private(set) var groups: [UInt32] = []
  private var totals: [Int] = []
  private var periods: [Int] = []

  /// Mean number of days over the periods in which the user was active.
  package var days: [Double] { zip(totals, periods).map { Double($0) / Double($1) } }

  mutating func append(_ user: UInt32, group: Int, days: Int) {
    var row = users.count - 1
    while row >= 0 && users[row] == user && groups[row] != UInt32(truncatingIfNeeded: group) { row -= 1 }
    if row < 0 || users[row] != user {
      users.append(user)
      groups.append(UInt32(truncatingIfNeeded: group))
      totals.append(0)
      periods.append(0)
      row = users.count - 1
    }
    totals[row] += days
    periods[row] += 1
  }

  mutating func merge(_ other: StickinessUsers) {
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    totals.append(contentsOf: other.totals)
    periods.append(contentsOf: other.periods)
  }
}
