/// Reads statements: a recursive descent with one function for each nonterminal of `grammar/`.
///
/// The parser never throws to its caller. A statement with an error gives one diagnostic and no tree; the parser goes on
/// behind the next `;`. Nesting is bounded, so no input overflows the stack.
package struct Parser {
  /// Brackets, NOTs, signs and calls inside one another. Deeper is refused.
  static let maximumDepth = 32
  /// Arithmetic operators in one expression: each may make the tree one deeper.
  static let maximumOperators = 200
  /// Errors after which the parser stops.
  static let maximumErrors = 100

  let source: String
  let bytes: [UInt8]
  private(set) var tokens: [Token]
  let comments: [SourceRange]
  let faults: [UInt32: LexicalFault]
  var index = 0
  var depth = 0
  /// Arithmetic operators so far in the expression that is being read.
  var operators = 0
  /// The step and the clauses that are being read, for messages about their order.
  var step = StepContext()

  /// The token at which ``expected`` is gathered, or -1 for none.
  var watched = -1
  /// What could stand at the watched token.
  var expected = Expectation()

  init(lexer: Lexer) {
    source = lexer.source
    bytes = lexer.bytes
    tokens = lexer.tokens
    comments = lexer.comments
    faults = lexer.faults
  }

  /// Ends the text at `token`.
  mutating func cutTokens(at token: Int) {
    let place = tokens[token].start
    tokens.removeSubrange(token...)
    tokens.append(Token(kind: .endOfText, keyword: nil, start: place, end: place))
  }
}

/// Why a statement cannot be read. Stays inside the parser.
struct SyntaxError: Error {
  /// The token at which the parser gave up.
  var index: Int
  /// `nil` where the expected tokens say best what is wrong.
  var diagnostic: Diagnostic?
}

/// What the parser looked for at one token.
struct Expectation {
  var keywords: Set<Keyword> = []
  var kinds: Set<Token.Kind> = []
  var names: Set<NameKind> = []
}

// MARK: - Tokens

extension Parser {
  var current: Token { tokens[index] }

  /// The token `distance` after the current one (before it if negative); the end token behind the end.
  func ahead(_ distance: Int) -> Token { tokens[max(0, min(index + distance, tokens.count - 1))] }

  /// The range from the first byte of token `start` to the last byte before the current token.
  func range(from start: Int) -> SourceRange {
    let end = index > start ? tokens[index - 1].end : tokens[start].end
    return SourceRange(Int(tokens[start].start), Int(max(end, tokens[start].start)))
  }

  func text(of token: Token) -> String {
    String(decoding: bytes[Int(token.start)..<Int(token.end)], as: UTF8.self)
  }

  mutating func at(_ keyword: Keyword) -> Bool {
    if index == watched { expected.keywords.insert(keyword) }
    return tokens[index].keyword == keyword
  }

  mutating func at(_ first: Keyword, _ second: Keyword) -> Bool {
    guard at(first) else { return false }
    if index + 1 == watched { expected.keywords.insert(second) }
    return ahead(1).keyword == second
  }

  mutating func at(anyOf keywords: [Keyword]) -> Bool {
    if index == watched { expected.keywords.formUnion(keywords) }
    guard let keyword = tokens[index].keyword else { return false }
    return keywords.contains(keyword)
  }

  mutating func at(_ kind: Token.Kind) -> Bool {
    if index == watched { expected.kinds.insert(kind) }
    return tokens[index].kind == kind
  }

  mutating func accept(_ keyword: Keyword) -> Bool {
    guard at(keyword) else { return false }
    index += 1
    return true
  }

  mutating func accept(_ first: Keyword, _ second: Keyword) -> Bool {
    guard at(first, second) else { return false }
    index += 2
    return true
  }

  mutating func accept(_ kind: Token.Kind) -> Bool {
    guard at(kind) else { return false }
    index += 1
    return true
  }

  mutating func expect(_ keyword: Keyword) throws(SyntaxError) {
    guard accept(keyword) else { throw unexpected() }
  }

  mutating func expect(_ kind: Token.Kind) throws(SyntaxError) {
    guard accept(kind) else { throw unexpected() }
  }

  mutating func expectTimeUnit() throws(SyntaxError) -> TimeUnit {
    guard at(anyOf: Keyword.timeUnits), let unit = current.keyword?.timeUnit else { throw unexpected() }
    index += 1
    return unit
  }

  /// One or more of what `element` reads, between commas.
  mutating func list<Element>(
    _ element: (inout Parser) throws(SyntaxError) -> Element
  ) throws(SyntaxError) -> [Element] {
    var elements = [try element(&self)]
    while accept(.comma) { elements.append(try element(&self)) }
    return elements
  }

  /// Reads `body` one level deeper.
  mutating func nested<Result>(
    _ body: (inout Parser) throws(SyntaxError) -> Result
  ) throws(SyntaxError) -> Result {
    guard depth < Parser.maximumDepth else {
      throw error(
        .nesting, "more than \(Parser.maximumDepth) brackets or NOTs inside one another",
        help: "give inner parts a name with DEFINE ATTRIBUTE or DEFINE SEGMENT")
    }
    depth += 1
    let result = try body(&self)
    depth -= 1
    return result
  }

  func error(_ code: SyntaxCode, _ message: String, help: String?, at token: Int? = nil) -> SyntaxError {
    let place = token ?? index
    return SyntaxError(
      index: place,
      diagnostic: Diagnostic(
        code: code.rawValue, message: message, range: self.place(of: place), help: help, source: source))
  }

  /// The current token fits nowhere here; what would fit is found by reading the statement again.
  func unexpected() -> SyntaxError { SyntaxError(index: index, diagnostic: nil) }
}
