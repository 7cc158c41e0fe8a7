/// Why bytes belong to no token.
enum LexicalFault: Error, Hashable {
  enum DateField: String {
    case quarter, week, month, day, hour, minute, second
  }

  case unterminatedText
  case unterminatedName
  case emptyName
  case strangeCharacter
  case dateShape
  case dateWithoutSign
  case dateField(DateField, Int)
  case parameterWithoutName
  case doubledEqual
  case lessGreater
  case pipe
  case cOperator
  case tooLong

  /// - Parameter text: the bytes at fault as written.
  func diagnostic(_ text: String, at range: SourceRange, in source: String) -> Diagnostic {
    func diagnostic(_ code: SyntaxCode, _ message: String, help: String) -> Diagnostic {
      Diagnostic(code: code.rawValue, message: message, range: range, help: help, source: source)
    }
    switch self {
    case .unterminatedText:
      return diagnostic(
        .unterminatedText, "this text has no closing quote",
        help: "write ' at its end; a ' inside a text is written ''")
    case .unterminatedName:
      return diagnostic(
        .unterminatedText, "this name has no closing quote",
        help: "write \" at its end; text stands in single quotes: 'TR'")
    case .emptyName:
      return diagnostic(.emptyName, "a name cannot be empty", help: "for an empty text write ''")
    case .strangeCharacter:
      return diagnostic(
        .strangeCharacter, "'\(shortened(text))' is no sign of the language",
        help: LexicalFault.replacement(for: text)
          ?? "remove it, or put it into quotes if it belongs to a text or a name")
    case .dateShape:
      return diagnostic(
        .date, "'\(shortened(text))' is no date",
        help: "dates are written @2026, @2026-Q1, @2026-W07, @2026-03, @2026-03-15 or @2026-03-15T10:30")
    case .dateWithoutSign:
      return diagnostic(.date, "a date starts with @", help: "write @\(text)")
    case .dateField(let field, let value):
      return diagnostic(
        .date, "there is no \(field.rawValue) \(value) in '\(shortened(text))'",
        help: "dates are year, month, day: @2026-03-15, or @2026-Q1, @2026-W07, @2026-03-15T10:30")
    case .parameterWithoutName:
      return diagnostic(
        .parameter, "'\(shortened(text))' is no parameter", help: "a parameter is $ and a name, such as $least")
    case .doubledEqual:
      return diagnostic(.doubledEqual, "equality is written with one =", help: "write country = 'TR'")
    case .lessGreater:
      return diagnostic(.lessGreater, "inequality is written !=", help: "write country != 'TR'")
    case .pipe:
      return diagnostic(
        .pipe, "no | here: a verb starts the next step", help: "write SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10")
    case .cOperator:
      let word = text.hasPrefix("&") ? "AND" : "OR"
      return diagnostic(.strangeCharacter, "'\(text)' is written \(word)", help: "write a > 1 \(word) b > 1")
    case .tooLong:
      return diagnostic(
        .tooLong, "the text is longer than 64 MiB",
        help: "data comes in with IMPORT, statements with RUN in smaller files")
    }
  }

  /// What to write instead of a sign that people bring from elsewhere.
  private static func replacement(for text: String) -> String? {
    switch text {
    case "‘", "’", "‚", "´", "「", "」": "text stands in straight single quotes: 'TR'"
    case "“", "”", "„", "«", "»":
      "text stands in straight single quotes: 'TR'; names may stand in straight double quotes"
    case "`": "a name with spaces stands in double quotes: \"home city\""
    case "；": "write ; as an ASCII sign"
    case "，", "、": "write , as an ASCII sign"
    case "（", "）": "write ( and ) as ASCII signs"
    case "＝": "write = as an ASCII sign"
    case "–", "—", "−": "write - as an ASCII sign"
    case "≤": "write <="
    case "≥": "write >="
    case "≠": "write !="
    case "!": "write NOT, or != for unequal"
    case "#": "a comment starts with --"
    case "%": "write CONTAINS, STARTS WITH or ENDS WITH for a part of a text"
    case ":", "?": "a parameter is $ and a name, such as $least"
    case "{", "}": "values of a list stand in round brackets: IN ('TR', 'DE')"
    default: nil
    }
  }
}

/// At most 40 characters of `text`, on one line.
func shortened(_ text: String) -> String {
  let line = text.prefix { !$0.isNewline }
  return line.count == text.count && text.count <= 40 ? text : line.prefix(40) + "…"
}
