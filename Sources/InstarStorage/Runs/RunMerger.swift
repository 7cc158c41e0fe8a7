internal import InstarColumns

/// Joins several runs to the blocks of one: the last step of a large import, and compaction.
package struct RunMerger: Sendable {
  /// The runs to join, oldest first, with all columns of the result.
  package let source: ScanSource
  package let columns: RunColumns
  /// The number of the run that the blocks belong to.
  package let run: UInt32
  /// Removes rows that are there already; the rows of the store that it compares with come from `existing`.
  package var duplicates = DuplicatePolicy.keep
  package var existing: ScanSource?
  /// The import that brings all rows, where the columns do not say it.
  package var importNumber: UInt32?
  /// What a rewriting leaves out.
  var filter: (any RowFilter)?

  package init(
    source: ScanSource, columns: RunColumns, run: UInt32, duplicates: DuplicatePolicy = .keep,
    existing: ScanSource? = nil,
    importNumber: UInt32? = nil
  ) {
    self.source = source
    self.columns = columns
    self.run = run
    self.duplicates = duplicates
    self.existing = existing
    self.importNumber = importNumber
  }

  /// The users of one piece of work; blocks end where a multiple of it begins.
  package var usersPerTask: Int { ScanChunks.users(userCount: source.userCount, rowCount: source.rowCount) }
  package var taskCount: Int { (source.userCount + usersPerTask - 1) / usersPerTask }

  /// What a piece of work gave.
  package struct Output: Sendable {
    package var blocks = EncodedBlocks()
    package var totals = RunTotals()
    package var duplicates = 0
  }

  /// Joins the users of task `task`, or those of `users` where the caller divides them.
  package func merge(task: Int) throws -> Output {
    let lower = task * usersPerTask
    return try merge(users: UInt32(lower)..<UInt32(min(source.userCount, lower + usersPerTask)))
  }

  package func merge(users: Range<UInt32>) throws -> Output {
    var request = ScanRequest(threads: 1)
    request.columns = columns.numbers.map(EventColumn.init(number:))
    let reader = ChunkReader(source, request)
    try reader.start(users)
    var output = Output()
    var builder = RunBuilder(
      run: run, columns: columns, boundary: min(usersPerTask, BlockLayout.usersPerChunk), importNumber: importNumber)
    var duplicateFilter = StoreDuplicates(duplicates, columns: columns, existing: existing, request: request)
    while let batch = try reader.next() {
      if duplicateFilter != nil { output.duplicates += try duplicateFilter!.apply(to: batch) }
      filter?.apply(to: batch)
      output.totals.add(batch)
      builder.add(batch, to: &output.blocks)
    }
    builder.finish(to: &output.blocks)
    return output
  }
}

/// Removes from batches what the store has already, reading the store's rows of the same users.
struct StoreDuplicates {
  private var filter: DuplicateFilter
  private let reader: ChunkReader?
  private let existing: EventBatch

  init?(_ policy: DuplicatePolicy, columns: RunColumns, existing source: ScanSource?, request: ScanRequest) {
    guard let filter = DuplicateFilter(policy, columns: columns) else { return nil }
    self.filter = filter
    reader = source.map { ChunkReader($0, request) }
    existing = columns.makeBatch()
  }

  /// Removes duplicates from `batch`; returns how many.
  mutating func apply(to batch: EventBatch) throws -> Int {
    existing.removeAllRows()
    if let reader, let first = batch.users.first, let last = batch.users.last {
      try reader.start(first..<last + 1)
      while let part = try reader.next() { existing.appendUsers(0..<part.userCount, of: part) }
    }
    return filter.apply(to: batch, existing: existing)
  }
}

/// Collects batches of whole users and cuts them into full blocks.
struct RunBuilder: ~Copyable {
  private var writer: BlockWriter
  private let pending: EventBatch
  private let boundary: Int

  init(run: UInt32, columns: RunColumns, boundary: Int, importNumber: UInt32? = nil) {
    writer = BlockWriter(run: run, columns: columns, importNumber: importNumber)
    pending = columns.makeBatch()
    self.boundary = boundary
  }

  mutating func add(_ batch: EventBatch, to blocks: inout EncodedBlocks) {
    pending.appendUsers(0..<batch.userCount, of: batch)
    if pending.rowCount >= 4 * BlockLayout.rowsPerBlock { flush(keepLast: true, to: &blocks) }
  }

  mutating func finish(to blocks: inout EncodedBlocks) {
    flush(keepLast: false, to: &blocks)
  }

  /// Writes all full blocks; the last, which may still grow, stays when `keepLast` is set.
  private mutating func flush(keepLast: Bool, to blocks: inout EncodedBlocks) {
    let starts = pending.starts
    var cuts = BlockWriter.cut(pending.users, rows: { starts[$0 + 1] - starts[$0] }, boundary: boundary)
    let rest = keepLast ? cuts.popLast() : nil
    for cut in cuts { writer.write(pending, users: cut, to: &blocks) }
    let from = starts.indices.dropLast().map { starts[$0] }
    let to = from.indices.map { place in rest.map { $0.contains(place) } ?? false ? starts[place + 1] : starts[place] }
    pending.keepRows(from: from, to: to)
  }
}

extension EventColumn {
  /// The column with number `number`.
  /// - Precondition: it is one of the further columns: not the directory, time or type.
  init(number: UInt16) {
    switch number {
    case BlockLayout.itemColumn: self = .item
    case BlockLayout.orderColumn: self = .order
    case BlockLayout.amountColumn: self = .amount
    case BlockLayout.quantityColumn: self = .quantity
    case BlockLayout.importColumn: self = .importNumber
    default: self = .property(number - BlockLayout.firstPropertyColumn)
    }
  }
}
