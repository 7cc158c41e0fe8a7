/// Which ways users take from an event, to an event, or from one to the other: `PATHS FROM a TO b`.
///
/// A path is a run of a user's visible rows, each a *node* (its event type, or the value of `on`). Rows come with masks
/// of ``fromBit``, ``toBit``, ``endBit`` and ``SequencePattern/hiddenRow``. Reference: docs/reference/paths.md.
package struct PathDefinition: Sendable {
  package static let fromBit: UInt64 = 1
  package static let toBit: UInt64 = 2
  /// Ends a path before this row: `WITHOUT`.
  package static let endBit: UInt64 = 4
  /// The node that a path goes to when the user leaves.
  package static let left = UInt32.max >> 4

  package enum Anchor: Sendable {
    /// Forward from a row that fits FROM, until TO where there is one.
    case from
    /// Backward from a row that fits TO.
    case to
  }

  package var anchor: Anchor
  /// The most transitions of a path, 1 ... 255.
  package var steps: Int
  /// The longest time from the anchor to any other row, milliseconds, inclusive.
  package var within: Int64?
  /// Half-open range for the anchor.
  package var during: Range<Int64>?
  /// Whether a run of equal nodes is one.
  package var collapse: Bool

  package init(
    anchor: Anchor, steps: Int, within: Int64? = nil, during: Range<Int64>? = nil, collapse: Bool = false
  ) {
    precondition((1...255).contains(steps), "a path has 1 to 255 steps")
    self.anchor = anchor
    self.steps = steps
    self.within = within
    self.during = during
    self.collapse = collapse
  }
}

/// Counts the transitions of paths by position.
package struct PathAccumulator: Sendable {
  private let definition: PathDefinition
  private let grouping: Grouping
  private var table = TransitionTable()
  private var cells: [Cell] = []
  /// The gaps in the order in which they were seen, with the cell of each.
  private var gaps: [Int64] = []
  private var gapCells: [Int32] = []
  /// The gaps of merged accumulators by cell, which stay where they are.
  private var mergedGaps: [[[Int64]]] = []
  private var userNumber = 0
  private var path: [Int] = []
  /// Filled when rows of paths are asked for.
  package private(set) var perUser: PathUsers?

  /// One transition of one group.
  private struct Cell {
    var transitions = 0
    var users = 0
    /// The last user counted, so that each counts once.
    var lastUser = 0
  }

  package init(_ definition: PathDefinition, grouping: Grouping = .none, perUser: Bool = false) {
    self.definition = definition
    self.grouping = grouping
    self.perUser = perUser ? PathUsers() : nil
  }

  /// Adds the paths of one batch. Paths of one user do not overlap.
  ///
  /// - Parameters:
  ///   - masks: one for each row.
  ///   - nodes: a code below 2^28 − 1 for each row.
  ///   - groups: a small code for each user or row, as the grouping says; a path has that of its anchor.
  ///   - sessions: for `SAME SESSION` the session number of each row (``numberSessions(starts:times:gap:into:)``).
  /// - Complexity: O(rows).
  package mutating func update(
    users ids: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, masks: Span<UInt64>, nodes: Span<UInt32>,
    groups: Span<UInt32> = Span(), sessions: Span<UInt64> = Span()
  ) {
    precondition(masks.count == times.count && nodes.count == times.count, "a mask and a node for each row")
    precondition(sessions.isEmpty || sessions.count == times.count, "a session for each row")
    let anchorBit = definition.anchor == .from ? PathDefinition.fromBit : PathDefinition.toBit
    var user = 0
    while user < ids.count {
      userNumber &+= 1
      // Rows before `free` belong to an earlier path of this user.
      var free = starts[user]
      var row = free
      while row < starts[user + 1] {
        let isAnchor = masks[row] & anchorBit != 0 && masks[row] & SequencePattern.hiddenRow == 0
        if isAnchor && definition.during?.contains(times[row]) ?? true {
          let rows = free..<starts[user + 1]
          let end: PathEnd
          let group: UInt32
          switch grouping {
          case .none: group = 0
          case .user: group = groups[user]
          case .row: group = groups[row]
          }
          if definition.anchor == .from {
            (end, row) = followForward(row, rows, times, masks, nodes, sessions)
          } else {
            end = followBackward(row, rows, times, masks, nodes, sessions)
          }
          free = row + 1
          count(times, nodes, end, group)
          perUser?.append(ids[user], group, path.map { nodes[$0] }, end)
        }
        row &+= 1
      }
      user &+= 1
    }
  }

  /// Collects the rows of the path from `first` into `path`; returns how it ended and the last row it took.
  private mutating func followForward(
    _ first: Int, _ rows: Range<Int>, _ times: Span<Int64>, _ masks: Span<UInt64>, _ nodes: Span<UInt32>,
    _ sessions: Span<UInt64>
  ) -> (PathEnd, Int) {
    path.removeAll(keepingCapacity: true)
    path.append(first)
    var last = first
    var row = first + 1
    while row < rows.upperBound {
      if !belongs(row, to: first, times, sessions) || masks[row] & PathDefinition.endBit != 0 { break }
      if masks[row] & SequencePattern.hiddenRow == 0 {
        last = row
        if !definition.collapse || nodes[row] != nodes[path[path.count - 1]] { path.append(row) }
        if masks[row] & PathDefinition.toBit != 0 { return (.reached, last) }
        if path.count > definition.steps { return (.cut, last) }
      }
      row += 1
    }
    return (.left, last)
  }

  private mutating func followBackward(
    _ anchor: Int, _ rows: Range<Int>, _ times: Span<Int64>, _ masks: Span<UInt64>, _ nodes: Span<UInt32>,
    _ sessions: Span<UInt64>
  ) -> PathEnd {
    path.removeAll(keepingCapacity: true)
    path.append(anchor)
    var row = anchor - 1
    while row >= rows.lowerBound && path.count <= definition.steps {
      if !belongs(row, to: anchor, times, sessions) || masks[row] & PathDefinition.endBit != 0 { break }
      let isHidden = masks[row] & SequencePattern.hiddenRow != 0
      if !isHidden && (!definition.collapse || nodes[row] != nodes[path[path.count - 1]]) { path.append(row) }
      row -= 1
    }
    path.reverse()
    return .reached
  }

  private func belongs(_ row: Int, to anchor: Int, _ times: Span<Int64>, _ sessions: Span<UInt64>) -> Bool {
    if !sessions.isEmpty && sessions[row] != sessions[anchor] { return false }
    guard let within = definition.within else { return true }
    return abs(times[row] - times[anchor]) <= within
  }

  private mutating func count(_ times: Span<Int64>, _ nodes: Span<UInt32>, _ end: PathEnd, _ group: UInt32) {
    let count = path.count
    var last = path[0]
    var index = 1
    while index < count {
      let row = path[index]
      // Backward paths are numbered by their distance to the end.
      let position = definition.anchor == .from ? index : count - index
      let cell = add(group, position, nodes[last], nodes[row])
      gaps.append(times[row] &- times[last])
      gapCells.append(Int32(truncatingIfNeeded: cell))
      last = row
      index &+= 1
    }
    if end == .left { _ = add(group, count, nodes[last], PathDefinition.left) }
  }

  private mutating func add(_ group: UInt32, _ position: Int, _ from: UInt32, _ to: UInt32) -> Int {
    let cell = table.index(of: position, from, to, in: group)
    if cell == cells.count { cells.append(Cell()) }
    cells[cell].transitions &+= 1
    if cells[cell].lastUser != userNumber {
      cells[cell].lastUser = userNumber
      cells[cell].users &+= 1
    }
    return cell
  }

  /// The gaps of each cell, in lists.
  private var gapsByCell: [[[Int64]]] {
    var sizes = [Int](repeating: 0, count: cells.count)
    for cell in gapCells { sizes[Int(cell)] &+= 1 }
    var ends = sizes
    for cell in ends.indices.dropFirst() { ends[cell] += ends[cell - 1] }
    var sorted = [Int64](repeating: 0, count: gaps.count)
    var next = zip(ends, sizes).map { $0 - $1 }
    var index = 0
    while index < gaps.count {
      let cell = Int(gapCells[index])
      sorted[next[cell]] = gaps[index]
      next[cell] &+= 1
      index &+= 1
    }
    return cells.indices.map { cell in
      let own = sizes[cell] == 0 ? [] : [Array(sorted[ends[cell] - sizes[cell]..<ends[cell]])]
      return (cell < mergedGaps.count ? mergedGaps[cell] : []) + own
    }
  }

  /// Sorts the gaps by cell, which a worker does for its own before accumulators are merged.
  package mutating func seal() {
    mergedGaps = gapsByCell
    gaps = []
    gapCells = []
  }

  /// Adds what another accumulator counted over other users.
  package mutating func merge(_ other: PathAccumulator) {
    let lists = other.gapsByCell
    for (place, key) in other.table.keys.enumerated() {
      let cell = table.index(of: key, in: other.table.groups[place])
      if cell == cells.count { cells.append(Cell()) }
      cells[cell].transitions += other.cells[place].transitions
      cells[cell].users += other.cells[place].users
      while mergedGaps.count < cells.count { mergedGaps.append([]) }
      mergedGaps[cell] += lists[place]
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
  package func finish(
    group: UInt32 = 0, top: Int = .max, minimumUsers: Int = 1, rank: (UInt32) -> Int = { Int($0) }
  ) -> [PathTransition] {
    var rows: [PathTransition] = []
    let gaps = gapsByCell
    var totals = Array(repeating: 0, count: definition.steps + 2)
    for (cell, key) in table.keys.enumerated() where table.groups[cell] == group {
      totals[TransitionTable.position(key)] += cells[cell].transitions
    }
    for (cell, key) in table.keys.enumerated() where table.groups[cell] == group && cells[cell].users >= minimumUsers {
      let position = TransitionTable.position(key)
      rows.append(
        PathTransition(
          position: definition.anchor == .from ? position : -position, from: TransitionTable.from(key),
          to: TransitionTable.to(key), transitions: cells[cell].transitions, users: cells[cell].users,
          share: Double(cells[cell].transitions) / Double(totals[position]), medianGap: median(ofLists: gaps[cell])))
    }
    rows.sort { left, right in
      if left.position != right.position { return abs(left.position) < abs(right.position) }
      if left.transitions != right.transitions { return left.transitions > right.transitions }
      return (rank(left.from), rank(left.to)) < (rank(right.from), rank(right.to))
    }
    var taken = Array(repeating: 0, count: definition.steps + 2)
    return rows.filter { row in
      taken[abs(row.position)] += 1
      return taken[abs(row.position)] <= top
    }
  }
}

/// How a path ended.
package enum PathEnd: Sendable {
  /// At TO.
  case reached
  /// After the most steps that were asked for.
  case cut
  /// The user did nothing more within the window, the session or the log, or an excluded event came.
  case left
}

/// One row of the summary of paths.
package struct PathTransition: Sendable, Equatable {
  /// 1 for the first transition from FROM; −1 for the last one into TO when paths are followed backward.
  package var position: Int
  package var from: UInt32
  /// ``PathDefinition/left`` where the user left.
  package var to: UInt32
  package var transitions: Int
  package var users: Int
  /// Over all transitions of the position.
  package var share: Double
  /// Milliseconds; `nil` where the user left.
  package var medianGap: Int64?
}

/// The `PER USER` columns of paths: one row for each path.
package struct PathUsers: Sendable {
  package private(set) var users: [UInt32] = []
  package private(set) var groups: [UInt32] = []
  /// The nodes of each path in order; its length is their number.
  package private(set) var paths: [[UInt32]] = []
  package private(set) var ends: [PathEnd] = []

  mutating func append(_ user: UInt32, _ group: UInt32, _ path: [UInt32], _ end: PathEnd) {
    users.append(user)
    groups.append(group)
    paths.append(path)
    ends.append(end)
  }

  mutating func merge(_ other: PathUsers) {
    users.append(contentsOf: other.users)
    groups.append(contentsOf: other.groups)
    paths.append(contentsOf: other.paths)
    ends.append(contentsOf: other.ends)
  }
}

/// Numbers the transitions that occur, in order of first appearance: an open-addressing hash table.
private struct TransitionTable: Sendable {
  private(set) var keys: [UInt64] = []
  private(set) var groups: [UInt32] = []
  /// Number + 1 of the key in each slot, 0 for none; a power of two, at most half full.
  private var slots = [Int32](repeating: 0, count: 256)
  /// Number + 1 of the keys of group 0 with small nodes, by position, from and to: most logs have few types.
  private var direct = [Int32](repeating: 0, count: 16 * 16 * 16)

  static func key(_ position: Int, _ from: UInt32, _ to: UInt32) -> UInt64 {
    precondition(from <= PathDefinition.left && to <= PathDefinition.left, "a node is below 2^28")
    return UInt64(position) << 56 | UInt64(from) << 28 | UInt64(to)
  }

  static func position(_ key: UInt64) -> Int { Int(key >> 56) }
  static func from(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key >> 28) & PathDefinition.left }
  static func to(_ key: UInt64) -> UInt32 { UInt32(truncatingIfNeeded: key) & PathDefinition.left }

  /// As ``index(of:in:)``, without hashing where numbers are small.
  @inline(__always)
  mutating func index(of position: Int, _ from: UInt32, _ to: UInt32, in group: UInt32) -> Int {
    // A user's leaving has the last place of a row.
    let end = to == PathDefinition.left ? 15 : to
    let isSmall = group == 0 && position < 16 && from < 15 && (end < 15 || to == PathDefinition.left)
    guard isSmall else { return index(of: Self.key(position, from, to), in: group) }
    let place = position &* 256 &+ Int(from) &* 16 &+ Int(end)
    if direct[place] != 0 { return Int(direct[place]) &- 1 }
    let number = index(of: Self.key(position, from, to), in: group)
    direct[place] = Int32(truncatingIfNeeded: number &+ 1)
    return number
  }

  mutating func index(of key: UInt64, in group: UInt32) -> Int {
    var slot = Self.slot(key, group, slots.count)
    while slots[slot] != 0 {
      let number = Int(slots[slot]) - 1
      if keys[number] == key && groups[number] == group { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    keys.append(key)
    groups.append(group)
    slots[slot] = Int32(keys.count)
    if keys.count * 2 > slots.count { grow() }
    return keys.count - 1
  }

  private static func slot(_ key: UInt64, _ group: UInt32, _ count: Int) -> Int {
    let mixed = (key ^ (UInt64(group) &* 0xC2B2_AE3D_27D4_EB4F)) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32) & (count - 1)
  }

  private mutating func grow() {
    slots = [Int32](repeating: 0, count: slots.count * 2)
    for (number, key) in keys.enumerated() {
      var slot = Self.slot(key, groups[number], slots.count)
      while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = Int32(number + 1)
    }
  }
}
