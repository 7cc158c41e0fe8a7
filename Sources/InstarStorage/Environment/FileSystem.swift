internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// What a file is, whatever path led to it.
struct FileIdentity: Hashable, Sendable {
  let device: UInt64
  let inode: UInt64
}

/// The few things that the store asks of the file system, with typed errors.
enum FileSystem {
  static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard unsafe stat(path, &status) == 0 else { return nil }
    return FileIdentity(device: UInt64(truncatingIfNeeded: status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Gives bytes of a file back to the file system, so that they read as zeros; false where it cannot.
  static func punchHole(_ descriptor: CInt, from offset: Int, count: Int) -> Bool {
    #if os(Linux)
    // Swift's module of the C library leaves this function of Linux out, so it is looked up by name.
    typealias Fallocate = @convention(c) (CInt, CInt, Int, Int) -> CInt
    guard let symbol = unsafe dlsym(nil, "fallocate") else { return false }
    let function = unsafe unsafeBitCast(symbol, to: Fallocate.self)
    let (punchHole, keepSize): (CInt, CInt) = (2, 1)
    return function(descriptor, punchHole | keepSize, offset, count) == 0
    #else
    return false
    #endif
  }

  static func isRegularFile(_ path: String) -> Bool {
    var status = stat()
    return unsafe stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  static func byteCount(_ path: String) -> Int? {
    var status = stat()
    return unsafe stat(path, &status) == 0 ? Int(status.st_size) : nil
  }

  /// Whether the disk under `path` has next to nothing left, or the file reached the limit of this process.
  static func cannotGrow(_ path: String) -> Bool {
    var space = statvfs()
    if unsafe statvfs(folder(path), &space) == 0, UInt64(space.f_bavail) * UInt64(space.f_frsize) < 1 << 20 {
      return true
    }
    var limit = rlimit()
    #if os(Linux)
    let code = unsafe getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    #else
    let code = unsafe getrlimit(RLIMIT_FSIZE, &limit)
    #endif
    guard code == 0, let byteCount = byteCount(path) else { return false }
    return UInt64(byteCount) >= UInt64(limit.rlim_cur)
  }

  /// The folder of `path`, "." for a bare name.
  static func folder(_ path: String) -> String {
    guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
    return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
  }

  /// Makes the entries of the folder of `path` durable.
  static func syncFolder(of path: String) throws(StorageError) {
    try sync(folder(path), flags: O_RDONLY | O_DIRECTORY)
  }

  static func syncFile(_ path: String) throws(StorageError) { try sync(path, flags: O_RDONLY) }

  private static func sync(_ path: String, flags: CInt) throws(StorageError) {
    let descriptor = unsafe open(path, flags | O_CLOEXEC)
    guard descriptor >= 0 else { throw StorageError(lmdb: errno, "open", path: path) }
    defer { close(descriptor) }
    if fsync(descriptor) != 0 { throw StorageError(lmdb: errno, "make durable", path: path) }
  }

  /// Renames without replacing; returns false when `target` exists.
  static func renameNew(_ source: String, to target: String) throws(StorageError) -> Bool {
    #if os(Linux)
    if unsafe renameat2(AT_FDCWD, source, AT_FDCWD, target, UInt32(RENAME_NOREPLACE)) == 0 { return true }
    #else
    if unsafe renamex_np(source, target, UInt32(RENAME_EXCL)) == 0 { return true }
    #endif
    if errno == EEXIST { return false }
    if errno == EINVAL || errno == ENOSYS || errno == ENOTSUP {
      // A file system without the flag: a hard link refuses an existing name just the same.
      if unsafe link(source, target) == 0 {
        unsafe unlink(source)
        return true
      }
      if errno == EEXIST { return false }
    }
    throw StorageError(lmdb: errno, "create", path: target)
  }

  static func remove(_ path: String) { unsafe unlink(path) }

  /// Removes a store and its lock file unless another process has it open; returns whether it did.
  ///
  /// LMDB holds a shared lock on the first byte of the lock file for as long as a process has the store open.
  static func removeUnlocked(_ path: String) -> Bool {
    let descriptor = unsafe open(path + "-lock", O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var lock = flock()
    lock.l_type = Int16(F_WRLCK)
    lock.l_whence = Int16(SEEK_SET)
    lock.l_len = 1
    guard unsafe fcntl(descriptor, F_SETLK, &lock) == 0 else { return false }
    remove(path)
    remove(path + "-lock")
    return true
  }

  /// Refuses file systems of other machines: LMDB's locks and its map do not work across them.
  static func refuseNetwork(_ path: String) throws(StorageError) {
    var status = statfs()
    guard unsafe statfs(path, &status) == 0 else { return }
    #if os(Linux)
    // NFS, SMB, CIFS, SMB2, AFS, Coda, Ceph, 9P: numbers of linux/magic.h.
    let network: Set<UInt32> = [
      0x6969, 0x517B, 0xFF53_4D42, 0xFE53_4D42, 0x5346_414F, 0x7375_7245, 0x00C3_6400, 0x0102_1997,
    ]
    let refused = network.contains(UInt32(truncatingIfNeeded: status.f_type))
    #else
    let refused = status.f_flags & UInt32(MNT_LOCAL) == 0
    #endif
    if refused {
      throw StorageError(
        .networkFileSystem, "'\(path)' is on a network file system, where a store is not safe",
        help: "keep the store on a local disk", path: path)
    }
  }

  /// A name that no other process or call chooses.
  static func uniqueSuffix() -> String {
    String(getpid()) + "-" + String(UInt64.random(in: .min ... .max), radix: 16)
  }

  /// The folder for temporary files: `TMPDIR`, else `/tmp`.
  static var temporaryFolder: String {
    guard let text = unsafe getenv("TMPDIR"), unsafe text.pointee != 0 else { return "/tmp" }
    return unsafe String(cString: text)
  }
}
