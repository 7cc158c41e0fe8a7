/// Why a file cannot be imported, in plain words: what is wrong, where, and what to do.
///
/// Thrown for a whole import. What is wrong with a single record is an ``ImportReject`` and never stops the others.
package struct ImportError: Error, Sendable, Hashable {
  package var code: Code
  /// One sentence without the file's name.
  package var message: String
  /// What to do about it, one or two sentences; may hold a statement or a shell command to paste.
  package var help: String
  /// The path as the statement wrote it, or `nil` when no single file is meant.
  package var file: String?
  /// The line in the (decompressed) file, from 1.
  package var line: Int?
  /// The columns that could be meant, for an ambiguity.
  package var candidates: [String] = []

  package enum Code: String, Sendable, Hashable, CaseIterable {
    case noSuchFile = "no-such-file"
    case isDirectory = "is-directory"
    case noPermission = "no-permission"
    case readFailed = "read-failed"
    case emptyFile = "empty-file"
    case unsupportedFormat = "unsupported-format"
    case unsupportedEncoding = "unsupported-encoding"
    case damagedCompression = "damaged-compression"
    case unclosedQuote = "unclosed-quote"
    case recordTooLong = "record-too-long"
    case headerMismatch = "header-mismatch"
    case missingColumn = "missing-column"
    case missingRole = "missing-role"
    case ambiguousRole = "ambiguous-role"
    case ambiguousTime = "ambiguous-time"
    case mixedTimes = "mixed-times"
    case wrongType = "wrong-type"
    case cancelled
  }

  package init(
    _ code: Code, _ message: String, help: String, file: String? = nil, line: Int? = nil, candidates: [String] = []
  ) {
    self.code = code
    self.message = message
    self.help = help
    self.file = file
    self.line = line
    self.candidates = candidates
  }
}

extension ImportError: CustomStringConvertible {
  /// `events.csv:12: message` and the help on the next line.
  package var description: String {
    var place = file ?? ""
    if let line { place += place.isEmpty ? "line \(line)" : ":\(line)" }
    return (place.isEmpty ? "" : place + ": ") + message + "\n" + help
  }
}

extension ImportError {
  static func unclosedQuote(file: String, line: Int) -> ImportError {
    ImportError(
      .unclosedQuote, "a quote that opens in this record is never closed",
      help: "Close the field with \" (a quote inside a quoted field is written twice), or remove the quote.",
      file: file, line: line)
  }

  static func recordTooLong(_ limit: Int, file: String, line: Int) -> ImportError {
    ImportError(
      .recordTooLong, "a record is longer than \(limit >> 20) MiB",
      help: "Records end with a line feed. Is this a text file with one record a line?", file: file, line: line)
  }
}
