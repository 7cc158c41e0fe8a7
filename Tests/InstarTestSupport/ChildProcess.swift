#if os(Linux)
import Glibc

/// Another process of this test program, running one test of the suite `ChildRoles` that waits for exactly this.
///
/// The role, the path and a number are named in environment variables; the child reports numbers through a pipe.
package struct ChildProcess {
  private static let roleVariable = "INSTAR_TEST_ROLE"
  private static let pathVariable = "INSTAR_TEST_PATH"
  private static let numberVariable = "INSTAR_TEST_NUMBER"
  /// The file descriptor on which a child reports.
  private static let reportDescriptor: CInt = 9

  package let process: pid_t
  private let report: CInt

  /// The role that this process was started for; `nil` in the process that the developer started.
  package static var role: String? { getenv(roleVariable).map { String(cString: $0) } }
  package static var path: String { String(cString: getenv(pathVariable)) }
  package static var number: Int { Int(String(cString: getenv(numberVariable)))! }

  /// - Parameters:
  ///   - preload: a library that stands before those of the program.
  ///   - file: where the call stands; the role is one of the same test target.
  package static func start(
    _ role: String, path: String, number: Int = 0, preload: String? = nil, file: String = #fileID
  ) -> ChildProcess {
    var pipes: [CInt] = [0, 0]
    precondition(pipe(&pipes) == 0)
    for pipe in pipes { _ = fcntl(pipe, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, pipes[1], reportDescriptor)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    let arguments = [
      "tests", "--testing-library", "swift-testing", "--filter",
      "\(file.prefix { $0 != "/" }).ChildRoles/\(role)",
    ]
    var variables = [
      "\(roleVariable)=\(role)", "\(pathVariable)=\(path)", "\(numberVariable)=\(number)", "TMPDIR=/tmp",
    ]
    if let preload { variables.append("LD_PRELOAD=\(preload)") }
    var process = pid_t()
    let code = withCStrings(arguments) { arguments in
      withCStrings(variables) { posix_spawn(&process, "/proc/self/exe", &actions, nil, arguments, $0) }
    }
    precondition(code == 0, "could not start another process: \(code)")
    posix_spawn_file_actions_destroy(&actions)
    close(pipes[1])
    return ChildProcess(process: process, report: pipes[0])
  }

  /// Reports one number from a child.
  package static func send(_ number: Int) {
    var number = number
    precondition(write(reportDescriptor, &number, 8) == 8)
  }

  /// The next number, `nil` when the child is gone.
  package func receive() -> Int? {
    var number = 0
    return read(report, &number, 8) == 8 ? number : nil
  }

  package func kill() { Glibc.kill(process, SIGKILL) }

  /// Waits for the end; returns the exit code, -1 when it was killed.
  package func wait() -> Int32 {
    var status: Int32 = 0
    waitpid(process, &status, 0)
    close(report)
    return status & 0x7F == 0 ? status >> 8 & 0xFF : -1
  }

  private static func withCStrings<R>(_ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> R) -> R {
    let pointers = texts.map { strdup($0) } + [nil]
    defer { pointers.forEach { free($0) } }
    return body(pointers)
  }
}
#endif
