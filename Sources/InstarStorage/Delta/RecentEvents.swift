package import InstarColumns

/// The single events that no run holds yet, decoded and in the order of a scan: by user, time, arrival.
///
/// ```
/// users   3          7        starts[i] ..< starts[i + 1] are the rows of users[i]
/// starts  0          2     3
/// times   10 20    | 15
/// ```
package final class RecentEvents: Sendable {
  /// The data number of the commit that it was read at.
  package let dataNumber: UInt64
  /// Numbers of the first event here and of the next that will come.
  package let sequences: Range<UInt64>
  package let users: [UInt32]
  package let starts: [Int]
  package let times: [Int64]
  package let types: [UInt32]
  /// How many texts the store had erased; an erasure may change events in place.
  let erasures: UInt64
  private let rows: [DeltaRow]

  /// The events of `older` and those that came after it, in order of arrival.
  ///
  /// - Complexity: O(events + *n* log *n*) for *n* that came after.
  init(older: RecentEvents?, arrived: [DeltaRow], sequences: Range<UInt64>, commit: CommitRecord) {
    dataNumber = commit.dataNumber
    erasures = commit.erasures
    self.sequences = sequences
    let order = arrived.indices.sorted { left, right in
      let (a, b) = (arrived[left], arrived[right])
      return a.isBefore(b) || (!b.isBefore(a) && left < right)
    }
    rows = RecentEvents.merge(older?.rows ?? [], order.map { arrived[$0] })
    times = rows.map(\.time)
    types = rows.map(\.type)
    var users: [UInt32] = []
    var starts: [Int] = []
    for (row, event) in rows.enumerated() where users.last != event.user {
      users.append(event.user)
      starts.append(row)
    }
    self.users = users
    self.starts = starts + [rows.count]
  }

  package var rowCount: Int { rows.count }

  /// Merges two sorted lists; of equal rows those of `older` come first.
  private static func merge(_ older: [DeltaRow], _ newer: [DeltaRow]) -> [DeltaRow] {
    if older.isEmpty { return newer }
    var merged: [DeltaRow] = []
    merged.reserveCapacity(older.count + newer.count)
    var row = 0
    for event in newer {
      while row < older.count, !event.isBefore(older[row]) {
        merged.append(older[row])
        row += 1
      }
      merged.append(event)
    }
    merged.append(contentsOf: older[row...])
    return merged
  }

  /// The rows of one column, in the canonical type that ``Schema/type(of:)`` gives.
  package func column(_ column: EventColumn, type: ValueType) -> EventColumnBuffer {
    var buffer = EventColumnBuffer(type: type)
    let values = rows.map { row -> Int64? in
      switch column {
      case .item: row.item.map(Int64.init)
      case .order: row.order.map(Int64.init)
      case .amount: row.amount.map { Int64(bitPattern: $0.bitPattern) }
      case .quantity: row.quantity.map { Int64(bitPattern: $0.bitPattern) }
      case .importNumber: nil
      case .property(let id): row.properties.first { $0.0 == id }?.1
      }
    }
    if values.contains(where: { $0 == nil }) { buffer.present = values.map { $0 == nil ? 0 : 1 } }
    switch type {
    case .integer, .time, .duration: buffer.integers = values.map { $0 ?? 0 }
    case .real: buffer.reals = values.map { Double(bitPattern: UInt64(bitPattern: $0 ?? 0)) }
    case .text: buffer.codes = values.map { UInt32(truncatingIfNeeded: $0 ?? 0) }
    case .boolean: buffer.flags = values.map { UInt8(truncatingIfNeeded: $0 ?? 0) }
    }
    return buffer
  }
}

/// Reading and removing the log of single events.
enum DeltaTable {
  /// Beyond either of these the log becomes a run.
  static let maximumRows = 16_384
  static let maximumByteCount = 4 << 20

  /// The events at the commit of `schema`; those that `known` holds are not decoded again.
  static func read(
    _ schema: Schema, knowing known: RecentEvents?, _ transaction: borrowing some Transaction & ~Copyable
  ) throws(StorageError) -> RecentEvents {
    var rows: [DeltaRow] = []
    var first = schema.commit.nextSequence
    var older: RecentEvents?
    var cursor = try transaction.cursor(.delta)
    var found = try cursor.first()
    if found { first = cursor.key.bigEndian(at: 0) }
    if let known, known.sequences.lowerBound == first, known.erasures == schema.commit.erasures,
      known.dataNumber <= schema.commit.dataNumber
    {
      if known.dataNumber == schema.commit.dataNumber { return known }
      older = known
      found = try cursor.seek(Key().appending(known.sequences.upperBound))
    }
    while found {
      guard let part = DeltaRecord.rows(cursor.value) else {
        throw StorageError(
          .corrupt, "recent events in '\(transaction.path)' are damaged", help: "run 'check', or restore a copy",
          path: transaction.path)
      }
      rows += part
      found = try cursor.next()
    }
    return RecentEvents(
      older: older, arrived: rows, sequences: first..<schema.commit.nextSequence, commit: schema.commit)
  }

  static func isFull(_ transaction: borrowing WriteTransaction) throws(StorageError) -> Bool {
    let next = try transaction.schema.commit.nextSequence
    var cursor = try transaction.cursor(.delta)
    guard try cursor.first() else { return false }
    let rows = next - cursor.key.bigEndian(at: 0, as: UInt64.self)
    if rows >= maximumRows { return true }
    return try transaction.byteCount(.delta) >= maximumByteCount
  }
}

extension Snapshot {
  /// The single events that no run holds yet. Decoded once for each commit.
  package borrowing func recentEvents() throws(StorageError) -> RecentEvents {
    let events = try DeltaTable.read(schema, knowing: store.caches.recent(), transaction)
    store.caches.keep(events)
    return events
  }
}

extension WriteTransaction {
  /// The single events that no run holds yet, those of this transaction included.
  package borrowing func recentEvents() throws(StorageError) -> RecentEvents {
    try DeltaTable.read(try schema, knowing: nil, self)
  }

  /// Removes the log of single events, after a run took them over.
  package borrowing func removeRecentEvents() throws(StorageError) { try clear(.delta) }
}
