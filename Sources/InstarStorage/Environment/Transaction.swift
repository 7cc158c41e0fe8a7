internal import CLMDB
internal import InstarColumns

/// What reading and writing transactions share: looking up and walking.
///
/// Views of mapped bytes borrow the transaction, so that the compiler refuses a view that would outlive it.
package protocol Transaction: ~Copyable {
  var handle: TransactionHandle { get }
  /// The file, for messages.
  var path: String { get }
}

/// LMDB's transaction, hidden from the layers above.
@safe package struct TransactionHandle {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
}

extension Transaction where Self: ~Copyable {
  /// The value of `key`, read in place, or `nil`.
  @_lifetime(borrow self)
  package borrowing func get(_ key: Key, in database: NamedDatabase) throws(StorageError) -> RawSpan? {
    guard let bytes = unsafe try pointer(key, in: database) else { return nil }
    let span = unsafe RawSpan(_unsafeBytes: bytes)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The mapped bytes of the value of `key`, or `nil`.
  ///
  /// For the scan, whose worker threads read what the leader's transaction holds open.
  /// - Warning: valid only while the transaction lives and, in a writing one, until its next change.
  @unsafe borrowing func pointer(_ key: Key, in database: NamedDatabase) throws(StorageError)
    -> UnsafeRawBufferPointer?
  {
    var value = unsafe MDB_val()
    let code = unsafe key.withBytes { bytes -> CInt in
      var name = unsafe MDB_val(bytes)
      return unsafe mdb_get(handle.pointer, database.handle, &name, &value)
    }
    if code == MDB_NOTFOUND { return nil }
    try check(code, "read", path: path)
    return unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
  }

  /// Whether `key` has a value.
  package borrowing func contains(_ key: Key, in database: NamedDatabase) throws(StorageError) -> Bool {
    unsafe try pointer(key, in: database) != nil
  }

  /// A cursor over `database`, before its first entry.
  @_lifetime(borrow self)
  package borrowing func cursor(_ database: NamedDatabase) throws(StorageError) -> Cursor {
    var cursor: OpaquePointer?
    try unsafe check(mdb_cursor_open(handle.pointer, database.handle, &cursor), "read", path: path)
    let made = unsafe Cursor(handle: cursor!, path: path)
    return unsafe _overrideLifetime(made, borrowing: self)
  }

  /// The number of entries of `database`.
  package borrowing func entryCount(_ database: NamedDatabase) throws(StorageError) -> Int {
    var statistics = MDB_stat()
    try unsafe check(mdb_stat(handle.pointer, database.handle, &statistics), "read", path: path)
    return statistics.ms_entries
  }

  /// Bytes of the pages that `database` occupies.
  package borrowing func byteCount(_ database: NamedDatabase) throws(StorageError) -> Int {
    var statistics = MDB_stat()
    try unsafe check(mdb_stat(handle.pointer, database.handle, &statistics), "read", path: path)
    let pages = statistics.ms_branch_pages + statistics.ms_leaf_pages + statistics.ms_overflow_pages
    return pages * Int(statistics.ms_psize)
  }
}

extension MDB_val {
  init(_ bytes: UnsafeRawBufferPointer) {
    unsafe self.init(mv_size: bytes.count, mv_data: UnsafeMutableRawPointer(mutating: bytes.baseAddress))
  }
}

/// A consistent view of the store at one commit. It may move between threads, one at a time.
@safe package struct ReadTransaction: ~Copyable, Transaction {
  package let handle: TransactionHandle
  let environment: Environment

  init(handle: OpaquePointer, environment: Environment) {
    unsafe self.handle = TransactionHandle(handle)
    self.environment = environment
  }

  deinit {
    unsafe mdb_txn_abort(handle.pointer)
    environment.gate.leave()
  }

  package var path: String { environment.path }

  /// LMDB's number of the commit that this transaction sees; workers compare it.
  package var commitNumber: Int { unsafe mdb_txn_id(handle.pointer) }
}

@available(*, unavailable) extension ReadTransaction: Sendable {}

/// The one transaction that may change the store; it lives on the writer thread, inside ``Environment/write(_:)``.
///
/// What it changes is seen by nobody until the closure returns, and by nobody ever when the closure throws.
@safe package struct WriteTransaction: ~Copyable, Transaction {
  package let handle: TransactionHandle
  let environment: Environment
  /// What the transaction decides about the store as a whole, written when it commits.
  let changes: StoreChanges

  init(handle: OpaquePointer, environment: Environment, changes: StoreChanges) {
    unsafe self.handle = TransactionHandle(handle)
    self.environment = environment
    self.changes = changes
  }

  package var path: String { environment.path }

  /// Stores `value` under `key`, replacing what was there.
  /// - Parameter append: the key is above every key of the database: no search, and pages are filled completely.
  package borrowing func put(_ key: Key, _ value: RawSpan, in database: NamedDatabase, append: Bool = false)
    throws(StorageError)
  {
    let code = unsafe value.withUnsafeBytes { bytes in
      unsafe key.withBytes { keyBytes -> CInt in
        var name = unsafe MDB_val(keyBytes)
        var data = unsafe MDB_val(bytes)
        return unsafe mdb_put(handle.pointer, database.handle, &name, &data, append ? UInt32(MDB_APPEND) : 0)
      }
    }
    try check(code, "write to", path: path)
  }

  /// Stores bytes under `key`, replacing what was there.
  package borrowing func put(_ key: Key, _ value: [UInt8], in database: NamedDatabase, append: Bool = false)
    throws(StorageError)
  {
    try unsafe put(key, value.span.bytes, in: database, append: append)
  }

  /// Reserves `byteCount` bytes under `key` and lets `fill` write them in place. The bytes start undefined.
  package borrowing func reserve(
    _ key: Key, byteCount: Int, in database: NamedDatabase, append: Bool = false,
    fill: (inout MutableRawSpan) -> Void
  ) throws(StorageError) {
    let flags = UInt32(MDB_RESERVE) | (append ? UInt32(MDB_APPEND) : 0)
    var data = unsafe MDB_val(mv_size: byteCount, mv_data: nil)
    let code = unsafe key.withBytes { keyBytes -> CInt in
      var name = unsafe MDB_val(keyBytes)
      return unsafe mdb_put(handle.pointer, database.handle, &name, &data, flags)
    }
    try check(code, "write to", path: path)
    let bytes = unsafe UnsafeMutableRawBufferPointer(start: data.mv_data, count: byteCount)
    var span = unsafe bytes.mutableBytes
    fill(&span)
  }

  /// Removes `key`; returns whether it was there.
  @discardableResult
  package borrowing func delete(_ key: Key, in database: NamedDatabase) throws(StorageError) -> Bool {
    let code = unsafe key.withBytes { keyBytes -> CInt in
      var name = unsafe MDB_val(keyBytes)
      return unsafe mdb_del(handle.pointer, database.handle, &name, nil)
    }
    if code == MDB_NOTFOUND { return false }
    try check(code, "write to", path: path)
    return true
  }

  /// Removes the keys that start with `prefix`, at most `limit` of them; returns how many it removed.
  @discardableResult
  package borrowing func delete(prefix: Key, in database: NamedDatabase, limit: Int = .max) throws(StorageError) -> Int
  {
    var removed = 0
    var cursor = try cursor(database)
    var found = try cursor.seek(prefix)
    while found, removed < limit, cursor.hasPrefix(prefix) {
      try cursor.delete()
      removed += 1
      found = try cursor.seek(prefix)
    }
    return removed
  }

  /// Removes every entry of `database`.
  package borrowing func clear(_ database: NamedDatabase) throws(StorageError) {
    try unsafe check(mdb_drop(handle.pointer, database.handle, 0), "write to", path: path)
  }
}

@available(*, unavailable) extension WriteTransaction: Sendable {}
