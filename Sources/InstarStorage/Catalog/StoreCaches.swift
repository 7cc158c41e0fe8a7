internal import InstarColumns
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Decoded values that several snapshots share, each with what makes it out of date.
final class StoreCaches: Sendable {
  private struct State {
    var schema: Schema?
    var dictionaries: [UInt16: StoredDictionary] = [:]
    var columns: [UInt16: CachedColumn] = [:]
    var recent: RecentEvents?
    var lastReaderCheck: Int = 0
  }

  private struct CachedColumn {
    let version: UInt64
    let column: Column
  }

  private let state = Mutex(State())
  let failedLookups = FailedLookups()

  /// The schema at the commit of `transaction`.
  func schema(_ transaction: borrowing ReadTransaction) throws(StorageError) -> Schema {
    if let bytes = try transaction.get(MetaKey.commit, in: .meta), let commit = CommitRecord(bytes),
      let cached = state.withLock({ $0.schema }), cached.commit.number == commit.number
    {
      return cached
    }
    let schema = try Schema.read(transaction)
    state.withLock { state in
      if schema.commit.number > state.schema?.commit.number ?? 0 { state.schema = schema }
    }
    return schema
  }

  /// The last known dictionary `id` since the last erasure, of whatever length.
  func dictionary(_ id: UInt16, erasures: UInt64) -> StoredDictionary? {
    state.withLock { state in
      guard let known = state.dictionaries[id], known.erasures == erasures else { return nil }
      return known
    }
  }

  func keep(_ dictionary: StoredDictionary) {
    state.withLock { state in
      if let known = state.dictionaries[dictionary.id],
        (known.erasures, known.count) >= (dictionary.erasures, dictionary.count)
      {
        return
      }
      state.dictionaries[dictionary.id] = dictionary
    }
  }

  /// The dense column of a property of users or items, if it is known at this version and length.
  func column(_ property: PropertyInfo, count: Int) -> Column? {
    state.withLock { state in
      guard let cached = state.columns[property.id], cached.version == property.version else { return nil }
      return cached.column.count == count ? cached.column : nil
    }
  }

  func keep(_ column: Column, of property: PropertyInfo) {
    state.withLock { $0.columns[property.id] = CachedColumn(version: property.version, column: column) }
  }

  /// The last known recent events, of whatever commit.
  func recent() -> RecentEvents? { state.withLock { $0.recent } }

  func keep(_ recent: RecentEvents) {
    state.withLock { state in
      if recent.dataNumber >= state.recent?.dataNumber ?? 0 { state.recent = recent }
    }
  }

  /// Whether the reader table was not looked at for a minute; counts as looked at from now.
  func readerCheckIsDue() -> Bool {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return state.withLock { state in
      guard now.tv_sec - state.lastReaderCheck >= 60 else { return false }
      state.lastReaderCheck = now.tv_sec
      return true
    }
  }
}
