/// Numbers of `history` that are no property of the application: those above every property that a store can have.
enum ReservedHistory {
  static let link: UInt16 = .max
  /// One for each purpose, downwards.
  static func consent(_ purpose: ConsentPurpose) -> UInt16 { .max - 1 - UInt16(purpose.rawValue) }

  static let all = [link] + ConsentPurpose.allCases.map(consent)

  /// The moment that ends the key of an entry of `history`.
  static func moment(_ key: RawSpan) -> Int64 { Int64(bitPattern: key.bigEndian(at: 6, as: UInt64.self) ^ (1 << 63)) }
}

/// One change of an identity: from `time` on `user` is the same person as `target`, or nobody but himself.
///
/// Kept in `history` under the number ``ReservedHistory/link``, the user and the moment; the value is the target, u32
/// little-endian, or the largest number where a link ends.
package struct LinkChange: Sendable, Hashable {
  package var user: UInt32
  /// Milliseconds since 1970.
  package var time: Int64
  package var target: UInt32?

  package init(user: UInt32, time: Int64, target: UInt32?) {
    self.user = user
    self.time = time
    self.target = target
  }
}

extension Transaction where Self: ~Copyable {
  /// All changes of identities, by user, then time.
  borrowing func linkChanges() throws(StorageError) -> [LinkChange] {
    var changes: [LinkChange] = []
    let prefix = Key().appending(ReservedHistory.link)
    var cursor = try cursor(.history)
    var found = try cursor.seek(prefix)
    while found, cursor.hasPrefix(prefix) {
      let target: UInt32 = cursor.value.littleEndian(at: 0)
      changes.append(
        LinkChange(
          user: cursor.key.bigEndian(at: 2), time: ReservedHistory.moment(cursor.key),
          target: target == .max ? nil : target))
      found = try cursor.next()
    }
    return changes
  }
}

extension WriteTransaction {
  /// Says from `time` on that `user` is the person `target`, or with `nil` that he is himself again.
  ///
  /// Events stay where they are: scans join them when they read. A change at the same moment replaces the earlier one.
  package borrowing func setLink(_ change: LinkChange) throws(StorageError) {
    var writer = ByteWriter()
    writer.integer(change.target ?? .max)
    let key = Key().appending(ReservedHistory.link).appending(change.user).appending(change.time)
    try put(key, writer.bytes, in: .history)
    noteData(Array("link".utf8) + writer.bytes)
  }

  /// The identities as this transaction has changed them, just before `moment`.
  package borrowing func identity(before moment: Int64) throws(StorageError) -> IdentityMap {
    IdentityMap(try linkChanges(), before: moment)
  }
}

extension Snapshot {
  /// All changes of identities, by user, then time.
  package borrowing func linkChanges() throws(StorageError) -> [LinkChange] {
    if let known = store.linkedRows.changes(at: schema.commit.dataNumber) { return known }
    let changes = try transaction.linkChanges()
    store.linkedRows.keep(changes, at: schema.commit.dataNumber)
    return changes
  }

  /// Who is whom just before `moment`; `nil` means at the end of all changes.
  package borrowing func identity(before moment: Int64? = nil) throws(StorageError) -> IdentityMap {
    IdentityMap(try linkChanges(), before: moment ?? .max)
  }
}
