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
    var source: Int
    var start: Int
    var count: Int
  }

  /// Oldest first; those without rows in the chunk are empty.
  var sources: [Source] = []
  private var segments: [Segment] = []
  private var users: [UInt32] = []
  private var starts: [Int] = []
  private var rows = 0

  // MARK: Planning

  /// Plans the users of all sources in ascending order until a source is used up or `rowLimit` rows are planned, and
  /// appends their rows to `batch`.
  mutating func append(to batch: EventBatch, rowLimit: Int) {
    segments.removeAll(keepingCapacity: true)
    users.removeAll(keepingCapacity: true)
    starts.removeAll(keepingCapacity: true)
    rows = batch.rowCount
    let first = rows
    var goesOn = true
    while goesOn, rows < rowLimit { goesOn = planNext() }
    copy(to: batch, first: first)
  }

  /// Plans the next user, or all next users that one source has alone; false when a source is used up.
  private mutating func planNext() -> Bool {
    var lowest = UInt32.max
    var limit = UInt32.max
    var leader = -1
    var count = 0
    var source = 0
    while source < sources.count {
      if sources[source].position < sources[source].end {
        let user = sources[source].users[sources[source].position]
        if user < lowest {
          (limit, lowest, leader, count) = (lowest, user, source, 1)
        } else if user == lowest {
          count &+= 1
        } else if user < limit {
          limit = user
        }
      }
      source &+= 1
    }
    guard leader >= 0 else { return false }
    return count == 1 ? planStretch(leader, below: limit) : planJoin(lowest, from: leader)
  }

  /// The users of one source that come before those of all others.
  private mutating func planStretch(_ leader: Int, below limit: UInt32) -> Bool {
    let (first, end) = (sources[leader].position, sources[leader].end)
    let shift = rows - sources[leader].starts[first]
    var place = first
    while place < end {
      let user = sources[leader].users[place]
      if user >= limit { break }
      users.append(user)
      place &+= 1
      starts.append(sources[leader].starts[place] &+ shift)
    }
    add(leader, sources[leader].starts[first], sources[leader].starts[place])
    sources[leader].position = place
    return place < end
  }

  /// One user whom several sources have: by time, older sources first where times are equal.
  private mutating func planJoin(_ user: UInt32, from leader: Int) -> Bool {
    var isInOrder = true
    var latest = Int64.min
    var source = leader
    while source < sources.count {
      let place = sources[source].position
      if place < sources[source].end, sources[source].users[place] == user {
        let (start, end) = (sources[source].starts[place], sources[source].starts[place + 1])
        if sources[source].times[start] < latest { isInOrder = false }
        latest = max(latest, sources[source].times[end - 1])
      }
      source &+= 1
    }
    if isInOrder { planInOrder(user, from: leader) } else { planByTime(user) }
    users.append(user)
    starts.append(rows)
    var goesOn = true
    for source in leader..<sources.count {
      let place = sources[source].position
      guard place < sources[source].end, sources[source].users[place] == user else { continue }
      sources[source].position = place + 1
      if sources[source].isUsedUp { goesOn = false }
    }
    return goesOn
  }

  /// Younger sources begin where older ones end, as when a log is continued.
  private mutating func planInOrder(_ user: UInt32, from leader: Int) {
    for source in leader..<sources.count {
      let place = sources[source].position
      guard place < sources[source].end, sources[source].users[place] == user else { continue }
      add(source, sources[source].starts[place], sources[source].starts[place + 1])
    }
  }

  private mutating func planByTime(_ user: UInt32) {
    let members = sources.indices.filter {
      sources[$0].position < sources[$0].end && sources[$0].users[sources[$0].position] == user
    }
    var next = members.map { sources[$0].starts[sources[$0].position] }
    let ends = members.map { sources[$0].starts[sources[$0].position + 1] }
    while true {
      var first = -1
      var limit = Int64.max
      // An older source goes on while its times are not above those of a younger, a younger one while they are below.
      var limitIsIncluded = true
      for member in members.indices where next[member] < ends[member] {
        let time = sources[members[member]].times[next[member]]
        if first < 0 {
          first = member
          continue
        }
        let best = sources[members[first]].times[next[first]]
        if time < best {
          (first, limit, limitIsIncluded) = (member, best, false)
        } else if time < limit {
          (limit, limitIsIncluded) = (time, true)
        }
      }
      guard first >= 0 else { return }
      let source = members[first]
      var stop = next[first]
      while stop < ends[first] {
        let time = sources[source].times[stop]
        if limitIsIncluded ? time > limit : time >= limit { break }
        stop += 1
      }
      add(source, next[first], stop)
      next[first] = stop
    }
  }

  private mutating func add(_ source: Int, _ start: Int, _ end: Int) {
    rows += end - start
    let last = segments.count - 1
    if last >= 0, segments[last].source == source, segments[last].start + segments[last].count == start {
      segments[last].count += end - start
    } else {
      segments.append(Segment(source: source, start: start, count: end - start))
    }
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
    target.setCount(rows, filler)
    unsafe target.withUnsafeMutableBufferPointer { target in
      guard let start = target.baseAddress else { return }
      unsafe Self.withPointers(arrays) { pointers in unsafe copySegments(pointers, start + first) }
    }
  }

  @inline(__always)
  private func copySegments<Value: BitwiseCopyable>(
    _ pointers: [UnsafePointer<Value>?], _ target: UnsafeMutablePointer<Value>
  ) {
    var written = 0
    var segment = 0
    while segment < segments.count {
      let (count, start) = (segments[segment].count, segments[segment].start)
      if let source = unsafe pointers[segments[segment].source] {
        if count < 32 {
          var row = 0
          while row < count {
            unsafe target[written &+ row] = source[start &+ row]
            row &+= 1
          }
        } else {
          unsafe (target + written).update(from: source + start, count: count)
        }
      }
      written &+= count
      segment &+= 1
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
