import InstarTestSupport

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The program `instar` that was built beside the tests, run as a shell runs it.
struct InstarProgram {
  /// What a run has left: -1 as the code of a process that a signal ended.
  struct Result {
    var code: Int32
    var output: String
    var errors: String
  }

  static let path: String = {
    let folder = CommandLine.arguments[0].split(separator: "/", omittingEmptySubsequences: false).dropLast()
    let path = folder.joined(separator: "/") + "/instar"
    if access(path, X_OK) == 0 { return path }
    var buffer = [CChar](repeating: 0, count: 4096)
    let count = readlink("/proc/self/exe", &buffer, buffer.count - 1)
    let own = String(decoding: buffer[..<max(0, count)].map(UInt8.init(bitPattern:)), as: UTF8.self)
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/") + "/instar"
  }()

  let process: pid_t
  private let scratch: TemporaryFolder

  /// Starts `instar` behind `prefix`, the words of another program that runs it.
  static func start(_ arguments: [String], prefix: [String] = []) -> InstarProgram {
    let scratch = TemporaryFolder()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, scratch.path("output"), O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, scratch.path("errors"), O_WRONLY | O_CREAT, 0o600)
    let words = (prefix + [path] + arguments).map { strdup($0) } + [nil]
    defer { words.forEach { free($0) } }
    var process = pid_t()
    let code = posix_spawnp(&process, words[0]!, &actions, nil, words, environ)
    precondition(code == 0, "could not start \(prefix) \(path): \(code)")
    return InstarProgram(process: process, scratch: scratch)
  }

  func signal(_ number: Int32) { kill(process, number) }

  func wait() -> Result {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    func text(_ name: String) -> String { String(decoding: Files.read(scratch.path(name)), as: UTF8.self) }
    return Result(
      code: status & 0x7F == 0 ? status >> 8 & 0xFF : -1, output: text("output"), errors: text("errors"))
  }

  static func run(_ arguments: String..., prefix: [String] = []) -> Result {
    start(arguments, prefix: prefix).wait()
  }
}
