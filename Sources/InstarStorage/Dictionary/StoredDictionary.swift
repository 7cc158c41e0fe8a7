internal import InstarColumns
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A dictionary of the store at one commit, decoded page by page when it is asked.
///
/// Codes and texts never change, so a page may be read from any later snapshot; the object opens a short one for it. Where
/// that fails, the text is empty and ``FailedLookups`` knows: what was found with it is not told. ``load(_:)`` before a
/// result leaves the statement, so that its texts cannot fail later.
package final class StoredDictionary: TextDictionary {
  /// Dictionaries up to this size are loaded as a whole.
  static let preloadedCount = 65_536

  package let count: Int
  let id: UInt16
  /// How many texts the store had erased when this was made.
  let erasures: UInt64
  private let environment: Environment
  private let hashKey: (UInt64, UInt64)
  private let failures: FailedLookups
  private let pages: Mutex<[TermPage?]>

  init(
    _ id: UInt16, count: Int, environment: Environment, hashKey: (UInt64, UInt64), erasures: UInt64,
    failures: FailedLookups, adopting old: StoredDictionary?
  ) {
    self.id = id
    self.erasures = erasures
    self.count = count
    self.environment = environment
    self.hashKey = hashKey
    self.failures = failures
    let pageCount = (count + TermPage.textsPerPage - 1) / TermPage.textsPerPage
    var known = old?.pages.withLock { $0 } ?? []
    known = known.prefix(pageCount) + Array(repeating: nil, count: max(0, pageCount - known.count))
    pages = Mutex(known)
  }

  /// Loads the pages of a small dictionary, so that nothing can fail later.
  func preload(_ transaction: borrowing ReadTransaction) throws(StorageError) {
    guard count <= StoredDictionary.preloadedCount else { return }
    var page = 0
    while page * TermPage.textsPerPage < count {
      if stored(page) == nil {
        let read = try TermTable.page(page, id, transaction)
        pages.withLock { $0[page] = read }
      }
      page += 1
    }
  }

  /// Reads what the texts of `codes` need, so that asking for them cannot fail any more.
  ///
  /// - Complexity: O(codes) for a large dictionary, O(1) for one that is loaded as a whole.
  package func load(_ codes: [UInt32]) throws(StorageError) {
    guard count > StoredDictionary.preloadedCount else { return }
    var isWanted = [Bool](repeating: false, count: (count + TermPage.textsPerPage - 1) / TermPage.textsPerPage)
    // What stands at a missing row may be any number.
    for code in codes where Int(code) < count { isWanted[Int(code) / TermPage.textsPerPage] = true }
    for page in isWanted.indices where isWanted[page] { _ = try self.page(page) }
  }

  package func text(_ code: UInt32) -> String {
    precondition(Int(code) < count, "a code of this dictionary")
    do throws(StorageError) {
      return try page(Int(code) / TermPage.textsPerPage).text(Int(code) % TermPage.textsPerPage)
    } catch {
      failures.note(error)
      return ""
    }
  }

  package func code(of text: String) -> UInt32? {
    let key = TermTable.key(Array(text.utf8), id, hashKey)
    do throws(StorageError) {
      let code = try patiently { () throws(StorageError) -> UInt32? in
        let transaction = try environment.beginRead()
        return try transaction.get(key, in: .term)?.littleEndian(at: 0)
      }
      guard let code, code < count else { return nil }
      return code
    } catch {
      failures.note(error)
      return nil
    }
  }

  /// The page if it is decoded and as long as this dictionary needs it.
  private func stored(_ page: Int) -> TermPage? {
    let needed = min(count - page * TermPage.textsPerPage, TermPage.textsPerPage)
    guard let known = pages.withLock({ $0[page] }), known.count >= needed else { return nil }
    return known
  }

  private func page(_ page: Int) throws(StorageError) -> TermPage {
    if let known = stored(page) { return known }
    let read = try patiently { () throws(StorageError) -> TermPage in
      let transaction = try environment.beginRead()
      return try TermTable.page(page, id, transaction)
    }
    pages.withLock { $0[page] = read }
    return read
  }

  /// Tries again while the reader table is full or memory is short.
  private func patiently<R>(_ body: () throws(StorageError) -> R) throws(StorageError) -> R {
    var attempt = 0
    while true {
      do throws(StorageError) {
        return try body()
      } catch {
        let passes = error.code == .readersFull || error.code == .system
        guard passes, attempt < 100 else { throw error }
        attempt += 1
        usleep(20_000)
      }
    }
  }
}

/// Texts of a store that could not be read while statements run: a text cannot throw, so whoever gave out the snapshot
/// asks here before anything found in it is told.
final class FailedLookups: Sendable {
  private let state = Mutex<(count: Int, last: StorageError?)>((0, nil))

  /// How many have failed.
  var count: Int { state.withLock { $0.count } }

  func note(_ error: StorageError) {
    state.withLock { state in
      state.count += 1
      state.last = error
    }
  }

  /// Throws when any failed since there were `count`. Statements beside the one that met the damage may fail with it.
  func check(since count: Int) throws(StorageError) {
    let state = state.withLock { $0 }
    if state.count != count, let error = state.last { throw error }
  }
}

extension Store {
  /// Writes the new texts of `builder` to dictionary `id`, in bounded transactions.
  ///
  /// - Returns: `nil` when every text has in the store the code that it has in the builder; else the code in the store
  ///   of each code in the builder, because others added texts since the builder was seeded.
  package func commitTerms(_ builder: DictionaryBuilder, in id: UInt16) throws -> [UInt32]? {
    let termsPerTransaction = 1 << 21
    var codes = [UInt32]()
    var start = builder.storedCount
    while start < builder.count {
      let range = start..<min(start + termsPerTransaction, builder.count)
      codes += try write { try $0.intern(builder, range, in: id) }
      start = range.upperBound
    }
    let first = builder.storedCount
    for (position, code) in codes.enumerated() where Int(code) != first + position {
      return (0..<UInt32(first)) + codes
    }
    builder.storedCount = builder.count
    return nil
  }
}
