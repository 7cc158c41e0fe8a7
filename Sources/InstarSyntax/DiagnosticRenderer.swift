/// Shows diagnostics to people: code, place and sentence, then the line with a caret under the place and the likely fix.
///
/// ```
/// E0102 line 1:25  no event named 'purchse'
///   SEGMENT users WHERE did purchse IN LAST 90 DAYS
///                           ^^^^^^^  did you mean purchase?
/// ```
public struct DiagnosticRenderer: Sendable {
  /// Whether to use the escape sequences of a terminal.
  public var usesColor: Bool
  /// The widest excerpt of a line, in columns.
  public var width: Int

  public init(usesColor: Bool = false, width: Int = 100) {
    self.usesColor = usesColor
    self.width = max(20, width)
  }

  /// Several diagnostics, one below the other.
  public func render(_ diagnostics: [Diagnostic]) -> String {
    diagnostics.map { render($0) }.joined(separator: "\n")
  }

  /// One diagnostic on one to three lines, without a newline at the end.
  ///
  /// - Complexity: O(*n*) in the length of the source.
  public func render(_ diagnostic: Diagnostic) -> String {
    let code = colored(diagnostic.code, diagnostic.isError ? "1;31" : "1;33")
    guard let range = diagnostic.range else {
      let help = diagnostic.help.map { "\n  " + $0 } ?? ""
      return code + "            " + diagnostic.message + help
    }
    let place = SourcePlace(range, in: diagnostic.source)
    let title = "\(code) line \(place.line):\(place.column)  \(diagnostic.message)"
    let excerpt = Excerpt(place, width: width)
    let caret = String(repeating: " ", count: excerpt.indent) + colored(excerpt.carets, "1;31")
    return "\(title)\n  \(excerpt.text)\n  \(caret)" + (diagnostic.help.map { "  " + $0 } ?? "")
  }

  private func colored(_ text: String, _ style: String) -> String {
    usesColor ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
  }
}

/// Where a range lies, as people count.
public struct SourcePlace: Sendable, Hashable {
  /// From 1.
  public let line: Int
  /// From 1, in characters.
  public let column: Int
  let before: Substring
  let marked: Substring
  let after: Substring

  /// - Parameter range: UTF-8 offsets into `source`; beyond its end they are moved to the end.
  public init(_ range: SourceRange, in source: String) {
    let bytes = source.utf8
    func index(_ offset: Int) -> String.Index {
      let place = bytes.index(bytes.startIndex, offsetBy: min(max(0, offset), bytes.count))
      return String.Index(place, within: source) ?? place
    }
    let start = index(range.lowerBound)
    let lineStart = source[..<start].lastIndex(where: \.isNewline).map(source.index(after:)) ?? source.startIndex
    let lineEnd = source[start...].firstIndex(where: \.isNewline) ?? source.endIndex
    let end = min(max(start, index(range.upperBound)), lineEnd)
    line = source[..<lineStart].reduce(into: 1) { $0 += $1.isNewline ? 1 : 0 }
    before = source[lineStart..<start]
    marked = source[start..<end]
    after = source[end..<lineEnd]
    column = before.count + 1
  }
}

/// The part of a line around a place that fits the width.
private struct Excerpt {
  var text: String
  /// Columns before the caret.
  var indent: Int
  var carets: String

  init(_ place: SourcePlace, width: Int) {
    let marked = Excerpt.fitting(place.marked.map(Excerpt.visible), width / 2)
    let caretWidth = max(1, Excerpt.columns(marked))
    let before = place.before.map(Excerpt.visible)
    let room = width - caretWidth
    var head = before
    if Excerpt.columns(before) > room * 2 / 3 {
      head = ["…"] + Excerpt.fitting(before.reversed(), room / 2).reversed()
    }
    let rest = Excerpt.fitting(place.after.map(Excerpt.visible), room - Excerpt.columns(head))
    let isCut = marked.count == place.marked.count && rest.count < place.after.count
    text = String(head + marked + rest) + (isCut || marked.count < place.marked.count ? "…" : "")
    while text.last == " " { text.removeLast() }
    indent = Excerpt.columns(head)
    carets = String(repeating: "^", count: caretWidth)
  }

  /// As many of the characters from the start as fit into `width` columns.
  private static func fitting(_ characters: [Character], _ width: Int) -> [Character] {
    var columns = 0
    var kept = 0
    for character in characters {
      columns += self.columns([character])
      if columns > width { break }
      kept += 1
    }
    return Array(characters[..<kept])
  }

  /// A blank for what a terminal would not show as one sign.
  private static func visible(_ character: Character) -> Character {
    guard let scalar = character.unicodeScalars.first else { return " " }
    return scalar.value < 0x20 || (scalar.value >= 0x7F && scalar.value < 0xA0) ? " " : character
  }

  /// Two columns for East Asian wide signs and emoji.
  private static func columns(_ characters: [Character]) -> Int {
    characters.reduce(0) { sum, character in
      guard let scalar = character.unicodeScalars.first else { return sum }
      let isWide =
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F,
          0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
          true
        default: false
        }
      return sum + (isWide ? 2 : 1)
    }
  }
}
