import Instar
import InstarRendering

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes how a result came about.
enum ReceiptOutput {
  /// On standard error, for scripts.
  static func write(_ table: ResultTable, _ form: ReceiptForm) throws {
    switch form {
    case .text: Terminal.note(table.receipt.text)
    case .json:
      var bytes: [UInt8] = []
      table.receipt.appendJSON(rows: table.rowCount, zone: table.receipt.zone, to: &bytes)
      try ByteSink(STDERR_FILENO).write(bytes.span)
    }
  }

  /// Under a result at the prompt: the lines, faint.
  static func show(_ table: ResultTable, usesColor: Bool) throws {
    let lines = table.receipt.lines(zone: table.receipt.zone)
    let text = lines.map { usesColor ? "\u{1B}[2m\($0)\u{1B}[0m" : $0 }.joined(separator: "\n")
    try ByteSink(STDOUT_FILENO).write(line: text)
  }
}
