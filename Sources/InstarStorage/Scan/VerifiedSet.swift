internal import Synchronization

/// A set of checksums that many threads ask and fill.
final class VerifiedSet: Sendable {
  private let shards: [Shard] = (0..<16).map { _ in Shard() }

  private final class Shard: Sendable {
    let values = Mutex<Set<UInt64>>([])
  }

  func contains(_ value: UInt64) -> Bool {
    shards[Int(value >> 60)].values.withLock { $0.contains(value) }
  }

  func insert(_ value: UInt64) {
    shards[Int(value >> 60)].values.withLock { _ = $0.insert(value) }
  }
}
