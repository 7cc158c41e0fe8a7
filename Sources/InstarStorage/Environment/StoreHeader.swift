internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What is looked at before LMDB maps a file: that it is one, and that it is whole.
///
/// A file that ends too early would crash the process at the first touch of a page behind its end.
/// LMDB keeps two copies of its header, in pages 0 and 1; the one with the larger commit number counts.
enum StoreHeader {
  static let magic: UInt32 = 0xBEEF_C0DE
  /// Offsets within a header page: LMDB 0.9 on a 64-bit machine.
  enum Offset {
    static let magic = 16
    static let version = 20
    static let pageByteCount = 40
    /// Roots of the tree of free pages and of the tree of named databases.
    static let freeRoot = 80
    static let mainRoot = 128
    static let lastPage = 136
    static let commitNumber = 144
    static let end = 152
  }

  static func verify(_ path: String) throws(StorageError) {
    guard FileSystem.isRegularFile(path) else { throw notAStore(path) }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError(lmdb: errno, "open", path: path) }
    defer { close(descriptor) }
    // Another process may commit while we look, and reuse pages under the walk: then look again.
    var seen: UInt64?
    while true {
      let (commit, isWhole) = try look(descriptor, path)
      if isWhole { return }
      if seen == commit { throw truncated(path) }
      seen = commit
    }
  }

  /// The last commit, and whether the file holds every page of it.
  private static func look(_ descriptor: CInt, _ path: String) throws(StorageError) -> (commit: UInt64, isWhole: Bool) {
    var header = [UInt8](repeating: 0, count: Offset.end)
    guard read(&header, from: descriptor, at: 0) else { throw notAStore(path) }
    guard field(header, Offset.magic, UInt32.self) == magic else { throw notAStore(path) }
    guard field(header, Offset.version, UInt32.self) == 1 else {
      throw StorageError(
        .newerFormat, "'\(path)' was written by a newer version of LMDB", help: "update Instar to read it", path: path)
    }
    let pageByteCount = Int(field(header, Offset.pageByteCount, UInt32.self))
    guard pageByteCount >= 512 else { throw notAStore(path) }
    var other = header
    guard read(&other, from: descriptor, at: pageByteCount) else { throw truncated(path) }
    if field(other, Offset.commitNumber, UInt64.self) > field(header, Offset.commitNumber, UInt64.self) {
      header = other
    }
    let pageCount = (FileSystem.byteCount(path) ?? 0) / pageByteCount
    let commit = field(header, Offset.commitNumber, UInt64.self)
    if field(header, Offset.lastPage, UInt64.self) < UInt64(pageCount) { return (commit, true) }
    let walk = PageWalk(descriptor: descriptor, pageByteCount: pageByteCount, pageCount: pageCount)
    let isWhole =
      walk.isWhole(root: field(header, Offset.freeRoot, UInt64.self))
      && walk.isWhole(root: field(header, Offset.mainRoot, UInt64.self))
    return (commit, isWhole)
  }

  private static func read(_ bytes: inout [UInt8], from descriptor: CInt, at offset: Int) -> Bool {
    let count = bytes.count
    let got = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress!, count, off_t(offset)) }
    return got == count
  }

  private static func field<T: FixedWidthInteger & BitwiseCopyable>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type)
    -> T
  {
    bytes.littleEndian(at: offset)
  }

  private static func notAStore(_ path: String) -> StorageError {
    StorageError(
      .notAStore, "'\(path)' is not an Instar store", help: "check the path; nothing was changed", path: path)
  }

  private static func truncated(_ path: String) -> StorageError {
    StorageError(
      .truncated, "'\(path)' is cut short: its end is missing", help: "restore it from a copy; nothing was changed",
      path: path)
  }
}
