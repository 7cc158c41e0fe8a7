internal import InstarColumns
internal import Synchronization

/// Loads many events at once: all of them become visible in one commit, or none.
///
/// ```swift
/// let loader = try store.load(LoadPlan(columns: [.item, .amount]))
/// for chunk in chunks { try loader.add(chunk) }       // in order of arrival
/// let report = try loader.finish()
/// ```
///
/// Rows are kept in memory up to the bound of the store's configuration and spilled to a temporary file beyond it. Until
/// ``finish()`` nothing is written to the store; `finish` writes a run that no scan sees, and makes it visible with its
/// last transaction. Letting go of the loader drops the import.
///
/// Used by one thread at a time.
package final class EventLoader {
  private let store: Store
  private let plan: LoadPlan
  private let target: LoadTarget
  private let sorter: EventSorter
  /// For each dictionary of the import, the texts of the store and those that are new.
  private let users: DictionaryBuilder
  private let types: DictionaryBuilder
  private let texts: [DictionaryBuilder?]

  /// - Throws: `input` when a property is of another type in the store.
  fileprivate init(_ store: Store, _ plan: LoadPlan) throws {
    self.store = store
    self.plan = plan
    let (target, users, types, texts) = try store.read { snapshot in
      let target = try LoadTarget(plan, snapshot.schema, path: store.path)
      let texts = try target.dictionaries.map { id in
        // A dictionary of a property that is still to be defined is empty.
        try id.map { try snapshot.dictionaryBuilder($0) }
      }
      return (
        target, try snapshot.dictionaryBuilder(DictionaryID.user),
        try snapshot.dictionaryBuilder(DictionaryID.eventType), texts
      )
    }
    (self.target, self.users, self.types, self.texts) = (target, users, types, texts)
    sorter = EventSorter(
      columns: target.columns, memoryBound: store.configuration.importMemoryByteCount / 2,
      folder: FileSystem.folder(store.path), threads: plan.threads, importNumber: plan.importNumber,
      cipher: store.environment.cipher)
  }

  /// Adds the events of `chunk` behind all that came before.
  ///
  /// - Precondition: the chunk has the columns of the plan, all of one length.
  /// - Throws: `diskFull` or another error of the spill file.
  package func add(_ chunk: LoadChunk) throws {
    precondition(chunk.columns.count == plan.columns.count, "the columns of the plan")
    var columns: [EventColumnBuffer] = []
    for place in target.order {
      var column = chunk.columns[place].buffer
      if let dictionary = chunk.columns[place].dictionary, let whole = texts[place] {
        column.codes = Self.translate(column.codes, whole.merge(dictionary))
      }
      columns.append(column)
    }
    let rows = CodedRows(
      users: Self.translate(chunk.users.codes, users.merge(chunk.users.dictionary)), times: chunk.times,
      types: Self.translate(chunk.types.codes, types.merge(chunk.types.dictionary)), columns: columns)
    try store.withSpillErrors { try sorter.add(rows) }
  }

  /// Codes of a chunk as codes of the whole.
  private static func translate(_ codes: [UInt32], _ map: [UInt32]) -> [UInt32] {
    if map.indices.allSatisfy({ map[$0] == UInt32($0) }) { return codes }
    return unsafe [UInt32](unsafeUninitializedCapacity: codes.count) { target, count in
      for row in 0..<codes.count {
        // A missing text may carry any code.
        let code = Int(codes[row])
        unsafe target[row] = code < map.count ? map[code] : 0
      }
      count = codes.count
    }
  }

  /// Writes everything and makes it visible; durable when this returns.
  ///
  /// - Parameters:
  ///   - isCancelled: asked now and then until the last transaction; when it says true nothing of the import stays.
  ///   - others: writes what belongs to the import besides its events, in the transaction that makes them visible.
  /// - Throws: `inUse` when another writer added texts to the store since the loader was made; ``ScanCancelled``; what
  ///   `others` threw. Nothing is changed then, and the import can be run again.
  package func finish(
    isCancelled: @escaping @Sendable () -> Bool = { false },
    with others: @escaping @Sendable (borrowing WriteTransaction) throws -> Void = { _ in }
  ) throws -> LoadReport {
    try store.removeDeadRuns()
    let run = try store.stageRun()
    do {
      let digest = Mutex<UInt64>(0)
      let written = try store.withSpillErrors { try write(run, digest, isCancelled) }
      if isCancelled() { throw ScanCancelled() }
      try commit(run, written.totals, digest.withLock { $0 }, others)
      return report(written.totals, written.duplicates)
    } catch {
      try? store.removeDeadRuns(including: run)
      throw error
    }
  }

  private func write(
    _ run: UInt32, _ digest: borrowing Mutex<UInt64>, _ isCancelled: @escaping @Sendable () -> Bool
  ) throws -> (totals: RunTotals, duplicates: Int) {
    let store = store
    let sink = StagedSink(store, isCancelled)
    defer { digest.withLock { $0 = sink.digest } }
    guard let policy = target.duplicates else {
      return try sorter.finish(run: run, duplicates: .keep, existing: nil) { try sink.write($0) }
    }
    return try store.read { snapshot in
      let existing = try snapshot.scanSource(
        target.columns.numbers.map(EventColumn.init(number:)), of: target.columns.types)
      return try sorter.finish(run: run, duplicates: policy, existing: existing) { try sink.write($0) }
    }
  }

  /// The one transaction that makes the import visible.
  private func commit(
    _ run: UInt32, _ totals: RunTotals, _ digest: UInt64,
    _ others: @escaping @Sendable (borrowing WriteTransaction) throws -> Void
  ) throws {
    let changes = LoadCommit(plan: plan, target: target, users: users, types: types, texts: texts)
    try store.write { transaction in
      guard var record = try transaction.run(run), record.state == .staged
      else { throw LoadCommit.changedMeanwhile(transaction.path) }
      try changes.apply(transaction)
      try others(transaction)
      if totals.rows == 0 {
        try transaction.delete(record.key, in: .run)
        return
      }
      // Recent events arrived before this import: they become a run that is older.
      try transaction.sealRecentEvents()
      record.state = .visible
      record.age = try transaction.nextAge()
      record.set(totals)
      try transaction.put(record)
      try transaction.addTotals(EventTotals(totals))
      var bytes = ByteWriter()
      bytes.integer(digest)
      // Who wrote a run says nothing about the data: the same import gives the same digest.
      var content = record
      content.process = 0
      content.processStart = 0
      transaction.noteData(content.bytes + bytes.bytes)
    }
  }

  private func report(_ totals: RunTotals, _ duplicates: Int) -> LoadReport {
    var report = LoadReport()
    report.rows = totals.rows
    report.duplicates = duplicates
    report.users = totals.users
    report.newUsers = users.count - users.storedCount
    report.firstTime = totals.firstTime
    report.lastTime = totals.lastTime
    return report
  }
}

extension Store {
  /// Begins an import.
  ///
  /// - Throws: `readOnly`, or `input` when a property of the plan has another type in the store.
  package func load(_ plan: LoadPlan) throws -> EventLoader { try EventLoader(self, plan) }

  /// Runs `body` and says what a full disk means for an import.
  fileprivate func withSpillErrors<R>(_ body: () throws -> R) throws -> R {
    do {
      return try body()
    } catch let error as SpillError {
      throw StorageError(lmdb: error.number, "write a temporary file beside", path: path)
    } catch let damage as BlockDamage {
      throw StorageError(damage, path: path)
    }
  }
}

/// Takes the encoded blocks of an import to the store and digests them on the way.
private final class StagedSink: Sendable {
  private let store: Store
  private let isCancelled: @Sendable () -> Bool
  private let state = Mutex<UInt64>(0)

  init(_ store: Store, _ isCancelled: @escaping @Sendable () -> Bool) {
    self.store = store
    self.isCancelled = isCancelled
  }

  var digest: UInt64 { state.withLock { $0 } }

  func write(_ groups: [EncodedBlocks]) throws {
    if isCancelled() { throw ScanCancelled() }
    state.withLock { digest in
      for blocks in groups {
        for entry in blocks.entries {
          digest = unsafe Checksum.fold(
            digest ^ 0x9E37_79B9_7F4A_7C15, BlockCodec.storedChecksum(blocks.arena.bytes(entry.bytes)))
        }
      }
    }
    try store.writeStaged(groups)
  }
}

/// Where the columns of a plan go in the store.
struct LoadTarget: Sendable {
  /// The columns of the run, by number.
  let columns: RunColumns
  /// For each column of the run its place in the plan.
  let order: [Int]
  /// For each column of the plan the dictionary of its texts.
  let dictionaries: [UInt16?]
  /// For each column of the plan the number of its property.
  let properties: [UInt16?]
  /// `nil` keeps all rows.
  let duplicates: DuplicatePolicy?

  init(_ plan: LoadPlan, _ schema: Schema, path: String) throws(StorageError) {
    var numbers: [UInt16] = []
    var dictionaries: [UInt16?] = []
    var properties: [UInt16?] = []
    var next = UInt16(schema.properties.count)
    for column in plan.columns {
      var property: UInt16?
      switch column {
      case .item: numbers.append(BlockLayout.itemColumn)
      case .order: numbers.append(BlockLayout.orderColumn)
      case .amount: numbers.append(BlockLayout.amountColumn)
      case .quantity: numbers.append(BlockLayout.quantityColumn)
      case .property(let name, let type):
        let known = schema.property(name, of: .event)
        if let known, known.type != type {
          throw StorageError(
            .input, "the property '\(name)' of events holds \(known.type.phrase), not \(type.phrase)",
            help: "convert the column, or import it under another name", path: path)
        }
        property = known?.id ?? next
        if known == nil { next += 1 }
        numbers.append(BlockLayout.firstPropertyColumn + property!)
      }
      properties.append(property)
      switch column {
      case .item: dictionaries.append(DictionaryID.item)
      case .order: dictionaries.append(DictionaryID.order)
      default: dictionaries.append(column.type == .text ? property.map(DictionaryID.property) : nil)
      }
    }
    let order = numbers.indices.sorted { numbers[$0] < numbers[$1] }
    self.order = order
    self.dictionaries = dictionaries
    self.properties = properties
    columns = RunColumns(numbers: order.map { numbers[$0] }, types: order.map { plan.columns[$0].type })
    switch plan.duplicates {
    case .keep: duplicates = nil
    case .skip: duplicates = .skip
    case .skipByID(let column): duplicates = .skipByColumn(numbers[column])
    }
  }
}

/// Writes what an import adds besides its run: properties and texts, which must get the numbers that the run was written
/// with.
private struct LoadCommit: Sendable {
  let plan: LoadPlan
  let target: LoadTarget
  let users: DictionaryBuilder
  let types: DictionaryBuilder
  let texts: [DictionaryBuilder?]

  func apply(_ transaction: borrowing WriteTransaction) throws {
    var roles: Set<EventColumn> = []
    for (place, column) in plan.columns.enumerated() {
      switch column {
      case .item: roles.insert(.item)
      case .order: roles.insert(.order)
      case .amount: roles.insert(.amount)
      case .quantity: roles.insert(.quantity)
      case .property(let name, let type):
        let property = try transaction.defineProperty(name, of: .event, type: type)
        guard property.id == target.properties[place] else { throw Self.changedMeanwhile(transaction.path) }
      }
    }
    try transaction.noteEventColumns(roles)
    if plan.importNumber != nil { try transaction.noteImportNumbers() }
    try intern(users, DictionaryID.user, transaction)
    try intern(types, DictionaryID.eventType, transaction)
    for (builder, dictionary) in zip(texts, target.dictionaries) {
      if let builder, let dictionary { try intern(builder, dictionary, transaction) }
    }
  }

  private func intern(
    _ builder: DictionaryBuilder, _ dictionary: UInt16, _ transaction: borrowing WriteTransaction
  ) throws {
    let new = builder.storedCount..<builder.count
    guard !new.isEmpty else { return }
    let codes = try transaction.intern(builder, new, in: dictionary)
    for (place, code) in codes.enumerated() where code != UInt32(new.lowerBound + place) {
      throw Self.changedMeanwhile(transaction.path)
    }
  }

  static func changedMeanwhile(_ path: String) -> StorageError {
    StorageError(
      .inUse, "another writer added to '\(path)' while the import ran; nothing was changed",
      help: "run the import again",
      path: path)
  }
}

extension EventTotals {
  init(_ totals: RunTotals) {
    self.init()
    for type in totals.types {
      var part = ByType()
      part.count = type.rows
      part.first = type.firstTime
      part.last = type.lastTime
      types.append(part)
    }
  }
}
