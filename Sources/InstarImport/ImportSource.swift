import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The files that one import reads, in order: a path, a pattern (`log-*.jsonl`, ascending by name), or `-` for
/// standard input.
///
/// What is read once only (standard input, pipes) is remembered while it is sniffed and read again from memory.
package final class ImportSource: Sendable {
  package struct File: Sendable, Hashable {
    /// As messages show it; `standard input` for `-`.
    package let name: String
    package let path: String
    /// Bytes on disk, or 0 where that is unknown.
    package let size: Int
    /// Reading it again gives the same bytes.
    let isRegular: Bool
  }

  package let files: [File]
  /// What sniffing took out of a pipe, with the descriptor that stands behind it.
  private let pipes = Mutex<[Int: PipeHead]>([:])

  struct PipeHead: Sendable {
    var descriptor: Int32
    var bytes: [UInt8]
  }

  /// Finds the files of `pattern`.
  ///
  /// - Throws: `noSuchFile`, `isDirectory`, `noPermission`.
  package init(_ pattern: String) throws(ImportError) {
    if pattern == "-" {
      files = [File(name: "standard input", path: "-", size: 0, isRegular: false)]
      return
    }
    if let file = try ImportSource.inspect(pattern) {
      files = [file]
      return
    }
    guard
      pattern.utf8.contains(where: { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") })
    else { throw ImportError.failedCall(ENOENT, file: pattern) }
    var found: [File] = []
    for path in ImportSource.matches(pattern) {
      // Folders that match are not meant.
      if ImportSource.isFolder(path) { continue }
      if let file = try ImportSource.inspect(path) { found.append(file) }
    }
    if found.isEmpty {
      throw ImportError(
        .noSuchFile, "no file matches this pattern",
        help: "Check the folder and the pattern; relative paths start at the current folder.", file: pattern)
    }
    files = found
  }

  /// Bytes on disk of all files, or 0 where one is a pipe.
  package var totalBytes: Int {
    files.contains { !$0.isRegular } ? 0 : files.reduce(0) { $0 + $1.size }
  }

  /// The first file that holds anything, where that is known; else the first.
  var firstWithBytes: Int { files.firstIndex { !$0.isRegular || $0.size > 0 } ?? 0 }

  func rememberPipe(_ file: Int, _ head: PipeHead) { pipes.withLock { $0[file] = head } }

  func takePipe(_ file: Int) -> PipeHead? { pipes.withLock { $0.removeValue(forKey: file) } }

  /// The file at `path`, or `nil` when there is none.
  private static func inspect(_ path: String) throws(ImportError) -> File? {
    var info = stat()
    if stat(path, &info) != 0 {
      if errno == ENOENT || errno == ENOTDIR { return nil }
      throw ImportError.failedCall(errno, file: path)
    }
    let kind = info.st_mode & S_IFMT
    if kind == S_IFDIR {
      throw ImportError(
        .isDirectory, "this is a folder, not a file",
        help: "Name the files in it with a pattern: '\(path)\(path.hasSuffix("/") ? "" : "/")*.csv'.", file: path)
    }
    return File(name: path, path: path, size: Int(info.st_size), isRegular: kind == S_IFREG)
  }

  private static func isFolder(_ path: String) -> Bool {
    var info = stat()
    return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
  }

  private static func matches(_ pattern: String) -> [String] {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob(pattern, 0, nil, &found) == 0 else { return [] }
    return (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
  }
}

extension ImportError {
  /// The error for a system call that failed with `code` on `file`.
  static func failedCall(_ code: Int32, file: String) -> ImportError {
    switch code {
    case ENOENT, ENOTDIR:
      ImportError(
        .noSuchFile, "there is no such file",
        help: "Check the spelling; relative paths start at the current folder.", file: file)
    case EACCES, EPERM:
      ImportError(
        .noPermission, "no permission to read this file",
        help: "Ask its owner for read permission (chmod +r), or copy it to a folder of yours.", file: file)
    case EISDIR:
      ImportError(
        .isDirectory, "this is a folder, not a file", help: "Name the files in it with a pattern: '\(file)/*.csv'.",
        file: file)
    default:
      ImportError(
        .readFailed, "reading failed: \(String(cString: strerror(code)))",
        help: "Check the disk or the network folder that holds the file and import again; nothing was stored.",
        file: file)
    }
  }
}
