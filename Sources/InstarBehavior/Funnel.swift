/// Where an attempt gets its breakdown value from.
package enum FunnelGrouping: Sendable, Equatable {
  /// One group for all.
  case none
  /// A code for each user of the batch.
  case user
  /// A code for each row: that of the attempt's row at this step (from 0), or at the last one it reached before.
  case step(Int)
  /// A code for each row: that of the last row of the attempt.
  case lastStep
}

extension SequenceMatches {
  /// The user or the row of the batch whose code is the group of attempt `index`.
  fileprivate func place(_ index: Int, of grouping: FunnelGrouping) -> Int {
    var step = stepCount - 1
    switch grouping {
    case .none, .user: return Int(user[index])
    case .step(let wanted): step = min(wanted, step)
    case .lastStep: break
    }
    while step > 0 && rows[index * stepCount + step] < 0 { step -= 1 }
    return Int(rows[index * stepCount + step])
  }
}

/// Counts attempts into the summary of a funnel: accumulators of chunks are merged in chunk order, then finished.
///
/// Reference: docs/reference/funnel.md.
package struct FunnelAccumulator: Sendable {
  private let optional: [Bool]
  /// Whether a step that was reached has a row: no OPTIONAL, no NOT.
  private let everyStepHasRow: Bool
  private let grouping: FunnelGrouping
  private var groupCount = 0
  /// Indexed by group × steps + step.
  private var users: [Int] = []
  private var open: [Int] = []
  private var gaps: [[Int64]] = []
  /// The gaps of merged accumulators, which stay where they are.
  private var mergedGaps: [[[Int64]]] = []

  private var stepCount: Int { optional.count }

  package init(_ pattern: SequencePattern, grouping: FunnelGrouping = .none) {
    optional = pattern.steps.map { $0.mode == .optional }
    everyStepHasRow = pattern.steps.allSatisfy { $0.mode == .then || $0.mode == .directly }
    self.grouping = grouping
    if grouping == .none { grow(to: 1) }
  }

  /// Adds the attempts of one batch.
  ///
  /// - Parameters:
  ///   - times: the batch's times, milliseconds.
  ///   - groups: a small code for each user or each row, as the grouping says; memory grows with the greatest one.
  package mutating func update(_ matches: SequenceMatches, times: Span<Int64>, groups: Span<UInt32>? = nil) {
    precondition(grouping == .none || groups != nil, "a grouping needs codes")
    if grouping == .none && everyStepHasRow {
      addPlain(matches, times: times)
      return
    }
    var index = 0
    while index < matches.count {
      var group = 0
      if let groups, grouping != .none { group = Int(groups[matches.place(index, of: grouping)]) }
      if group >= groupCount { grow(to: group + 1) }
      add(matches, index, times: times, cell: group * stepCount)
      index &+= 1
    }
  }

  /// One group, no optional steps: step by step, so that each step's gaps are one run of memory.
  private mutating func addPlain(_ matches: SequenceMatches, times: Span<Int64>) {
    let count = matches.count
    let (reached, flags, rows) = (matches.reached.span, matches.flags.span, matches.rows.span)
    var unfinished = 0
    var index = 0
    while index < count {
      unfinished &+= flags[index].contains(.complete) ? 0 : 1
      index &+= 1
    }
    var step = 0
    while step < stepCount {
      var list: [Int64] = []
      swap(&list, &gaps[step])
      let known = list.count
      if step > 0 { list.append(contentsOf: repeatElement(0, count: count)) }
      var taken = 0
      var waiting = 0
      var output = list.mutableSpan
      index = 0
      while index < count {
        let isReached = Int(reached[index]) > step
        if isReached {
          let cell = index &* stepCount &+ step
          if step > 0 { output[known &+ taken] = times[Int(rows[cell])] &- times[Int(rows[cell &- 1])] }
          taken &+= 1
        } else if unfinished > 0 && !flags[index].contains(.complete) {
          waiting &+= 1
        }
        index &+= 1
      }
      if step > 0 { list.removeLast(count &- taken) }
      swap(&list, &gaps[step])
      users[step] += taken
      open[step] += waiting
      step &+= 1
    }
  }

  private mutating func add(_ matches: SequenceMatches, _ index: Int, times: Span<Int64>, cell: Int) {
    let reached = Int(matches.reached[index])
    var previous: Int64?
    var step = 0
    while step < reached {
      let row = matches.rows[index * stepCount + step]
      if row >= 0 {
        let time = times[Int(row)]
        if let previous { gaps[cell + step].append(time - previous) }
        previous = time
      }
      if row >= 0 || !optional[step] { users[cell + step] += 1 }
      step &+= 1
    }
    guard !matches.flags[index].contains(.complete) else { return }
    while step < stepCount {
      open[cell + step] += 1
      step &+= 1
    }
  }

  private mutating func grow(to count: Int) {
    let added = (count - groupCount) * stepCount
    users.append(contentsOf: repeatElement(0, count: added))
    open.append(contentsOf: repeatElement(0, count: added))
    gaps.append(contentsOf: repeatElement([], count: added))
    mergedGaps.append(contentsOf: repeatElement([], count: added))
    groupCount = count
  }

  /// Adds what another accumulator of the same funnel counted.
  package mutating func merge(_ other: FunnelAccumulator) {
    if other.groupCount > groupCount { grow(to: other.groupCount) }
    for cell in other.users.indices {
      users[cell] += other.users[cell]
      open[cell] += other.open[cell]
      mergedGaps[cell].append(contentsOf: other.mergedGaps[cell])
      if !other.gaps[cell].isEmpty { mergedGaps[cell].append(other.gaps[cell]) }
    }
  }

  /// The summary: groups by ascending code, groups without an entry left out (but for the only one of no breakdown).
  package func finish() -> [FunnelGroup] {
    var groups: [FunnelGroup] = []
    for group in 0..<groupCount where grouping == .none || users[group * stepCount] > 0 {
      groups.append(FunnelGroup(code: UInt32(group), steps: steps(of: group)))
    }
    return groups
  }

  private func steps(of group: Int) -> [FunnelStep] {
    var steps: [FunnelStep] = []
    let entered = users[group * stepCount]
    var before = entered
    for step in 0..<stepCount {
      let cell = group * stepCount + step
      steps.append(
        FunnelStep(
          users: users[cell],
          rate: entered == 0 ? nil : Double(users[cell]) / Double(entered),
          ratePrevious: before == 0 ? nil : Double(users[cell]) / Double(before),
          dropped: optional[step] ? 0 : before - users[cell],
          medianTime: median(ofLists: mergedGaps[cell] + [gaps[cell]]),
          isComplete: open[cell] == 0))
      if !optional[step] { before = users[cell] }
    }
    return steps
  }
}

/// The steps of one breakdown group.
package struct FunnelGroup: Sendable, Equatable {
  package let code: UInt32
  package let steps: [FunnelStep]
}

/// One row of a funnel's summary.
package struct FunnelStep: Sendable, Equatable {
  /// Users who reached at least this step; with `entry = every` attempts. For an optional step, those who took it.
  package var users: Int
  /// `users` over those of the first step; `nil` when nobody entered.
  package var rate: Double?
  /// `users` over those of the step before that is not optional; 1 at the first.
  package var ratePrevious: Double?
  /// Users of the step before who did not get here; 0 for optional steps.
  package var dropped: Int
  /// Median time since the step taken before, milliseconds; `nil` at the first step and where nobody came.
  package var medianTime: Int64?
  /// Whether nobody who is short of this step can still reach it within the window.
  package var isComplete: Bool
}

/// The `PER USER` columns of a funnel: one row for each attempt, in the order of the users.
package struct FunnelUsers: Sendable {
  /// Stands in ``times`` and ``timeToConvert`` where there is no value.
  package static let missing = Int64.min

  package private(set) var users: [UInt32] = []
  package private(set) var reached: [UInt8] = []
  package private(set) var converted: [UInt8] = []
  /// `times[step][row]`: t1 ... tn, milliseconds since 1970.
  package private(set) var times: [[Int64]]
  /// From the first step to the last one taken, milliseconds; only where converted.
  package private(set) var timeToConvert: [Int64] = []
  package private(set) var entryComplete: [UInt8] = []
  /// The breakdown group of each row; empty without a breakdown.
  package private(set) var groups: [UInt32] = []
  private let grouping: FunnelGrouping

  package init(_ pattern: SequencePattern, grouping: FunnelGrouping = .none) {
    times = Array(repeating: [], count: pattern.steps.count)
    self.grouping = grouping
  }

  /// - Parameters:
  ///   - users: the user ids of the batch.
  ///   - times: the times of its rows.
  ///   - codes: a code for each user or each row, as the grouping says.
  package mutating func update(
    _ matches: SequenceMatches, users: Span<UInt32>, times rowTimes: Span<Int64>, groups codes: Span<UInt32>? = nil
  ) {
    precondition(grouping == .none || codes != nil, "a grouping needs codes")
    var index = 0
    while index < matches.count {
      if let codes, grouping != .none { groups.append(codes[matches.place(index, of: grouping)]) }
      self.users.append(users[Int(matches.user[index])])
      reached.append(matches.reached[index])
      let hasConverted = matches.flags[index].contains(.converted)
      converted.append(hasConverted ? 1 : 0)
      entryComplete.append(matches.flags[index].contains(.complete) ? 1 : 0)
      var first = Self.missing
      var last = Self.missing
      for step in 0..<matches.stepCount {
        let row = matches.rows[index * matches.stepCount + step]
        let time = row < 0 ? Self.missing : rowTimes[Int(row)]
        times[step].append(time)
        if first == Self.missing { first = time }
        if row >= 0 { last = time }
      }
      timeToConvert.append(hasConverted ? last - first : Self.missing)
      index &+= 1
    }
  }

  package mutating func merge(_ other: FunnelUsers) {
    users.append(contentsOf: other.users)
    reached.append(contentsOf: other.reached)
    converted.append(contentsOf: other.converted)
    entryComplete.append(contentsOf: other.entryComplete)
    groups.append(contentsOf: other.groups)
    timeToConvert.append(contentsOf: other.timeToConvert)
    for step in times.indices { times[step].append(contentsOf: other.times[step]) }
  }
}
