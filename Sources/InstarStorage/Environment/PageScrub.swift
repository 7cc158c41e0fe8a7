internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What ``Environment/scrub()`` did.
package struct ScrubReport: Sendable, Equatable {
  /// Free pages that were wiped.
  package var pages = 0
  /// Free pages that a reader of an older commit may still look at; a later scrub takes them.
  package var pagesInUse = 0
  /// Pages in use whose unused bytes were wiped.
  package var gaps = 0
  /// Whether the file system gave the space back; where it cannot, zeros were written.
  package var isPunched = true

  package init() {}
}

extension Environment {
  /// Wipes what is left in the file of deleted values: the pages that are free, and within pages in use the bytes that
  /// no entry covers.
  ///
  /// LMDB leaves a freed page as it is until it needs one, and a deleted entry in the gap of its page. No transaction
  /// reads either, so both may be overwritten under the writer's lock. A page counts as free when the last commit and
  /// the one before it do without it and no reader is older; holes are punched where the file system can.
  package func scrub() throws -> ScrubReport { try scrub(givesBackOnly: false) }

  /// Gives the pages that are free back to the file system where it can punch holes, and looks at no page in use.
  package func releaseFreePages() throws { _ = try scrub(givesBackOnly: true) }

  private func scrub(givesBackOnly: Bool) throws -> ScrubReport {
    try writer.run {
      // An empty write transaction holds the lock and commits nothing.
      try self.runWrite(keepingCommitRecord: false) { _ in
        let snapshot = try self.beginRead()
        return try self.scrub(snapshot, givesBackOnly: givesBackOnly)
      }
    }
  }

  private func scrub(_ snapshot: borrowing ReadTransaction, givesBackOnly: Bool) throws(StorageError) -> ScrubReport {
    let descriptor = descriptor
    let last = UInt64(snapshot.commitNumber)
    let oldest = readers().compactMap(\.commit).map(UInt64.init).min() ?? last
    var scrub = try PageScrub(descriptor: descriptor, path: path, onlyPunches: givesBackOnly)
    for entry in try freePages(snapshot) {
      if entry.commit < last, entry.commit <= oldest {
        try scrub.wipe(entry.pages)
      } else {
        scrub.report.pagesInUse += entry.commit < last ? entry.pages.count : 0
      }
    }
    if !givesBackOnly { try scrub.wipeGaps() }
    guard fsync(descriptor) == 0 else { throw StorageError(lmdb: errno, "write to", path: path) }
    return scrub.report
  }

  /// The list of free pages, by the commit that gave them up.
  private func freePages(_ snapshot: borrowing ReadTransaction) throws(StorageError) -> [(
    commit: UInt64, pages: [UInt64]
  )] {
    var opened: OpaquePointer?
    // The tree of free pages has the handle 0 and the order of native integers.
    try unsafe check(mdb_cursor_open(snapshot.handle.pointer, 0, &opened), "read", path: path)
    let cursor = unsafe opened!
    defer { unsafe mdb_cursor_close(cursor) }
    var entries: [(commit: UInt64, pages: [UInt64])] = []
    while true {
      var key = unsafe MDB_val()
      var value = unsafe MDB_val()
      let code = unsafe mdb_cursor_get(cursor, &key, &value, MDB_NEXT)
      if code == MDB_NOTFOUND { return entries }
      try check(code, "read", path: path)
      let commit = unsafe key.mv_data.loadUnaligned(as: UInt64.self)
      let words = unsafe UnsafeRawBufferPointer(start: value.mv_data, count: value.mv_size)
      let count = unsafe Int(words.loadUnaligned(as: UInt64.self))
      entries.append(
        (
          commit,
          (1...max(1, count)).prefix(count).map { unsafe words.loadUnaligned(fromByteOffset: 8 * $0, as: UInt64.self) }
        )
      )
    }
  }
}

/// Writes over the parts of a store file that nothing reads.
private struct PageScrub {
  let descriptor: CInt
  let path: String
  let pageByteCount: Int
  /// Whether pages stay as they are where no hole can be punched.
  let onlyPunches: Bool
  var report = ScrubReport()
  private var seen: Set<UInt64> = []

  init(descriptor: CInt, path: String, onlyPunches: Bool) throws(StorageError) {
    self.descriptor = descriptor
    self.path = path
    self.onlyPunches = onlyPunches
    var header = [UInt8](repeating: 0, count: StoreHeader.Offset.end)
    let count = unsafe header.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress!, $0.count, 0) }
    guard count == header.count else { throw StorageError(lmdb: EIO, "read", path: path) }
    pageByteCount = Int(header.littleEndian(at: StoreHeader.Offset.pageByteCount, as: UInt32.self))
  }

  // MARK: Free pages

  mutating func wipe(_ pages: [UInt64]) throws(StorageError) {
    let sorted = pages.sorted()
    var first = 0
    while first < sorted.count {
      var end = first + 1
      while end < sorted.count, sorted[end] == sorted[end - 1] + 1 { end += 1 }
      try wipe(from: Int(sorted[first]) * pageByteCount, count: (end - first) * pageByteCount)
      first = end
    }
    report.pages += sorted.count
  }

  private mutating func wipe(from offset: Int, count: Int) throws(StorageError) {
    if report.isPunched, FileSystem.punchHole(descriptor, from: offset, count: count) { return }
    report.isPunched = false
    if onlyPunches { return }
    let zeros = [UInt8](repeating: 0, count: min(count, 1 << 20))
    var done = 0
    while done < count {
      try write(zeros[..<min(zeros.count, count - done)], at: offset + done)
      done += zeros.count
    }
  }

  private func write(_ bytes: ArraySlice<UInt8>, at offset: Int) throws(StorageError) {
    let written = unsafe bytes.withUnsafeBytes { unsafe pwrite(descriptor, $0.baseAddress!, $0.count, off_t(offset)) }
    guard written == bytes.count else { throw StorageError(lmdb: written < 0 ? errno : ENOSPC, "write to", path: path) }
  }

  // MARK: Pages in use

  /// Wipes the gaps of all pages of the last two commits: the second one is what a crash of the system falls back to.
  mutating func wipeGaps() throws(StorageError) {
    for number in 0..<2 as Range<UInt64> {
      guard let header = read(number) else { continue }
      for offset in [StoreHeader.Offset.freeRoot, StoreHeader.Offset.mainRoot] {
        try visit(header.littleEndian(at: offset, as: UInt64.self), depth: 0)
      }
    }
  }

  private mutating func visit(_ number: UInt64, depth: Int) throws(StorageError) {
    guard number != PageLayout.noPage, depth < 32, seen.insert(number).inserted, let page = read(number) else { return }
    let lower = Int(page.littleEndian(at: PageLayout.lower, as: UInt16.self))
    let upper = Int(page.littleEndian(at: PageLayout.upper, as: UInt16.self))
    let flags = page.littleEndian(at: PageLayout.flags, as: UInt16.self)
    guard lower >= PageLayout.headerByteCount, lower <= upper, upper <= pageByteCount,
      flags & (PageLayout.branch | PageLayout.leaf) != 0
    else { return }
    try wipe(lower..<upper, of: page, number)
    for index in 0..<(lower - PageLayout.headerByteCount) / 2 {
      let node = Int(page.littleEndian(at: PageLayout.headerByteCount + 2 * index, as: UInt16.self))
      guard node + PageLayout.nodeByteCount <= pageByteCount else { return }
      if flags & PageLayout.branch != 0 {
        let child =
          UInt64(page.littleEndian(at: node, as: UInt32.self))
          | UInt64(page.littleEndian(at: node + 4, as: UInt16.self)) << 32
        try visit(child, depth: depth + 1)
      } else {
        try visitEntry(page, node, depth)
      }
    }
  }

  private mutating func visitEntry(_ page: [UInt8], _ node: Int, _ depth: Int) throws(StorageError) {
    let size = Int(page.littleEndian(at: node, as: UInt32.self))
    let flags = page.littleEndian(at: node + 4, as: UInt16.self)
    let data = node + PageLayout.nodeByteCount + Int(page.littleEndian(at: node + 6, as: UInt16.self))
    if flags & PageLayout.bigData != 0, data + 8 <= pageByteCount {
      // A large value ends somewhere in its last page; the rest of that page is a gap.
      let first = page.littleEndian(at: data, as: UInt64.self)
      let end = PageLayout.headerByteCount + size
      let last = first + UInt64(end / pageByteCount)
      if end % pageByteCount != 0, let tail = read(last) {
        try wipe(end % pageByteCount..<pageByteCount, of: tail, last)
      }
    } else if flags & PageLayout.subDatabase != 0, data + PageLayout.root + 8 <= pageByteCount {
      try visit(page.littleEndian(at: data + PageLayout.root, as: UInt64.self), depth: depth + 1)
    }
  }

  private mutating func wipe(_ gap: Range<Int>, of page: [UInt8], _ number: UInt64) throws(StorageError) {
    guard page[gap].contains(where: { $0 != 0 }) else { return }
    try write([UInt8](repeating: 0, count: gap.count)[...], at: Int(number) * pageByteCount + gap.lowerBound)
    report.gaps += 1
  }

  private func read(_ number: UInt64) -> [UInt8]? {
    var page = [UInt8](repeating: 0, count: pageByteCount)
    let offset = off_t(number) * off_t(pageByteCount)
    let count = unsafe page.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress!, $0.count, offset) }
    return count == pageByteCount ? page : nil
  }
}
