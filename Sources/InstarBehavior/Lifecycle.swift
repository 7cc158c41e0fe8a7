import InstarCalendar

/// What a user is in a period, by his activity: `LIFECYCLE OF e BY WEEK`.
package enum LifecycleStage: Int, Sendable, CaseIterable {
  /// Active for the first time ever.
  case new
  /// Active, and in the period before.
  case returning
  /// Active, not in the period before, but earlier.
  case resurrected
  /// Not active, but in the period before.
  case dormant
  /// Neither active now nor in the period before, but earlier: counted in transitions only.
  case inactive
}

/// Counts users by period and stage. Reference: docs/reference/lifecycle.md.
///
/// `new` asks for the first event of all, so the rows of a user must reach back to his first.
package struct LifecycleAccumulator: Sendable {
  private let periods: PeriodTable
  private let dormantAfter: Int64?
  private let hasGroups: Bool
  private var stages: StageAccumulator
  private var scratch: [Int32] = []
  private let walksEach: Bool

  /// - Parameters:
  ///   - periods: those to report, *preceded by one more*, whose activity tells returning from resurrected.
  ///   - dormantAfter: milliseconds. A user is then dormant in the period in which he has been silent for longer,
  ///     returning when he comes back before that and resurrected after it. Costs O(periods) for each user.
  ///   - transitions: whether to count them; as rows of users it costs O(periods) for each user.
  ///   - hasGroups: whether users come with a group.
  package init(
    _ periods: PeriodTable, dormantAfter: Int64? = nil, transitions: Bool = false, hasGroups: Bool = false,
    perUser: Bool = false
  ) {
    self.periods = periods
    self.dormantAfter = dormantAfter
    self.hasGroups = hasGroups
    stages = StageAccumulator(
      stages: LifecycleStage.allCases.count, periods: max(periods.count, 1), transitions: transitions, perUser: perUser)
    walksEach = transitions || perUser || dormantAfter != nil
  }

  /// Adds one batch; a row counts where bit 0 of its mask is set.
  ///
  /// - Parameters:
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  ///   - groups: a small code for each user, where users have groups.
  /// - Complexity: O(rows).
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    groups: Span<UInt32> = Span()
  ) {
    precondition(types.isEmpty ? masks.count == times.count : types.count == times.count, "one mask for each row")
    precondition(!hasGroups || groups.count == users.count, "a group for each user")
    periods.fill(&scratch, times)
    let indices = scratch
    if !walksEach {
      let (periods, hasGroups) = (self.periods, self.hasGroups)
      stages.withCounts(groupOf: groups) { counts, layout in
        Self.count(
          periods, starts, times, types, masks, hasGroups ? groups : Span(), indices.span, &counts, layout)
      }
      return
    }
    let byType = !types.isEmpty
    var activity = Activity()
    var user = 0
    while user < users.count {
      activity.clear()
      var row = starts[user]
      while row < starts[user + 1] {
        if masks[byType ? Int(truncatingIfNeeded: types[row]) : row] & 1 != 0 {
          let period = Int(indices[row])
          if period >= 0 {
            activity.add(period, times[row])
          } else if times[row] < periods.range.lowerBound {
            activity.earlier = times[row]
          }
        }
        row &+= 1
      }
      walk(users[user], hasGroups ? Int(groups[user]) : 0, activity)
      user &+= 1
    }
  }

  /// When one user was active.
  private struct Activity {
    /// The last time before the periods.
    var earlier: Int64?
    var periods: [Int] = []
    /// The first and the last time in each of them.
    var first: [Int64] = []
    var last: [Int64] = []

    mutating func clear() {
      earlier = nil
      periods.removeAll(keepingCapacity: true)
      first.removeAll(keepingCapacity: true)
      last.removeAll(keepingCapacity: true)
    }

    mutating func add(_ period: Int, _ time: Int64) {
      if period == periods.last {
        last[last.count - 1] = time
        return
      }
      periods.append(period)
      first.append(time)
      last.append(time)
    }
  }

  /// Counts users by period and stage without keeping anything of a user but the last period he was active in.
  private static func count(
    _ periods: PeriodTable, _ starts: Span<Int>, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ groups: Span<UInt32>,
    _ indices: Span<Int32>, _ counts: inout MutableSpan<Int>, _ layout: StageAccumulator.Layout
  ) {
    let byType = !types.isEmpty
    let lower = periods.range.lowerBound
    let end = Int32(truncatingIfNeeded: periods.count)
    /// No period, and none that neighbours one.
    let none: Int32 = -2
    let (dormant, resurrected) = (LifecycleStage.dormant.rawValue, LifecycleStage.resurrected.rawValue)
    var user = 0
    while user < starts.count - 1 {
      let group = groups.isEmpty ? 0 : Int(groups[user])
      var last = none
      var wasActive = 0
      var row = starts[user]
      let stop = starts[user + 1]
      while row < stop {
        let period = indices[row]
        if period != last && masks[byType ? Int(truncatingIfNeeded: types[row]) : row] & 1 != 0 {
          if period >= 0 {
            // Counted without a branch, since nothing foretells who comes back: new is 0, returning 1, resurrected 2.
            let follows = period == last &+ 1 ? 1 : 0
            let paused = last >= 0 ? 1 &- follows : 0
            counts[layout.place(dormant, group: group, period: max(Int(last) &+ 1, 0))] &+= paused
            let stage = wasActive &* (resurrected &- follows)
            counts[layout.place(stage, group: group, period: Int(period))] &+= 1
            last = period
            wasActive = 1
          } else if times[row] < lower {
            wasActive = 1
          }
        }
        row &+= 1
      }
      if last >= 0 && last &+ 1 < end {
        counts[layout.place(dormant, group: group, period: Int(last) &+ 1)] &+= 1
      }
      user &+= 1
    }
  }

  /// Every stage of one user. The first period is there for what it tells about the next, and is not reported.
  private mutating func walk(_ user: UInt32, _ group: Int, _ activity: Activity) {
    var next = 0
    var last = activity.earlier
    var lastPeriod: Int?
    stages.begin(user, group: group)
    for period in 0..<periods.count {
      var stage: LifecycleStage?
      if next < activity.periods.count && activity.periods[next] == period {
        stage = back(after: last, lastPeriod, at: activity.first[next], period)
        last = activity.last[next]
        lastPeriod = period
        next += 1
      } else if let last {
        stage = silent(since: last, lastPeriod, period)
      }
      if period > 0 { stages.add(stage?.rawValue, period: period) }
    }
  }

  /// The stage of an active user whose activity before was at `last`.
  private func back(after last: Int64?, _ lastPeriod: Int?, at time: Int64, _ period: Int) -> LifecycleStage {
    guard let last else { return .new }
    if let dormantAfter { return time - last > dormantAfter ? .resurrected : .returning }
    return lastPeriod == period - 1 ? .returning : .resurrected
  }

  private func silent(since last: Int64, _ lastPeriod: Int?, _ period: Int) -> LifecycleStage {
    guard let dormantAfter else { return lastPeriod == period - 1 ? .dormant : .inactive }
    let bounds = periods.period(period)
    let end = min(bounds.upperBound, periods.range.upperBound)
    return end - last > dormantAfter && bounds.lowerBound - last <= dormantAfter ? .dormant : .inactive
  }

  package mutating func merge(_ other: LifecycleAccumulator) { stages.merge(other.stages) }

  /// Users of each stage (but `inactive`) in each period to report: index 0 is the second period of the table.
  package func finish(group: UInt32 = 0) -> [[Int]] {
    (1..<max(periods.count, 1)).map { Array(stages.users(group: group, period: $0).dropLast()) }
  }

  /// How often a user of one stage was in another one period later, over the reported periods, with the share among all
  /// who left the first.
  package func finishTransitions(group: UInt32 = 0) -> [LifecycleTransition] {
    stages.finishTransitions(group: group).compactMap { row in
      guard let from = LifecycleStage(rawValue: row.from), let to = LifecycleStage(rawValue: row.to) else { return nil }
      return LifecycleTransition(from: from, to: to, users: row.users, share: row.share)
    }
  }

  /// The groups with users, ascending.
  package var groups: [UInt32] { stages.groups }

  /// Filled when rows of users are asked for: stages are those of ``LifecycleStage`` by their raw values.
  package var perUser: StageUsers? { stages.perUser }
}

package struct LifecycleTransition: Sendable, Equatable {
  package var from: LifecycleStage
  package var to: LifecycleStage
  package var users: Int
  package var share: Double
}
