import ArgumentParser
import Instar

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The text of scripts.
enum TextInput {
  /// - Throws: the exit code, after the error was written.
  static func file(_ path: String) throws -> String {
    if path == "-" { return standardInput() }
    do { return try FileInput.read(path) } catch let error as InstarError {
      ErrorText(form: .text).write(error)
      throw ExitCode(1)
    }
  }

  static func standardInput() -> String { String(decoding: FileInput.bytes(STDIN_FILENO), as: UTF8.self) }
}

/// Files as the shell reads them: whole.
enum FileInput {
  static func read(_ path: String) throws -> String { String(decoding: try bytes(of: path), as: UTF8.self) }

  static func bytes(of path: String) throws -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw failure("cannot read", path) }
    defer { close(descriptor) }
    return bytes(descriptor)
  }

  static func bytes(_ descriptor: CInt) -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = buffer.withUnsafeMutableBytes { buffer in
        #if canImport(Glibc)
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        #else
        Darwin.read(descriptor, buffer.baseAddress, buffer.count)
        #endif
      }
      if count < 0, errno == EINTR { continue }
      if count <= 0 { return bytes }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) throws {
    let target = try OutputTarget(path)
    let bytes = Array(text.utf8)
    try ByteSink(target.descriptor).write(bytes.span)
  }

  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  static func failure(_ what: String, _ path: String) -> InstarError {
    let reason = String(cString: strerror(errno))
    return InstarError(
      InstarError.Code(rawValue: "E0610"), "\(what) '\(path)': \(reason)", help: "check the path and its permissions")
  }
}
