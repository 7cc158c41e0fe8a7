import CLineEditor
import Instar

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the shell knows of the terminal around it.
enum Terminal {
  static var inputIsTerminal: Bool { isatty(STDIN_FILENO) == 1 }
  static var outputIsTerminal: Bool { isatty(STDOUT_FILENO) == 1 }
  static var errorIsTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Whether someone sits there to type statements and read answers.
  static var isInteractive: Bool { inputIsTerminal && outputIsTerminal }

  /// Columns and rows of the terminal behind standard output; `nil` where there is none.
  static var size: (columns: Int, rows: Int)? {
    var columns: CInt = 0
    var rows: CInt = 0
    guard terminal_size(STDOUT_FILENO, &columns, &rows) else { return nil }
    return (Int(columns), Int(rows))
  }

  /// Whether to write colours to `descriptor`.
  ///
  /// `NO_COLOR` (https://no-color.org), `CLICOLOR_FORCE` and `TERM=dumb` count where the choice is `auto`.
  static func usesColor(_ choice: ColorChoice, _ descriptor: CInt) -> Bool {
    switch choice {
    case .always: return true
    case .never: return false
    case .auto: break
    }
    if let text = variable("NO_COLOR"), !text.isEmpty { return false }
    if let text = variable("CLICOLOR_FORCE"), !text.isEmpty, text != "0" { return true }
    return isatty(descriptor) == 1 && variable("TERM") != "dumb"
  }

  static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  /// Writes a line for people to standard error.
  static func note(_ text: String) { try? ByteSink(STDERR_FILENO).write(line: text) }
}

/// The reader of the output is gone (`| head`): nothing is wrong, nothing more is wanted.
struct BrokenPipe: Error {}

/// Writes bytes to a file descriptor.
struct ByteSink {
  let descriptor: CInt

  init(_ descriptor: CInt) { self.descriptor = descriptor }

  func write(_ bytes: Span<UInt8>) throws {
    try bytes.withUnsafeBytes { bytes in
      var rest = bytes
      while let start = rest.baseAddress, !rest.isEmpty {
        #if canImport(Glibc)
        let count = Glibc.write(descriptor, start, rest.count)
        #else
        let count = Darwin.write(descriptor, start, rest.count)
        #endif
        if count < 0, errno == EINTR { continue }
        if count < 0, errno == EPIPE { throw BrokenPipe() }
        guard count > 0 else {
          throw InstarError(
            InstarError.Code(rawValue: "E0610"), "cannot write the output: \(String(cString: strerror(errno)))")
        }
        rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      }
    }
  }

  func write(line text: String) throws {
    let bytes = Array((text + "\n").utf8)
    try write(bytes.span)
  }
}
