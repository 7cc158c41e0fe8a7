extension Store {
  /// Rebuilds what is derived: the hashes by which texts are found, from the texts, and the totals of the store and of its
  /// event types, from the events.
  ///
  /// Events, texts and properties are read and never changed; where one of them is damaged this throws, and what was
  /// rebuilt before stays. Does nothing for a store without findings.
  /// - Returns: a sentence for each thing that was rebuilt.
  /// - Complexity: O(events + texts), in one transaction for each dictionary.
  package func repair() throws -> [String] {
    guard try !check().isIntact else { return [] }
    var done: [String] = []
    if try !read({ try $0.checkCatalog() }).isEmpty {
      for dictionary in try read({ try $0.transaction.dictionaries() }) {
        let count = try write { try $0.rebuildTerms(of: dictionary) }
        done.append("the hashes of \(count) texts of dictionary \(dictionary) were rebuilt")
      }
    }
    let before = try read { $0.schema.storedCounts }
    try write { try $0.rebuildTotals() }
    let after = try read { $0.schema.storedCounts }
    if before != after { done.append("the totals of \(after.count - 1) event types were counted anew") }
    return done
  }
}

extension Schema {
  /// The number of all events, then of those of each type.
  fileprivate var storedCounts: [Int] { [commit.eventCount] + eventTypes.map(\.count) }
}

extension ReadTransaction {
  /// The dictionaries that have texts, ascending.
  borrowing func dictionaries() throws(StorageError) -> [UInt16] {
    var numbers: [UInt16] = []
    var cursor = try cursor(.termtext)
    var found = try cursor.first()
    while found {
      let number = cursor.key.bigEndian(at: 0, as: UInt16.self)
      if numbers.last != number { numbers.append(number) }
      found = try cursor.next()
    }
    return numbers
  }
}

extension WriteTransaction {
  /// Writes the hashes of a dictionary anew; returns how many.
  fileprivate borrowing func rebuildTerms(of dictionary: UInt16) throws(StorageError) -> Int {
    let hashKey = try changes.format(self).hashKey
    let count = try TermTable.count(dictionary, self)
    try delete(prefix: Key().appending(dictionary), in: .term)
    var written = 0
    var page = 0
    while page * TermPage.textsPerPage < count {
      let texts = try TermTable.page(page, dictionary, self).texts
      for (index, text) in texts.enumerated() where text.first != ErasedText.mark {
        var value = ByteWriter()
        value.integer(UInt32(page * TermPage.textsPerPage + index))
        try put(TermTable.key(Array(text), dictionary, hashKey), value.bytes, in: .term)
        written += 1
      }
      page += 1
    }
    return written
  }

  fileprivate borrowing func rebuildTotals() throws {
    try sealRecentEvents()
    try replaceTotals(EventTotals(try countedTotals()))
  }
}
