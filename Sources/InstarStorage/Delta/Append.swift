internal import InstarColumns
internal import Synchronization

/// Events of one call of ``Store/append(_:)``, waiting for a commit.
final class PendingAppend: Sendable {
  let events: [EventRecord]
  /// `nil` while it waits.
  let outcome = Mutex<Result<Void, any Error>?>(nil)

  init(_ events: [EventRecord]) { self.events = events }
}

/// The calls of ``Store/append(_:)`` that wait for the writer thread, which takes all of them into one commit.
final class AppendQueue: Sendable {
  private let waiting = Mutex<[PendingAppend]>([])
  /// Turns the log into a run when it is full; set by the owner of runs.
  let seal = Mutex<(@Sendable (borrowing WriteTransaction) throws -> Void)?>(nil)

  func add(_ pending: PendingAppend) { waiting.withLock { $0.append(pending) } }
  func takeAll() -> [PendingAppend] {
    waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
  }
}

extension Store {
  /// Adds events and returns when they are durable.
  ///
  /// Calls that wait at the same time share one commit and one sync of the disk. Either all events of a call are kept
  /// or none.
  /// - Throws: `input` when a property of an event has another type than the store knows, an empty user or type.
  package func append(_ events: [EventRecord]) throws {
    guard !events.isEmpty else { return }
    let pending = PendingAppend(events)
    appends.add(pending)
    try environment.run { self.commitAppends() }
    try pending.outcome.withLock { $0 }!.get()
  }

  /// Commits all calls that wait. Runs on the writer thread.
  private func commitAppends() {
    let calls = appends.takeAll()
    guard !calls.isEmpty else { return }
    do {
      let refused = try environment.runWrite(keepingCommitRecord: true) { transaction in
        try commit(calls, transaction)
      }
      for (call, error) in zip(calls, refused) {
        call.outcome.withLock { $0 = error.map { .failure($0) } ?? .success(()) }
      }
    } catch {
      for call in calls { call.outcome.withLock { $0 = .failure(error) } }
    }
  }

  /// Writes the events of `calls`; returns for each why it was refused, or `nil`.
  private func commit(_ calls: [PendingAppend], _ transaction: borrowing WriteTransaction) throws
    -> [StorageError?]
  {
    var refused: [StorageError?] = []
    var writer = DeltaWriter()
    for call in calls {
      do throws(StorageError) {
        try DeltaWriter.check(call.events, transaction)
        refused.append(nil)
      } catch {
        refused.append(error)
        continue
      }
      for event in call.events { try writer.add(event, transaction) }
    }
    try writer.finish(transaction)
    if try DeltaTable.isFull(transaction), let seal = appends.seal.withLock({ $0 }) { try seal(transaction) }
    return refused
  }
}

/// Turns events into the records of one commit.
struct DeltaWriter {
  private var record = DeltaRecord()
  private var totals = EventTotals()
  private var columns: Set<EventColumn> = []

  /// Refuses events that cannot be stored, before anything of their call is written.
  static func check(_ events: [EventRecord], _ transaction: borrowing WriteTransaction) throws(StorageError) {
    let schema = try transaction.schema
    var types: [String: ValueType] = [:]
    for event in events {
      if event.user.isEmpty || event.type.isEmpty {
        throw StorageError(.input, "an event needs a user and a type", help: "give both", path: transaction.path)
      }
      for (name, value) in event.properties {
        guard let type = value.type else { continue }
        let known = types[name] ?? schema.property(name, of: .event)?.type
        types[name] = known ?? type
        if let known, known != type, !(known == .real && type == .integer) {
          throw StorageError(
            .input, "the property '\(name)' of events holds \(known.phrase), not \(type.phrase)",
            help: "convert the value, or use another name", path: transaction.path)
        }
      }
    }
  }

  mutating func add(_ event: EventRecord, _ transaction: borrowing WriteTransaction) throws(StorageError) {
    var row = DeltaRow(
      user: try transaction.intern(event.user, in: DictionaryID.user),
      type: try transaction.intern(event.type, in: DictionaryID.eventType), time: event.time)
    if let item = event.item { row.item = try transaction.intern(item, in: DictionaryID.item) }
    if let order = event.order { row.order = try transaction.intern(order, in: DictionaryID.order) }
    row.amount = event.amount
    row.quantity = event.quantity
    for (name, value) in event.properties.sorted(by: { $0.key < $1.key }) {
      guard let type = value.type else { continue }
      let property = try transaction.defineProperty(
        name, of: .event,
        type: transaction.schema.property(name, of: .event)?.type == .real ? .real : type)
      row.properties.append((property.id, try bits(value, property, transaction)))
    }
    if row.item != nil { columns.insert(.item) }
    if row.order != nil { columns.insert(.order) }
    if row.amount != nil { columns.insert(.amount) }
    if row.quantity != nil { columns.insert(.quantity) }
    totals.add(type: row.type, time: row.time)
    record.add(row)
    if record.count == DeltaRecord.rowsPerRecord { try flush(transaction) }
  }

  mutating func finish(_ transaction: borrowing WriteTransaction) throws(StorageError) {
    try flush(transaction)
    try transaction.noteEventColumns(columns)
    try transaction.addTotals(totals)
  }

  private mutating func flush(_ transaction: borrowing WriteTransaction) throws(StorageError) {
    guard record.count > 0 else { return }
    let sequence = try transaction.takeSequence(record.count)
    let bytes = record.bytes
    try transaction.put(Key().appending(sequence), bytes, in: .delta, append: true)
    transaction.noteData(bytes)
    record = DeltaRecord()
  }

  private func bits(_ value: Value, _ property: PropertyInfo, _ transaction: borrowing WriteTransaction)
    throws(StorageError) -> Int64
  {
    switch value {
    case .boolean(let flag): flag ? 1 : 0
    case .integer(let number):
      property.type == .real ? Int64(bitPattern: Double(number).bitPattern) : number
    case .real(let number): Int64(bitPattern: number.bitPattern)
    case .text(let text): Int64(try transaction.intern(text, in: property.dictionary))
    case .time(let number), .duration(let number): number
    case .missing: 0
    }
  }
}
