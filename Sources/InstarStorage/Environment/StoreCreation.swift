internal import CLMDB

/// Making a new store file: written and made durable under another name, then renamed without replacing.
///
/// A crash at any moment leaves either no store or a whole one; two processes that create at once agree on one.
enum StoreCreation {
  /// - Parameter key: encrypts the store.
  static func create(_ path: String, key: (any StoreKey)? = nil) throws(StorageError) {
    try FileSystem.refuseNetwork(FileSystem.folder(path))
    let draft = "\(path).new-\(FileSystem.uniqueSuffix())"
    defer {
      FileSystem.remove(draft)
      FileSystem.remove(draft + "-lock")
    }
    unsafe try fill(draft, StoreFormat.new(), key)
    try FileSystem.syncFile(draft)
    if try FileSystem.renameNew(draft, to: path) { try FileSystem.syncFolder(of: path) }
  }

  @unsafe static func fill(_ path: String, _ format: StoreFormat, _ key: (any StoreKey)?) throws(StorageError) {
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
    if let key {
      // A store that is copied keeps the hashes of its keys.
      let secret = StoreSecret.random(hashKey: format.hashKey)
      let envelope = StoreEnvelope(secret, key: key, storeID: format.storeIDBytes)
      if code == 0 { code = unsafe put(format.encrypted.bytes, at: StoreFormat.key, transaction) }
      if code == 0 { code = unsafe put(envelope.bytes, at: SealedValues.envelopeKey, transaction) }
    } else if code == 0 {
      code = unsafe put(format.bytes, at: StoreFormat.key, transaction)
    }
    guard code == 0 else {
      unsafe mdb_txn_abort(transaction)
      throw StorageError(lmdb: code, "create", path: path)
    }
    try unsafe check(mdb_txn_commit(transaction), "create", path: path)
    try unsafe check(mdb_env_sync(handle, 1), "create", path: path)
  }

  @unsafe private static func put(_ bytes: [UInt8], at key: Key, _ transaction: OpaquePointer) -> CInt {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe key.withBytes { key -> CInt in
        var name = unsafe MDB_val(key)
        var value = unsafe MDB_val(bytes)
        return unsafe mdb_put(transaction, NamedDatabase.meta.handle, &name, &value, 0)
      }
    }
  }
}
