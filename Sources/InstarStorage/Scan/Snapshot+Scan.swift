package import InstarColumns

extension Snapshot {
  /// Leads all events through the caller's states, in batches of whole users, several threads at a time.
  ///
  /// The users are divided into chunks that depend on the data alone. Each chunk has a state, made by `makeState`;
  /// `body` gets the batches of a chunk in the order of users. States come back in the order of chunks, so that a caller
  /// who merges them from first to last gets the same bits with any number of threads.
  ///
  /// ```swift
  /// let counts = try snapshot.scan(ScanRequest()) { _ in 0 } body: { $0 += $1.rowCount }
  /// let total = counts.reduce(0, +)
  /// ```
  ///
  /// - Parameters:
  ///   - request: columns, filters and hints.
  ///   - statistics: grows by what the scan did.
  ///   - makeState: called once a chunk, on any thread.
  ///   - body: called once a batch; the batch is scratch and valid only during the call.
  /// - Throws: what `body` throws (the first chunk's error), ``ScanCancelled``, or ``StorageError``.
  /// - Complexity: O(rows) without an allocation per row; blocks are read in place.
  package borrowing func scan<State>(
    _ request: ScanRequest, statistics: inout ScanStatistics, makeState: @Sendable (_ chunk: Int) -> State,
    body: @Sendable (inout State, EventBatch) throws -> Void
  ) throws -> [State] {
    var request = request
    try restrict(&request)
    var source = try joined(scanSource(request.columns), &request)
    if request.includesExposures { source.exposures = try exposureRows(request) }
    do {
      return try EventScan.run(source, request, statistics: &statistics, makeState: makeState, body: body)
    } catch let damage as BlockDamage {
      throw StorageError(damage, path: store.path)
    }
  }

  /// As ``scan(_:statistics:makeState:body:)`` for callers that do not ask what the scan did.
  package borrowing func scan<State>(
    _ request: ScanRequest, makeState: @Sendable (_ chunk: Int) -> State,
    body: @Sendable (inout State, EventBatch) throws -> Void
  ) throws -> [State] {
    var statistics = ScanStatistics()
    return try scan(request, statistics: &statistics, makeState: makeState, body: body)
  }

  /// How many chunks a scan of this snapshot has.
  package var scanChunkCount: Int {
    let size = usersPerChunk
    return (userCount + size - 1) / size
  }

  /// How many users a chunk of a scan covers: chunk *i* holds the users from *i* x this on.
  package var usersPerChunk: Int { ScanChunks.users(userCount: userCount, rowCount: schema.commit.eventCount) }

  /// What a scan of `columns` reads.
  ///
  /// - Warning: holds pointers into the map, valid while the snapshot lives.
  borrowing func scanSource(_ columns: [EventColumn]) throws -> ScanSource {
    try scanSource(columns, of: columns.map { schema.type(of: $0) })
  }

  /// As ``scanSource(_:)``, for columns of given types that the store may not know yet.
  borrowing func scanSource(_ columns: [EventColumn], of types: [ValueType]) throws -> ScanSource {
    let numbers = columns.map(\.number)
    var runs: [RunBlocks] = []
    for run in try transaction.visibleRuns() { runs.append(try transaction.blocks(of: run, columns: numbers)) }
    let recent = try recentEvents()
    var source = ScanSource(
      runs: runs, recent: recent.rowCount > 0 ? SortedRows(recent, columns, types) : nil, columnTypes: types,
      userCount: userCount, rowCount: schema.commit.eventCount, verified: store.verifiedBlocks,
      deadline: deadline)
    source.hiddenUsers = try tombstones()
    return source
  }
}

extension SortedRows {
  /// The recent events of a snapshot with the columns `columns`.
  init(_ recent: RecentEvents, _ columns: [EventColumn], _ types: [ValueType]) {
    self.init()
    users = recent.users
    starts = recent.starts
    times = recent.times
    self.types = recent.types
    for (column, type) in zip(columns, types) {
      columnNumbers.append(column.number)
      self.columns.append(recent.column(column, type: type))
    }
  }
}

extension StorageError {
  /// The error that stands for damaged blocks.
  init(_ damage: BlockDamage, path: String) {
    self.init(
      .corrupt, "a block of '\(path)' is damaged: \(damage.rawValue)", help: "run 'check', or restore a copy",
      path: path)
  }
}
