import Dispatch
import Synchronization

/// Counts the transitions of paths by position.
package struct PathAccumulator: Sendable {
  private let walk: PathWalk
  private var table = TransitionTable()
  /// By number of the transition.
  private var tallies: [Tally] = []
  private var gaps: [GapList] = []
  private var usersSeen = 0
  private var batch = PathSteps()
  /// Filled when rows of paths are asked for.
  package private(set) var perUser: PathUsers?

  /// The users who took a transition.
  private struct Tally {
    var users = 0
    /// The last user counted, so that each counts once.
    var lastUser = 0
  }

  package init(_ definition: PathDefinition, grouping: Grouping = .none, perUser: Bool = false) {
    walk = PathWalk(definition: definition, grouping: grouping)
    self.perUser = perUser ? PathUsers() : nil
  }

  /// Adds the paths of one batch. Paths of one user do not overlap.
  ///
  /// - Parameters:
  ///   - types: the type of each row; empty when `masks` has one mask for each row, else it has one for each type.
  ///   - nodes: a code below 2^28 − 1 for each row.
  ///   - groups: a small code for each user or row, as the grouping says; a path has that of its anchor.
  ///   - sessions: for `SAME SESSION` the session number of each row (``numberSessions(starts:times:gap:into:)``).
  /// - Complexity: O(rows).
  package mutating func update(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32> = Span(), masks: Span<UInt64>,
    nodes: Span<UInt32>, groups: Span<UInt32> = Span(), sessions: Span<UInt64> = Span()
  ) {
    precondition(starts.count == users.count + 1, "a start for each user, and the end")
    precondition(types.isEmpty ? masks.count == times.count : types.count == times.count, "one mask for each row")
    precondition(nodes.count == times.count, "a node for each row")
    precondition(sessions.isEmpty || sessions.count == times.count, "a session for each row")
    walk.follow(
      users: users, starts: starts, times: times, types: types, masks: masks, nodes: nodes, groups: groups,
      sessions: sessions, into: &batch, &perUser)
    batch.sizes.removeAll(keepingCapacity: true)
    batch.sizes.append(contentsOf: repeatElement(0, count: tallies.count))
    var next = countKnown(from: 0)
    while next < batch.count {
      table.add(TransitionKey(bits: batch.keys[next]), in: batch.group(next))
      tallies.append(Tally())
      gaps.append(GapList())
      batch.sizes.append(0)
      next = countKnown(from: next)
    }
    usersSeen += users.count
    distributeGaps()
  }

  /// Numbers and counts transitions of the batch up to the first that was never seen; returns its place.
  private mutating func countKnown(from first: Int) -> Int {
    let (table, batchKeys, batchOwners, batchGroups) = (self.table, batch.keys, batch.owners, batch.groups)
    let (keys, owners, groups) = (batchKeys.span, batchOwners.span, batchGroups.span)
    let hasGroups = !groups.isEmpty
    let (count, firstUser) = (batch.count, usersSeen + 1)
    // Taken out of the accumulator, so that the loop works on plain memory.
    var (tallies, numbers, sizes): ([Tally], [Int32], [Int32]) = ([], [], [])
    swap(&tallies, &self.tallies)
    swap(&numbers, &batch.numbers)
    swap(&sizes, &batch.sizes)
    var tally = tallies.mutableSpan
    var number = numbers.mutableSpan
    var size = sizes.mutableSpan
    var index = first
    while index < count {
      let cell = table.find(TransitionKey(bits: keys[index]), in: hasGroups ? groups[index] : 0)
      if cell < 0 { break }
      number[index] = Int32(truncatingIfNeeded: cell)
      size[cell] &+= 1
      let user = firstUser &+ Int(owners[index])
      tally[cell].users &+= tally[cell].lastUser == user ? 0 : 1
      tally[cell].lastUser = user
      index &+= 1
    }
    swap(&tallies, &self.tallies)
    swap(&numbers, &batch.numbers)
    swap(&sizes, &batch.sizes)
    return index
  }

  /// Appends the gaps of the batch to the lists of their transitions.
  private mutating func distributeGaps() {
    let long = batch.sortGaps()
    var end = 0
    for cell in gaps.indices where batch.sizes[cell] > 0 {
      let begin = end
      end += Int(batch.sizes[cell])
      gaps[cell].append(batch.sorted[begin..<end])
    }
    for (number, gap) in long { gaps[number].appendLong(gap) }
  }

  /// Adds what another accumulator counted over other users.
  package mutating func merge(_ other: PathAccumulator) {
    for (place, key) in other.table.keys.enumerated() {
      let group = other.table.groups[place]
      var cell = table.find(key, in: group)
      if cell < 0 {
        cell = tallies.count
        table.add(key, in: group)
        tallies.append(Tally())
        gaps.append(GapList())
      }
      tallies[cell].users += other.tallies[place].users
      gaps[cell].merge(other.gaps[place])
    }
    if let rows = other.perUser { perUser?.merge(rows) }
  }

  /// The groups with a path, ascending.
  package var groups: [UInt32] { Set(table.groups).sorted() }

  /// The summary of one group: by position, the most frequent transitions first, equal ones by the ranks of their nodes.
  ///
  /// - Parameters:
  ///   - top: the most rows of a position.
  ///   - minimumUsers: rows with fewer users are left out; shares still refer to all.
  ///   - rank: the order of nodes; that of their codes by default.
  ///   - threads: how many look for medians.
  package func finish(
    group: UInt32 = 0, top: Int = .max, minimumUsers: Int = 1, rank: (UInt32) -> Int = { Int($0) }, threads: Int = 1
  ) -> [PathTransition] {
    let definition = walk.definition
    var totals = Array(repeating: 0, count: definition.steps + 2)
    var rows: [(row: PathTransition, cell: Int)] = []
    for (cell, key) in table.keys.enumerated() where table.groups[cell] == group {
      totals[key.position] += gaps[cell].count
      guard tallies[cell].users >= minimumUsers else { continue }
      let row = PathTransition(
        position: definition.anchor == .from ? key.position : -key.position, from: key.from, to: key.to,
        transitions: gaps[cell].count, users: tallies[cell].users, share: 0)
      rows.append((row, cell))
    }
    rows.sort { left, right in
      let (left, right) = (left.row, right.row)
      if left.position != right.position { return abs(left.position) < abs(right.position) }
      if left.transitions != right.transitions { return left.transitions > right.transitions }
      return (rank(left.from), rank(left.to)) < (rank(right.from), rank(right.to))
    }
    var taken = Array(repeating: 0, count: definition.steps + 2)
    rows = rows.filter { row, _ in
      taken[abs(row.position)] += 1
      return taken[abs(row.position)] <= top
    }
    return zip(rows, medianGaps(of: rows.map(\.cell), threads: threads)).map { found, median in
      var row = found.row
      row.share = Double(row.transitions) / Double(totals[abs(row.position)])
      row.medianGap = median
      return row
    }
  }

  /// The median gap of each of `cells`, which several threads take one by one; `nil` where users leave.
  private func medianGaps(of cells: [Int], threads: Int) -> [Int64?] {
    let results = Mutex([Int64?](repeating: nil, count: cells.count))
    let next = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, cells.count))) { _ in
      while true {
        let place = next.withLock { next in
          defer { next += 1 }
          return next
        }
        guard place < cells.count else { return }
        let cell = cells[place]
        let median = table.keys[cell].to == PathDefinition.left ? nil : gaps[cell].median
        results.withLock { $0[place] = median }
      }
    }
    return results.withLock { $0 }
  }
}
