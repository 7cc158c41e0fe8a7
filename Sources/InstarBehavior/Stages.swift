/// Counts users by period and stage, and how they pass from one stage to another, whatever the stages mean.
///
/// The stages of a user come in the order of periods: ``begin(_:group:)``, then ``add(_:period:)`` for each. Reference:
/// docs/reference/lifecycle.md.
package struct StageAccumulator: Sendable {
  private let stageCount: Int
  private let periodCount: Int
  private let withTransitions: Bool
  private var groupCount = 0
  /// Indexed by (group × periods + period) × stages + stage.
  private var counts: [Int] = []
  /// Indexed by (group × stages + from) × stages + to, summed over the periods.
  private var transitions: [Int] = []
  private var user: UInt32 = 0
  private var group = 0
  /// The stage of the user at hand in the period before.
  private var previous: Int?
  private var previousPeriod = -1
  /// Filled when rows of users are asked for.
  package private(set) var perUser: StageUsers?

  package init(stages: Int, periods: Int, transitions: Bool = false, perUser: Bool = false) {
    stageCount = stages
    periodCount = periods
    withTransitions = transitions
    self.perUser = perUser ? StageUsers() : nil
    grow(to: 1)
  }

  /// Turns to the next user.
  package mutating func begin(_ user: UInt32, group: Int = 0) {
    self.user = user
    self.group = group
    previous = nil
    previousPeriod = -1
    if group >= groupCount { grow(to: group + 1) }
  }

  /// Adds the stage of the user at hand; `nil` where he has none.
  package mutating func add(_ stage: Int?, period: Int) {
    let before = previousPeriod == period - 1 ? previous : nil
    if let stage {
      counts[(group * periodCount + period) * stageCount + stage] += 1
      if withTransitions, let before { transitions[(group * stageCount + before) * stageCount + stage] += 1 }
      perUser?.append(user, group: group, period: period, stage: stage, previous: before)
    }
    previous = stage
    previousPeriod = period
  }

  /// Where the counts of a stage stand.
  struct Layout {
    let periods: Int
    let stages: Int

    @inline(__always)
    func place(_ stage: Int, group: Int, period: Int) -> Int { (group &* periods &+ period) &* stages &+ stage }
  }

  /// Lets `body` count users of all `groups` without regard to who they are.
  mutating func withCounts(groupOf groups: Span<UInt32>, _ body: (inout MutableSpan<Int>, Layout) -> Void) {
    var most = 0
    var index = 0
    while index < groups.count {
      most = max(most, Int(groups[index]))
      index &+= 1
    }
    if most >= groupCount { grow(to: most + 1) }
    var list: [Int] = []
    swap(&list, &counts)
    var span = list.mutableSpan
    body(&span, Layout(periods: periodCount, stages: stageCount))
    swap(&list, &counts)
  }

  private mutating func grow(to count: Int) {
    let added = count - groupCount
    counts.append(contentsOf: repeatElement(0, count: added * periodCount * stageCount))
    transitions.append(contentsOf: repeatElement(0, count: added * stageCount * stageCount))
    groupCount = count
  }

  /// Adds what another accumulator counted over other users.
  package mutating func merge(_ other: StageAccumulator) {
    if other.groupCount > groupCount { grow(to: other.groupCount) }
    for cell in other.counts.indices { counts[cell] += other.counts[cell] }
    for cell in other.transitions.indices { transitions[cell] += other.transitions[cell] }
    if let rows = other.perUser { perUser?.merge(rows) }
  }

  /// The groups with users, ascending.
  package var groups: [UInt32] {
    let size = periodCount * stageCount
    return (0..<groupCount).filter { group in counts[group * size..<(group + 1) * size].contains { $0 > 0 } }
      .map { UInt32($0) }
  }

  /// Users of each stage in one period.
  package func users(group: UInt32 = 0, period: Int) -> [Int] {
    let place = (Int(group) * periodCount + period) * stageCount
    return place < counts.count ? Array(counts[place..<place + stageCount]) : Array(repeating: 0, count: stageCount)
  }

  /// How often a user of one stage was in another one period later, with the share among all who left the first; pairs
  /// that occur, by the order of stages.
  package func finishTransitions(group: UInt32 = 0) -> [StageTransition] {
    var rows: [StageTransition] = []
    for from in 0..<stageCount where Int(group) < groupCount {
      let place = (Int(group) * stageCount + from) * stageCount
      let cells = transitions[place..<place + stageCount]
      let total = cells.reduce(0, +)
      for (to, users) in cells.enumerated() where users > 0 {
        rows.append(StageTransition(from: from, to: to, users: users, share: Double(users) / Double(total)))
      }
    }
    return rows
  }
}

package struct StageTransition: Sendable, Equatable {
  package var from: Int
  package var to: Int
  package var users: Int
  package var share: Double

  package init(from: Int, to: Int, users: Int, share: Double) {
    self.from = from
    self.to = to
    self.users = users
    self.share = share
  }
}

/// The `PER USER` columns of a life cycle: a row for each reported period from the user's first one on.
package struct StageUsers: Sendable {
  package private(set) var users: [UInt32] = []
  package private(set) var groups: [UInt32] = []
  /// Index into the table of periods.
  package private(set) var periods: [Int32] = []
  package private(set) var stages: [Int32] = []
  /// −1 in the first reported period and where the user had no stage before.
  package private(set) var previousStages: [Int32] = []

  mutating func append(_ user: UInt32, group: Int, period: Int, stage: Int, previous: Int?) {
    users.append(user)
    groups.append(UInt32(truncatingIfNeeded: group))
    periods.append(Int32(truncatingIfNeeded: period))
    stages.append(Int32(truncatingIfNeeded: stage))
    previousStages.append(Int32(truncatingIfNeeded: previous ?? -1))
  }

  mutating func merge(_ other: StageUsers) {
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    periods.append(contentsOf: other.periods)
    stages.append(contentsOf: other.stages)
    previousStages.append(contentsOf: other.previousStages)
  }
}
