import CLineEditor

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Shows what is longer than the screen through `$PAGER`, else `less`.
enum Pager {
  /// Writes `bytes` to the terminal, through the pager where they have more lines than it.
  static func show(_ bytes: [UInt8], mayPage: Bool) throws {
    let lines = bytes.reduce(into: 0) { $0 += $1 == 10 ? 1 : 0 }
    guard mayPage, let rows = Terminal.size?.rows, lines >= rows, let command = command() else {
      return try ByteSink(STDOUT_FILENO).write(bytes.span)
    }
    var process: CInt = 0
    let pipe = pipe_to_command(command, &process)
    guard pipe >= 0 else { return try ByteSink(STDOUT_FILENO).write(bytes.span) }
    do { try ByteSink(pipe).write(bytes.span) } catch is BrokenPipe {}  // the reader has seen enough
    close(pipe)
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
  }

  /// `nil` where the user turned paging off (`PAGER=` or `PAGER=cat`).
  private static func command() -> String? {
    if Terminal.variable("LESS") == nil { setenv("LESS", "-SRFX", 1) }
    guard let pager = Terminal.variable("PAGER") else { return "less" }
    return pager.isEmpty || pager == "cat" ? nil : pager
  }
}
