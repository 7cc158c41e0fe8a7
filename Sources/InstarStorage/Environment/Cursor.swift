internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A position in a named database, in ascending order of keys.
///
/// ```swift
/// var cursor = try transaction.cursor(.block)
/// var found = try cursor.seek(prefix)
/// while found, cursor.hasPrefix(prefix) {
///   use(cursor.key, cursor.value)
///   found = try cursor.next()
/// }
/// ```
@safe package struct Cursor: ~Copyable, ~Escapable {
  private let handle: OpaquePointer
  private let path: String
  private var currentKey = unsafe MDB_val()
  private var currentValue = unsafe MDB_val()
  private let database: NamedDatabase
  private let transaction: OpaquePointer
  /// What opens the values of an encrypted store, and the value at the position.
  private let sealed: SealedValues?
  private var opened: OpenedValue?

  /// - Warning: the caller binds the lifetime to the transaction.
  @unsafe @_lifetime(immortal)
  init(
    handle: OpaquePointer, path: String, database: NamedDatabase, transaction: OpaquePointer, sealed: SealedValues?
  ) {
    unsafe self.handle = handle
    self.path = path
    self.database = database
    unsafe self.transaction = unsafe transaction
    self.sealed = sealed
  }

  deinit { unsafe mdb_cursor_close(handle) }

  /// Whether moves open the values of an encrypted store; without, only keys and ``storedPointer`` may be asked for.
  var opensValues = true

  /// The key at the position. Valid until the cursor moves.
  /// - Precondition: the last move returned true.
  package var key: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe RawSpan(_unsafeStart: UnsafeRawPointer(currentKey.mv_data), byteCount: currentKey.mv_size)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  /// The value at the position. Valid until the cursor moves.
  /// - Precondition: the last move returned true.
  package var value: RawSpan {
    @_lifetime(borrow self)
    borrowing get {
      let span = unsafe RawSpan(_unsafeBytes: valuePointer)
      return unsafe _overrideLifetime(span, borrowing: self)
    }
  }

  @unsafe private var valuePointer: UnsafeRawBufferPointer {
    if let opened { return unsafe opened.bytes }
    return unsafe storedPointer
  }

  /// The mapped bytes of the value, sealed where the store is encrypted, for the scan's workers.
  /// - Warning: valid only while the transaction lives and, in a writing one, until its next change.
  @unsafe var storedPointer: UnsafeRawBufferPointer {
    unsafe UnsafeRawBufferPointer(start: currentValue.mv_data, count: currentValue.mv_size)
  }

  /// Moves to the first entry; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func first() throws(StorageError) -> Bool { try move(MDB_FIRST) }

  /// Moves to the last entry; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func last() throws(StorageError) -> Bool { try move(MDB_LAST) }

  /// Moves to the following entry; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func next() throws(StorageError) -> Bool { try move(MDB_NEXT) }

  /// Moves to the preceding entry; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func previous() throws(StorageError) -> Bool { try move(MDB_PREV) }

  /// Moves to the first entry whose key is at least `key`; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func seek(_ key: Key) throws(StorageError) -> Bool {
    if key.byteCount == 0 { return try first() }
    let (code, name, data) = unsafe key.withBytes { bytes -> (CInt, MDB_val, MDB_val) in
      var name = unsafe MDB_val(bytes)
      var data = unsafe MDB_val()
      let code = unsafe mdb_cursor_get(handle, &name, &data, MDB_SET_RANGE)
      return unsafe (code, name, data)
    }
    if code == MDB_NOTFOUND { return false }
    try check(code, "read", path: path)
    try unsafe arrive(name, data)
    return true
  }

  /// Moves to the last entry whose key is below `key`; returns whether there is one.
  @_lifetime(self: copy self)
  package mutating func seek(before key: Key) throws(StorageError) -> Bool {
    try seek(key) ? try previous() : try last()
  }

  /// Whether the key at the position starts with `prefix`.
  package borrowing func hasPrefix(_ prefix: Key) -> Bool {
    guard unsafe prefix.byteCount <= currentKey.mv_size else { return false }
    let start = unsafe currentKey.mv_data!
    return unsafe prefix.withBytes { unsafe memcmp(start, $0.baseAddress!, $0.count) == 0 }
  }

  /// Removes the entry at the position; seek again before going on. Only in a writing transaction.
  @_lifetime(self: copy self)
  package mutating func delete() throws(StorageError) {
    try unsafe check(mdb_cursor_del(handle, 0), "write to", path: path)
  }

  @_lifetime(self: copy self)
  private mutating func move(_ operation: MDB_cursor_op) throws(StorageError) -> Bool {
    var name = unsafe MDB_val()
    var data = unsafe MDB_val()
    let code = unsafe mdb_cursor_get(handle, &name, &data, operation)
    if code == MDB_NOTFOUND { return false }
    try check(code, "read", path: path)
    try unsafe arrive(name, data)
    return true
  }

  @_lifetime(self: copy self)
  private mutating func arrive(_ name: MDB_val, _ data: MDB_val) throws(StorageError) {
    unsafe currentKey = name
    unsafe currentValue = data
    guard let sealed, opensValues else { return }
    let key = unsafe UnsafeRawBufferPointer(start: name.mv_data, count: name.mv_size)
    guard unsafe !SealedValues.isPlain(key, in: database) else {
      opened = nil
      return
    }
    opened = unsafe try sealed.opened(
      storedPointer, key: key, in: database, of: transaction, path: path)
  }
}
