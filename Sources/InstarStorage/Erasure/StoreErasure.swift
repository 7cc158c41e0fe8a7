internal import InstarColumns

/// What an erasure did.
package struct ErasureReport: Sendable, Equatable {
  package var users = 0
  package var events = 0
  /// Texts that only they had: names, orders, values of properties.
  package var texts = 0
  /// What became of the bytes that the file no longer uses.
  package var scrub = ScrubReport()
}

extension Store {
  /// Erases users: hides them at once, then removes their events, properties, links, consents and names, the texts that
  /// only they had, and the bytes that all of it left behind in the file; the audit gets an entry.
  ///
  /// An erasure that was cut off is completed by calling this again, or by ``resumeErasures(at:)``.
  /// - Parameters:
  ///   - moment: for the audit, milliseconds since 1970.
  ///   - cleaning: what else hides them, in the same transaction: lists and tables that name them.
  ///   - removing: gets the texts that only they had, in the transaction that erases those: what else holds one of them.
  /// - Complexity: O(blocks of the users), and a pass over the text columns of all events.
  @discardableResult
  package func eraseUsers(
    _ users: [UInt32], at moment: Int64, cleaning: @Sendable (borrowing WriteTransaction) throws -> Void = { _ in },
    removing: TextRemoval = { _, _ in }
  ) throws -> ErasureReport {
    guard !users.isEmpty else { return ErasureReport() }
    try write { transaction in
      for user in users {
        try transaction.addTombstone(user: user)
        try transaction.removeLinks(of: user)
      }
      try cleaning(transaction)
    }
    return try completeErasures(at: moment, removing)
  }

  /// Removes from objects what holds one of the texts.
  package typealias TextRemoval = @Sendable (borrowing WriteTransaction, _ texts: Set<String>) throws -> Void

  /// Erases the user of this name.
  /// - Returns: the number of events removed, or `nil` when the store does not know the user.
  package func eraseUser(named name: String, at moment: Int64) throws -> Int? {
    let user = try read { try $0.dictionary(DictionaryID.user).code(of: name) }
    guard let user else { return nil }
    return try eraseUsers([user], at: moment).events
  }

  /// Completes erasures that were cut off.
  package func resumeErasures(at moment: Int64, removing: TextRemoval = { _, _ in }) throws {
    guard try !read({ try $0.tombstones() }).isEmpty else { return }
    _ = try completeErasures(at: moment, removing)
  }

  /// Removes all that is left of the hidden users.
  private func completeErasures(at moment: Int64, _ removing: TextRemoval) throws -> ErasureReport {
    var isComplete = false
    while !isComplete {
      isComplete = try write { transaction in
        let users = try transaction.tombstones()
        let erased = try transaction.eraseEvents(of: users)
        if let first = users.first { try transaction.extendTombstone(first, erased) }
        return erased.isComplete
      }
    }
    let texts = try write { try $0.eraseNames(removing) }
    // Pages that were given up must be wiped before the record says that it is done, and once more behind the commit
    // that says so, because it may have taken up and given back some of them.
    _ = try environment.scrub()
    var report = try write { try $0.endErasure(at: moment) }
    report.texts = texts
    report.scrub = try environment.scrub()
    return report
  }
}

extension WriteTransaction {
  /// Ends the links from and to a user; his own consents go with his properties.
  fileprivate borrowing func removeLinks(of user: UInt32) throws(StorageError) {
    for change in try linkChanges() where change.user == user || change.target == user {
      let key = Key().appending(ReservedHistory.link).appending(change.user).appending(change.time)
      try delete(key, in: .history)
    }
  }

  /// Keeps in a tombstone what the erasure has removed so far: the rows, and the texts that may have lost their last row.
  fileprivate borrowing func extendTombstone(_ user: UInt32, _ erased: ErasedRows) throws(StorageError) {
    guard erased.rows > 0 else { return }
    var record = try tombstone(user)
    record.rows += erased.rows
    record.texts.formUnion(erased.texts)
    try put(Key().appending(user), record.bytes, in: .tombstone)
  }

  private borrowing func tombstone(_ user: UInt32) throws(StorageError) -> Tombstone {
    guard let bytes = try get(Key().appending(user), in: .tombstone) else { return Tombstone() }
    return Tombstone(bytes)
  }

  /// Removes names, properties and the texts that only the hidden users had; returns how many texts.
  fileprivate borrowing func eraseNames(_ removing: Store.TextRemoval) throws -> Int {
    let users = try tombstones()
    // An application may have gone on writing events under the name while it was being erased.
    var erased = try eraseEvents(of: users)
    while !erased.isComplete {
      let more = try eraseEvents(of: users)
      erased.texts.formUnion(more.texts)
      erased.rows += more.rows
      erased.isComplete = more.isComplete
    }
    var candidates = erased.texts
    for user in users {
      candidates.formUnion(try tombstone(user).texts)
      candidates.formUnion(try propertyTexts(of: user))
      try eraseProperties(of: user)
    }
    if let first = users.first { try extendTombstone(first, erased) }
    var references = TextReferences(candidates)
    try references.find(self)
    let names = users.map { TextCode(dictionary: DictionaryID.user, code: $0) }
    let gone = references.unused.union(names)
    var texts: Set<String> = []
    for code in gone { texts.insert(try termText(code.code, in: code.dictionary)) }
    try removing(self, texts)
    try eraseTexts(gone)
    return references.unused.count + names.count
  }

  /// The texts among the properties of a user, past ones included.
  private borrowing func propertyTexts(of user: UInt32) throws(StorageError) -> Set<TextCode> {
    var texts: Set<TextCode> = []
    for property in try schema.properties(of: .user) where property.type == .text {
      func add(_ value: Int64) {
        texts.insert(TextCode(dictionary: property.dictionary, code: UInt32(truncatingIfNeeded: value)))
      }
      let key = Key().appending(property.id).appending(user / UInt32(PropertyPage.rowsPerPage))
      if let bytes = try get(key, in: .user), let page = PropertyPage(bytes) {
        let row = Int(user) % PropertyPage.rowsPerPage
        if row < page.values.count, page.present[row] != 0 { add(page.values[row]) }
      }
      let prefix = Key().appending(property.id).appending(user)
      var cursor = try cursor(.history)
      var found = try cursor.seek(prefix)
      while found, cursor.hasPrefix(prefix) {
        for layer in DatedValue(cursor.value).layers { if let bits = layer.bits { add(bits) } }
        found = try cursor.next()
      }
    }
    return texts
  }

  /// Takes the tombstones away and notes the erasure.
  fileprivate borrowing func endErasure(at moment: Int64) throws(StorageError) -> ErasureReport {
    var report = ErasureReport()
    for user in try tombstones() {
      report.users += 1
      report.events += try tombstone(user).rows
      try removeTombstone(user: user)
    }
    let users = report.users == 1 ? "1 user" : "\(report.users) users"
    try appendAudit("erased \(users): \(report.events) events", at: moment)
    return report
  }
}

/// The value of a tombstone.
///
/// ```
/// 0         1        9        13
/// +---------+--------+--------+----------------------------------+
/// | version | events | texts  | each: dictionary u16, code u32 .. |
/// +---------+--------+--------+----------------------------------+
/// ```
struct Tombstone {
  var rows = 0
  var texts: Set<TextCode> = []

  init() {}

  init(_ stored: RawSpan) {
    var reader = ByteReader(stored)
    _ = reader.integer(UInt8.self)
    rows = Int(reader.integer(Int64.self))
    let count = reader.integer(UInt32.self)
    for _ in 0..<count where !reader.isDamaged {
      texts.insert(TextCode(dictionary: reader.integer(), code: reader.integer()))
    }
  }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt8(1))
    writer.integer(Int64(rows))
    writer.integer(UInt32(texts.count))
    for text in texts.sorted() {
      writer.integer(text.dictionary)
      writer.integer(text.code)
    }
    return writer.bytes
  }
}
