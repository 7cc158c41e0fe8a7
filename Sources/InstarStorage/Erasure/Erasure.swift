internal import InstarColumns

/// What is left of a text that was erased: a mark that no text can equal, since 0xFF never occurs in UTF-8.
///
/// The number of the code follows, so that the marks of one dictionary differ and codes keep their places.
enum ErasedText {
  static let mark: UInt8 = 0xFF
  static let shown = "(erased)"

  static func bytes(_ code: UInt32) -> [UInt8] { [mark] + Array(String(code).utf8) }
}

extension WriteTransaction {
  /// Hides a user from every scan at once; his blocks are rewritten afterwards.
  package borrowing func addTombstone(user: UInt32) throws(StorageError) {
    guard try !contains(Key().appending(user), in: .tombstone) else { return }
    try put(Key().appending(user), Tombstone().bytes, in: .tombstone)
    noteData(Array("erase".utf8))
  }

  /// Ends the hiding, once no block and no recent event of the user is left.
  package borrowing func removeTombstone(user: UInt32) throws(StorageError) {
    try delete(Key().appending(user), in: .tombstone)
  }

  /// The users that are hidden, ascending.
  package borrowing func tombstones() throws(StorageError) -> [UInt32] { try TombstoneTable.read(self) }

  /// Removes a user's name, properties and their history. His number stays taken; a user of the same name who comes
  /// later is a new one.
  ///
  /// - Complexity: O(properties of users), with one page of 8,192 values each.
  package borrowing func eraseUser(_ user: UInt32) throws(StorageError) {
    try eraseProperties(of: user)
    try eraseText(user, in: DictionaryID.user)
  }

  /// Removes the properties of a user with their history, and his consents.
  borrowing func eraseProperties(of user: UInt32) throws(StorageError) {
    for property in try schema.properties(of: .user) {
      try delete(prefix: Key().appending(property.id).appending(user), in: .history)
      let page = user / UInt32(PropertyPage.rowsPerPage)
      if try contains(Key().appending(property.id).appending(page), in: .user) {
        try setProperty(property, ids: [user], values: property.noValue, present: [0])
      }
    }
    for number in ReservedHistory.all { try delete(prefix: Key().appending(number).appending(user), in: .history) }
  }

  /// Removes a text from a dictionary; its code stays taken.
  package borrowing func eraseText(_ code: UInt32, in dictionary: UInt16) throws(StorageError) {
    let count = try termCount(dictionary)
    precondition(Int(code) < count, "a code of this dictionary")
    try eraseTexts([TextCode(dictionary: dictionary, code: code)])
  }
}

extension Snapshot {
  /// The users that an erasure hides while their blocks wait to be rewritten, ascending. Mostly empty.
  package borrowing func tombstones() throws(StorageError) -> [UInt32] { try TombstoneTable.read(transaction) }
}

enum TombstoneTable {
  static func read(_ transaction: borrowing some Transaction & ~Copyable) throws(StorageError) -> [UInt32] {
    var users: [UInt32] = []
    var cursor = try transaction.cursor(.tombstone)
    var found = try cursor.first()
    while found {
      users.append(cursor.key.bigEndian(at: 0))
      found = try cursor.next()
    }
    return users
  }
}

extension PropertyInfo {
  /// One row of the property's type, for a value that is missing.
  var noValue: ColumnValues {
    switch type {
    case .boolean: .booleans([0])
    case .integer, .time, .duration: .integers([0])
    case .real: .reals([0])
    case .text: .codes([0], TextList([]))
    }
  }
}
