internal import InstarColumns

/// Joins the users of several sources to one batch: first a plan of which rows come from where, then one pass of copies
/// for each column.
///
/// ```
/// plan       base 0 ..< 40 | run 0 ..< 2 | base 40 ..< 55 | recent 0 ..< 1 | ...
/// ```
///
/// A plan covers the current blocks of the sources and ends where one of them is used up, because the next block takes
/// its place.
struct BatchMerge {
  /// The current block of a source. Holds its arrays, so it is dropped before the source moves on.
  struct Source {
    var users: [UInt32] = []
    var starts: [Int] = []
    var times: [Int64] = []
    var types: [UInt32] = []
    var columns: [EventColumnBuffer] = []
    var position = 0
    var end = 0

    var isUsedUp: Bool { position == end }
  }

  private struct Segment {
    var source: Int32
    var count: Int32
    var start: Int
  }

  /// A source while its arrays are open.
  @safe private struct Lane {
    var users: UnsafePointer<UInt32>
    var starts: UnsafePointer<Int>
    var times: UnsafePointer<Int64>
    var position: Int
    var end: Int
  }

  /// Oldest first; those without rows in the chunk are empty.
  var sources: [Source] = []
  private var segments: [Segment] = []
  private var users: [UInt32] = []
  private var starts: [Int] = []
  /// The rows of the batch so far.
  private(set) var rows = 0

  // MARK: Planning

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

  /// Plans the users of all sources in ascending order until a source is used up or `rowLimit` rows are planned, and
  /// appends their rows to `batch`.
  mutating func append(to batch: EventBatch, rowLimit: Int) {
    segments.removeAll(keepingCapacity: true)
    users.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    let first = rows
    plan(rowLimit)
    copy(to: batch, first: first)
  }

  private mutating func plan(_ rowLimit: Int) {
    let members = sources.indices.filter { !sources[$0].isUsedUp }
    let open = members.map { sources[$0] }
    unsafe Self.withPointers(open.map(\.users)) { users in
      unsafe Self.withPointers(open.map(\.starts)) { starts in
        unsafe Self.withPointers(open.map(\.times)) { times in
          var lanes = open.indices.map { place in
            unsafe Lane(
              users: users[place]!, starts: starts[place]!, times: times[place]!, position: open[place].position,
              end: open[place].end)
          }
          unsafe lanes.withUnsafeMutableBufferPointer { lanes in
            var goesOn = true
            while goesOn, rows < rowLimit { goesOn = unsafe planNext(lanes, members) }
          }
          for (place, source) in members.enumerated() { sources[source].position = lanes[place].position }
        }
      }
    }
  }

  /// Plans the next user, or all next users that one source has alone; false when a source is used up.
  @inline(__always)
  private mutating func planNext(_ lanes: UnsafeMutableBufferPointer<Lane>, _ members: [Int]) -> Bool {
    var lowest = UInt32.max
    var limit = UInt32.max
    var leader = 0
    var count = 0
    var lane = 0
    while lane < lanes.count {
      let user = unsafe lanes[lane].users[lanes[lane].position]
      if user < lowest {
        (limit, lowest, leader, count) = (lowest, user, lane, 1)
      } else if user == lowest {
        count &+= 1
      } else if user < limit {
        limit = user
      }
      lane &+= 1
    }
    if count == 1 { return unsafe planStretch(&lanes[leader], members[leader], below: limit) }
    return unsafe planJoin(lanes, members, lowest, from: leader)
  }

  /// The users of one source that come before those of all others.
  @inline(__always)
  private mutating func planStretch(_ lane: inout Lane, _ source: Int, below limit: UInt32) -> Bool {
    let first = lane.position
    let shift = unsafe rows &- lane.starts[first]
    var place = first
    while place < lane.end {
      let user = unsafe lane.users[place]
      if user >= limit { break }
      users.append(user)
      place &+= 1
      unsafe starts.append(lane.starts[place] &+ shift)
    }
    unsafe add(source, lane.starts[first], lane.starts[place])
    lane.position = place
    return place < lane.end
  }

  /// One user whom several sources have: by time, older sources first where times are equal.
  @inline(__always)
  private mutating func planJoin(
    _ lanes: UnsafeMutableBufferPointer<Lane>, _ members: [Int], _ user: UInt32, from leader: Int
  ) -> Bool {
    // Most often the younger sources begin where the older ones end, because a log is continued.
    let (firstSegment, firstRow) = (segments.count, rows)
    var isInOrder = true
    var goesOn = true
    var latest = Int64.min
    var lane = leader
    while lane < lanes.count {
      let place = unsafe lanes[lane].position
      if unsafe lanes[lane].users[place] == user {
        let (start, end) = unsafe (lanes[lane].starts[place], lanes[lane].starts[place &+ 1])
        if unsafe lanes[lane].times[start] < latest { isInOrder = false }
        unsafe latest = lanes[lane].times[end &- 1]
        segments.append(Segment(source: Int32(members[lane]), count: Int32(end &- start), start: start))
        rows &+= end &- start
        unsafe lanes[lane].position = place &+ 1
        if unsafe place &+ 1 == lanes[lane].end { goesOn = false }
      }
      lane &+= 1
    }
    if !isInOrder {
      let members = Array(segments[firstSegment...])
      segments.removeSubrange(firstSegment...)
      rows = firstRow
      planByTime(members)
    }
    users.append(user)
    starts.append(rows)
    return goesOn
  }

  /// Merges the rows of one user; `parts` are all of them, oldest source first.
  private mutating func planByTime(_ parts: [Segment]) {
    var next = parts.map(\.start)
    let ends = parts.map { $0.start + Int($0.count) }
    func time(_ part: Int, _ row: Int) -> Int64 { sources[Int(parts[part].source)].times[row] }
    while true {
      var first = -1
      var limit = Int64.max
      // An older source goes on while its times are not above those of a younger, a younger one while they are below.
      var limitIsIncluded = true
      for part in parts.indices where next[part] < ends[part] {
        let head = time(part, next[part])
        if first < 0 {
          first = part
          continue
        }
        let best = time(first, next[first])
        if head < best {
          (first, limit, limitIsIncluded) = (part, best, false)
        } else if head < limit {
          (limit, limitIsIncluded) = (head, true)
        }
      }
      guard first >= 0 else { return }
      var stop = next[first]
      while stop < ends[first], limitIsIncluded ? time(first, stop) <= limit : time(first, stop) < limit { stop += 1 }
      add(Int(parts[first].source), next[first], stop)
      next[first] = stop
    }
  }

  @inline(__always)
  private mutating func add(_ source: Int, _ start: Int, _ end: Int) {
    rows &+= end &- start
    segments.append(Segment(source: Int32(source), count: Int32(end &- start), start: start))
  }

  // MARK: Copying

  private func copy(to batch: EventBatch, first: Int) {
    batch.users.append(contentsOf: users)
    batch.starts.append(contentsOf: starts)
    copy(sources.map(\.times), to: &batch.times, first, filler: 0)
    copy(sources.map(\.types), to: &batch.types, first, filler: 0)
    for column in batch.columns.indices { copy(column, to: &batch.columns[column], first) }
  }

  private func copy(_ column: Int, to target: inout EventColumnBuffer, _ first: Int) {
    let buffers = sources.map { $0.columns.isEmpty ? EventColumnBuffer(type: target.type) : $0.columns[column] }
    switch target.type {
    case .integer, .time, .duration: copy(buffers.map(\.integers), to: &target.integers, first, filler: 0)
    case .real: copy(buffers.map(\.reals), to: &target.reals, first, filler: 0)
    case .text: copy(buffers.map(\.codes), to: &target.codes, first, filler: 0)
    case .boolean: copy(buffers.map(\.flags), to: &target.flags, first, filler: 0)
    }
    if target.present.isEmpty, buffers.allSatisfy(\.present.isEmpty) { return }
    target.materializePresent(first)
    let present = zip(sources, buffers).map { source, buffer in
      buffer.present.isEmpty ? Array(repeating: UInt8(1), count: source.times.count) : buffer.present
    }
    copy(present, to: &target.present, first, filler: 1)
  }

  private func copy<Value: BitwiseCopyable>(
    _ arrays: [[Value]], to target: inout [Value], _ first: Int, filler: Value
  ) {
    if target.count < rows { target.setCount(rows, filler) }
    let counts = arrays.map(\.count)
    unsafe target.withUnsafeMutableBufferPointer { target in
      let free = unsafe UnsafeMutableBufferPointer(rebasing: target[first...])
      unsafe Self.withPointers(arrays) { pointers in unsafe copySegments(pointers, counts, free) }
    }
  }

  /// Short segments are copied eight values at a time, over their end where there is room: what stands behind is written
  /// next. A loop of unpredictable length would cost more than the copy.
  @inline(__always)
  private func copySegments<Value: BitwiseCopyable>(
    _ pointers: [UnsafePointer<Value>?], _ counts: [Int], _ target: UnsafeMutableBufferPointer<Value>
  ) {
    unsafe segments.withUnsafeBufferPointer { segments in
      unsafe pointers.withUnsafeBufferPointer { pointers in
        var written = 0
        var place = 0
        while place < segments.count {
          let segment = unsafe segments[place]
          let (count, source) = (Int(segment.count), Int(segment.source))
          if let start = unsafe pointers[source] {
            let from = unsafe start + segment.start
            let to = unsafe target.baseAddress! + written
            let room = min(counts[source] &- segment.start, target.count &- written)
            if count <= 16, room >= 16 {
              unsafe UnsafeMutableRawPointer(to).copyMemory(from: from, byteCount: 8 &* MemoryLayout<Value>.stride)
              if count > 8 {
                unsafe UnsafeMutableRawPointer(to + 8)
                  .copyMemory(from: from + 8, byteCount: 8 &* MemoryLayout<Value>.stride)
              }
            } else {
              unsafe to.update(from: from, count: count)
            }
          }
          written &+= count
          place &+= 1
        }
      }
    }
  }

  /// Opens all `arrays` at once.
  private static func withPointers<Value>(
    _ arrays: [[Value]], opened: [UnsafePointer<Value>?] = unsafe [], _ body: ([UnsafePointer<Value>?]) -> Void
  ) {
    guard unsafe opened.count < arrays.count else { return unsafe body(opened) }
    unsafe arrays[opened.count].withUnsafeBufferPointer {
      unsafe withPointers(arrays, opened: opened + [$0.baseAddress], body)
    }
  }
}
