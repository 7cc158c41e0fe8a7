/// Copies all entries of a store into a new one, in the order of their keys, a few MiB a transaction.
///
/// The commit record is copied with the rest: the copy has the data hash of its source.
enum StoreCopy {
  private static let bytesPerTransaction = 8 << 20

  private struct Entry: Sendable {
    let key: Key
    let value: [UInt8]
  }

  static func copy(_ source: borrowing ReadTransaction, to target: Environment) throws {
    for database in NamedDatabase.allCases {
      var cursor = try source.cursor(database)
      var found = try cursor.first()
      while found {
        var entries: [Entry] = []
        var byteCount = 0
        while found, byteCount < bytesPerTransaction {
          let isPlain = unsafe cursor.key.withUnsafeBytes { unsafe SealedValues.isPlain($0, in: database) }
          if !isPlain {
            let value = unsafe cursor.value.withUnsafeBytes { unsafe Array($0) }
            entries.append(Entry(key: Key(copying: cursor.key), value: value))
            byteCount += value.count
          }
          found = try cursor.next()
        }
        let batch = entries
        // The new store's own entries of `meta` stand between those that are copied.
        let append = database != .meta
        try target.write { transaction in
          for entry in batch { try transaction.put(entry.key, entry.value, in: database, append: append) }
        }
      }
    }
  }
}
