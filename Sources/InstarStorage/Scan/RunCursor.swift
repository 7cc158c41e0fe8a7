internal import InstarColumns

/// Walks the users of one run within one chunk, block by block; columns are decoded when they are asked for.
final class RunCursor {
  /// The current block: users and starts are there, the columns after ``expectRows()`` or ``decode()``.
  let batch: EventBatch
  /// The next user of ``batch`` and the end of those that lie in the chunk.
  private(set) var position = 0
  private(set) var end = 0
  /// The time of each user's first and last row, after ``readTimes()``.
  private(set) var firstTimes: [Int64] = []
  private(set) var lastTimes: [Int64] = []

  private let source: Source
  private let columnTypes: [ValueType]
  private let decoder = ColumnDecoder()
  private let verified: VerifiedBlocks
  private var users: Range<UInt32> = 0..<0
  /// The blocks of the current unit: one, or all parts of one user.
  private var unit = 0..<0
  private var nextBlock = 0
  /// Whether the batch knows that its rows come from here.
  private var isExpected = false
  /// Which columns of the unit were read, by slot.
  private var isTouched: [Bool]
  private var markTables: [MarkTable] = []
  /// The columns of the unit that an encrypted store opened.
  private var opened = OpenedColumns()

  /// The stored bytes and the blocks that were read of each column, by slot.
  private(set) var readBytes: [Int]
  private(set) var readBlocks: [Int]
  /// What went wrong when rows were asked for; nothing that was handed out since counts.
  private(set) var damage: BlockDamage?

  /// Where the rows come from.
  enum Source {
    case blocks(RunBlocks)
    case rows(SortedRows)
  }

  init(_ source: Source, columns: [EventColumn], types: [ValueType], verified: VerifiedBlocks) {
    self.source = source
    columnTypes = types
    self.verified = verified
    let slots = RunBlocks.fixedColumns + columns.count
    isTouched = Array(repeating: false, count: slots)
    readBytes = Array(repeating: 0, count: slots)
    readBlocks = readBytes
    batch = EventBatch(columns: types.map { EventColumnBuffer(type: $0) })
    guard case .rows(let rows) = source else { return }
    batch.users = rows.users
    batch.starts = rows.starts
    batch.times = rows.times
    batch.types = rows.types
    batch.columns = zip(columns, types).map { rows.column($0.number, type: $1) }
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
      opened.release()
      let first = nextBlock
      nextBlock += 1
      while nextBlock < blocks.count, blocks.keys[nextBlock].part > 0 { nextBlock += 1 }
      unit = first..<nextBlock
      isExpected = false
      try directory(first).readUsers(&batch.users, &batch.starts)
      try touchDirectories()
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
    guard case .blocks(let blocks) = source, let column = try blocks.column(slot, of: block, keeping: &opened)
    else { throw .tooShort }
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

  /// Leaves the columns of the unit to be decoded when they are asked for.
  func expectRows() {
    guard !isExpected, case .blocks = source else { return }
    isExpected = true
    for slot in isTouched.indices { isTouched[slot] = false }
    batch.expectRows(from: self)
  }

  /// Decodes all columns of the unit.
  func decode() throws(BlockDamage) {
    guard case .blocks = source else { return }
    expectRows()
    batch.loadRows()
    if let damage { throw damage }
  }

  /// The first place in the batch's users that is not below `user`.
  func lowerBound(_ user: UInt32) -> Int { batch.users.lowerBound(user) }
}

// MARK: - Rows on demand

extension RunCursor: EventRowSource {
  func loadTimes(into times: inout [Int64], count: Int) {
    times.setCount(count, 0)
    attempt { () throws(BlockDamage) in
      try eachBlock(of: 1, rows: count) { column, start, rows throws(BlockDamage) in
        guard let column else { throw .tooShort }
        try unsafe times.withUnsafeMutableBufferPointer { target throws(BlockDamage) in
          try unsafe decoder.decodeIntegers(column, rows: rows, into: target.baseAddress! + start)
        }
      }
    } orElse: {
      times = Array(repeating: 0, count: count)
    }
  }

  func loadTypes(into types: inout [UInt32], count: Int) {
    types.setCount(count, 0)
    attempt { () throws(BlockDamage) in
      try eachBlock(of: 2, rows: count) { column, start, rows throws(BlockDamage) in
        guard let column else { throw .tooShort }
        try unsafe types.withUnsafeMutableBufferPointer { target throws(BlockDamage) in
          try unsafe decoder.decodeCodes(column, rows: rows, into: target.baseAddress! + start)
        }
      }
    } orElse: {
      types = Array(repeating: 0, count: count)
    }
  }

  func loadColumn(_ position: Int, into buffer: inout EventColumnBuffer, count: Int) {
    buffer.present.removeAll(keepingCapacity: true)
    attempt { () throws(BlockDamage) in
      try eachBlock(of: RunBlocks.fixedColumns + position, rows: count) { column, start, rows throws(BlockDamage) in
        try decoder.append(column, rows: rows, to: &buffer, at: start)
      }
    } orElse: {
      buffer.present.removeAll(keepingCapacity: true)
      buffer.setCount(count)
      buffer.markMissing(0..<count)
    }
  }

  func times(of batch: EventBatch, at rows: [Int]) -> [Int64]? {
    guard unit.count == 1 else { return nil }
    var result: [Int64]?
    attempt { () throws(BlockDamage) in
      guard let column = try touch(1, of: unit.lowerBound) else { throw .tooShort }
      var buffer = EventColumnBuffer(type: .time)
      try decoder.gather(column, rows, of: batch.rowCount, into: &buffer)
      guard buffer.present.isEmpty else { throw .wrongKind }
      result = buffer.integers
    } orElse: {
      result = Array(repeating: 0, count: rows.count)
    }
    return result
  }

  func column(_ position: Int, of batch: EventBatch, at rows: [Int]) -> EventColumnBuffer? {
    guard unit.count == 1 else { return nil }
    var buffer = EventColumnBuffer(type: columnTypes[position])
    attempt { () throws(BlockDamage) in
      let column = try touch(RunBlocks.fixedColumns + position, of: unit.lowerBound)
      try decoder.gather(column, rows, of: batch.starts[batch.userCount], into: &buffer)
    } orElse: {
      buffer = EventColumnBuffer(type: columnTypes[position])
      buffer.setCount(rows.count)
      buffer.markMissing(0..<rows.count)
    }
    return buffer
  }

  func mark(_ marks: inout RowMarks, _ masks: [UInt64], of batch: EventBatch) -> Bool {
    guard unit.count == 1 else { return false }
    var isDone = true
    attempt { () throws(BlockDamage) in
      guard let column = try touch(2, of: unit.lowerBound) else { throw .tooShort }
      isDone = try decoder.mark(column, &marks, masks, &markTables)
    } orElse: {
      marks = RowMarks(rows: marks.rows, sets: marks.sets)
    }
    return isDone
  }

  private func attempt(_ body: () throws(BlockDamage) -> Void, orElse: () -> Void) {
    do {
      try body()
    } catch {
      damage = damage ?? error
      orElse()
    }
  }

  /// Calls `body` with column `slot` of each block of the unit, the row it begins at and its number of rows.
  private func eachBlock(
    of slot: Int, rows: Int, _ body: (StoredColumn?, Int, Int) throws(BlockDamage) -> Void
  ) throws(BlockDamage) {
    var start = 0
    for block in unit {
      let count = unit.count == 1 ? rows : try directory(block).rows
      guard start + count <= rows else { throw .unordered }
      try body(try touch(slot, of: block), start, count)
      start += count
    }
    guard start == rows else { throw .unordered }
  }

  /// A column that is about to be read: verified, and counted once for each block.
  private func touch(_ slot: Int, of block: Int) throws(BlockDamage) -> StoredColumn? {
    guard case .blocks(let blocks) = source, let column = try blocks.column(slot, of: block, keeping: &opened)
    else { return nil }
    try verified.check(column)
    if !isTouched[slot] {
      readBytes[slot] += unsafe column.bytes.count
      readBlocks[slot] += 1
      if block == unit.upperBound - 1 { isTouched[slot] = true }
    }
    return column
  }

  /// Counts the directories of the unit.
  private func touchDirectories() throws(BlockDamage) {
    for block in unit {
      readBytes[0] += try unsafe stored(0, of: block).bytes.count
      readBlocks[0] += 1
    }
  }
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
