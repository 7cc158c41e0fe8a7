import Instar
import InstarRendering

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Writes errors and warnings to standard error: for people, or one JSON object a line for tools.
struct ErrorText {
  var form: ErrorForm
  var usesColor = false

  func write(_ error: InstarError) {
    switch form {
    case .text:
      let width = Terminal.size?.columns ?? 100
      Terminal.note(error.renderedText(usesColor: usesColor, width: max(40, width - 4)))
    case .json:
      if error.diagnostics.isEmpty { write(error.code.rawValue, "error", error.message, error.help, nil, nil) }
      write(error.diagnostics)
    }
  }

  func write(_ diagnostics: [Diagnostic]) {
    switch form {
    case .text:
      if !diagnostics.isEmpty { Terminal.note(DiagnosticRenderer(usesColor: usesColor).render(diagnostics)) }
    case .json:
      for diagnostic in diagnostics {
        let place = diagnostic.range.map { SourcePlace($0, in: diagnostic.source) }
        write(
          diagnostic.code, diagnostic.severity.rawValue, diagnostic.message, diagnostic.help, diagnostic.range, place)
      }
    }
  }

  private func write(
    _ code: String, _ severity: String, _ message: String, _ help: String?, _ range: SourceRange?, _ place: SourcePlace?
  ) {
    var bytes: [UInt8] = []
    func field(_ name: String, _ text: String) {
      bytes.append(contentsOf: bytes.isEmpty ? "{".utf8 : ",".utf8)
      JSONText.append(name, to: &bytes)
      bytes.append(UInt8(ascii: ":"))
      JSONText.append(text, to: &bytes)
    }
    func number(_ name: String, _ value: Int) {
      bytes.append(contentsOf: ",\"\(name)\":\(value)".utf8)
    }
    field("code", code)
    field("severity", severity)
    field("message", message)
    if let help { field("help", help) }
    if let place {
      number("line", place.line)
      number("column", place.column)
    }
    if let range {
      number("start", range.lowerBound)
      number("end", range.upperBound)
    }
    bytes.append(contentsOf: "}\n".utf8)
    try? ByteSink(STDERR_FILENO).write(bytes.span)
  }
}
