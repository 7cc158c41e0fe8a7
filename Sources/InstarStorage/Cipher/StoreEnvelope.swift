/// The entry of `meta` that makes a store an encrypted one: its secret, sealed with the owner's key.
struct StoreEnvelope {
  let bytes: [UInt8]
  /// 16 bytes.
  let storeID: [UInt8]

  /// Seals a secret.
  init(_ secret: StoreSecret, key: any StoreKey, storeID: [UInt8]) {
    bytes = key.wrap(secret.bytes, context: storeID)
    self.storeID = storeID
  }

  private init(bytes: [UInt8], storeID: [UInt8]) {
    self.bytes = bytes
    self.storeID = storeID
  }

  /// The envelope of an encrypted store, `nil` of a plain one.
  ///
  /// - Throws: `corrupt` when the store says that it is encrypted and has none.
  static func read(_ transaction: borrowing some Transaction & ~Copyable) throws(StorageError) -> StoreEnvelope? {
    let format = try StoreFormat.read(transaction)
    guard format.isEncrypted else { return nil }
    guard let bytes = try transaction.get(SealedValues.envelopeKey, in: .meta) else {
      throw StorageError(
        .corrupt, "'\(transaction.path)' is encrypted, and the entry that its key opens is missing",
        help: "restore a copy", path: transaction.path)
    }
    return StoreEnvelope(bytes: unsafe bytes.withUnsafeBytes { unsafe Array($0) }, storeID: format.storeIDBytes)
  }

  /// The secret, or `nil` when the key does not open the envelope.
  func open(with key: any StoreKey) -> StoreSecret? { key.unwrap(bytes, context: storeID).flatMap(StoreSecret.init) }

  // MARK: Errors

  func locked(_ path: String) -> StorageError {
    StorageError(
      .encrypted, "'\(path)' is encrypted", help: "open it with its key: --key-file FILE, or --passphrase to be asked",
      path: path)
  }

  static func wrongKey(_ path: String) -> StorageError {
    StorageError(
      .wrongKey, "the key does not open '\(path)'",
      help: "check which key or passphrase it was made with; nothing was changed",
      path: path)
  }

  static func notEncrypted(_ path: String) -> StorageError {
    StorageError(
      .notEncrypted, "'\(path)' is not encrypted, and a key was given",
      help: "open it without a key; 'instar rekey --to NEW' makes an encrypted copy", path: path)
  }
}

extension WriteTransaction {
  /// Makes a group of this opening of the store; the first transaction that writes begins with it.
  borrowing func beginSealing() throws(StorageError) {
    guard let sealed else { return }
    try unsafe sealed.values.loadGroups(of: handle.pointer, path: path)
    let last = try lastGroup()
    let salt = StoreSecret.randomBytes(ValueCipher.saltByteCount)
    try put(SealedValues.groupPrefix.appending(last + 1), salt, in: .meta)
    sealed.values.cipher.activate(number: last + 1, salt: salt)
  }

  private borrowing func lastGroup() throws(StorageError) -> UInt32 {
    var cursor = try cursor(.meta)
    cursor.opensValues = false
    guard try cursor.seek(before: SealedValues.groupPrefix.appending(UInt32.max)),
      cursor.hasPrefix(SealedValues.groupPrefix), cursor.key.byteCount == SealedValues.groupPrefix.byteCount + 4
    else { return 0 }
    return cursor.key.bigEndian(at: SealedValues.groupPrefix.byteCount)
  }
}

extension Store {
  /// Whether the store is encrypted.
  package var isEncrypted: Bool { environment.cipher != nil }

  /// Seals the store's secret with another key, in one commit: from then on only that key opens the store.
  ///
  /// What a holder of the old key had copied out of the file, its secret included, he still has: who must be shut out
  /// needs ``copy(to:key:)``, which has a new secret.
  ///
  /// - Throws: `notEncrypted` for a plain store, and the errors of writing.
  package func rekey(to key: any StoreKey) throws {
    guard let cipher = environment.cipher else { throw StoreEnvelope.notEncrypted(path) }
    try write { transaction in
      let format = try StoreFormat.read(transaction)
      let envelope = StoreEnvelope(cipher.secret, key: key, storeID: format.storeIDBytes)
      try transaction.put(SealedValues.envelopeKey, envelope.bytes, in: .meta)
    }
  }

  /// Writes a copy of the store as of now, under a secret of its own: encrypted with `key`, or plain without one.
  ///
  /// The copy appears under its name when it is whole and durable; a file that has the name is not touched.
  ///
  /// - Returns: the bytes of the copy.
  /// - Complexity: O(bytes); a few MiB of memory.
  @discardableResult
  package func copy(to target: String, key: (any StoreKey)?) throws -> Int {
    guard FileSystem.identity(target) == nil else {
      throw StorageError(.alreadyExists, "'\(target)' exists already", help: "choose another name", path: target)
    }
    let draft = "\(target).new-\(FileSystem.uniqueSuffix())"
    defer {
      FileSystem.remove(draft)
      FileSystem.remove(draft + "-lock")
    }
    try environment.read { source in
      let format = try StoreFormat.read(source)
      unsafe try StoreCreation.fill(
        draft, StoreFormat(storeID: format.storeID, hashKey: format.hashKey), key)
      try StoreCopy.copy(source, to: Environment.open(draft, mode: .mustExist, key: key))
    }
    try FileSystem.syncFile(draft)
    guard try FileSystem.renameNew(draft, to: target) else {
      throw StorageError(.alreadyExists, "'\(target)' exists already", help: "choose another name", path: target)
    }
    try FileSystem.syncFolder(of: target)
    return FileSystem.byteCount(target) ?? 0
  }
}
