#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// A folder that vanishes with the object.
final class TemporaryFolder: Sendable {
  let root: String

  init() throws {
    var template = Array("/tmp/instar-tests-XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw Failure(text: "no temporary folder: errno \(errno)") }
    root = String(cString: made)
  }

  deinit { _ = try? Program.run("/bin/rm", ["-rf", root]) }

  func path(_ name: String) -> String { root + "/" + name }

  func write(_ text: String, to name: String) throws { try Files.write(text, to: path(name)) }
}

struct Failure: Error, CustomStringConvertible {
  var text: String
  var description: String { text }
}

enum Files {
  static func read(_ path: String) throws -> String {
    guard let file = fopen(path, "rb") else { throw Failure(text: "cannot read \(path)") }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = fread(&buffer, 1, buffer.count, file)
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += buffer[..<count]
    }
  }

  static func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "wb") else { throw Failure(text: "cannot write \(path)") }
    defer { fclose(file) }
    let bytes = Array(text.utf8)
    guard fwrite(bytes, 1, bytes.count, file) == bytes.count else { throw Failure(text: "cannot write \(path)") }
  }
}

/// The root of the project, from where this file lies.
let projectRoot: String = {
  var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
  parts.removeLast(3)
  return parts.joined(separator: "/")
}()

/// What a program that ran has left.
struct ProgramResult {
  var code: CInt
  var output: String
  var errors: String
}

enum Program {
  /// The `instar` that was built beside the tests.
  static let instar: String = {
    let folder = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = folder.joined(separator: "/") + "/instar"
    if access(path, X_OK) == 0 { return path }
    var buffer = [CChar](repeating: 0, count: 4096)
    #if os(Linux)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    #else
    let count = 0
    #endif
    let own = String(decoding: buffer[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/instar"
  }()

  /// Runs a program to its end, with `input` as its standard input.
  static func run(
    _ program: String, _ arguments: [String], input: String = "", folder: String? = nil
  ) throws -> ProgramResult {
    let output = try scratchFile()
    let errors = try scratchFile()
    let source = try scratchFile()
    defer { for path in [output, errors, source] { unlink(path) } }
    try Files.write(input, to: source)

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, source, O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_TRUNC, 0)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_TRUNC, 0)

    var process = pid_t()
    let line = folder.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0, program] } ?? [program]
    let words = (line + arguments).map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }
    let code = posix_spawn(&process, line[0], &actions, nil, words, environ)
    guard code == 0 else { throw Failure(text: "cannot start \(program): \(String(cString: strerror(code)))") }
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let exit = status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + (status & 0x7F)
    return ProgramResult(code: exit, output: try Files.read(output), errors: try Files.read(errors))
  }

  private static func scratchFile() throws -> String {
    var template = Array("/tmp/instar-program-XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw Failure(text: "no temporary file") }
    close(descriptor)
    return template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
