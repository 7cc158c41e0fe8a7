internal import InstarExecution
package import InstarStorage

/// How a database is opened, and what its statements may do.
///
/// ```swift
/// var configuration = Configuration()
/// configuration.readOnly = true
/// configuration.allowsFiles = false       // statements come from other people
/// let database = try Database.open("shop.instar", configuration: configuration)
/// ```
public struct Configuration: Sendable {
  /// Whether opening makes the store when there is none. Without effect for a read-only database.
  public var createIfMissing = true

  /// Whether the store is only read. Statements that would write fail.
  public var readOnly = false

  /// Whether statements may read and write files: IMPORT, EXPORT and RUN. Turn it off for statements of other people.
  public var allowsFiles = true

  /// How many threads a statement uses; `nil` for one for each processor.
  public var threads: Int?

  /// How long a statement may run; `nil` for any time. A call may set its own.
  public var timeout: Duration?

  /// How many rows the result of a statement may have; `nil` for any number. `SET LIMIT rows` of the store holds beside it.
  public var rowLimit: Int?

  /// By how many bytes the process may grow while a statement runs; `nil` for any number. It is watched a hundred times a
  /// second, in units of 2^20 bytes. `SET LIMIT megabytes` of the store holds beside it.
  public var memoryLimitByteCount: Int?

  /// What opens an encrypted store; a store that is made with it is encrypted. Keys come from the library
  /// `InstarEncryption`.
  public var key: EncryptionKey?

  /// How long a statement may look at one snapshot of the store. An old snapshot keeps the file from reusing space.
  public var readTimeout: Duration = .seconds(60)

  /// The most memory that an import takes before it uses temporary files, in bytes.
  public var importMemoryByteCount = 1 << 30

  /// The present moment for `SET CLOCK system` and for the date of an import; the system's clock unless a test sets
  /// another.
  public var clock: @Sendable () -> Timestamp = { .now }

  public init() {}

  var mode: Store.Mode { readOnly ? .readOnly : createIfMissing ? .createIfMissing : .mustExist }

  var storeConfiguration: Store.Configuration {
    var configuration = Store.Configuration()
    configuration.readTimeoutMilliseconds = readTimeout.wholeMilliseconds
    configuration.importMemoryByteCount = importMemoryByteCount
    configuration.key = key?.key
    return configuration
  }

  var engineOptions: Engine.Options {
    var options = Engine.Options()
    if let threads { options.threads = max(1, threads) }
    options.allowsFiles = allowsFiles
    options.limits.rows = max(0, rowLimit ?? 0)
    options.limits.megabytes = memoryLimitByteCount.map { max(1, $0 >> 20) } ?? 0
    let clock = self.clock
    options.now = { clock().millisecondsSince1970 }
    options.exporter = TableExport.write
    return options
  }
}

/// The key of an encrypted store: `EncryptionKey.key(_:)`, `.passphrase(_:)` and `.contents(_:)` of `InstarEncryption`
/// make one.
public struct EncryptionKey: Sendable {
  package let key: any StoreKey

  package init(_ key: any StoreKey) { self.key = key }
}

extension Duration {
  /// The duration in milliseconds, rounded down, held within what a timer takes.
  var wholeMilliseconds: Int {
    let (seconds, attoseconds) = components
    guard seconds < 1 << 40 else { return Int.max / 1_000_000 }
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
