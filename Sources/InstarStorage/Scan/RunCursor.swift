internal import InstarColumns

/// Walks the users of one run within one chunk, block by block; columns are decoded when they are asked for.
final class RunCursor {
  /// The current block: users and starts are there, the columns after ``decode()``.
  let batch: EventBatch
  /// The next user of ``batch`` and the end of those that lie in the chunk.
  private(set) var position = 0
  private(set) var end = 0
  /// The time of each user's first and last row, after ``readTimes()``.
  private(set) var firstTimes: [Int64] = []
  private(set) var lastTimes: [Int64] = []

  private let source: Source
  private let decoder = ColumnDecoder()
  private let verified: VerifiedBlocks
  private var users: Range<UInt32> = 0..<0
  /// The blocks of the current unit: one, or all parts of one user.
  private var unit = 0..<0
  private var nextBlock = 0
  private var isDecoded = false

  /// Where the rows come from.
  enum Source {
    case blocks(RunBlocks)
    case rows(SortedRows)
  }

  init(_ source: Source, columns: [EventColumn], types: [ValueType], verified: VerifiedBlocks) {
    self.source = source
    self.verified = verified
    batch = EventBatch(columns: types.map { EventColumnBuffer(type: $0) })
    guard case .rows(let rows) = source else { return }
    batch.users = rows.users
    batch.starts = rows.starts
    batch.times = rows.times
    batch.types = rows.types
    batch.columns = zip(columns, types).map { rows.column($0.number, type: $1) }
    isDecoded = true
  }

  /// The next user, or `nil` at the end of the chunk.
  var nextUser: UInt32? { position < end ? batch.users[position] : nil }
  /// The last user of the current block that lies in the chunk.
  var lastUser: UInt32 { batch.users[end - 1] }
  /// Whether the current unit is a block from its first to its last user, which can be handed out as it is.
  var isWhole: Bool {
    guard case .blocks = source else { return false }
    return position == 0 && end == batch.users.count
  }
  var blockCount: Int { unit.count }

  /// Goes to the first user in `users`.
  func start(_ users: Range<UInt32>) throws(BlockDamage) {
    self.users = users
    switch source {
    case .rows:
      position = lowerBound(users.lowerBound)
      end = lowerBound(users.upperBound)
    case .blocks(let blocks):
      self.users = max(users.lowerBound, min(blocks.lowerUser, users.upperBound))..<users.upperBound
      nextBlock = blocks.block(at: self.users.lowerBound)
      (position, end) = (0, 0)
      try loadUnit()
    }
  }

  /// Steps behind the users up to `position`.
  func advance(to position: Int) throws(BlockDamage) {
    self.position = position
    if position == end { try loadUnit() }
  }

  /// Reads the directory of the next block that has users in the chunk.
  private func loadUnit() throws(BlockDamage) {
    guard case .blocks(let blocks) = source else { return }
    while nextBlock < blocks.count, blocks.keys[nextBlock].firstUser < users.upperBound {
      let first = nextBlock
      nextBlock += 1
      while nextBlock < blocks.count, blocks.keys[nextBlock].part > 0 { nextBlock += 1 }
      unit = first..<nextBlock
      isDecoded = false
      try directory(first).readUsers(&batch.users, &batch.starts)
      if unit.count > 1 { try joinParts() }
      try checkOrder()
      position = lowerBound(users.lowerBound)
      end = lowerBound(users.upperBound)
      if position < end { return }
    }
    (position, end) = (0, 0)
  }

  /// One user over several blocks: his rows are those of all of them.
  private func joinParts() throws(BlockDamage) {
    var rows = 0
    for block in unit { rows += try directory(block).rows }
    guard batch.users.count == 1 else { throw .unordered }
    batch.starts = [0, rows]
  }

  /// Kernels rely on users that ascend and on starts that stay inside the block.
  private func checkOrder() throws(BlockDamage) {
    let (users, starts) = (batch.users, batch.starts)
    guard !users.isEmpty, starts.count == users.count + 1, starts[0] == 0 else { throw .unordered }
    var user = 0
    var isOrdered = true
    while user < users.count {
      isOrdered = isOrdered && starts[user] < starts[user + 1] && (user == 0 || users[user - 1] < users[user])
      user &+= 1
    }
    guard isOrdered else { throw .unordered }
  }

  private func directory(_ block: Int) throws(BlockDamage) -> BlockDirectory {
    try unsafe BlockDirectory(reading: stored(0, of: block).bytes)
  }

  private func stored(_ slot: Int, of block: Int) throws(BlockDamage) -> StoredColumn {
    guard case .blocks(let blocks) = source, let column = blocks.column(slot, of: block) else { throw .tooShort }
    try verified.check(column)
    return column
  }

  // MARK: What the directory knows

  /// Whether a row of the unit may have a type in `types`.
  func mayContain(_ types: EventTypeSet) throws(BlockDamage) -> Bool {
    for block in unit where try directory(block).mayContain(types) { return true }
    return unit.isEmpty
  }

  /// Whether a row of the unit may lie in `window`.
  func mayOverlap(_ window: Range<Int64>) throws(BlockDamage) -> Bool {
    for block in unit {
      let directory = try directory(block)
      if directory.firstTime < window.upperBound && directory.lastTime >= window.lowerBound { return true }
    }
    return unit.isEmpty
  }

  /// Whether the unit has rows at or after `moment`.
  func reaches(_ moment: Int64) throws(BlockDamage) -> Bool {
    for block in unit where try directory(block).lastTime >= moment { return true }
    return false
  }

  /// Fills ``firstTimes`` and ``lastTimes``.
  func readTimes() throws(BlockDamage) {
    try directory(unit.lowerBound).readTimes(first: &firstTimes, last: &lastTimes)
    if unit.count > 1 {
      var (first, last): ([Int64], [Int64]) = ([], [])
      try directory(unit.upperBound - 1).readTimes(first: &first, last: &last)
      lastTimes = last
    }
  }

  // MARK: Columns

  /// Decodes all columns of the unit; returns the stored bytes that it read.
  @discardableResult
  func decode() throws(BlockDamage) -> Int {
    guard !isDecoded, case .blocks(let blocks) = source else { return 0 }
    isDecoded = true
    let rows = batch.starts[batch.users.count]
    batch.times.setCount(rows, 0)
    batch.types.setCount(rows, 0)
    for column in batch.columns.indices { batch.columns[column].present.removeAll(keepingCapacity: true) }
    var start = 0
    var bytes = 0
    for block in unit {
      let count = unit.count == 1 ? rows : try directory(block).rows
      guard start + count <= rows else { throw .unordered }
      bytes += try decode(block, of: blocks, rows: count, at: start)
      start += count
    }
    guard start == rows else { throw .unordered }
    return bytes
  }

  private func decode(_ block: Int, of blocks: RunBlocks, rows: Int, at start: Int) throws(BlockDamage) -> Int {
    let (time, type) = (try stored(1, of: block), try stored(2, of: block))
    var bytes = unsafe time.bytes.count + type.bytes.count
    try unsafe batch.times.withUnsafeMutableBufferPointer { target throws(BlockDamage) in
      try unsafe decoder.decodeIntegers(time, rows: rows, into: target.baseAddress! + start)
    }
    try unsafe batch.types.withUnsafeMutableBufferPointer { target throws(BlockDamage) in
      try unsafe decoder.decodeCodes(type, rows: rows, into: target.baseAddress! + start)
    }
    for column in batch.columns.indices {
      let slot = RunBlocks.fixedColumns + column
      let stored = blocks.column(slot, of: block)
      if let stored {
        try verified.check(stored)
        bytes += unsafe stored.bytes.count
      }
      try decoder.append(stored, rows: rows, to: &batch.columns[column], at: start)
    }
    return bytes
  }

  /// The first place in the batch's users that is not below `user`.
  func lowerBound(_ user: UInt32) -> Int { batch.users.lowerBound(user) }
}

extension Array where Element == UInt32 {
  /// The first place of an ascending list that is not below `value`.
  func lowerBound(_ value: UInt32) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
