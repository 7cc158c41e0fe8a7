#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Whole small files, and files written piece by piece.
enum TextFile {
  /// - Throws: ``ExecutionError`` E0610 with the reason of the system.
  static func read(_ path: String) throws -> String { String(decoding: try bytes(path), as: UTF8.self) }

  /// - Throws: ``ExecutionError`` E0610 with the reason of the system.
  static func bytes(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw failure("cannot read", path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { break }
      bytes += buffer[..<count]
    }
    guard ferror(file) == 0 else { throw failure("cannot read", path) }
    return bytes
  }

  static func failure(_ what: String, _ path: String) -> ExecutionError {
    let reason = String(cString: strerror(errno))
    return ExecutionError("E0610", "\(what) '\(path)': \(reason)", help: "check the path and its permissions")
  }
}

/// A file that appears under its name only when it is whole.
package final class OutputFile {
  private let path: String
  private let temporary: String
  private let file: UnsafeMutablePointer<FILE>
  private var isFinished = false

  package init(_ path: String) throws {
    self.path = path
    temporary = path + ".partial"
    guard let file = fopen(temporary, "wb") else { throw TextFile.failure("cannot write", path) }
    self.file = file
  }

  package func write(_ bytes: Span<UInt8>) throws {
    let written = bytes.withUnsafeBufferPointer { fwrite($0.baseAddress, 1, $0.count, file) }
    guard written == bytes.count else { throw TextFile.failure("cannot write", path) }
  }

  package func finish() throws {
    isFinished = true
    let isFlushed = fflush(file) == 0
    let isClosed = fclose(file) == 0
    guard isFlushed, isClosed, rename(temporary, path) == 0 else {
      let error = TextFile.failure("cannot write", path)
      remove(temporary)
      throw error
    }
  }

  deinit {
    guard !isFinished else { return }
    fclose(file)
    remove(temporary)
  }
}
