import InstarCalendar
import InstarColumns

/// How the records of a file are written, as sniffed from its first rows or as the statement says.
package struct FileFormat: Sendable, Hashable {
  package var kind: Kind
  /// Columns in the order of the file; for JSON Lines in order of first appearance, named by path (`actor.id`).
  package var columns: [DetectedColumn]
  package var isCompressed = false
  package var hasByteOrderMark = false
  /// The rows that were looked at, without the header.
  package var sampledRows = 0
  /// Remarks for the person who imports: "times have no zone and are read as UTC".
  package var notes: [String] = []
  /// For each column the hashes of the sampled values, 0 where missing: who repeats together with whom.
  var sampleHashes: [[UInt64]] = []

  package enum Kind: Sendable, Hashable {
    case delimited(Dialect)
    case jsonLines
  }

  package init(kind: Kind, columns: [DetectedColumn]) {
    self.kind = kind
    self.columns = columns
  }

  /// How the file is written, in a line: "CSV, comma, header, quotes, CRLF, gzip; 8 columns".
  package var summary: String {
    var parts: [String] = []
    switch kind {
    case .jsonLines: parts.append("JSON Lines")
    case .delimited(let dialect):
      parts += ["CSV", dialect.delimiterName, dialect.hasHeader ? "header" : "no header"]
      if dialect.quotes { parts.append("quotes") }
      if dialect.lineEnd == .crlf { parts.append("CRLF") }
    }
    if hasByteOrderMark { parts.append("byte order mark") }
    if isCompressed { parts.append("gzip") }
    return parts.joined(separator: ", ") + "; \(columns.count) columns"
  }

  /// The column called `name`: exactly, else the only one that matches without regard to case.
  package func column(named name: String) -> Int? {
    if let exact = columns.firstIndex(where: { $0.name == name }) { return exact }
    let lowered = name.lowercased()
    let matches = columns.indices.filter { columns[$0].name.lowercased() == lowered }
    return matches.count == 1 ? matches[0] : nil
  }
}

/// The punctuation of a delimited file. Quotes are `"`, doubled inside a quoted field (RFC 4180).
package struct Dialect: Sendable, Hashable {
  package var delimiter: UInt8
  package var hasHeader: Bool
  /// Whether any field of the sample is quoted.
  package var quotes: Bool
  package var lineEnd: LineEnd

  package enum LineEnd: String, Sendable, Hashable {
    case lf, crlf
  }

  package init(
    delimiter: UInt8 = UInt8(ascii: ","), hasHeader: Bool = true, quotes: Bool = false, lineEnd: LineEnd = .lf
  ) {
    self.delimiter = delimiter
    self.hasHeader = hasHeader
    self.quotes = quotes
    self.lineEnd = lineEnd
  }

  /// "comma", "semicolon", "tab", "bar" or the character itself.
  package var delimiterName: String {
    switch delimiter {
    case UInt8(ascii: ","): "comma"
    case UInt8(ascii: ";"): "semicolon"
    case UInt8(ascii: "\t"): "tab"
    case UInt8(ascii: "|"): "bar"
    default: String(UnicodeScalar(delimiter))
    }
  }
}

/// One column of a file and what the sample says of it.
package struct DetectedColumn: Sendable, Hashable {
  package var name: String
  /// The keys that lead to it in JSON Lines; `[name]` in delimited files.
  package var path: [String]
  /// How its fields are read when nothing else is asked.
  package var conversion: FieldConversion
  /// The formats that fit the sample best, where the column may hold times. More than one is an ambiguity
  /// (is 01/02/2026 in January or February?) that only the statement can resolve.
  package var timeFormats: [TimeFormat] = []
  /// A line of the sample whose time fits another format than `timeFormats` only: the column mixes them. Else 0.
  package var oddTimeLine = 0
  /// Fields of the sample without a value.
  package var missing = 0
  /// Different values in the sample.
  package var distinct = 0
  /// Every value ends in `.0`: whole numbers, often ids, that a spreadsheet wrote as reals.
  package var wholeNumbersAsReals = false
  /// The first present value, shortened to 40 bytes.
  package var example = ""

  package init(_ name: String, path: [String]? = nil, conversion: FieldConversion = .text) {
    self.name = name
    self.path = path ?? [name]
    self.conversion = conversion
  }

  package var type: ValueType { conversion.type }
}
