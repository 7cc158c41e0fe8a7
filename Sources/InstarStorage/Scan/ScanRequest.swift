internal import Dispatch
package import InstarColumns

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What a scan over the events of a store reads, and what it may leave out.
///
/// Every batch carries users, times and types; the other columns are named here. Left-out hints are permissions: a scan
/// may hand out more than they ask for, except for ``users`` and ``before``, which are exact.
package struct ScanRequest: Sendable {
  /// The columns wanted, in the order in which batches carry them.
  package var columns: [EventColumn]
  /// The event types that matter to the caller; `nil` means all.
  package var types: [UInt32]?
  /// Whether blocks without any row of ``types`` may be left out, with their users.
  package var dropOtherTypes = false
  /// The milliseconds from `lowerBound` up to but not including `upperBound` that matter; `nil` means all.
  package var window: Range<Int64>?
  /// Whether users without any event inside ``window`` may be left out. Users that are handed out keep all their rows.
  package var skipUsersOutside = false
  /// Only these users, ascending and without repeats; `nil` means all. Exact.
  package var users: [UInt32]?
  /// Rows at or after this moment, in milliseconds, are cut off, and users without any row left with them. Exact.
  package var before: Int64?
  /// What the rows are used for: users who do not consent to it, where the store asks for consent, are left out. `nil`
  /// reads everybody, for upkeep and for a user's own data.
  package var purpose: ConsentPurpose? = .analytics
  /// Whether linked identities are joined to one user, as they are linked just before ``before``.
  package var joinsIdentities = true
  /// Whether the exposures of campaigns stand among the rows. They are no events of the log, so that nothing counts
  /// them which does not ask for them.
  package var includesExposures = false
  /// How many threads work at most; the result does not depend on it.
  package var threads: Int
  /// Asked once a batch; when it says true the scan ends with ``ScanCancelled``.
  package var isCancelled: (@Sendable () -> Bool)?

  package init(columns: [EventColumn] = [], threads: Int = ScanRequest.processorCount) {
    self.columns = columns
    self.threads = threads
  }

  /// The processors that this process may use.
  package static let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
}

/// The error of a scan whose caller asked it to stop.
package struct ScanCancelled: Error {
  package init() {}
}

/// What a scan did, for EXPLAIN ANALYZE.
package struct ScanStatistics: Sendable, Equatable {
  /// Blocks whose columns were decoded, and blocks that the directory ruled out.
  package var blocksRead = 0
  package var blocksSkipped = 0
  /// Rows and users that were handed out.
  package var rows = 0
  package var users = 0
  /// Rows that had to be copied to join runs and recent events.
  package var mergedRows = 0
  /// Stored bytes of the columns that were read, the directory aside; each block of a column counts once.
  package var bytes = 0
  /// The same by column: the directory, time, type, then those of the request in its order.
  package var columnBytes: [Int] = []
  /// How many blocks were read of each of these columns.
  package var columnBlocks: [Int] = []
  package var chunks = 0

  package init() {}

  mutating func add(_ other: ScanStatistics) {
    blocksRead += other.blocksRead
    blocksSkipped += other.blocksSkipped
    rows += other.rows
    users += other.users
    mergedRows += other.mergedRows
    chunks += other.chunks
    add(bytes: other.columnBytes, blocks: other.columnBlocks)
  }

  mutating func add(bytes: [Int], blocks: [Int]) {
    columnBytes.setCount(max(columnBytes.count, bytes.count), 0)
    columnBlocks.setCount(columnBytes.count, 0)
    for slot in bytes.indices {
      columnBytes[slot] += bytes[slot]
      columnBlocks[slot] += blocks[slot]
    }
    self.bytes += bytes.dropFirst().reduce(0, +)
  }
}

extension EventColumn {
  /// The number of the column in the keys of its blocks.
  package var number: UInt16 {
    switch self {
    case .item: BlockLayout.itemColumn
    case .order: BlockLayout.orderColumn
    case .amount: BlockLayout.amountColumn
    case .quantity: BlockLayout.quantityColumn
    case .importNumber: BlockLayout.importColumn
    case .property(let property): BlockLayout.firstPropertyColumn + property
    }
  }
}

/// How the users of a store are divided among the states of a scan.
package enum ScanChunks {
  private static let mostChunks = 256
  private static let mostRows = 1 << 19
  private static let fewestUsers = 64

  /// The users of one chunk: 8,192, times a power of two where there would be more than 256 chunks, divided by one where
  /// users are so busy that a chunk would hold far more rows than a block. A function of the two numbers alone, so that
  /// sums over chunks come out the same on every machine.
  package static func users(userCount: Int, rowCount: Int) -> Int {
    var size = BlockLayout.usersPerChunk
    while userCount / size > mostChunks { size *= 2 }
    let rowsPerUser = rowCount / max(1, userCount)
    while size > fewestUsers, rowsPerUser * size > mostRows { size /= 2 }
    return size
  }
}
