internal import InstarColumns
internal import Synchronization

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A dictionary of the store at one commit, decoded page by page when it is asked.
///
/// Codes and texts never change, so a page may be read from any later snapshot; the object opens a short one for it.
package final class StoredDictionary: TextDictionary {
  /// Dictionaries up to this size are loaded as a whole.
  static let preloadedCount = 65_536

  package let count: Int
  let id: UInt16
  /// How many texts the store had erased when this was made.
  let erasures: UInt64
  private let environment: Environment
  private let hashKey: (UInt64, UInt64)
  private let pages: Mutex<[TermPage?]>

  init(
    _ id: UInt16, count: Int, environment: Environment, hashKey: (UInt64, UInt64), erasures: UInt64,
    adopting old: StoredDictionary?
  ) {
    self.id = id
    self.erasures = erasures
    self.count = count
    self.environment = environment
    self.hashKey = hashKey
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

  package func text(_ code: UInt32) -> String {
    precondition(Int(code) < count, "a code of this dictionary")
    return page(Int(code) / TermPage.textsPerPage).text(Int(code) % TermPage.textsPerPage)
  }

  package func code(of text: String) -> UInt32? {
    let key = TermTable.key(Array(text.utf8), id, hashKey)
    let code = patiently { () throws(StorageError) -> UInt32? in
      let transaction = try environment.beginRead()
      return try transaction.get(key, in: .term)?.littleEndian(at: 0)
    }
    guard let code, code < count else { return nil }
    return code
  }

  /// The page if it is decoded and as long as this dictionary needs it.
  private func stored(_ page: Int) -> TermPage? {
    let needed = min(count - page * TermPage.textsPerPage, TermPage.textsPerPage)
    guard let known = pages.withLock({ $0[page] }), known.count >= needed else { return nil }
    return known
  }

  private func page(_ page: Int) -> TermPage {
    if let known = stored(page) { return known }
    let read = patiently { () throws(StorageError) -> TermPage in
      let transaction = try environment.beginRead()
      return try TermTable.page(page, id, transaction)
    }
    pages.withLock { $0[page] = read }
    return read
  }

  /// Retries while the reader table is full or memory is short; a damaged file stops the process rather than answering
  /// wrong.
  private func patiently<R>(_ body: () throws(StorageError) -> R) -> R {
    var attempt = 0
    while true {
      do throws(StorageError) {
        return try body()
      } catch {
        let passes = error.code == .readersFull || error.code == .system
        guard passes, attempt < 100 else { fatalError(error.description) }
        attempt += 1
        usleep(20_000)
      }
    }
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
