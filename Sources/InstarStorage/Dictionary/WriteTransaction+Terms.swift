/// Dictionaries as a writing transaction sees them. New texts collect in the last page and are written at commit.
extension WriteTransaction {
  /// The number of texts of a dictionary.
  package borrowing func termCount(_ dictionary: UInt16) throws(StorageError) -> Int {
    if let count = changes.termCounts[dictionary] { return count }
    let count = try TermTable.count(dictionary, self)
    changes.termCounts[dictionary] = count
    return count
  }

  /// The code of `text`, which is added when it is new.
  package borrowing func intern(_ text: String, in dictionary: UInt16) throws(StorageError) -> UInt32 {
    if let code = changes.knownTerms[dictionary]?[text] { return code }
    let code = try intern(Array(text.utf8)[...], in: dictionary)
    changes.knownTerms[dictionary, default: [:]][text] = code
    return code
  }

  borrowing func intern(_ text: ArraySlice<UInt8>, in dictionary: UInt16) throws(StorageError) -> UInt32 {
    let key = TermTable.key(Array(text), dictionary, try changes.format(self).hashKey)
    if let value = try get(key, in: .term) { return value.littleEndian(at: 0) }
    let code = try termCount(dictionary)
    guard code < Int(UInt32.max) - 1 else {
      throw StorageError(.limitExceeded, "a dictionary numbers at most 2^32 - 2 texts", help: "", path: path)
    }
    var value = ByteWriter()
    value.integer(UInt32(code))
    try put(key, value.bytes, in: .term)
    try appendText(text, code: code, in: dictionary)
    return UInt32(code)
  }

  /// Adds the texts of `builder` from its code `range.lowerBound` on; returns the codes they have in the store.
  ///
  /// The entries of `term` are written in the order of their hashes, which costs a third of random order.
  borrowing func intern(_ builder: DictionaryBuilder, _ range: Range<Int>, in dictionary: UInt16)
    throws(StorageError) -> [UInt32]
  {
    var codes = [UInt32](repeating: 0, count: range.count)
    let hashKey = try changes.format(self).hashKey
    let firstCode = try termCount(dictionary)
    var new: [TermTable.Entry] = []
    var added: [UInt32] = []
    new.reserveCapacity(range.count)
    added.reserveCapacity(range.count)
    for position in 0..<range.count {
      let text = builder.bytes(UInt32(range.lowerBound + position))
      let hash = SipHash.hash(text, key: hashKey)
      if firstCode > 0, let value = try get(TermTable.key(hash, dictionary), in: .term) {
        codes[position] = value.littleEndian(at: 0)
        continue
      }
      let code = UInt32(firstCode + added.count)
      codes[position] = code
      new.append(TermTable.Entry(high: hash.0.byteSwapped, low: hash.1.byteSwapped, code: code))
      added.append(UInt32(range.lowerBound + position))
    }
    try appendTexts(of: builder, added, code: firstCode, in: dictionary)
    new.sort()
    try putTerms(new, in: dictionary)
    return codes
  }

  /// Adds the texts `added` of `builder`, the first under `code`: full pages straight into the file.
  private borrowing func appendTexts(of builder: DictionaryBuilder, _ added: [UInt32], code: Int, in dictionary: UInt16)
    throws(StorageError)
  {
    var position = 0
    while position < added.count {
      let next = code + position
      if next % TermPage.textsPerPage == 0, added.count - position >= TermPage.textsPerPage {
        let texts = added[position..<position + TermPage.textsPerPage]
        let key = TermTable.pageKey(next / TermPage.textsPerPage, dictionary)
        try reserve(key, byteCount: TermPage.byteCount(of: builder, texts), in: .termtext) { page in
          TermPage.encode(builder, texts, into: &page)
        }
        position += TermPage.textsPerPage
        changes.termCounts[dictionary] = code + position
      } else {
        let text = builder.bytes(added[position])
        try appendText(unsafe text.withUnsafeBytes { unsafe Array($0)[...] }, code: next, in: dictionary)
        position += 1
      }
    }
  }

  /// Writes sorted entries of `term`; behind all others, they fill their pages completely.
  private borrowing func putTerms(_ entries: [TermTable.Entry], in dictionary: UInt16) throws(StorageError) {
    guard let first = entries.first else { return }
    let last = Key().appending(dictionary).appending(first.high).appending(first.low)
    let append = try !cursorFinds(last, in: .term)
    for entry in entries {
      let key = Key().appending(dictionary).appending(entry.high).appending(entry.low)
      try reserve(key, byteCount: 4, in: .term, append: append) { value in
        value.storeBytes(of: entry.code.littleEndian, toByteOffset: 0, as: UInt32.self)
      }
    }
  }

  /// Whether `database` holds a key that is not below `key`.
  private borrowing func cursorFinds(_ key: Key, in database: NamedDatabase) throws(StorageError) -> Bool {
    var cursor = try cursor(database)
    return try cursor.seek(key)
  }

  /// Text `code` of a dictionary.
  /// - Precondition: `code` is below the number of texts.
  package borrowing func termText(_ code: UInt32, in dictionary: UInt16) throws(StorageError) -> String {
    let index = Int(code) % TermPage.textsPerPage
    if let page = changes.openPages[dictionary], try Int(code) >= termCount(dictionary) - page.count {
      return String(decoding: page[index], as: UTF8.self)
    }
    return try TermTable.page(Int(code) / TermPage.textsPerPage, dictionary, self).text(index)
  }

  private borrowing func appendText(_ text: ArraySlice<UInt8>, code: Int, in dictionary: UInt16) throws(StorageError) {
    if !changes.hasOpenPage(dictionary) { changes.open(try lastPage(code, dictionary), dictionary) }
    if changes.append(text, code: code, dictionary) { try flushPage(dictionary) }
  }

  /// The texts of the page that text `code` will join.
  @inline(never)
  private borrowing func lastPage(_ code: Int, _ dictionary: UInt16) throws(StorageError) -> [ArraySlice<UInt8>] {
    if code % TermPage.textsPerPage == 0 { return [] }
    let page = try TermTable.page(code / TermPage.textsPerPage, dictionary, self)
    return page.texts
  }

  /// Writes the last page of each dictionary that grew.
  borrowing func flushTerms() throws(StorageError) {
    for dictionary in changes.openPages.keys.sorted() { try flushPage(dictionary) }
  }

  // Not inlined: the optimizer of Swift 6.3.1 fails on the borrow of the transaction when it is.
  @inline(never)
  private borrowing func flushPage(_ dictionary: UInt16) throws(StorageError) {
    guard let page = changes.openPages.removeValue(forKey: dictionary), !page.isEmpty else { return }
    let number = (try termCount(dictionary) - 1) / TermPage.textsPerPage
    try put(TermTable.pageKey(number, dictionary), TermPage.encode(page), in: .termtext)
  }
}

/// The keys of `term` and `termtext`, and reading them.
enum TermTable {
  /// A hash as it sorts in the file, and its code.
  struct Entry: Comparable {
    var high: UInt64
    var low: UInt64
    var code: UInt32

    static func < (left: Entry, right: Entry) -> Bool {
      left.high != right.high ? left.high < right.high : left.low < right.low
    }
  }

  static func key(_ hash: (UInt64, UInt64), _ dictionary: UInt16) -> Key {
    Key().appending(dictionary).appending(hash.0.byteSwapped).appending(hash.1.byteSwapped)
  }

  static func key(_ text: [UInt8], _ dictionary: UInt16, _ hashKey: (UInt64, UInt64)) -> Key {
    let hash = unsafe text.withUnsafeBytes { bytes in
      unsafe SipHash.hash(RawSpan(_unsafeBytes: bytes), key: hashKey)
    }
    return key(hash, dictionary)
  }

  static func pageKey(_ page: Int, _ dictionary: UInt16) -> Key {
    Key().appending(dictionary).appending(UInt32(page))
  }

  /// The number of texts: those of the full pages and of the last.
  static func count(_ dictionary: UInt16, _ transaction: borrowing some Transaction & ~Copyable)
    throws(StorageError) -> Int
  {
    var cursor = try transaction.cursor(.termtext)
    let prefix = Key().appending(dictionary)
    let found =
      dictionary == .max ? try cursor.last() : try cursor.seek(before: Key().appending(dictionary + 1))
    guard found, cursor.hasPrefix(prefix), cursor.value.byteCount >= TermPage.Offset.offsets else { return 0 }
    let last = Int(cursor.value.littleEndian(at: TermPage.Offset.count, as: UInt32.self))
    return Int(cursor.key.bigEndian(at: 2, as: UInt32.self)) * TermPage.textsPerPage + last
  }

  static func page(_ page: Int, _ dictionary: UInt16, _ transaction: borrowing some Transaction & ~Copyable)
    throws(StorageError) -> TermPage
  {
    if let bytes = try transaction.get(pageKey(page, dictionary), in: .termtext), let page = TermPage(bytes) {
      return page
    }
    throw StorageError(
      .corrupt, "page \(page) of dictionary \(dictionary) in '\(transaction.path)' is damaged",
      help: "restore a copy of the store", path: transaction.path)
  }
}
