internal import InstarColumns
internal import Synchronization

/// One store file: the entry to everything that is kept on disk.
///
/// ```swift
/// let store = try Store.open("shop.instar", mode: .createIfMissing)
/// try store.append([EventRecord(user: "ada", type: "purchase", time: 1_700_000_000_000, amount: 9.5)])
/// let events = try store.read { $0.schema.commit.eventCount }      // 1
/// ```
///
/// There is one object for each file in a process; opening again returns it. Everything may be called from any thread.
package final class Store: Sendable {
  package typealias Mode = Environment.Mode

  /// What an application may choose.
  package struct Configuration: Sendable {
    /// A statement that reads longer fails: an old snapshot keeps the file from reusing space.
    package var readTimeoutMilliseconds = 60_000
    /// Anonymous memory that an import may use before it spills to temporary files.
    package var importMemoryByteCount = 1 << 30
    /// What opens an encrypted store; a store that is made with it is encrypted.
    package var key: (any StoreKey)?

    package init() {}
  }

  package let environment: Environment
  package let configuration: Configuration
  let caches = StoreCaches()
  let appends = AppendQueue()
  /// Links of identities, and rows gathered for them.
  let linkedRows = LinkedRowsCache()
  /// Blocks whose checksums were verified since the store was opened.
  let verifiedBlocks = VerifiedBlocks()
  /// Held by the one thread of this process that compacts.
  let compaction = CompactionLock()

  private init(environment: Environment, configuration: Configuration) {
    self.environment = environment
    self.configuration = configuration
  }

  package var path: String { environment.path }
  package var isReadOnly: Bool { environment.isReadOnly }

  /// Opens the store at `path`.
  ///
  /// - Throws: `notFound`, `notAStore`, `truncated`, `newerFormat`, `permissionDenied`, `networkFileSystem`, ...; the
  ///   file is unchanged.
  package static func open(_ path: String, mode: Mode, configuration: Configuration = Configuration())
    throws(StorageError) -> Store
  {
    try of(Environment.open(path, mode: mode, key: configuration.key), configuration)
  }

  /// A store without a name that vanishes with its last reference. Its commits are not synced.
  package static func temporary(configuration: Configuration = Configuration()) throws(StorageError) -> Store {
    try of(Environment.temporary(), configuration)
  }

  private static func of(_ environment: Environment, _ configuration: Configuration) throws(StorageError) -> Store {
    let transaction = try environment.beginRead()
    _ = try StoreFormat.read(transaction)
    return environment.store.withLock { box in
      if let store = box.store { return store }
      let store = Store(environment: environment, configuration: configuration)
      store.sealWhenFull()
      box.store = store
      return store
    }
  }

  /// Runs `body` on one consistent view of the store; other processes and threads go on writing.
  package func read<R>(_ body: (borrowing Snapshot) throws -> R) throws -> R {
    let transaction = try environment.beginRead()
    let schema = try caches.schema(transaction)
    let snapshot = Snapshot(transaction: transaction, store: self, schema: schema)
    let failures = caches.failedLookups.count
    let result = try body(snapshot)
    try caches.failedLookups.check(since: failures)
    return result
  }

  /// Runs `body` on the writer thread and makes what it wrote durable; nothing stays of it when it throws.
  ///
  /// `body` changes nothing but the transaction: it may run twice.
  @discardableResult
  package func write<R: Sendable>(_ body: @Sendable (borrowing WriteTransaction) throws -> R) throws -> R {
    if caches.readerCheckIsDue() { try environment.checkReaders() }
    let lookups = caches.failedLookups
    let failures = lookups.count
    return try environment.write(keepingCommitRecord: true) { transaction in
      let result = try body(transaction)
      try lookups.check(since: failures)
      return result
    }
  }
}

/// Holds the store of an environment without keeping it alive.
struct WeakStore { weak var store: Store? }
