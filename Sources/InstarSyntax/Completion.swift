/// What may come next at a place of the text.
package struct Completions: Sendable, Hashable {
  /// What is replaced: the word that is being written, or nothing.
  package var range: SourceRange
  /// Keywords that start with the word being written, in capitals, sorted.
  package var keywords: [String]
  /// Kinds of names that may stand here; the caller filters the names of its store.
  package var names: Set<NameKind>
  /// The verb of the step that is being written, to choose options and methods; `nil` at the start.
  package var step: Keyword?
}

extension Parser {
  /// What may be written at the UTF-8 offset `offset`. Nothing inside a comment or a text.
  ///
  /// - Complexity: O(*n*) in the length of the text.
  package static func completions(_ text: String, at offset: Int) -> Completions {
    let bytes = Array(text.utf8.prefix(max(0, offset)))
    let lexer = Lexer(String(decoding: bytes, as: UTF8.self))
    let end = lexer.bytes.count
    let nothing = Completions(range: SourceRange(end, end), keywords: [], names: [], step: nil)
    if lexer.comments.last?.upperBound == end, lexer.bytes.last != 0x0A { return nothing }
    if lexer.hasUnterminatedQuote { return nothing }

    var parser = Parser(lexer: lexer)
    var word = SourceRange(end, end)
    var last = parser.tokens.count - 1
    if last > 0, parser.tokens[last - 1].kind == .word, Int(parser.tokens[last - 1].end) == end {
      last -= 1
      word = parser.tokens[last].range
    }
    parser.cutTokens(at: last)
    let statement = parser.tokens[..<last].lastIndex { $0.kind == .semicolon }
    parser.expectations(from: statement.map { $0 + 1 } ?? 0, at: last)

    let prefix = String(decoding: bytes[word.lowerBound..<word.upperBound], as: UTF8.self).lowercased()
    let keywords = parser.expected.keywords.map(\.text).filter { $0.hasPrefix(prefix) }.map { $0.uppercased() }
    return Completions(range: word, keywords: keywords.sorted(), names: parser.expected.names, step: parser.step.verb)
  }

  /// Whether the text ends a statement, so that it can run: its last sign is a `;` outside of texts and comments. Also
  /// `true` for a text without any sign.
  package static func isComplete(_ text: String) -> Bool {
    let lexer = Lexer(text)
    guard let last = lexer.tokens.dropLast().last else { return true }
    return last.kind == .semicolon && !lexer.hasUnterminatedQuote
  }
}
