internal import CLMDB
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// An open LMDB file: transactions begin here.
///
/// `@unchecked Sendable`: LMDB's environment may be used from all threads; what is not safe (resizing the map, closing)
/// goes through `gate` and the registry, and writing happens on `writer` alone.
@safe package final class Environment: @unchecked Sendable {
  /// How a store is opened.
  package enum Mode: Sendable { case createIfMissing, mustExist, readOnly }

  /// As many readers of all processes together as the lock file has room for.
  static let maximumReaders: UInt32 = 1022
  /// The address space that a store reserves; halved where the system refuses it.
  package static let mapByteCount = 1 << 40

  package let path: String
  package let isReadOnly: Bool
  let identity: FileIdentity
  let gate = TransactionGate()
  let writer = WriterThread()
  private let handle: OpaquePointer
  private let process = getpid()
  private let poison = Mutex<String?>(nil)
  /// What opens and seals the values of an encrypted store; set once, before the environment is handed out.
  private let unlocked = Mutex<ValueCipher?>(nil)
  /// The store object on this environment, so that opening a file again returns the same one.
  let store = Mutex<WeakStore>(WeakStore())

  /// - Precondition: called through ``EnvironmentRegistry``.
  private init(handle: OpaquePointer, path: String, identity: FileIdentity, isReadOnly: Bool) {
    unsafe self.handle = handle
    self.path = path
    self.identity = identity
    self.isReadOnly = isReadOnly
  }

  deinit {
    writer.stop()
    // In a child of fork the locks belong to the parent: closing would take them away.
    guard getpid() == process else { return }
    EnvironmentRegistry.shared.close(identity) { unsafe mdb_env_close(handle) }
  }

  var cipher: ValueCipher? { unlocked.withLock { $0 } }

  // MARK: - Opening

  /// Opens the store at `path`, or returns the one that this process has open.
  ///
  /// - Parameters:
  ///   - key: what opens the store when it is encrypted; a store that is made with it is.
  ///   - mapByteCount: address space to reserve; it grows when the store outgrows it.
  /// - Throws: `encrypted`, `wrongKey` or `notEncrypted` when store and key do not fit, and the errors of the file.
  package static func open(
    _ path: String, mode: Mode, key: (any StoreKey)? = nil, mapByteCount: Int = Environment.mapByteCount
  ) throws(StorageError) -> Environment {
    if mode == .createIfMissing, FileSystem.identity(path) == nil { try StoreCreation.create(path, key: key) }
    guard let identity = FileSystem.identity(path) else {
      throw StorageError(
        .notFound, "there is no store at '\(path)'", help: "check the path, or import a log to make one", path: path)
    }
    let environment = try EnvironmentRegistry.shared.open(identity) { () throws(StorageError) in
      try StoreHeader.verify(path)
      let flags = mode == .readOnly ? UInt32(MDB_RDONLY) : 0
      return try openFile(path, identity: identity, flags: flags, mapByteCount: mapByteCount)
    }
    if environment.isReadOnly, mode != .readOnly {
      throw StorageError(
        .readOnly, "'\(path)' is open in this process for reading only", help: "close it first", path: path)
    }
    try environment.unlock(key)
    return environment
  }

  /// Opens the envelope of an encrypted store, or verifies that the key is the one that opened it before.
  private func unlock(_ key: (any StoreKey)?) throws(StorageError) {
    let envelope: StoreEnvelope?
    do {
      // Without a cipher: the envelope itself is plain.
      let transaction = try beginRead()
      envelope = try StoreEnvelope.read(transaction)
    }
    guard let envelope else {
      guard key == nil else { throw StoreEnvelope.notEncrypted(path) }
      return
    }
    guard let key else { throw envelope.locked(path) }
    guard let secret = envelope.open(with: key) else { throw StoreEnvelope.wrongKey(path) }
    unlocked.withLock { cipher in
      if cipher == nil {
        cipher = ValueCipher(
          secret, key: key, storeID: envelope.storeID, cacheByteCount: Environment.openedByteCount)
      }
    }
  }

  /// The most memory for opened values of an encrypted store.
  private static let openedByteCount = 256 << 20

  /// A store without a name that vanishes with the last reference: for tests and for work in memory.
  package static func temporary() throws(StorageError) -> Environment {
    let path = "\(FileSystem.temporaryFolder)/instar-\(FileSystem.uniqueSuffix())"
    try StoreCreation.create(path)
    defer {
      FileSystem.remove(path)
      FileSystem.remove(path + "-lock")
    }
    let identity = FileSystem.identity(path)!
    return try EnvironmentRegistry.shared.open(identity) { () throws(StorageError) in
      try openFile(path, identity: identity, flags: UInt32(MDB_NOSYNC), mapByteCount: mapByteCount)
    }
  }

  private static func openFile(_ path: String, identity: FileIdentity, flags: UInt32, mapByteCount: Int)
    throws(StorageError) -> Environment
  {
    try FileSystem.refuseNetwork(path)
    let handle = unsafe try openHandle(path, flags: flags, mapByteCount: mapByteCount)
    // Before there is an object: its end would wait for the registry, which is waiting for this function.
    var dead: CInt = 0
    let code = unsafe mdb_reader_check(handle, &dead)
    guard code == 0 else {
      unsafe mdb_env_close(handle)
      throw StorageError(lmdb: code, "open", path: path)
    }
    return unsafe Environment(
      handle: handle, path: path, identity: identity, isReadOnly: flags & UInt32(MDB_RDONLY) != 0)
  }

  /// Opens the file with the largest map that the system grants.
  @unsafe private static func openHandle(_ path: String, flags: UInt32, mapByteCount: Int) throws(StorageError)
    -> OpaquePointer
  {
    var mapByteCount = mapByteCount
    while true {
      var made: OpaquePointer?
      try unsafe check(mdb_env_create(&made), "open", path: path)
      let handle = unsafe made!
      unsafe mdb_env_set_mapsize(handle, mapByteCount)
      unsafe mdb_env_set_maxreaders(handle, maximumReaders)
      unsafe mdb_env_set_maxdbs(handle, UInt32(NamedDatabase.allCases.count))
      let all = flags | UInt32(MDB_NOSUBDIR | MDB_NOTLS | MDB_NORDAHEAD)
      var code = unsafe mdb_env_open(handle, path, all, 0o600)
      if code == 0 { code = unsafe openDatabases(handle) }
      if code == 0 { return unsafe handle }
      unsafe mdb_env_close(handle)
      guard code == ENOMEM, mapByteCount > 1 << 26 else {
        throw StorageError(lmdb: code == MDB_NOTFOUND ? MDB_INVALID : code, "open", path: path)
      }
      mapByteCount /= 2
    }
  }

  /// Opens the named databases and verifies that LMDB numbers them as ``NamedDatabase`` does.
  @unsafe private static func openDatabases(_ handle: OpaquePointer) -> CInt {
    var transaction: OpaquePointer?
    var code = unsafe mdb_txn_begin(handle, nil, UInt32(MDB_RDONLY), &transaction)
    guard code == 0 else { return code }
    code = unsafe openDatabases(in: transaction!, flags: 0)
    guard code == 0 else {
      unsafe mdb_txn_abort(transaction)
      return code
    }
    return unsafe mdb_txn_commit(transaction)
  }

  @unsafe static func openDatabases(in transaction: OpaquePointer, flags: UInt32) -> CInt {
    for database in NamedDatabase.allCases {
      var opened: MDB_dbi = 0
      let code = unsafe mdb_dbi_open(transaction, database.name, flags, &opened)
      if code != 0 { return code }
      precondition(opened == database.handle, "LMDB numbers named databases in the order of opening")
    }
    return 0
  }

  // MARK: - Transactions

  /// Runs `body` on one consistent view of the store.
  package func read<R>(_ body: (borrowing ReadTransaction) throws -> R) throws -> R {
    let transaction = try beginRead()
    return try body(transaction)
  }

  /// A view of the store that ends with the value. For operators that cannot be written inside a closure.
  func beginRead() throws(StorageError) -> ReadTransaction {
    let transaction = unsafe try begin(flags: UInt32(MDB_RDONLY))
    return unsafe ReadTransaction(handle: transaction, environment: self)
  }

  /// Runs `body` on the writer thread; what it wrote is durable when this returns, and undone when `body` throws.
  ///
  /// `body` may run twice, when the store outgrew its map: it changes nothing but the transaction.
  package func write<R: Sendable>(_ body: @Sendable (borrowing WriteTransaction) throws -> R) throws -> R {
    try write(keepingCommitRecord: false, body)
  }

  func write<R: Sendable>(
    keepingCommitRecord: Bool, _ body: @Sendable (borrowing WriteTransaction) throws -> R
  ) throws -> R {
    try refuseWriting()
    return try writer.run { try self.runWrite(keepingCommitRecord: keepingCommitRecord, body) }
  }

  /// Runs `body` on the writer thread; it begins transactions with ``runWrite(keepingCommitRecord:_:)``.
  func run(_ body: @Sendable () -> Void) throws {
    try refuseWriting()
    try writer.run(body)
  }

  /// - Precondition: on the writer thread.
  func runWrite<R>(keepingCommitRecord: Bool, _ body: (borrowing WriteTransaction) throws -> R) throws -> R {
    try refuseWriting()
    while true {
      do {
        return try runOnce(keepingCommitRecord, body)
      } catch let error as StorageError where error.code == .mapFull {
        try growMap()
      }
    }
  }

  private func runOnce<R>(_ keepsCommitRecord: Bool, _ body: (borrowing WriteTransaction) throws -> R) throws -> R {
    let begun = unsafe try begin(flags: 0)
    defer { gate.leave() }
    let transaction = unsafe WriteTransaction(handle: begun, environment: self, changes: StoreChanges())
    transaction.changes.keepsCommitRecord = keepsCommitRecord
    let makesGroup = cipher.map { !$0.isActive } ?? false
    let result: R
    do {
      if makesGroup { try transaction.beginSealing() }
      result = try body(transaction)
      try transaction.changes.apply(transaction)
    } catch {
      unsafe mdb_txn_abort(begun)
      if makesGroup { cipher?.deactivate() }
      throw error
    }
    let code = unsafe mdb_txn_commit(begun)
    if code != 0 {
      if makesGroup { cipher?.deactivate() }
      throw commitFailed(code)
    }
    return result
  }

  @unsafe private func begin(flags: UInt32) throws(StorageError) -> OpaquePointer {
    try refuseFork()
    var transaction: OpaquePointer?
    while true {
      gate.enter()
      let code = unsafe mdb_txn_begin(handle, nil, flags, &transaction)
      if code == 0 { return unsafe transaction! }
      gate.leave()
      guard code == MDB_MAP_RESIZED else {
        throw code == MDB_READERS_FULL ? readersFull() : StorageError(lmdb: code, "read", path: path)
      }
      try setMapSize(0)  // another process made the map larger: take over its size
    }
  }

  private func growMap() throws(StorageError) {
    var information = unsafe MDB_envinfo()
    unsafe mdb_env_info(handle, &information)
    try unsafe setMapSize(information.me_mapsize * 2)
  }

  private func setMapSize(_ byteCount: Int) throws(StorageError) {
    let code = gate.alone(seconds: 60) { unsafe mdb_env_set_mapsize(handle, byteCount) }
    guard let code else {
      throw StorageError(
        .mapFull, "'\(path)' must grow, but a reader has been open for a minute",
        help: "let long statements end and try again", path: path)
    }
    try check(code, "enlarge", path: path)
  }

  // MARK: - Refusals

  private func refuseFork() throws(StorageError) {
    if getpid() != process {
      throw StorageError(
        .usedAfterFork, "'\(path)' was opened before this process was forked",
        help: "open the store in the child process", path: path)
    }
  }

  private func refuseWriting() throws(StorageError) {
    try refuseFork()
    if isReadOnly {
      throw StorageError(.readOnly, "'\(path)' is open for reading only", help: "open it for writing", path: path)
    }
    if let reason = poison.withLock({ $0 }) {
      throw StorageError(
        .poisoned, "writing to '\(path)' stopped after an error: \(reason)",
        help: "close the store, open it again and run 'check'", path: path)
    }
  }

  /// A failed commit changed nothing; but after an error of the disk itself nobody knows what the next would do.
  private func commitFailed(_ code: CInt) -> StorageError {
    // LMDB reports a write that was cut short as EIO, whatever cut it.
    let isFull = code == EIO && FileSystem.cannotGrow(path)
    let error = StorageError(lmdb: isFull ? ENOSPC : code, "write to", path: path)
    switch error.code {
    case .diskFull, .mapFull, .transactionTooLarge: break
    default: poison.withLock { $0 = error.message }
    }
    return error
  }

  // MARK: - Readers

  /// Frees the reader slots of processes that died; returns how many.
  @discardableResult
  package func checkReaders() throws(StorageError) -> Int {
    var dead: CInt = 0
    try unsafe check(mdb_reader_check(handle, &dead), "read", path: path)
    return Int(dead)
  }

  /// The processes that have read transactions open, one entry a transaction: (process id, commit number).
  package func readers() -> [(process: Int, commit: Int?)] {
    let list = ReaderList()
    let context = unsafe Unmanaged.passUnretained(list).toOpaque()
    unsafe mdb_reader_list(
      handle,
      { text, context in
        let line = unsafe String(cString: text!)
        unsafe Unmanaged<ReaderList>.fromOpaque(context!).takeUnretainedValue().add(line)
        return 0
      }, context)
    return list.entries
  }

  private func readersFull() -> StorageError {
    let processes = Set(readers().map(\.process)).sorted().map(String.init).joined(separator: ", ")
    return StorageError(
      .readersFull, "\(Environment.maximumReaders) readers have '\(path)' open (processes \(processes))",
      help: "close some of them", path: path)
  }

  /// The open file itself: it has no name where the store is temporary.
  var descriptor: CInt {
    var descriptor: CInt = -1
    unsafe mdb_env_get_fd(handle, &descriptor)
    return descriptor
  }

  /// Bytes of the file in use by the last commit, and the size of the reserved address space.
  package var byteCounts: (used: Int, map: Int) {
    var information = unsafe MDB_envinfo()
    var statistics = MDB_stat()
    unsafe mdb_env_info(handle, &information)
    unsafe mdb_env_stat(handle, &statistics)
    return unsafe ((information.me_last_pgno + 1) * Int(statistics.ms_psize), information.me_mapsize)
  }
}

/// Parses what `mdb_reader_list` prints: "pid thread txnid" lines under a heading.
private final class ReaderList {
  var entries: [(process: Int, commit: Int?)] = []

  func add(_ line: String) {
    let fields = line.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard fields.count == 3, let process = Int(fields[0]) else { return }
    entries.append((process, Int(fields[2])))
  }
}
