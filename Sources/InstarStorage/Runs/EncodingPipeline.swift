internal import Dispatch
internal import Synchronization

/// Encodes groups of blocks on several threads while the group before is being written.
///
/// ```
/// encode   group 0 | group 1 | group 2 |
/// write              group 0 | group 1 | group 2
/// ```
enum EncodingPipeline {
  /// Encodes `tasks` pieces and hands them to `write` in their order.
  ///
  /// - Parameters:
  ///   - group: how many pieces are encoded before they are handed over together.
  ///   - encode: encodes one piece; called on several threads at a time.
  ///   - write: takes the encoded blocks of one group; called on another thread, one group at a time, in order.
  static func run(
    tasks: Int, group: Int, threads: Int, encode: @escaping @Sendable (Int) throws -> EncodedBlocks,
    write: @escaping @Sendable ([EncodedBlocks]) throws -> Void
  ) throws {
    let writing = PendingWrite()
    var first = 0
    while first < tasks {
      let count = min(group, tasks - first)
      let blocks: [EncodedBlocks]
      do {
        blocks = try encodeGroup(first..<first + count, threads, encode)
      } catch {
        try writing.finish()
        throw error
      }
      try writing.finish()
      writing.begin { try write(blocks) }
      first += count
    }
    try writing.finish()
  }

  private static func encodeGroup(
    _ tasks: Range<Int>, _ threads: Int, _ encode: @escaping @Sendable (Int) throws -> EncodedBlocks
  ) throws -> [EncodedBlocks] {
    let results = Mutex<[Result<EncodedBlocks, any Error>?]>(Array(repeating: nil, count: tasks.count))
    let next = Atomic<Int>(0)
    DispatchQueue.concurrentPerform(iterations: max(1, min(threads, tasks.count))) { _ in
      while true {
        let task = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard task < tasks.count else { return }
        let result = Result { try encode(tasks.lowerBound + task) }
        results.withLock { $0[task] = result }
      }
    }
    return try results.withLock { try $0.map { try $0!.get() } }
  }
}

/// One write on a thread of its own, and the wait for its end.
private final class PendingWrite: Sendable {
  private let queue = DispatchQueue(label: "instar.encoded-blocks")
  private let group = DispatchGroup()
  private let failure = Mutex<(any Error)?>(nil)

  func begin(_ work: @escaping @Sendable () throws -> Void) {
    queue.async(group: group) {
      do { try work() } catch { self.failure.withLock { $0 = error } }
    }
  }

  /// Waits for the write that was begun; throws what it threw.
  func finish() throws {
    group.wait()
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
