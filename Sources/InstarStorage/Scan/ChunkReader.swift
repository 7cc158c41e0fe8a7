internal import InstarColumns

/// Yields the batches of one chunk: joins the runs and the recent events of a store, oldest first.
///
/// ```
///             users ->  0        8        16       24
/// base                 [ block ][ block ][ block ]        no newer source touches the block: handed out as decoded
/// run 7                           .  ..                   touched: the users are merged into `merged`
/// recent                          .        .
/// ```
///
/// Belongs to one worker, who leads it from chunk to chunk.
final class ChunkReader {
  private let request: ScanRequest
  private let cursors: [RunCursor]
  private let merged: EventBatch
  private var merge = BatchMerge()
  private let wantedTypes: EventTypeSet?
  private let hiddenUsers: [UInt32]
  private var counted = ScanStatistics()
  /// Where the users of the request continue.
  private var filterFrom: [Int] = []
  private var filterTo: [Int] = []

  init(_ source: ScanSource, _ request: ScanRequest) {
    self.request = request
    hiddenUsers = source.hiddenUsers
    let types = source.columnTypes
    var cursors: [RunCursor] = []
    func add(_ lane: RunCursor.Source) {
      cursors.append(RunCursor(lane, columns: request.columns, types: types, verified: source.verified))
    }
    for (place, run) in source.runs.enumerated() {
      add(.blocks(run))
      if place < source.linked.count, let linked = source.linked[place] { add(.rows(linked)) }
    }
    if let recent = source.recent, recent.rowCount > 0 { add(.rows(recent)) }
    if let last = source.linked.last, let linked = last { add(.rows(linked)) }
    if let exposures = source.exposures { add(.rows(exposures)) }
    self.cursors = cursors
    merged = EventBatch(columns: types.map { EventColumnBuffer(type: $0) })
    wantedTypes = request.dropOtherTypes ? request.types.map { EventTypeSet($0) } : nil
  }

  /// Goes to the users of a chunk.
  func start(_ users: Range<UInt32>) throws(BlockDamage) {
    for cursor in cursors { try cursor.start(users) }
    counted.chunks += 1
  }

  /// The next batch, or `nil` at the end of the chunk. Valid until the next call.
  ///
  /// Throws also when rows of the batch before turned out to be damaged: what was made of it must not be kept.
  func next() throws(BlockDamage) -> EventBatch? {
    try checkDamage()
    pending: while true {
      if let done = finished {
        finished = nil
        try done.advance(to: done.end)
      }
      merge.begin(merged)
      while let (leader, limit) = leading() {
        if leader.lastUser < limit, leader.isWhole {
          if merge.rows > 0 { break }
          guard try isWanted(leader) else {
            counted.blocksSkipped += leader.blockCount
            try leader.advance(to: leader.end)
            continue
          }
          finished = leader
          if let batch = try handOut(leader) { return count(batch) }
          continue pending
        }
        try mergeBlocks()
        if merge.rows >= BlockLayout.rowsPerBlock { break }
      }
      merge.finish(merged)
      guard merged.rowCount > 0 else { return nil }
      counted.mergedRows += merged.rowCount
      try filter(merged, mayReach: true)
      if merged.userCount > 0 { return count(merged) }
    }
  }

  /// The cursor whose block was handed out and is still in the hands of the caller.
  private var finished: RunCursor?

  private func count(_ batch: EventBatch) -> EventBatch {
    counted.rows += batch.rowCount
    counted.users += batch.userCount
    return batch
  }

  /// The cursor with the lowest user, the oldest first, and the lowest user of all others.
  private func leading() -> (cursor: RunCursor, limit: UInt32)? {
    var best: RunCursor?
    var bestUser = UInt32.max
    var limit = UInt32.max
    for cursor in cursors {
      guard let user = cursor.nextUser else { continue }
      if best == nil || user < bestUser {
        if best != nil { limit = min(limit, bestUser) }
        (best, bestUser) = (cursor, user)
      } else {
        limit = min(limit, user)
      }
    }
    return best.map { ($0, limit) }
  }

  /// What the reader did so far.
  var statistics: ScanStatistics {
    var result = counted
    for cursor in cursors { result.add(bytes: cursor.readBytes, blocks: cursor.readBlocks) }
    return result
  }

  /// Throws when rows that a batch was asked for turned out to be damaged.
  func checkDamage() throws(BlockDamage) {
    for cursor in cursors { if let damage = cursor.damage { throw damage } }
  }

  // MARK: Whole blocks

  /// Whether the directory leaves it open that the block holds something that the request wants.
  private func isWanted(_ cursor: RunCursor) throws(BlockDamage) -> Bool {
    if let wanted = request.users {
      let first = wanted.lowerBound(cursor.batch.users[0])
      if first == wanted.count || wanted[first] > cursor.lastUser { return false }
    }
    if let wantedTypes, try !cursor.mayContain(wantedTypes) { return false }
    if request.skipUsersOutside, let window = request.window, try !cursor.mayOverlap(window) { return false }
    if let before = request.before, try !cursor.mayOverlap(.min..<before) { return false }
    return true
  }

  /// The block of `cursor` without what the request does not want; `nil` when nothing is left.
  private func handOut(_ cursor: RunCursor) throws(BlockDamage) -> EventBatch? {
    let batch = cursor.batch
    var drop = false
    if request.skipUsersOutside, let window = request.window {
      drop = try markUsersOutside(window, cursor)
      if drop, filterTo.allSatisfy({ $0 == 0 }) {
        counted.blocksSkipped += cursor.blockCount
        return nil
      }
    }
    cursor.expectRows()
    counted.blocksRead += cursor.blockCount
    if drop { batch.keepRows(from: filterFrom, to: filterTo) }
    let reaches: Bool
    if let before = request.before { reaches = try cursor.reaches(before) } else { reaches = false }
    try filter(batch, mayReach: reaches)
    return batch.userCount > 0 ? batch : nil
  }

  /// Marks the users to keep; false when so few fall away that moving the others costs more than it saves.
  private func markUsersOutside(_ window: Range<Int64>, _ cursor: RunCursor) throws(BlockDamage) -> Bool {
    let batch = cursor.batch
    try cursor.readTimes()
    filterFrom.setCount(batch.userCount, 0)
    filterTo.setCount(batch.userCount, 0)
    var rows = 0
    for user in 0..<batch.userCount {
      let inside =
        cursor.firstTimes[user] < window.upperBound && cursor.lastTimes[user] >= window.lowerBound
      filterFrom[user] = inside ? batch.starts[user] : 0
      filterTo[user] = inside ? batch.starts[user + 1] : 0
      rows += filterTo[user] - filterFrom[user]
    }
    return rows * 4 < batch.starts[batch.userCount] * 3
  }

  // MARK: Exact filters

  private func filter(_ batch: EventBatch, mayReach: Bool) throws(BlockDamage) {
    if let wanted = request.users { keepUsers(wanted, batch) }
    if !hiddenUsers.isEmpty { dropUsers(hiddenUsers, batch) }
    if mayReach, let before = request.before { cut(batch, before) }
  }

  private func keepUsers(_ wanted: [UInt32], _ batch: EventBatch) {
    filterFrom.setCount(batch.userCount, 0)
    filterTo.setCount(batch.userCount, 0)
    guard let first = batch.users.first else { return }
    var next = wanted.lowerBound(first)
    var kept = 0
    for user in 0..<batch.userCount {
      while next < wanted.count, wanted[next] < batch.users[user] { next += 1 }
      let keep = next < wanted.count && wanted[next] == batch.users[user]
      filterFrom[user] = keep ? batch.starts[user] : 0
      filterTo[user] = keep ? batch.starts[user + 1] : 0
      kept += keep ? 1 : 0
    }
    if kept < batch.userCount { batch.keepRows(from: filterFrom, to: filterTo) }
  }

  private func dropUsers(_ hidden: [UInt32], _ batch: EventBatch) {
    let (users, starts) = (batch.users, batch.starts)
    guard let first = users.first, let last = users.last else { return }
    let place = hidden.lowerBound(first)
    guard place < hidden.count, hidden[place] <= last else { return }
    var counts = [Int](repeating: 0, count: users.count)
    var user = 0
    while user < users.count {
      counts[user] = starts[user &+ 1] &- starts[user]
      user &+= 1
    }
    var kept: [Range<Int>] = []
    var open = 0
    for user in hidden[place...] {
      if user > last { break }
      let row = users.lowerBound(user)
      guard row < users.count, users[row] == user else { continue }
      if open < starts[row] { kept.append(open..<starts[row]) }
      open = starts[row + 1]
      counts[row] = 0
    }
    guard open > 0 else { return }
    if open < starts[users.count] { kept.append(open..<starts[users.count]) }
    batch.keep(kept, rowsPerUser: counts)
  }

  private func cut(_ batch: EventBatch, _ before: Int64) {
    filterFrom.setCount(batch.userCount, 0)
    filterTo.setCount(batch.userCount, 0)
    var isCut = false
    for user in 0..<batch.userCount {
      var upper = batch.starts[user + 1]
      let lower = batch.starts[user]
      if batch.times[upper - 1] >= before {
        isCut = true
        upper = batch.firstRow(atOrAfter: before, in: lower..<upper)
      }
      filterFrom[user] = lower
      filterTo[user] = upper
    }
    if isCut { batch.keepRows(from: filterFrom, to: filterTo) }
  }

  // MARK: Merging

  /// Joins the current blocks of all cursors, up to the end of the one that ends first, to `merged`.
  private func mergeBlocks() throws(BlockDamage) {
    var lanes: [BatchMerge.Lane] = []
    for cursor in cursors where cursor.nextUser != nil {
      try cursor.decode()
      lanes.append(BatchMerge.Lane(batch: cursor.batch, position: cursor.position, end: cursor.end))
    }
    merge.append(lanes, to: merged)
    var lane = 0
    for cursor in cursors where cursor.nextUser != nil {
      let end = merge.lanes[lane].end
      lane += 1
      guard end > cursor.position else { continue }
      if end == cursor.end { counted.blocksRead += cursor.blockCount }
      try cursor.advance(to: end)
    }
  }
}

extension EventBatch {
  /// The first row in `rows`, one user's, whose time is not before `moment`.
  func firstRow(atOrAfter moment: Int64, in rows: Range<Int>) -> Int {
    var (low, high) = (rows.lowerBound, rows.upperBound)
    while low < high {
      let middle = (low + high) / 2
      if times[middle] < moment { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
