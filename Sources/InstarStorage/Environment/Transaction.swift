internal import CLMDB
internal import InstarColumns

/// What reading and writing transactions share: looking up and walking.
///
/// Views of mapped bytes borrow the transaction, so that the compiler refuses a view that would outlive it.
package protocol Transaction: ~Copyable {
  var handle: TransactionHandle { get }
  /// The file, for messages.
  var path: String { get }
  /// What opens the values of an encrypted store; `nil` for a plain one.
  var sealed: SealedValueOpening? { get }
}

/// LMDB's transaction, hidden from the layers above.
@safe package struct TransactionHandle {
  let pointer: OpaquePointer

  init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
}

/// The opened values of a transaction, hidden from the layers above.
package struct SealedValueOpening {
  let values: SealedValues

  init?(_ cipher: ValueCipher?) {
    guard let cipher else { return nil }
    values = SealedValues(cipher)
  }
}

extension Transaction where Self: ~Copyable {
  /// The value of `key`, read in place, or `nil`.
  @_lifetime(borrow self)
  package borrowing func get(_ key: Key, in database: NamedDatabase) throws(StorageError) -> RawSpan? {
    guard let bytes = unsafe try pointer(key, in: database) else { return nil }
    let span = unsafe RawSpan(_unsafeBytes: bytes)
    return unsafe _overrideLifetime(span, borrowing: self)
  }

  /// The bytes of the value of `key`, or `nil`: mapped ones, or those that were opened for this transaction.
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
    let stored = unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
    guard let sealed else { return unsafe stored }
    return try unsafe key.withBytes { name throws(StorageError) in
      guard unsafe !SealedValues.isPlain(name, in: database) else { return unsafe stored }
      return unsafe try sealed.values.open(stored, key: name, in: database, of: handle.pointer, path: path)
    }
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
    let made = unsafe Cursor(
      handle: cursor!, path: path, database: database, transaction: handle.pointer, sealed: sealed?.values)
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
  package let sealed: SealedValueOpening?
  let environment: Environment

  init(handle: OpaquePointer, environment: Environment) {
    unsafe self.handle = TransactionHandle(handle)
    self.environment = environment
    sealed = SealedValueOpening(environment.cipher)
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
  package let sealed: SealedValueOpening?
  let environment: Environment
  /// What the transaction decides about the store as a whole, written when it commits.
  let changes: StoreChanges

  init(handle: OpaquePointer, environment: Environment, changes: StoreChanges) {
    unsafe self.handle = TransactionHandle(handle)
    self.environment = environment
    self.changes = changes
    sealed = SealedValueOpening(environment.cipher)
  }

  package var path: String { environment.path }

  /// Stores `value` under `key`, replacing what was there.
  /// - Parameter append: the key is above every key of the database: no search, and pages are filled completely.
  package borrowing func put(_ key: Key, _ value: RawSpan, in database: NamedDatabase, append: Bool = false)
    throws(StorageError)
  {
    try unsafe value.withUnsafeBytes { bytes throws(StorageError) in
      guard let sealed, unsafe !key.withBytes({ unsafe SealedValues.isPlain($0, in: database) }) else {
        return try unsafe store(key, bytes, in: database, append: append)
      }
      // The bytes may be a view of an opened value: it may go only after they were sealed.
      let closed = unsafe key.withBytes { unsafe sealed.values.cipher.seal(bytes, key: $0, in: database) }
      sealed.values.release()
      try unsafe closed.span.bytes.withUnsafeBytes { closed throws(StorageError) in
        try unsafe store(key, closed, in: database, append: append)
      }
    }
  }

  /// Stores bytes as they are.
  @unsafe borrowing func store(
    _ key: Key, _ bytes: UnsafeRawBufferPointer, in database: NamedDatabase, append: Bool
  ) throws(StorageError) {
    let code = unsafe key.withBytes { keyBytes -> CInt in
      var name = unsafe MDB_val(keyBytes)
      var data = unsafe MDB_val(bytes)
      return unsafe mdb_put(handle.pointer, database.handle, &name, &data, append ? UInt32(MDB_APPEND) : 0)
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
    guard sealed == nil else {
      var bytes = [UInt8](repeating: 0, count: byteCount)
      fillAll(&bytes, fill)
      return try put(key, bytes, in: database, append: append)
    }
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

  private func fillAll(_ bytes: inout [UInt8], _ fill: (inout MutableRawSpan) -> Void) {
    var elements = bytes.mutableSpan
    var raw = unsafe elements.mutableBytes
    fill(&raw)
  }

  /// Removes `key`; returns whether it was there.
  @discardableResult
  package borrowing func delete(_ key: Key, in database: NamedDatabase) throws(StorageError) -> Bool {
    sealed?.values.release()
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
