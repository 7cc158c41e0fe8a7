internal import Dispatch
package import InstarColumns
internal import Synchronization

/// Everything that a scan reads: the runs, oldest first, and the recent events.
package struct ScanSource: Sendable {
  package var runs: [RunBlocks]
  /// Events that are not in a run yet; younger than all runs.
  package var recent: SortedRows?
  /// Rows of linked identities under the users that they are, behind each run and behind the recent events; empty
  /// where there are no links.
  package var linked: [SortedRows?] = []
  /// What campaigns showed to users, where the request asks for it; behind all else.
  package var exposures: SortedRows?
  /// The types of the columns of the request.
  package var columnTypes: [ValueType]
  /// One more than the largest user id.
  package var userCount: Int
  package var rowCount: Int
  package var verified: VerifiedBlocks
  /// Users whose erasure is under way, ascending: no scan hands them out.
  package var hiddenUsers: [UInt32] = []
  /// Throws when the scan has taken too long; asked once a chunk.
  package var deadline: (@Sendable () throws -> Void)?

  package init(
    runs: [RunBlocks], recent: SortedRows? = nil, columnTypes: [ValueType] = [], userCount: Int, rowCount: Int,
    verified: VerifiedBlocks = VerifiedBlocks(), deadline: (@Sendable () throws -> Void)? = nil
  ) {
    self.runs = runs
    self.recent = recent
    self.columnTypes = columnTypes
    self.userCount = userCount
    self.rowCount = rowCount
    self.verified = verified
    self.deadline = deadline
  }
}

/// Leads the batches of a source through the caller's states, several chunks at a time.
package enum EventScan {
  /// Runs `body` over all batches and returns one state a chunk, in the order of users.
  ///
  /// - Throws: what `body` threw first in the order of chunks, ``ScanCancelled``, or ``BlockDamage``.
  package static func run<State>(
    _ source: ScanSource, _ request: ScanRequest, statistics: inout ScanStatistics,
    makeState: @Sendable (_ chunk: Int) -> State, body: @Sendable (inout State, EventBatch) throws -> Void
  ) throws -> [State] {
    let size = ScanChunks.users(userCount: source.userCount, rowCount: source.rowCount)
    let chunks = (source.userCount + size - 1) / size
    let workers = max(1, min(request.threads, chunks))
    let work = SharedWork<State>(chunks: chunks)
    withoutActuallyEscaping(makeState) { makeState in
      withoutActuallyEscaping(body) { body in
        let calls = Calls(makeState: makeState, body: body)
        let one = { @Sendable (_: Int) in
          let reader = ChunkReader(source, request)
          while let chunk = work.take() {
            work.finish(chunk, with: Result { try calls.run(reader, chunk, size, request, source) })
          }
          work.add(reader.statistics)
        }
        if workers == 1 { one(0) } else { DispatchQueue.concurrentPerform(iterations: workers, execute: one) }
      }
    }
    statistics.add(work.statistics)
    return try work.states()
  }

  /// The caller's two functions.
  private struct Calls<State>: Sendable {
    let makeState: @Sendable (Int) -> State
    let body: @Sendable (inout State, EventBatch) throws -> Void

    func run(
      _ reader: ChunkReader, _ chunk: Int, _ size: Int, _ request: ScanRequest, _ source: ScanSource
    ) throws -> State {
      try source.deadline?()
      var state = makeState(chunk)
      let upper = min(source.userCount, (chunk + 1) * size)
      try reader.start(UInt32(chunk * size)..<UInt32(upper))
      while let batch = try reader.next() {
        if let isCancelled = request.isCancelled, isCancelled() { throw ScanCancelled() }
        do {
          try body(&state, batch)
        } catch {
          try reader.checkDamage()
          throw error
        }
        // The body saw zeros for what could not be read; its state goes no further.
        try reader.checkDamage()
      }
      return state
    }
  }
}

/// The chunks that are still to do and the results of those that are done.
///
/// `@unchecked Sendable`: everything is behind the lock.
private final class SharedWork<State>: @unchecked Sendable {
  private struct Progress {
    var next = 0
    var hasFailed = false
    var statistics = ScanStatistics()
  }

  private let chunks: Int
  private let progress = Mutex(Progress())
  private let lock = Mutex(())
  private var results: [Result<State, any Error>?]

  init(chunks: Int) {
    self.chunks = chunks
    results = Array(repeating: nil, count: chunks)
  }

  var statistics: ScanStatistics { progress.withLock { $0.statistics } }

  /// The next chunk; none after a failure, because the result is lost anyway.
  func take() -> Int? {
    progress.withLock { progress in
      guard progress.next < chunks, !progress.hasFailed else { return nil }
      progress.next += 1
      return progress.next - 1
    }
  }

  func finish(_ chunk: Int, with result: Result<State, any Error>) {
    lock.withLock { _ in results[chunk] = result }
    if case .failure = result { progress.withLock { $0.hasFailed = true } }
  }

  func add(_ statistics: ScanStatistics) { progress.withLock { $0.statistics.add(statistics) } }

  func states() throws -> [State] {
    for case .failure(let error)? in results { throw error }
    return try results.map { try $0!.get() }
  }
}
