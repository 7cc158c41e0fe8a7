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
  private let withTransitions: Bool
  /// Indexed by period × stages + stage.
  private var counts: [Int]
  /// Indexed by from × stages + to, summed over the periods.
  private var transitions: [Int]
  private var scratch: [Int32] = []
  /// Filled when rows of users are asked for.
  package private(set) var perUser: LifecycleUsers?

  private static let stageCount = LifecycleStage.allCases.count

  /// - Parameters:
  ///   - periods: those to report, *preceded by one more*, whose activity tells returning from resurrected.
  ///   - transitions: whether to count them; as rows of users it costs O(periods) for each user.
  package init(_ periods: PeriodTable, transitions: Bool = false, perUser: Bool = false) {
    self.periods = periods
    withTransitions = transitions
    counts = Array(repeating: 0, count: periods.count * Self.stageCount)
    self.transitions = Array(repeating: 0, count: Self.stageCount * Self.stageCount)
    self.perUser = perUser ? LifecycleUsers() : nil
  }

  /// Adds one batch; a row counts where bit 0 of its mask is set.
  ///
  /// - Parameters:
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  /// - Complexity: O(rows).
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>
  ) {
    precondition(types.isEmpty ? masks.count == times.count : types.count == times.count, "one mask for each row")
    periods.fill(&scratch, times)
    let indices = scratch
    let byType = !types.isEmpty
    var active: [Int] = []
    var user = 0
    while user < users.count {
      var hasEarlier = false
      active.removeAll(keepingCapacity: true)
      var row = starts[user]
      while row < starts[user + 1] {
        if masks[byType ? Int(truncatingIfNeeded: types[row]) : row] & 1 != 0 {
          let period = Int(indices[row])
          if period < 0 {
            hasEarlier = hasEarlier || times[row] < periods.range.lowerBound
          } else if period != active.last {
            active.append(period)
          }
        }
        row &+= 1
      }
      count(active, hasEarlier: hasEarlier)
      if withTransitions || perUser != nil { walk(users[user], active, hasEarlier: hasEarlier) }
      user &+= 1
    }
  }

  private mutating func count(_ active: [Int], hasEarlier: Bool) {
    var index = 0
    while index < active.count {
      let period = active[index]
      let stage: LifecycleStage
      if index > 0 {
        stage = active[index - 1] == period - 1 ? .returning : .resurrected
      } else {
        stage = hasEarlier ? .resurrected : .new
      }
      counts[period * Self.stageCount + stage.rawValue] += 1
      let next = index + 1 < active.count ? active[index + 1] : periods.count
      if next > period + 1 { counts[(period + 1) * Self.stageCount + LifecycleStage.dormant.rawValue] += 1 }
      index += 1
    }
  }

  /// Every stage of one user from the first period to report on.
  private mutating func walk(_ user: UInt32, _ active: [Int], hasEarlier: Bool) {
    var previous: LifecycleStage?
    var next = 0
    var wasActive = false
    var known = hasEarlier
    for period in 0..<periods.count {
      let isActive = next < active.count && active[next] == period
      var stage: LifecycleStage?
      if isActive {
        stage = wasActive ? .returning : known ? .resurrected : .new
        next += 1
      } else if known {
        stage = wasActive ? .dormant : .inactive
      }
      known = known || isActive
      wasActive = isActive
      if let stage, period > 0 {
        if let previous, withTransitions, period > 1 {
          transitions[previous.rawValue * Self.stageCount + stage.rawValue] += 1
        }
        perUser?.append(user, period, stage, period > 1 ? previous : nil)
      }
      previous = period > 0 ? stage : nil
    }
  }

  package mutating func merge(_ other: LifecycleAccumulator) {
    for cell in counts.indices { counts[cell] += other.counts[cell] }
    for cell in transitions.indices { transitions[cell] += other.transitions[cell] }
    if let rows = other.perUser { perUser?.merge(rows) }
  }

  /// Users of each stage (but `inactive`) in each period to report: index 0 is the second period of the table.
  package func finish() -> [[Int]] {
    (1..<max(periods.count, 1)).map { period in
      (0..<Self.stageCount - 1).map { counts[period * Self.stageCount + $0] }
    }
  }

  /// How often a user of one stage was in another one period later, over the reported periods, with the share among all
  /// who left the first.
  package func finishTransitions() -> [LifecycleTransition] {
    var rows: [LifecycleTransition] = []
    for from in LifecycleStage.allCases {
      let cells = transitions[from.rawValue * Self.stageCount..<(from.rawValue + 1) * Self.stageCount]
      let total = cells.reduce(0, +)
      for (to, users) in zip(LifecycleStage.allCases, cells) where users > 0 {
        rows.append(LifecycleTransition(from: from, to: to, users: users, share: Double(users) / Double(total)))
      }
    }
    return rows
  }
}

package struct LifecycleTransition: Sendable, Equatable {
  package var from: LifecycleStage
  package var to: LifecycleStage
  package var users: Int
  package var share: Double
}

/// The `PER USER` columns: a row for each reported period from the user's first one on.
package struct LifecycleUsers: Sendable {
  package private(set) var users: [UInt32] = []
  /// Index into the table of periods.
  package private(set) var periods: [Int32] = []
  package private(set) var stages: [LifecycleStage] = []
  /// `nil` in the first reported period and before the user was known.
  package private(set) var previousStages: [LifecycleStage?] = []

  mutating func append(_ user: UInt32, _ period: Int, _ stage: LifecycleStage, _ previous: LifecycleStage?) {
    users.append(user)
    periods.append(Int32(truncatingIfNeeded: period))
    stages.append(stage)
    previousStages.append(previous)
  }

  mutating func merge(_ other: LifecycleUsers) {
    users.append(contentsOf: other.users)
    periods.append(contentsOf: other.periods)
    stages.append(contentsOf: other.stages)
    previousStages.append(contentsOf: other.previousStages)
  }
}
