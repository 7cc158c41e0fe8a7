internal import InstarColumns

// Runs and their blocks as transactions see them.

extension Transaction where Self: ~Copyable {
  /// All runs, by number.
  borrowing func allRuns() throws(StorageError) -> [RunRecord] {
    var runs: [RunRecord] = []
    var cursor = try cursor(.run)
    var found = try cursor.first()
    while found {
      guard let record = RunRecord(key: cursor.key, cursor.value) else {
        throw StorageError(
          .corrupt, "the list of runs in '\(path)' is damaged", help: "restore a copy of the store", path: path)
      }
      runs.append(record)
      found = try cursor.next()
    }
    return runs
  }

  /// The runs that scans see, oldest first: the first is the base.
  borrowing func visibleRuns() throws(StorageError) -> [RunRecord] {
    try allRuns().filter { $0.state == .visible }.sorted { $0.age < $1.age }
  }

  /// The blocks of a run with the columns `columns`.
  ///
  /// - Warning: valid only while the transaction lives and, in a writing one, until its next change.
  /// - Complexity: O(block columns of the run), without touching the blocks.
  borrowing func blocks(of run: RunRecord, columns: [UInt16]) throws(StorageError) -> RunBlocks {
    if let sealed { try unsafe sealed.values.loadGroups(of: handle.pointer, path: path) }
    let blocks = RunBlocks(columns: columns, lowerUser: run.mergedBelow, cipher: sealed?.values.cipher)
    let prefix = Key().appending(run.id)
    var cursor = try cursor(.block)
    cursor.opensValues = false
    var found = try cursor.seek(run.mergedBelow > 0 ? try firstKey(of: run) : prefix)
    while found, cursor.hasPrefix(prefix) {
      let key = unsafe cursor.key.withUnsafeBytes { unsafe BlockKey($0) }
      guard let key else {
        throw StorageError(
          .corrupt, "a block of '\(path)' has a damaged key", help: "restore a copy of the store", path: path)
      }
      unsafe blocks.add(key, cursor.storedPointer)
      found = try cursor.next()
    }
    return blocks
  }

  /// The key of the block of a run that holds `mergedBelow` or, when none does, of the one behind.
  private borrowing func firstKey(of run: RunRecord) throws(StorageError) -> Key {
    let prefix = Key().appending(run.id)
    var cursor = try cursor(.block)
    guard try cursor.seek(before: prefix.appending(run.mergedBelow).appending(UInt32(0))), cursor.hasPrefix(prefix)
    else { return prefix }
    return prefix.appending(cursor.key.bigEndian(at: 4, as: UInt32.self))
  }
}

extension WriteTransaction {
  /// The number for a new run.
  borrowing func nextRun() throws(StorageError) -> UInt32 {
    var cursor = try cursor(.run)
    guard try cursor.last() else { return 1 }
    return cursor.key.bigEndian(at: 0, as: UInt32.self) + 1
  }

  /// The age of a run that is younger than all others.
  borrowing func nextAge() throws(StorageError) -> UInt64 {
    try allRuns().reduce(0) { max($0, $1.age) } + 1
  }

  borrowing func run(_ id: UInt32) throws(StorageError) -> RunRecord? {
    try allRuns().first { $0.id == id }
  }

  borrowing func put(_ record: RunRecord) throws(StorageError) {
    try put(record.key, record.bytes, in: .run)
  }

  /// Writes the values `entries` of `blocks`, which are in the order of their keys.
  borrowing func put(_ blocks: EncodedBlocks, _ entries: Range<Int>) throws(StorageError) {
    guard let first = entries.first else { return }
    let append = try isBehindAll(Key(blocks.entries[first].key))
    for entry in blocks.entries[entries] {
      let bytes = unsafe blocks.arena.bytes(entry.bytes)
      let value = unsafe RawSpan(_unsafeBytes: bytes)
      try put(Key(entry.key), value, in: .block, append: append)
    }
  }

  private borrowing func isBehindAll(_ key: Key) throws(StorageError) -> Bool {
    var cursor = try cursor(.block)
    // `seek` finds the first key that is not below; behind the last there is none.
    return try !cursor.seek(key)
  }

  /// Removes at most `limit` blocks of run `id`, or those of its users in `users`; returns how many users had a block.
  @discardableResult
  borrowing func removeBlocks(
    of id: UInt32, users: Range<UInt32>, limit: Int = .max
  ) throws(StorageError) -> (removed: Int, users: Int) {
    let prefix = Key().appending(id)
    var removed = 0
    var userCount = 0
    var cursor = try cursor(.block)
    let start = prefix.appending(users.lowerBound)
    var found = try cursor.seek(start)
    while found, removed < limit, cursor.hasPrefix(prefix) {
      let user: UInt32 = cursor.key.bigEndian(at: 4)
      guard user < users.upperBound else { break }
      let (part, column): (UInt16, UInt16) = (cursor.key.bigEndian(at: 8), cursor.key.bigEndian(at: 10))
      if part == 0, column == BlockLayout.directoryColumn {
        userCount += Int(cursor.value.littleEndian(at: BlockLayout.presentOffset, as: UInt32.self))
      }
      try cursor.delete()
      removed += 1
      found = try cursor.seek(start)
    }
    return (removed, userCount)
  }
}

extension Key {
  init(_ key: BlockKey) {
    self = Key().appending(key.run).appending(key.firstUser).appending(key.part).appending(key.column)
  }
}

extension Store {
  /// The most bytes of blocks that one transaction writes.
  static let blockBytesPerTransaction = 32 << 20

  /// Enters a staged run and returns its number.
  func stageRun() throws -> UInt32 {
    try environment.write { transaction in
      let id = try transaction.nextRun()
      try transaction.put(RunRecord.staged(id))
      return id
    }
  }

  /// Writes blocks of a staged run in transactions of bounded size.
  func writeStaged(_ groups: [EncodedBlocks]) throws {
    for blocks in groups {
      var first = 0
      while first < blocks.entries.count {
        var end = first
        let start = blocks.entries[first].bytes.lowerBound
        while end < blocks.entries.count,
          end == first || blocks.entries[end].bytes.upperBound - start <= Store.blockBytesPerTransaction
        { end += 1 }
        let part = first..<end
        try environment.write { try $0.put(blocks, part) }
        first = end
      }
    }
  }

  /// Removes staged runs of processes that ended and runs that were replaced, a bounded number of blocks at a time.
  func removeDeadRuns(including aborted: UInt32? = nil) throws {
    let dead = try environment.read { transaction in
      try transaction.allRuns().filter { $0.state == .removed || $0.isAbandoned || $0.id == aborted }
    }
    for run in dead {
      var isDone = false
      while !isDone {
        isDone = try environment.write { transaction in
          let limit = 4_096
          let removed = try transaction.removeBlocks(of: run.id, users: 0..<UInt32.max, limit: limit).removed
          if removed == limit { return false }
          try transaction.delete(run.key, in: .run)
          return true
        }
      }
    }
  }
}
