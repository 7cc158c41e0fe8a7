internal import InstarColumns

extension Store {
  /// Removes all values of properties, past ones included, and the bytes that they left in the file. The properties
  /// stay, without a value.
  ///
  /// - Parameters:
  ///   - properties: by number.
  ///   - text: for the audit, without values.
  /// - Complexity: O(block columns of the store + texts of the properties).
  @discardableResult
  package func redact(_ properties: [UInt16], at moment: Int64, _ text: String) throws -> ScrubReport {
    compaction.take()
    defer { compaction.release() }
    // The audit goes first: a redaction that is cut off is on record, and repeating it does no harm.
    try write { try $0.appendAudit(text, at: moment) }
    for id in properties {
      var isDone = false
      while !isDone { isDone = try write { try $0.redactBlocks(id) } }
      try write { try $0.redactValues(id) }
    }
    _ = try environment.scrub()
    try write { $0.noteData(Array("redact".utf8)) }
    return try environment.scrub()
  }
}

extension WriteTransaction {
  private static var columnsPerRedaction: Int { 4_096 }

  /// Removes the column of an event property from blocks: one that is absent has no value in any row. True when no
  /// block has it any more.
  fileprivate borrowing func redactBlocks(_ id: UInt16) throws -> Bool {
    try sealRecentEvents()
    let number = BlockLayout.firstPropertyColumn + id
    guard try schema.properties[Int(id)].owner == .event else { return true }
    var keys: [Key] = []
    do {
      var cursor = try cursor(.block)
      var found = try cursor.first()
      while found, keys.count < Self.columnsPerRedaction {
        let key = unsafe cursor.key.withUnsafeBytes { unsafe BlockKey($0) }
        if let key, key.column == number { keys.append(Key(key)) }
        found = try cursor.next()
      }
    }
    for key in keys { try delete(key, in: .block) }
    noteData(Array("redact".utf8))
    try changes.update(.totals, self) { $0.commit.erasures += 1 }
    return keys.count < Self.columnsPerRedaction
  }

  /// Removes the values of a property of users or items, and the texts of its dictionary.
  fileprivate borrowing func redactValues(_ id: UInt16) throws(StorageError) {
    let property = try schema.properties[Int(id)]
    if let database = property.owner.database { try delete(prefix: Key().appending(id), in: database) }
    try delete(prefix: Key().appending(id), in: .history)
    if property.type == .text {
      let count = try termCount(property.dictionary)
      try eraseTexts((0..<UInt32(count)).map { TextCode(dictionary: property.dictionary, code: $0) })
    }
    let next = try schema.commit.dataNumber + 1
    try changes.update(.properties, self) { $0.properties[Int(id)].version = next }
    try changes.update(.totals, self) { $0.commit.erasures += 1 }
    noteData(Array("redact".utf8))
  }
}
