internal import InstarColumns
internal import Synchronization

/// Turns rows in order of arrival into the blocks of a run, within a bound of memory.
///
/// Rows are buffered and, when the bound is reached, sorted and written to a spill file as a piece; the pieces are
/// merged at the end. An import that fits is sorted once, in memory.
package final class EventSorter {
  private let columns: RunColumns
  private let buffer: RowBuffer
  private let memoryBound: Int
  private let folder: String
  private let cipher: ValueCipher?
  private let threads: Int
  /// The import that brings the rows, for ``finish(run:duplicates:existing:write:)``.
  private let importNumber: UInt32?
  private var spill: SpillFile?
  private var spilledRows = 0
  private var largestUser: UInt32 = 0
  private var rowCount = 0

  /// - Parameters:
  ///   - memoryBound: bytes of rows that are kept in memory.
  ///   - folder: where a spill file goes.
  package convenience init(
    columns: RunColumns, memoryBound: Int, folder: String, threads: Int, importNumber: UInt32? = nil
  ) {
    self.init(
      columns: columns, memoryBound: memoryBound, folder: folder, threads: threads, importNumber: importNumber,
      cipher: nil)
  }

  /// - Parameter cipher: of an encrypted store, whose rows must not reach a disk as they are.
  init(
    columns: RunColumns, memoryBound: Int, folder: String, threads: Int, importNumber: UInt32?, cipher: ValueCipher?
  ) {
    self.cipher = cipher
    self.columns = columns
    self.importNumber = importNumber
    self.memoryBound = memoryBound
    self.folder = folder
    self.threads = threads
    buffer = RowBuffer(columns)
  }

  /// Adds rows behind all that came before.
  package func add(_ rows: CodedRows) throws {
    guard !rows.users.isEmpty else { return }
    largestUser = max(largestUser, rows.users.max() ?? 0)
    rowCount += rows.users.count
    buffer.append(rows)
    if buffer.byteCount >= memoryBound { try spillBuffer() }
  }

  /// What is known of the rows so far, for choosing chunks.
  private var usersPerTask: Int { ScanChunks.users(userCount: Int(largestUser) + 1, rowCount: rowCount) }

  /// Encodes all rows as run `run` and hands the blocks to `write` in the order of their keys, a few MiB at a time.
  package func finish(
    run: UInt32, duplicates: DuplicatePolicy, existing: ScanSource?,
    write: @escaping @Sendable ([EncodedBlocks]) throws -> Void
  ) throws -> (totals: RunTotals, duplicates: Int) {
    if rowCount == 0 { return (RunTotals(), 0) }
    if spill == nil {
      let result = try encode(
        run: run, importNumber: importNumber, duplicates: duplicates, existing: existing, write: write)
      buffer.removeAll()
      return result
    }
    try spillBuffer()
    return try mergePieces(run: run, duplicates: duplicates, existing: existing, write: write)
  }

  private func spillBuffer() throws {
    guard buffer.rowCount > 0 else { return }
    let file = try spill ?? SpillFile(folder: folder, cipher: cipher)
    spill = file
    let run = file.beginPiece()
    let pieces = Mutex(SendableSpill(file))
    _ = try encode(run: run, importNumber: nil, duplicates: .keep, existing: nil) { blocks in
      try pieces.withLock { piece in for block in blocks { try piece.file.write(block) } }
    }
    buffer.removeAll()
  }

  /// `@unchecked Sendable`: used behind a lock, by one writing thread at a time.
  private struct SendableSpill: @unchecked Sendable {
    let file: SpillFile
    init(_ file: SpillFile) { self.file = file }
  }

  // MARK: In memory

  private struct Collected {
    var totals = RunTotals()
    var duplicates = 0
  }

  /// Sorts the buffer and encodes it, eight blocks a task.
  private func encode(
    run: UInt32, importNumber: UInt32?, duplicates: DuplicatePolicy, existing: ScanSource?,
    write: @escaping @Sendable ([EncodedBlocks]) throws -> Void
  ) throws -> (totals: RunTotals, duplicates: Int) {
    let order = buffer.sorted()
    let (buffer, columns, boundary) = (buffer, columns, min(usersPerTask, BlockLayout.usersPerChunk))
    let cuts = BlockWriter.cut(
      order.users, rows: { order.firstRow(of: $0 + 1) - order.firstRow(of: $0) }, boundary: boundary)
    let blocksPerTask = 8
    let collected = Mutex(Collected())
    var request = ScanRequest(threads: 1)
    request.columns = columns.numbers.map(EventColumn.init(number:))
    let storeRequest = request
    try EncodingPipeline.run(
      tasks: (cuts.count + blocksPerTask - 1) / blocksPerTask, group: 32, threads: threads,
      encode: { task in
        let batch = columns.makeBatch()
        var writer = BlockWriter(run: run, columns: columns, importNumber: importNumber)
        var filter = StoreDuplicates(duplicates, columns: columns, existing: existing, request: storeRequest)
        var blocks = EncodedBlocks()
        var part = Collected()
        for cut in cuts[task * blocksPerTask..<min(cuts.count, (task + 1) * blocksPerTask)] {
          buffer.gather(order, users: cut, into: batch)
          if filter != nil { part.duplicates += try filter!.apply(to: batch) }
          guard batch.userCount > 0 else { continue }
          part.totals.add(batch)
          writer.write(batch, users: 0..<batch.userCount, to: &blocks)
        }
        collected.withLock {
          $0.totals.add(part.totals)
          $0.duplicates += part.duplicates
        }
        return blocks
      }, write: write)
    let result = collected.withLock { $0 }
    return (result.totals, result.duplicates)
  }

  // MARK: From pieces

  private func mergePieces(
    run: UInt32, duplicates: DuplicatePolicy, existing: ScanSource?,
    write: @escaping @Sendable ([EncodedBlocks]) throws -> Void
  ) throws -> (totals: RunTotals, duplicates: Int) {
    guard let spill else { return (RunTotals(), 0) }
    let source = ScanSource(
      runs: try spill.runs(columns: columns.numbers), columnTypes: columns.types, userCount: Int(largestUser) + 1,
      rowCount: rowCount)
    let merger = RunMerger(
      source: source, columns: columns, run: run, duplicates: duplicates, existing: existing,
      importNumber: importNumber)
    let collected = Mutex(Collected())
    try EncodingPipeline.run(
      tasks: merger.taskCount, group: max(2, threads), threads: threads,
      encode: { task in
        let output = try merger.merge(task: task)
        collected.withLock {
          $0.totals.add(output.totals)
          $0.duplicates += output.duplicates
        }
        return output.blocks
      }, write: write)
    let result = collected.withLock { $0 }
    return (result.totals, result.duplicates)
  }
}
