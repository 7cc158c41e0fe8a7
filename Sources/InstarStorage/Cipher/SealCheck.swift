extension ReadTransaction {
  /// Verifies that every value of an encrypted store is what was encrypted for its place: a sentence for each that is
  /// not. A plain store has nothing to verify.
  ///
  /// - Complexity: O(bytes).
  borrowing func checkSeals() throws(StorageError) -> [String] {
    guard let sealed else { return [] }
    try unsafe sealed.values.loadGroups(of: handle.pointer, path: path)
    var problems: [String] = []
    for database in NamedDatabase.allCases {
      var cursor = try cursor(database)
      cursor.opensValues = false
      var found = try cursor.first()
      while found {
        let isIntact = unsafe cursor.key.withUnsafeBytes { key in
          unsafe SealedValues.isPlain(key, in: database)
            || sealed.values.cipher.verifies(cursor.storedPointer, key: key, in: database)
        }
        if !isIntact { problems.append("a value in '\(database.name)' is not what was encrypted for its place") }
        found = try cursor.next()
      }
    }
    return problems
  }
}
