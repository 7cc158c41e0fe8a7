import Dispatch
import Synchronization

/// Computes one part per chunk on all cores and returns the parts in order of their chunks.
///
/// The number of chunks is the caller's and must not depend on the machine: then neither the parts nor anything that
/// merges them in order depends on the number of threads.
///
/// - Parameter chunkCount: how many parts; a few times the number of cores balances uneven chunks.
func concurrentChunks<Part: Sendable>(_ chunkCount: Int, _ part: @Sendable (Int) -> Part) -> [Part] {
  if chunkCount <= 1 { return chunkCount == 1 ? [part(0)] : [] }
  let parts = Mutex([Part?](repeating: nil, count: chunkCount))
  DispatchQueue.concurrentPerform(iterations: chunkCount) { chunk in
    let result = part(chunk)
    parts.withLock { $0[chunk] = result }
  }
  return parts.withLock { $0.map { $0! } }
}

/// The half-open range of chunk `chunk` when `count` things are cut into `chunkCount` nearly equal runs.
func chunkRange(_ chunk: Int, of chunkCount: Int, count: Int) -> Range<Int> {
  (count * chunk / chunkCount)..<(count * (chunk + 1) / chunkCount)
}
