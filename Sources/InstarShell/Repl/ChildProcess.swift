import CLineEditor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Programs that the shell starts for the user.
enum ChildProcess {
  /// Runs a command in `sh` on the shell's own terminal and returns its exit code, or -1.
  static func run(_ command: String) -> CInt {
    var process: CInt = 0
    guard start_command(command, &process) else { return -1 }
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 {
      if errno != EINTR { return -1 }
    }
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : -1
  }
}
