internal import InstarColumns

/// Joins the users of several sources to one batch: first a plan of which rows go where, then one pass of copies for each
/// column and source.
///
/// ```
/// users           3              4          7
/// oldest          0 ..< 40       40 ..< 55  55 ..< 61
/// run 7           0 ..< 2                   2 ..< 3
/// batch           oldest run 7   oldest     oldest run 7
/// ```
///
/// The oldest source gives long stretches, the younger ones single users. So the younger ones are put into lists, one for
/// each user, and the oldest is walked once from list to list: the cost of a user does not grow with the number of
/// sources. One call covers the users up to the end of the block that ends first, because the next block takes its place.
struct BatchMerge {
  /// A source with its current block.
  struct Lane {
    let batch: EventBatch
    /// The users that take part: those up to ``BatchMerge/limit(_:)``.
    var position: Int
    var end: Int
  }

  /// The rows of one user in a younger source.
  private struct Part {
    var lane: Int32
    var start: Int32
    var count: Int32
    var target: Int32 = 0
    /// The same user in the next younger source, or -1.
    var next: Int32
    var firstTime: Int64
    var lastTime: Int64
  }

  /// Rows that are copied together.
  private struct Move {
    var start: Int
    var count: Int
    var target: Int
  }

  /// A user whose sources overlap in time.
  private struct Overlap {
    var rows: Range<Int>
    var firstPart: Int32
    var target: Int
  }

  /// Users that a plan looks at in one go, so that its tables stay small.
  private static let mostUsers: UInt64 = 1 << 16

  /// Oldest first.
  private(set) var lanes: [Lane] = []
  /// The rows of the batch so far.
  private(set) var rows = 0

  /// The oldest source of the plan, and its rows.
  private var oldest = 0
  private var moves: [Move] = []
  /// The rows of the younger sources, source by source.
  private var parts: [Part] = []
  private var partsOfLane: [Range<Int>] = []
  /// For each user of the plan the first of his parts, -1 between plans, and a bit where there is one.
  private var firstParts: [Int32] = []
  private var isTouched: [UInt64] = []
  private var overlaps: [Overlap] = []
  /// The rows of overlapping users, by source.
  private var overlapMoves: [[Move]] = []

  // MARK: Batches

  /// Empties `batch` for new users. Its columns keep their old rows until ``finish(_:)``, so that growing them again
  /// does not fill them again.
  mutating func begin(_ batch: EventBatch) {
    rows = 0
    batch.users.removeAll(keepingCapacity: true)
    batch.starts.removeAll(keepingCapacity: true)
    batch.starts.append(0)
    for column in batch.columns.indices { batch.columns[column].present.removeAll(keepingCapacity: true) }
  }

  /// Cuts the columns of `batch` to the rows that were appended since ``begin(_:)``.
  func finish(_ batch: EventBatch) {
    batch.times.setCount(rows, 0)
    batch.types.setCount(rows, 0)
    for column in batch.columns.indices { batch.columns[column].setCount(rows) }
  }

  /// Appends the next users of `sources`, blocks with the users at `position ..< end` still to come, oldest first, to
  /// `batch`. Afterwards `lanes` tell how far each was taken.
  ///
  /// - Complexity: O(rows + users of the younger sources), two sources or twenty.
  mutating func append(_ sources: [Lane], to batch: EventBatch) {
    lanes = sources
    let first = rows
    let users = range()
    for lane in lanes.indices { lanes[lane].end = end(of: lanes[lane], behind: users.upperBound) }
    oldest = lanes.firstIndex { $0.position < $0.end } ?? 0
    link(from: users.lowerBound, count: Int(users.upperBound - users.lowerBound) + 1)
    walk(from: users.lowerBound, to: batch)
    resolveOverlaps()
    copy(to: batch, first: first)
  }

  // MARK: Planning

  /// The first and the last user of the plan.
  private func range() -> ClosedRange<UInt32> {
    var lowest = UInt32.max
    var limit = UInt32.max
    for lane in lanes {
      lowest = min(lowest, lane.batch.users[lane.position])
      limit = min(limit, lane.batch.users[lane.end - 1])
    }
    return lowest...min(limit, UInt32(clamping: UInt64(lowest) + Self.mostUsers - 1))
  }

  /// The first place of a lane's users behind `last`.
  private func end(of lane: Lane, behind last: UInt32) -> Int {
    let users = lane.batch.users
    if users[lane.end - 1] <= last { return lane.end }
    return max(lane.position, users.lowerBound(last + 1))
  }

  /// Puts the users of the younger lanes into lists, the older before the younger.
  private mutating func link(from lowest: UInt32, count: Int) {
    parts.removeAll(keepingCapacity: true)
    partsOfLane.removeAll(keepingCapacity: true)
    partsOfLane.append(contentsOf: repeatElement(0..<0, count: lanes.count))
    if firstParts.count < count {
      firstParts = Array(repeating: -1, count: count)
      isTouched = Array(repeating: 0, count: count / 64 + 1)
    }
    for lane in lanes.indices.reversed() where lane > oldest {
      let before = parts.count
      link(lane, from: lowest)
      partsOfLane[lane] = before..<parts.count
    }
  }

  private mutating func link(_ number: Int, from lowest: UInt32) {
    let lane = lanes[number]
    let (users, starts, times) = (lane.batch.users, lane.batch.starts, lane.batch.times)
    var place = lane.position
    while place < lane.end {
      let offset = Int(users[place] &- lowest)
      let (start, end) = (starts[place], starts[place &+ 1])
      let part = Part(
        lane: Int32(truncatingIfNeeded: number), start: Int32(truncatingIfNeeded: start),
        count: Int32(truncatingIfNeeded: end &- start), next: firstParts[offset], firstTime: times[start],
        lastTime: times[end &- 1])
      firstParts[offset] = Int32(truncatingIfNeeded: parts.count)
      isTouched[offset / 64] |= 1 << UInt64(offset % 64)
      parts.append(part)
      place &+= 1
    }
  }

  /// Walks the users of the oldest lane and puts the lists between them.
  private mutating func walk(from lowest: UInt32, to batch: EventBatch) {
    moves.removeAll(keepingCapacity: true)
    overlaps.removeAll(keepingCapacity: true)
    let lane = lanes[oldest]
    let (oldUsers, oldStarts, oldTimes) = (lane.batch.users, lane.batch.starts, lane.batch.times)
    // Local names for arrays of the class: its properties are checked for overlapping access at every use.
    var (users, starts) = (batch.users, batch.starts)
    (batch.users, batch.starts) = ([], [])
    var count = users.count
    users.setCount(count + lane.end - lane.position + parts.count, 0)
    starts.setCount(users.count + 1, 0)

    var place = lane.position
    /// The rows of the oldest lane from `open` on go to `target`.
    var (open, target) = (oldStarts[place], rows)
    var word = 0
    var left = parts.count
    while left > 0 {
      var bits = isTouched[word]
      isTouched[word] = 0
      while bits != 0 {
        let offset = word &* 64 &+ bits.trailingZeroBitCount
        bits &= bits &- 1
        let user = lowest &+ UInt32(truncatingIfNeeded: offset)
        while place < lane.end, oldUsers[place] < user {
          users[count] = oldUsers[place]
          place &+= 1
          count &+= 1
          starts[count] = oldStarts[place] &- open &+ target
        }
        let ownRow = oldStarts[place]
        var latest = Int64.min
        if place < lane.end, oldUsers[place] == user {
          place &+= 1
          latest = oldTimes[oldStarts[place] &- 1]
        }
        let ownEnd = oldStarts[place]
        var row = ownEnd &- open &+ target
        var isInOrder = true
        let first = firstParts[offset]
        firstParts[offset] = -1
        var part = Int(first)
        while part >= 0 {
          // Most often the younger sources begin where the older ones end, because a log is continued.
          isInOrder = isInOrder && parts[part].firstTime >= latest
          latest = parts[part].lastTime
          parts[part].target = Int32(truncatingIfNeeded: row)
          row &+= Int(parts[part].count)
          left &-= 1
          part = Int(parts[part].next)
        }
        if isInOrder {
          moves.append(Move(start: open, count: ownEnd &- open, target: target))
        } else {
          moves.append(Move(start: open, count: ownRow &- open, target: target))
          overlaps.append(Overlap(rows: ownRow..<ownEnd, firstPart: first, target: ownRow &- open &+ target))
        }
        (open, target) = (ownEnd, row)
        users[count] = user
        count &+= 1
        starts[count] = row
      }
      word &+= 1
    }
    while place < lane.end {
      users[count] = oldUsers[place]
      place &+= 1
      count &+= 1
      starts[count] = oldStarts[place] &- open &+ target
    }
    moves.append(Move(start: open, count: oldStarts[place] &- open, target: target))
    rows = oldStarts[place] &- open &+ target
    users.setCount(count, 0)
    starts.setCount(count + 1, 0)
    (batch.users, batch.starts) = (users, starts)
  }

  // MARK: Users whose sources overlap in time

  /// Merges the rows of overlapping users by time, older sources first where times are equal.
  private mutating func resolveOverlaps() {
    for lane in overlapMoves.indices { overlapMoves[lane].removeAll(keepingCapacity: true) }
    guard !overlaps.isEmpty else { return }
    while overlapMoves.count < lanes.count { overlapMoves.append([]) }
    let times = lanes.map(\.batch.times)
    var streams: [Stream] = []
    for overlap in overlaps {
      streams.removeAll(keepingCapacity: true)
      if !overlap.rows.isEmpty {
        streams.append(Stream(lane: oldest, next: overlap.rows.lowerBound, end: overlap.rows.upperBound))
      }
      var part = Int(overlap.firstPart)
      while part >= 0 {
        let start = Int(parts[part].start)
        streams.append(Stream(lane: Int(parts[part].lane), next: start, end: start + Int(parts[part].count)))
        parts[part].count = 0
        part = Int(parts[part].next)
      }
      merge(&streams, times, to: overlap.target)
    }
  }

  private struct Stream {
    var lane: Int
    var next: Int
    var end: Int
  }

  private mutating func merge(_ streams: inout [Stream], _ times: [[Int64]], to target: Int) {
    var target = target
    while true {
      var first = -1
      var (best, limit) = (Int64.max, Int64.max)
      // An older source goes on while its times are not above those of a younger, a younger one while they are below.
      var limitIsIncluded = true
      for place in streams.indices where streams[place].next < streams[place].end {
        let head = times[streams[place].lane][streams[place].next]
        if first < 0 {
          (first, best) = (place, head)
        } else if head < best {
          (first, best, limit, limitIsIncluded) = (place, head, best, false)
        } else if head < limit {
          (limit, limitIsIncluded) = (head, true)
        }
      }
      guard first >= 0 else { return }
      let stream = streams[first]
      var stop = stream.next
      let own = times[stream.lane]
      while stop < stream.end, limitIsIncluded ? own[stop] <= limit : own[stop] < limit { stop &+= 1 }
      let count = stop - stream.next
      overlapMoves[stream.lane].append(Move(start: stream.next, count: count, target: target))
      target += count
      streams[first].next = stop
    }
  }

  // MARK: Copying

  private func copy(to batch: EventBatch, first: Int) {
    if batch.times.count < rows { batch.times.setCount(rows, 0) }
    if batch.types.count < rows { batch.types.setCount(rows, 0) }
    for lane in lanes.indices where lanes[lane].position < lanes[lane].end {
      copy(lanes[lane].batch.times, of: lane, to: &batch.times)
      copy(lanes[lane].batch.types, of: lane, to: &batch.types)
    }
    for column in batch.columns.indices { copy(column, to: &batch.columns[column], first) }
  }

  private func copy(_ column: Int, to target: inout EventColumnBuffer, _ first: Int) {
    if target.count < rows { target.setCount(rows) }
    var hasMissing = !target.present.isEmpty
    for lane in lanes.indices where lanes[lane].position < lanes[lane].end {
      let buffer = lanes[lane].batch.columns[column]
      hasMissing = hasMissing || !buffer.present.isEmpty
      switch target.type {
      case .integer, .time, .duration: copy(buffer.integers, of: lane, to: &target.integers)
      case .real: copy(buffer.reals, of: lane, to: &target.reals)
      case .text: copy(buffer.codes, of: lane, to: &target.codes)
      case .boolean: copy(buffer.flags, of: lane, to: &target.flags)
      }
    }
    guard hasMissing else { return }
    target.materializePresent(first)
    target.present.setCount(rows, 1)
    for lane in lanes.indices where lanes[lane].position < lanes[lane].end {
      let present = lanes[lane].batch.columns[column].present
      if present.isEmpty { mark(lane, in: &target.present) } else { copy(present, of: lane, to: &target.present) }
    }
  }

  /// Copies the rows of one lane. The oldest comes first and may write over its ends: what stands behind is written next,
  /// by itself or by a younger lane. A loop of unpredictable length would cost more than the copy.
  private func copy<Value: BitwiseCopyable>(_ source: [Value], of lane: Int, to target: inout [Value]) {
    unsafe target.withUnsafeMutableBufferPointer { target in
      unsafe source.withUnsafeBufferPointer { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        if lane == oldest {
          for move in moves {
            let room = min(source.count &- move.start, target.count &- move.target)
            unsafe Self.copy(from + move.start, to + move.target, move.count, room: room)
          }
        } else {
          for part in partsOfLane[lane] {
            let (start, count, place) = (Int(parts[part].start), Int(parts[part].count), Int(parts[part].target))
            if count == 1 {
              unsafe to[place] = from[start]
            } else {
              unsafe (to + place).update(from: from + start, count: count)
            }
          }
        }
        guard !overlaps.isEmpty else { return }
        for move in overlapMoves[lane] {
          unsafe (to + move.target).update(from: from + move.start, count: move.count)
        }
      }
    }
  }

  /// Copies sixteen values at a time where there is room for more than are wanted.
  @unsafe @inline(__always)
  private static func copy<Value: BitwiseCopyable>(
    _ from: UnsafePointer<Value>, _ to: UnsafeMutablePointer<Value>, _ count: Int, room: Int
  ) {
    guard count <= 64, room >= count &+ 16 else { return unsafe to.update(from: from, count: count) }
    var done = 0
    while done < count {
      unsafe UnsafeMutableRawPointer(to + done).copyMemory(
        from: from + done, byteCount: 16 &* MemoryLayout<Value>.stride)
      done &+= 16
    }
  }

  /// Says that all rows of a lane have a value.
  private func mark(_ lane: Int, in present: inout [UInt8]) {
    func mark(_ target: Int, _ count: Int) {
      for row in target..<target + count { present[row] = 1 }
    }
    if lane == oldest {
      for move in moves { mark(move.target, move.count) }
    } else {
      for part in partsOfLane[lane] { mark(Int(parts[part].target), Int(parts[part].count)) }
    }
    guard !overlaps.isEmpty else { return }
    for move in overlapMoves[lane] { mark(move.target, move.count) }
  }
}
