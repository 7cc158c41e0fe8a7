/// An entry of the audit: what left the store or was erased from it.
package struct AuditEntry: Sendable, Hashable {
  /// From 0, without gaps.
  package let number: UInt64
  /// Milliseconds since 1970.
  package let time: Int64
  /// A plain sentence without personal data: "erased 1 user (3 events)".
  package let text: String
  /// SHA-256 over the digest of the entry before, the time and the text.
  package let digest: [UInt8]

  static func digest(after previous: [UInt8], time: Int64, text: String) -> [UInt8] {
    var writer = ByteWriter()
    writer.bytes(previous)
    writer.integer(time)
    writer.bytes(text.utf8)
    return SHA256.digest(writer.bytes)
  }
}

/// Entries of `audit`: key number u64, value time i64, digest, text.
enum AuditTable {
  enum Offset {
    static let time = 0
    static let digest = 8
    static let text = 40
  }

  static func last(_ transaction: borrowing some Transaction & ~Copyable) throws(StorageError)
    -> (number: UInt64, digest: [UInt8])?
  {
    var cursor = try transaction.cursor(.audit)
    guard try cursor.last() else { return nil }
    var reader = ByteReader(cursor.value)
    _ = reader.integer(Int64.self)
    return (cursor.key.bigEndian(at: 0), reader.bytes(SHA256.byteCount))
  }
}

extension WriteTransaction {
  /// Adds an entry to the audit. `text` holds no personal data: it outlives the erased.
  package borrowing func appendAudit(_ text: String, at time: Int64) throws(StorageError) {
    let last = try AuditTable.last(self)
    let previous = last?.digest ?? Array(repeating: 0, count: SHA256.byteCount)
    var writer = ByteWriter()
    writer.integer(time)
    writer.bytes(AuditEntry.digest(after: previous, time: time, text: text))
    writer.bytes(text.utf8)
    let number = last.map { $0.number + 1 } ?? 0
    try put(Key().appending(number), writer.bytes, in: .audit, append: true)
  }
}

extension Snapshot {
  /// The audit from its first entry.
  /// - Throws: `corrupt` when an entry is missing or was changed.
  package borrowing func audit() throws(StorageError) -> [AuditEntry] {
    var entries: [AuditEntry] = []
    var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
    var cursor = try transaction.cursor(.audit)
    var found = try cursor.first()
    while found {
      var reader = ByteReader(cursor.value)
      let time = reader.integer(Int64.self)
      let stored = reader.bytes(SHA256.byteCount)
      let text = String(decoding: reader.bytes(max(0, cursor.value.byteCount - AuditTable.Offset.text)), as: UTF8.self)
      digest = AuditEntry.digest(after: digest, time: time, text: text)
      let number = cursor.key.bigEndian(at: 0, as: UInt64.self)
      guard digest == stored, number == UInt64(entries.count) else {
        throw StorageError(
          .corrupt, "the audit of '\(store.path)' was changed at entry \(entries.count)",
          help: "compare it with an earlier copy of the store", path: store.path)
      }
      entries.append(AuditEntry(number: number, time: time, text: text, digest: digest))
      found = try cursor.next()
    }
    return entries
  }
}
