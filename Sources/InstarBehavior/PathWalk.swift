/// Follows the paths of the users of a batch and lists their transitions.
struct PathWalk: Sendable {
  let definition: PathDefinition
  let grouping: Grouping

  /// Replaces the transitions in `steps` by those of one batch; the other parameters are those of
  /// ``PathAccumulator/update(users:starts:times:types:masks:nodes:groups:sessions:)``.
  ///
  /// - Parameter paths: gets a row for each path, unless it is `nil`.
  func follow(
    users: Span<UInt32>, starts: Span<Int>, times: Span<Int64>, types: Span<UInt32>, masks: Span<UInt64>,
    nodes: Span<UInt32>, groups: Span<UInt32>, sessions: Span<UInt64>, into steps: inout PathSteps,
    _ paths: inout PathUsers?
  ) {
    steps.reserve(times.count, hasGroups: !groups.isEmpty)
    steps.count = follow(
      users, starts, times, types, masks, nodes, groups, sessions, &steps.keys, &steps.gaps, &steps.owners,
      &steps.groups, &paths)
  }

  /// Writes the transitions into the columns and returns their number.
  private func follow(
    _ users: Span<UInt32>, _ starts: Span<Int>, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ nodes: Span<UInt32>, _ groups: Span<UInt32>, _ sessions: Span<UInt64>, _ keyColumn: inout [UInt64],
    _ gapColumn: inout [Int64], _ ownerColumn: inout [Int32], _ groupColumn: inout [UInt32],
    _ paths: inout PathUsers?
  ) -> Int {
    var keys = keyColumn.mutableSpan
    var gaps = gapColumn.mutableSpan
    var owners = ownerColumn.mutableSpan
    var codes = groupColumn.mutableSpan
    var count = 0
    let byType = !types.isEmpty
    let anchor = definition.anchor == .from ? PathDefinition.fromBit : PathDefinition.toBit
    let hasGroups = !codes.isEmpty
    let begin = definition.during?.lowerBound ?? .min
    let end = definition.during?.upperBound ?? .max
    var user = 0
    while user < users.count {
      // Rows before `free` belong to an earlier path of this user.
      var free = starts[user]
      let stop = starts[user &+ 1]
      var row = free
      while row < stop {
        let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
        guard mask & (anchor | SequencePattern.hiddenRow) == anchor && times[row] >= begin && times[row] < end else {
          row &+= 1
          continue
        }
        let first = count
        var ending = PathEnd.reached
        switch definition.anchor {
        case .from:
          (free, ending) = forward(
            row, stop, user, times, types, masks, nodes, sessions, &keys, &gaps, &owners, &count)
        case .to:
          backward(row, free, user, times, types, masks, nodes, sessions, &keys, &gaps, &owners, &count)
          free = row &+ 1
        }
        var group: UInt32 = 0
        switch grouping {
        case .none: break
        case .user: group = groups[user]
        case .row: group = groups[row]
        }
        if hasGroups { for place in first..<count { codes[place] = group } }
        paths?.append(users[user], group, path(nodes[row], keys.span, first..<count), ending)
        row = free
      }
      user &+= 1
    }
    return count
  }

  /// Lists the path from `first`; returns the first row behind it and how it ended.
  @inline(__always)
  private func forward(
    _ first: Int, _ stop: Int, _ user: Int, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ nodes: Span<UInt32>, _ sessions: Span<UInt64>, _ keys: inout MutableSpan<UInt64>,
    _ gaps: inout MutableSpan<Int64>, _ owners: inout MutableSpan<Int32>, _ count: inout Int
  ) -> (free: Int, PathEnd) {
    let byType = !types.isEmpty
    let within = definition.within ?? .max
    let (collapse, most) = (definition.collapse, definition.steps)
    let owner = Int32(truncatingIfNeeded: user)
    var free = first &+ 1
    // The last node, and the position of the next transition.
    var last = first
    var position = 1
    var row = free
    while row < stop {
      if times[row] &- times[first] > within || !sessions.isEmpty && sessions[row] != sessions[first] { break }
      let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
      if mask & PathDefinition.endBit != 0 { break }
      if mask & SequencePattern.hiddenRow == 0 {
        free = row &+ 1
        if !collapse || nodes[row] != nodes[last] {
          keys[count] = TransitionKey(position, nodes[last], nodes[row]).bits
          gaps[count] = times[row] &- times[last]
          owners[count] = owner
          count &+= 1
          position &+= 1
          last = row
        }
        if mask & PathDefinition.toBit != 0 { return (free, .reached) }
        if position > most { return (free, .cut) }
      }
      row &+= 1
    }
    keys[count] = TransitionKey(position, nodes[last], PathDefinition.left).bits
    gaps[count] = 0
    owners[count] = owner
    count &+= 1
    return (free, .left)
  }

  /// Lists the path that ends at `anchor` and begins at `free` or later, its last transition first.
  @inline(__always)
  private func backward(
    _ anchor: Int, _ free: Int, _ user: Int, _ times: Span<Int64>, _ types: Span<UInt32>, _ masks: Span<UInt64>,
    _ nodes: Span<UInt32>, _ sessions: Span<UInt64>, _ keys: inout MutableSpan<UInt64>,
    _ gaps: inout MutableSpan<Int64>, _ owners: inout MutableSpan<Int32>, _ count: inout Int
  ) {
    let byType = !types.isEmpty
    let within = definition.within ?? .max
    let (collapse, most) = (definition.collapse, definition.steps)
    let owner = Int32(truncatingIfNeeded: user)
    var next = anchor
    var position = 1
    var row = anchor &- 1
    while row >= free && position <= most {
      if times[anchor] &- times[row] > within || !sessions.isEmpty && sessions[row] != sessions[anchor] { break }
      let mask = masks[byType ? Int(truncatingIfNeeded: types[row]) : row]
      if mask & PathDefinition.endBit != 0 { break }
      if mask & SequencePattern.hiddenRow == 0 && (!collapse || nodes[row] != nodes[next]) {
        keys[count] = TransitionKey(position, nodes[row], nodes[next]).bits
        gaps[count] = times[next] &- times[row]
        owners[count] = owner
        count &+= 1
        position &+= 1
        next = row
      }
      row &-= 1
    }
  }

  /// The nodes of the path with `anchor` and the transitions at `places`.
  private func path(_ anchor: UInt32, _ keys: Span<UInt64>, _ places: Range<Int>) -> [UInt32] {
    switch definition.anchor {
    case .from:
      return [anchor] + places.map { TransitionKey(bits: keys[$0]).to }.filter { $0 != PathDefinition.left }
    case .to: return places.reversed().map { TransitionKey(bits: keys[$0]).from } + [anchor]
    }
  }
}

/// The transitions of one batch in the order of users, and what is found out about them; its arrays keep their memory
/// from batch to batch.
struct PathSteps: Sendable {
  var count = 0
  /// ``TransitionKey/bits`` of each.
  var keys: [UInt64] = []
  /// Milliseconds; 0 where the user left.
  var gaps: [Int64] = []
  /// The place of the user in the batch.
  var owners: [Int32] = []
  /// The group of each, empty where there are no groups.
  var groups: [UInt32] = []
  /// The number of each among all transitions that occur.
  var numbers: [Int32] = []
  /// How many there are of each number.
  var sizes: [Int32] = []
  /// The gaps by number, as ``GapList`` keeps them.
  private(set) var sorted: [UInt32] = []

  /// Makes room for a batch. Each row of a path ends one transition at most, and the first can stand for leaving.
  mutating func reserve(_ rows: Int, hasGroups: Bool) {
    count = 0
    guard keys.count < rows || hasGroups && groups.count < rows else { return }
    keys = Array(repeating: 0, count: rows)
    gaps = Array(repeating: 0, count: rows)
    owners = Array(repeating: 0, count: rows)
    numbers = Array(repeating: 0, count: rows)
    sorted = Array(repeating: 0, count: rows)
    if hasGroups { groups = Array(repeating: 0, count: rows) }
  }

  func group(_ place: Int) -> UInt32 { groups.isEmpty ? 0 : groups[place] }

  /// Fills ``sorted`` by a counting sort; returns the gaps that are too long for it, each with its number.
  mutating func sortGaps() -> [(number: Int, gap: Int64)] {
    var starts = [Int](repeating: 0, count: sizes.count)
    var total = 0
    for number in sizes.indices {
      starts[number] = total
      total += Int(sizes[number])
    }
    var long: [(number: Int, gap: Int64)] = []
    var output: [UInt32] = []
    swap(&output, &sorted)
    var next = starts.mutableSpan
    var target = output.mutableSpan
    let (ownNumbers, ownGaps) = (self.numbers, self.gaps)
    let (numbers, gaps) = (ownNumbers.span, ownGaps.span)
    var place = 0
    while place < count {
      let number = Int(numbers[place])
      let gap = gaps[place]
      if gap >= GapList.long { long.append((number, gap)) }
      target[next[number]] = UInt32(clamping: gap)
      next[number] &+= 1
      place &+= 1
    }
    swap(&output, &sorted)
    return long
  }
}
