import Instar
import InstarRendering

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Where results go, and in which form.
struct ResultOutput {
  /// `nil`: charts and boxes on a terminal, CSV in a pipe.
  var format: TextFormat?
  var color: ColorChoice = .auto
  /// The most rows that the forms for people show.
  var maxRows: Int? = 40
  /// Whether long results may go through a pager.
  var pages = false
  /// Whether results are part of a text for people even where there is no terminal: the tour of the demo.
  var isGuided = false
  /// Whether results are not written: they went to a file.
  var isSilent = false
  /// A file instead of standard output.
  var file: OutputTarget? { didSet { written = 0 } }
  /// How many tables were written to the same place: an empty line stands between them, a page of HTML has one head.
  private(set) var written = 0

  init(_ options: OutputOptions) {
    format = options.format
    color = options.color
  }

  var isForTerminal: Bool { file == nil && Terminal.outputIsTerminal }

  /// The form of a table: the choice of the user, else what suits the place.
  func form(of table: ResultTable) -> TextFormat {
    if let format { return format }
    guard isForTerminal || isGuided else { return .csv }
    switch table.shape {
    case .funnel, .retention, .bars, .rfm, .survival, .quality: return .chart
    default: return .box
    }
  }

  /// Writes a result.
  ///
  /// - Parameter isData: whether a message is what was asked for (EXPLAIN) and not word of what was done.
  mutating func write(_ table: ResultTable, isData: Bool) throws {
    if isSilent { return }
    let form = form(of: table)
    if table.shape == .message, !isData, form.output.isForPrograms || !(isForTerminal || isGuided) {
      // What was done is no data: it must not stand between the rows of others.
      for row in table.rows { Terminal.note(row.values.map(\.plainText).joined(separator: "  ")) }
      return
    }
    let isForPeople = !form.output.isForPrograms
    var options = RenderOptions(
      form.output, zone: table.receipt.zone, width: isForTerminal ? Terminal.size?.columns : nil,
      color: isForPeople && file == nil && Terminal.usesColor(color, STDOUT_FILENO),
      maxRows: isForPeople && (isForTerminal || isGuided) ? maxRows : nil)
    options.continues = written > 0
    let sink = ByteSink(file?.descriptor ?? STDOUT_FILENO)
    if written > 0, !isGuided, ![.json, .jsonl, .html].contains(form) { try sink.write([10].span) }
    written += 1
    guard isForTerminal, isForPeople else {
      return try ResultRenderer(options).write(table) { try sink.write($0) }
    }
    var bytes: [UInt8] = []
    try ResultRenderer(options).write(table) { piece in
      for index in piece.indices { bytes.append(piece[index]) }
    }
    try Pager.show(bytes, mayPage: pages)
  }
}

/// A file that results are written to, open while the object lives.
final class OutputTarget {
  let descriptor: CInt

  init(_ path: String) throws {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileInput.failure("cannot write", path) }
  }

  deinit { close(descriptor) }
}

extension Value {
  /// The value for a line of text.
  var plainText: String {
    switch self {
    case .missing: ""
    case .boolean(let flag): flag ? "true" : "false"
    case .integer(let number): String(number)
    case .real(let number): String(number)
    case .text(let text): text
    case .time(let milliseconds): Timestamp(millisecondsSince1970: milliseconds).description
    case .duration(let milliseconds): "\(milliseconds) ms"
    }
  }
}
