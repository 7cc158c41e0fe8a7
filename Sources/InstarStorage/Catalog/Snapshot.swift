package import InstarColumns

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A consistent view of a store at one commit, for the time of ``Store/read(_:)``.
///
/// What it returns (columns, dictionaries, the schema) is owned and outlives it; mapped bytes do not leave it.
package struct Snapshot: ~Copyable {
  let transaction: ReadTransaction
  package let store: Store
  /// Names and totals at this commit.
  package let schema: Schema
  private let begin: Int

  init(transaction: consuming ReadTransaction, store: Store, schema: Schema) {
    self.transaction = transaction
    self.store = store
    self.schema = schema
    begin = Snapshot.milliseconds()
  }

  package var userCount: Int { schema.commit.userCount }
  package var itemCount: Int { schema.commit.itemCount }

  /// Throws `readTooLong` when the snapshot is older than the configuration allows. Scans ask once a chunk.
  package borrowing func checkAge() throws(StorageError) {
    let limit = store.configuration.readTimeoutMilliseconds
    if Snapshot.milliseconds() - begin > limit {
      throw Snapshot.readTooLong(limit, store.path)
    }
  }

  /// ``checkAge()`` as a function that outlives the borrow, for the worker threads of a scan.
  var deadline: @Sendable () throws -> Void {
    let (begin, limit, path) = (begin, store.configuration.readTimeoutMilliseconds, store.path)
    return {
      if Snapshot.milliseconds() - begin > limit { throw Snapshot.readTooLong(limit, path) }
    }
  }

  /// The dictionary `id`: an owned object that stays valid after the snapshot.
  ///
  /// Up to 65,536 texts are loaded at once; of larger dictionaries, pages of 1,024 texts when they are asked for.
  package borrowing func dictionary(_ id: UInt16) throws(StorageError) -> any TextDictionary {
    try storedDictionary(id)
  }

  borrowing func storedDictionary(_ id: UInt16) throws(StorageError) -> StoredDictionary {
    let count = try TermTable.count(id, transaction)
    let known = store.caches.dictionary(id, erasures: schema.commit.erasures)
    if let known, known.count == count { return known }
    let dictionary = StoredDictionary(
      id, count: count, environment: store.environment, hashKey: try StoreFormat.read(transaction).hashKey,
      erasures: schema.commit.erasures, failures: store.caches.failedLookups, adopting: known)
    try dictionary.preload(transaction)
    store.caches.keep(dictionary)
    return dictionary
  }

  /// A builder that holds the texts of dictionary `id`, ready to number further ones.
  ///
  /// - Complexity: O(texts of the dictionary).
  package borrowing func dictionaryBuilder(_ id: UInt16) throws(StorageError) -> DictionaryBuilder {
    let count = try TermTable.count(id, transaction)
    let builder = DictionaryBuilder(capacity: count)
    var page = 0
    while page * TermPage.textsPerPage < count {
      try TermTable.page(page, id, transaction).add(to: builder)
      page += 1
    }
    builder.storedCount = builder.count
    return builder
  }

  /// The dense column of a user property, indexed by user, missing where absent.
  /// - Precondition: the property exists and belongs to users.
  package borrowing func userProperty(_ id: UInt16) throws(StorageError) -> Column {
    try property(schema.properties[Int(id)], in: .user, count: userCount)
  }

  /// The dense column of an item property, indexed by item, missing where absent.
  /// - Precondition: the property exists and belongs to items.
  package borrowing func itemProperty(_ id: UInt16) throws(StorageError) -> Column {
    try property(schema.properties[Int(id)], in: .item, count: itemCount)
  }

  private static func readTooLong(_ limit: Int, _ path: String) -> StorageError {
    StorageError(
      .readTooLong, "the statement read for more than \(limit / 1000) s and was stopped",
      help: "narrow it down, or allow more time", path: path)
  }

  private static func milliseconds() -> Int {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
  }
}
