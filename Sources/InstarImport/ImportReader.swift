import Dispatch
import InstarCalendar
import Synchronization

/// Reads the files of an import with several workers: chunks of typed columns, each handed to the worker's own state.
///
/// ```swift
/// let reader = ImportReader(source, format: format, requests: mapping.requests(format, expressions: []))
/// let loaders = try reader.read(workers: 2, makeState: { _ in Loader() }) { loader, chunk in try loader.add(chunk) }
/// ```
///
/// At most one chunk per worker exists at a time: memory is bounded by `workers x 2 x chunkBytes`, whatever the size of
/// the files, and a slow body slows the reading down.
package final class ImportReader: Sendable {
  package struct Options: Sendable {
    /// Bytes of records in a chunk.
    package var chunkBytes = 1 << 20
    /// A longer record is an error: mostly a quote that never closes.
    package var longestRecord = 64 << 20
    /// The zone of times that name none.
    package var zone = Zone.utc

    package init() {}
  }

  /// How far an import is.
  package struct Progress: Sendable, Hashable {
    /// Bytes read, compressed ones for gzip; `total` is 0 where it is unknown.
    package var bytes: Int
    package var total: Int
    package var rows: Int
    package var rejects: Int
  }

  private let source: ImportSource
  private let format: FileFormat
  private let requests: [ColumnRequest]
  private let options: Options
  private let isCancelled = Atomic<Bool>(false)
  private let bytes = Atomic<Int>(0)
  private let rows = Atomic<Int>(0)
  private let rejects = Atomic<Int>(0)

  /// - Parameter requests: The columns to convert, in the order that chunks have them; see ``RoleMapping/requests``.
  package init(
    _ source: ImportSource, format: FileFormat, requests: [ColumnRequest], options: Options = Options()
  ) {
    self.source = source
    self.format = format
    self.requests = requests
    self.options = options
  }

  package var progress: Progress {
    Progress(
      bytes: bytes.load(ordering: .relaxed), total: source.totalBytes, rows: rows.load(ordering: .relaxed),
      rejects: rejects.load(ordering: .relaxed))
  }

  /// Makes ``read(workers:makeState:body:)`` throw `cancelled` before its next chunk. From any thread.
  package func cancel() { isCancelled.store(true, ordering: .relaxed) }

  /// Reads everything and returns the states of all workers, in the order of their numbers.
  ///
  /// Chunks come to the workers in no fixed distribution; ``ImportChunk/sequence`` orders them. A body that throws
  /// stops the import, and the first error is rethrown.
  ///
  /// - Parameters:
  ///   - makeState: Called once per worker, on its thread, with numbers from 0.
  ///   - body: Called on the worker's thread; the chunk is valid until it returns.
  /// - Throws: ``ImportError``, or what `makeState` or `body` throw.
  package func read<State>(
    workers: Int, makeState: @Sendable (Int) throws -> State,
    body: @Sendable (inout State, ImportChunk) throws -> Void
  ) throws -> [State] {
    let splitter = RecordSplitter(source, format: format, requests: requests, longestRecord: options.longestRecord)
    let gate = Gate(splitter)
    let results = WorkerResults<State>(workers)
    DispatchQueue.concurrentPerform(iterations: workers) { worker in
      do {
        var state = try makeState(worker)
        try run(gate) { chunk in try body(&state, chunk) }
        results.set(worker, state)
      } catch {
        gate.stop(with: error)
      }
    }
    if let error = gate.error { throw error }
    return results.states
  }

  private func run(_ gate: Gate, body: (ImportChunk) throws -> Void) throws {
    let readings = Dictionary(grouping: requests, by: \.column).values.map(\.count)
    let buffer = RecordBuffer(capacity: options.chunkBytes, copies: readings.max() ?? 1)
    let builder = ChunkBuilder(format: format, requests: requests, zone: options.zone)
    while true {
      if isCancelled.load(ordering: .relaxed) {
        throw ImportError(.cancelled, "the import was cancelled", help: "Nothing was stored.")
      }
      guard let consumed = try gate.next(into: buffer) else { return }
      bytes.max(consumed, ordering: .relaxed)
      builder.build(buffer)
      rows.add(builder.chunk.rowCount, ordering: .relaxed)
      rejects.add(builder.chunk.rejects.count, ordering: .relaxed)
      try body(builder.chunk)
    }
  }
}

/// Lets one worker at a time use the splitter, and remembers the first error.
private final class Gate: @unchecked Sendable {
  // Everything here is touched inside the lock only.
  private let lock = Mutex(())
  private let splitter: RecordSplitter
  private var isStopped = false
  private var firstError: (any Error)?

  init(_ splitter: RecordSplitter) { self.splitter = splitter }

  var error: (any Error)? { lock.withLock { _ in firstError } }

  func stop(with error: any Error) {
    lock.withLock { _ in
      isStopped = true
      if firstError == nil { firstError = error }
    }
  }

  /// Fills `buffer`; the bytes read so far, or `nil` at the end and after an error.
  func next(into buffer: RecordBuffer) throws -> Int? {
    try lock.withLock { _ in
      if isStopped { return nil }
      if try splitter.next(into: buffer) { return splitter.consumedBytes }
      isStopped = true
      return nil
    }
  }
}

/// One slot per worker, written by it alone.
private final class WorkerResults<State>: @unchecked Sendable {
  private let slots: UnsafeMutableBufferPointer<State?>

  init(_ count: Int) {
    slots = .allocate(capacity: count)
    slots.initialize(repeating: nil)
  }

  deinit {
    slots.deinitialize()
    slots.deallocate()
  }

  func set(_ worker: Int, _ state: State) { slots[worker] = state }

  var states: [State] { slots.compactMap { $0 } }
}
