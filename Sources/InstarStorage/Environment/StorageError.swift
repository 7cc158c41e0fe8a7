internal import CLMDB

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why the store could not do what was asked: the world failed, not the query.
///
/// `message` says what happened and to which file, `help` says what to do about it. Both are plain sentences for the
/// person at the keyboard; the layers above add a number and a layout.
package struct StorageError: Error, Sendable, CustomStringConvertible {
  /// What kind of failure, for code that reacts to it.
  package enum Code: String, Sendable {
    case notFound, alreadyExists, notAStore, truncated, newerFormat, corrupt
    case permissionDenied, readOnly, diskFull, networkFileSystem
    case encrypted, wrongKey, notEncrypted
    case readersFull, mapFull, transactionTooLarge, keyTooLong, limitExceeded
    case poisoned, usedAfterFork, inUse, readTooLong, input
    /// The operating system or LMDB reported something that has no kind of its own.
    case system
  }

  package let code: Code
  package let message: String
  package let help: String
  /// The file concerned; empty where none is.
  package let path: String

  package init(_ code: Code, _ message: String, help: String, path: String = "") {
    self.code = code
    self.message = message
    self.help = help
    self.path = path
  }

  package var description: String { help.isEmpty ? message : "\(message); \(help)" }
}

extension StorageError {
  /// The error that stands for a result code of LMDB or an `errno`, met while doing `action` to `path`.
  init(lmdb code: CInt, _ action: String, path: String) {
    let text = unsafe String(cString: mdb_strerror(code))
    switch code {
    case ENOENT:
      self.init(.notFound, "there is no file '\(path)'", help: "check the path", path: path)
    case EACCES, EPERM:
      self.init(
        .permissionDenied, "no permission to \(action) '\(path)'",
        help: "the store and the lock file beside it ('\(path)-lock') must be readable and writable", path: path)
    case EROFS:
      self.init(
        .readOnly, "'\(path)' is on a read-only file system", help: "open it read-only or copy it elsewhere", path: path
      )
    case ENOSPC, EDQUOT:
      self.init(
        .diskFull, "the disk is full: could not \(action) '\(path)'",
        help: "free some space and try again; nothing that was committed is lost", path: path)
    case EFBIG:
      self.init(
        .diskFull, "'\(path)' may not grow any further: it reached the file size limit of this process or disk",
        help: "raise the limit and try again; nothing that was committed is lost", path: path)
    case MDB_INVALID:
      self.init(.notAStore, "'\(path)' is not an Instar store", help: "check the path; nothing was changed", path: path)
    case MDB_VERSION_MISMATCH:
      self.init(
        .newerFormat, "'\(path)' was written by another version of LMDB", help: "update Instar to read it", path: path)
    case MDB_CORRUPTED, MDB_PAGE_NOTFOUND, MDB_PANIC:
      self.init(
        .corrupt, "'\(path)' is damaged: \(text)", help: "run 'check' on it, or restore a copy", path: path)
    case MDB_MAP_FULL:
      self.init(
        .mapFull, "the address space for '\(path)' is used up", help: "close other readers and try again", path: path)
    case MDB_TXN_FULL:
      self.init(
        .transactionTooLarge, "one transaction changed too much of '\(path)'", help: "write in smaller steps",
        path: path)
    case MDB_READERS_FULL:
      self.init(
        .readersFull, "too many readers have '\(path)' open", help: "close some of them", path: path)
    case EIO:
      self.init(
        .system, "the disk reported an error while trying to \(action) '\(path)'",
        help: "check the disk, then open the store again and run 'check'", path: path)
    default:
      self.init(.system, "could not \(action) '\(path)': \(text)", help: "", path: path)
    }
  }
}

/// Throws unless `code` is zero.
@inline(always)
func check(_ code: CInt, _ action: @autoclosure () -> String, path: @autoclosure () -> String) throws(StorageError) {
  if code != 0 { throw StorageError(lmdb: code, action(), path: path()) }
}
