internal import CLMDB

/// Making a new store file: written and made durable under another name, then renamed without replacing.
///
/// A crash at any moment leaves either no store or a whole one; two processes that create at once agree on one.
enum StoreCreation {
  static func create(_ path: String) throws(StorageError) {
    try FileSystem.refuseNetwork(FileSystem.folder(path))
    let draft = "\(path).new-\(FileSystem.uniqueSuffix())"
    defer {
      FileSystem.remove(draft)
      FileSystem.remove(draft + "-lock")
    }
    unsafe try fill(draft)
    try FileSystem.syncFile(draft)
    if try FileSystem.renameNew(draft, to: path) { try FileSystem.syncFolder(of: path) }
  }

  @unsafe private static func fill(_ path: String) throws(StorageError) {
    var made: OpaquePointer?
    try unsafe check(mdb_env_create(&made), "create", path: path)
    let handle = unsafe made!
    defer { unsafe mdb_env_close(handle) }
    unsafe mdb_env_set_maxdbs(handle, UInt32(NamedDatabase.allCases.count))
    let flags = UInt32(MDB_NOSUBDIR | MDB_NOTLS | MDB_NOSYNC)
    try unsafe check(mdb_env_open(handle, path, flags, 0o600), "create", path: path)

    var begun: OpaquePointer?
    try unsafe check(mdb_txn_begin(handle, nil, 0, &begun), "create", path: path)
    let transaction = unsafe begun!
    var code = unsafe Environment.openDatabases(in: transaction, flags: UInt32(MDB_CREATE))
    if code == 0 { code = unsafe putFormat(transaction) }
    guard code == 0 else {
      unsafe mdb_txn_abort(transaction)
      throw StorageError(lmdb: code, "create", path: path)
    }
    try unsafe check(mdb_txn_commit(transaction), "create", path: path)
    try unsafe check(mdb_env_sync(handle, 1), "create", path: path)
  }

  @unsafe private static func putFormat(_ transaction: OpaquePointer) -> CInt {
    let bytes = StoreFormat.new().bytes
    return unsafe bytes.withUnsafeBytes { bytes in
      unsafe StoreFormat.key.withBytes { key -> CInt in
        var name = unsafe MDB_val(key)
        var value = unsafe MDB_val(bytes)
        return unsafe mdb_put(transaction, NamedDatabase.meta.handle, &name, &value, 0)
      }
    }
  }
}
