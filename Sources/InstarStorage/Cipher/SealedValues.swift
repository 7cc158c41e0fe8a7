internal import CLMDB

/// The opened values of one transaction of an encrypted store: they live as long as views of them may.
///
/// Belongs to the transaction's thread.
final class SealedValues {
  let cipher: ValueCipher
  private var kept: [OpenedValue] = []

  init(_ cipher: ValueCipher) { self.cipher = cipher }

  /// Entries of `meta` that are not sealed: what is needed to open the others.
  static func isPlain(_ key: UnsafeRawBufferPointer, in database: NamedDatabase) -> Bool {
    guard database == .meta else { return false }
    return unsafe key.elementsEqual("format".utf8) || key.elementsEqual(envelopeName.utf8)
      || key.count == groupName.utf8.count + 4 && key.prefix(groupName.utf8.count).elementsEqual(groupName.utf8)
  }

  /// The secret, sealed with the owner's key.
  static let envelopeKey = Key("seal")
  static let groupPrefix = Key("seal group ")
  private static let envelopeName = "seal"
  private static let groupName = "seal group "

  /// Opens a value and keeps it until the transaction ends, or changes something.
  func open(
    _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, in database: NamedDatabase,
    of transaction: OpaquePointer, path: String
  ) throws(StorageError) -> UnsafeRawBufferPointer {
    let value = unsafe try opened(sealed, key: key, in: database, of: transaction, path: path)
    kept.append(value)
    return unsafe value.bytes
  }

  /// Opens a value that the caller keeps.
  func opened(
    _ sealed: UnsafeRawBufferPointer, key: UnsafeRawBufferPointer, in database: NamedDatabase,
    of transaction: OpaquePointer, path: String
  ) throws(StorageError) -> OpenedValue {
    if let group = unsafe ValueCipher.group(of: sealed), !cipher.knows(group: group) {
      unsafe try loadGroups(of: transaction, path: path)
    }
    guard let value = unsafe cipher.open(sealed, key: key, in: database) else { throw Self.damage(path) }
    return value
  }

  /// Lets go of what was kept: views end at a change.
  func release() { kept.removeAll(keepingCapacity: true) }

  /// Makes the groups known that other processes, or an earlier opening, have stored.
  func loadGroups(of transaction: OpaquePointer, path: String) throws(StorageError) {
    var made: OpaquePointer?
    try unsafe check(mdb_cursor_open(transaction, NamedDatabase.meta.handle, &made), "read", path: path)
    let cursor = unsafe made!
    defer { unsafe mdb_cursor_close(cursor) }
    var value = unsafe MDB_val()
    var name = unsafe MDB_val()
    var code = unsafe Self.groupPrefix.withBytes { bytes -> CInt in
      unsafe name = MDB_val(bytes)
      return unsafe mdb_cursor_get(cursor, &name, &value, MDB_SET_RANGE)
    }
    while code == 0 {
      let key = unsafe UnsafeRawBufferPointer(start: name.mv_data, count: name.mv_size)
      let prefix = Self.groupName.utf8.count
      guard unsafe Self.isPlain(key, in: .meta), key.count == prefix + 4 else { break }
      let number = unsafe UInt32(bigEndian: key.loadUnaligned(fromByteOffset: prefix, as: UInt32.self))
      let salt = unsafe [UInt8](UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size))
      if salt.count == ValueCipher.saltByteCount { cipher.add(group: number, salt: salt) }
      code = unsafe mdb_cursor_get(cursor, &name, &value, MDB_NEXT)
    }
    if code != 0, code != MDB_NOTFOUND { throw StorageError(lmdb: code, "read", path: path) }
  }

  static func damage(_ path: String) -> StorageError {
    StorageError(
      .corrupt, "a value of '\(path)' is not what was encrypted: it was damaged, changed or moved",
      help: "run 'check' on it, or restore a copy", path: path)
  }
}
