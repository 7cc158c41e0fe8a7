import ArgumentParser
import Instar

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Asks for a passphrase on the terminal itself, whatever standard input and output are, and does not show it.
enum PassphrasePrompt {
  static var isPossible: Bool {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    if terminal >= 0 { close(terminal) }
    return terminal >= 0
  }

  /// - Throws: the exit code after Ctrl-C; an error where there is no terminal.
  static func ask(_ question: String) throws -> String {
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC)
    guard terminal >= 0 else {
      throw InstarError(
        InstarError.encrypted, "there is no terminal to ask for a passphrase",
        help: "use --key-file FILE where nobody sits")
    }
    defer { close(terminal) }
    var before = termios()
    tcgetattr(terminal, &before)
    // Byte by byte and without signals: a process that ends here must not leave the terminal mute.
    var mute = before
    mute.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
    tcsetattr(terminal, TCSAFLUSH, &mute)
    defer {
      tcsetattr(terminal, TCSAFLUSH, &before)
      try? ByteSink(terminal).write(line: "")
    }
    let prompt = Array(question.utf8)
    try ByteSink(terminal).write(prompt.span)
    return try line(terminal)
  }

  private static func line(_ terminal: CInt) throws -> String {
    var bytes: [UInt8] = []
    while true {
      var byte: UInt8 = 0
      let count = read(terminal, &byte, 1)
      if count < 0, errno == EINTR { continue }
      switch byte {
      case _ where count <= 0, 4, 10, 13: return String(decoding: bytes, as: UTF8.self)
      case 3: throw ExitCode(130)
      case 8, 127: while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
      case 21: bytes.removeAll()
      default: bytes.append(byte)
      }
    }
  }
}
