// What to say about a token that fits nowhere: the most telling explanation first.

extension Parser {
  /// Explains the current token, with what could stand there in ``expected``.
  func unexpectedToken(statementStart: Int) -> Diagnostic {
    if let fault = faults[current.start], current.kind == .invalid {
      return fault.diagnostic(text(of: current), at: current.range, in: source)
    }
    return foreignWord()
      ?? misplacedClause()
      ?? missingSemicolon()
      ?? foreignNumber()
      ?? eventWithoutDid()
      ?? bracketBehindProperty()
      ?? windowWithoutWord()
      ?? misspelt(index)
      ?? openBracket(statementStart: statementStart)
      ?? missingEnd()
      ?? doesNotFit()
  }

  /// Explains the token before the current one, if it is nearly a keyword and was taken for a name.
  func misspeltBefore(_ token: Int) -> Diagnostic? {
    guard token >= 0, tokens[token].keyword == nil, text(of: tokens[token]).utf8.count >= 4 else { return nil }
    return misspelt(token)
  }

  func diagnostic(_ code: SyntaxCode, _ message: String, help: String?, at token: Int? = nil) -> Diagnostic {
    Diagnostic(
      code: code.rawValue, message: message, range: place(of: token ?? index), help: help, source: source)
  }

  /// The range of a token; for the end of the text the place behind the last word.
  func place(of token: Int) -> SourceRange {
    guard tokens[token].kind == .endOfText, token > 0 else { return tokens[token].range }
    let end = tokens[token - 1].range.upperBound
    return SourceRange(end, end)
  }

  /// The source between two tokens, on one line.
  func sourceText(from start: Int, to end: Int) -> String {
    guard end > start else { return "" }
    let slice = bytes[Int(tokens[start].start)..<Int(tokens[end - 1].end)]
    return String(decoding: slice, as: UTF8.self).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }

  private func missingSemicolon() -> Diagnostic? {
    guard expected.kinds.contains(.semicolon), let keyword = current.keyword,
      Keyword.sources.contains(keyword) || Keyword.management.contains(keyword)
    else { return nil }
    return diagnostic(
      .missingSemicolon, "\(keyword.capitals) starts a new statement, and the one before has no ;",
      help: "write ; before \(keyword.capitals)")
  }

  private func windowWithoutWord() -> Diagnostic? {
    guard current.keyword == .in, !expected.keywords.contains(.in) || expected.kinds.contains(.semicolon) else {
      return nil
    }
    if let slip = misspelt(index + 1, among: [.last, .next, .this, .previous, .first]) { return slip }
    if ahead(1).kind == .integer || ahead(1).kind == .real {
      let length = sourceText(from: index + 1, to: min(index + 3, tokens.count - 1))
      return diagnostic(
        .window, "IN needs LAST, NEXT, PREVIOUS or FIRST before a length", help: "write IN LAST \(length)")
    }
    return diagnostic(
      .window, "IN is followed by a window or by a list in brackets",
      help: "write IN LAST 30 DAYS, IN @2026-Q1, or country IN ('TR', 'DE')")
  }

  private func misspelt(_ token: Int, among candidates: Set<Keyword>? = nil) -> Diagnostic? {
    guard token < tokens.count, tokens[token].kind == .word else { return nil }
    let word = text(of: tokens[token])
    // Of the keywords only long ones are taken for slips, as EVENT is for EVENTS.
    guard tokens[token].keyword == nil || word.utf8.count >= 5 else { return nil }
    guard let keyword = Spelling.nearest(to: word, in: candidates ?? expected.keywords) else { return nil }
    return diagnostic(
      .misspelt, "'\(shortened(word))' does not fit here", help: "did you mean \(keyword.capitals)?", at: token)
  }

  /// A bracket that should be closed before the next step or the end.
  private func openBracket(statementStart: Int) -> Diagnostic? {
    guard isAtBorder(), let open = lastOpenBracket(from: statementStart) else { return nil }
    let closing: Token.Kind = tokens[open].kind == .leftBracket ? .rightBracket : .rightParenthesis
    guard expected.kinds.contains(closing), let sign = closing.sign, let opening = tokens[open].kind.sign else {
      return nil
    }
    let border = current.kind == .endOfText || current.kind == .semicolon ? "the end" : "'\(text(of: current))'"
    return diagnostic(
      .openBracket, "a \(sign) is missing before \(border)",
      help: "write \(sign) to close the \(opening) before \(nextWord(after: open))")
  }

  private func isAtBorder() -> Bool {
    current.kind == .endOfText || current.kind == .semicolon || isVerb(current)
      || Clause(current.keyword, before: ahead(1).keyword) != nil
  }

  private func nextWord(after token: Int) -> String {
    let next = tokens[min(token + 1, tokens.count - 1)]
    return next.kind == .endOfText ? "the end" : shortened(text(of: next))
  }

  private func lastOpenBracket(from start: Int) -> Int? {
    var open: [Int] = []
    for token in start..<index {
      switch tokens[token].kind {
      case .leftParenthesis, .leftBracket: open.append(token)
      case .rightParenthesis, .rightBracket: _ = open.popLast()
      default: break
      }
    }
    return open.last
  }

  private func missingEnd() -> Diagnostic? {
    guard current.kind == .endOfText || current.kind == .semicolon else { return nil }
    let parts = expected.parts
    guard parts.count == 1, let missing = parts.first else {
      return diagnostic(
        .unfinished, "the statement ends too early", help: "go on with \(choice(of: parts))")
    }
    return diagnostic(.unfinished, "the statement ends where \(missing) is missing", help: "add \(missing)")
  }

  private func doesNotFit() -> Diagnostic {
    let word = shortened(text(of: current))
    let here = current.kind == .text ? word : "'\(word)'"
    return diagnostic(.unexpected, "\(here) does not fit here", help: "expected \(choice(of: expected.parts))")
  }

  private func choice(of parts: [String]) -> String {
    guard let last = parts.last else { return "a statement" }
    return parts.count == 1 ? last : parts.dropLast().joined(separator: ", ") + " or " + last
  }
}

extension Expectation {
  /// Names first, then literals, signs and keywords; groups where there are many.
  var parts: [String] {
    var parts: [String] = []
    if names.contains(.property) || names.contains(.event) && names.contains(.function) {
      parts.append(names.contains(.event) ? "an event or a property" : "a value")
    } else {
      parts += NameKind.allCases.filter { names.contains($0) && $0 != .function }.map(\.noun)
    }
    let isValue = names.contains(.property) && names.contains(.function)
    if !isValue {
      if kinds.contains(.integer) { parts.append("a number") }
      if kinds.contains(.text), !names.contains(.event) { parts.append("a text in 'single quotes'") }
      if kinds.contains(.date) { parts.append("a date such as @2026-03-15") }
    }
    let comparesToo = kinds.contains(.equal) && kinds.contains(.less)
    if comparesToo {
      parts.append("a comparison such as = or CONTAINS")
    } else if kinds.contains(.plus) || kinds.contains(.star) {
      parts.append("an operator")
    } else if kinds.contains(.equal) {
      parts.append("=")
    }
    for kind in [Token.Kind.leftParenthesis, .rightParenthesis, .rightBracket, .comma]
    where kinds.contains(kind) && !(isValue && kind == .leftParenthesis) {
      parts.append(kind == .comma ? "a comma" : kind.sign ?? "")
    }
    parts += keywordParts(isValue: isValue, comparesToo: comparesToo)
    if parts.isEmpty || kinds.contains(.leftBracket) && parts.count == 1 && kinds.contains(.semicolon) {
      for kind in [Token.Kind.leftBracket, .period, .atSign] where kinds.contains(kind) {
        parts.append(kind.sign ?? "")
      }
    }
    return parts + (kinds.contains(.semicolon) ? [";"] : [])
  }

  private func keywordParts(isValue: Bool, comparesToo: Bool) -> [String] {
    var rest = keywords
    var parts: [String] = []
    if rest.isSuperset(of: Keyword.timeUnits) {
      rest.subtract(Keyword.timeUnits)
      parts.append("a unit such as DAYS")
    }
    if isValue { rest.subtract([.true, .false, .case, .not, .did, .in, .now]) }
    if comparesToo { rest.subtract([.between, .contains, .ends, .in, .is, .matches, .not, .starts, .at]) }
    let isStatement = rest.isSuperset(of: Keyword.sources)
    if isStatement { rest.subtract(Keyword.sources + Keyword.management + [.as, .explain]) }
    if rest.isSuperset(of: Keyword.steps) {
      rest.subtract(Keyword.steps)
      if !isStatement { parts.append("the next step") }
    }
    if isStatement { parts.append("a verb such as SEGMENT, EVENTS or FUNNEL") }
    let words = rest.sorted { $0.rawValue < $1.rawValue }.map(\.capitals)
    return words + parts
  }
}

extension NameKind {
  /// With its article, as messages name it.
  var noun: String {
    switch self {
    case .segment: "a segment"
    case .event: "an event"
    case .property: "a property"
    case .function: "a function"
    case .model: "a model"
    case .item: "an item"
    case .user: "a user"
    case .table: "a table"
    case .funnel: "a saved funnel"
    case .lifecycle: "a saved life cycle"
    case .campaign: "a campaign"
    case .noun: "ITEMS"
    case .option: "an option"
    case .optionValue: "a value"
    case .method: "a method"
    case .settingValue: "a value"
    case .timezone: "a time zone"
    case .file: "a file"
    case .role: "a role"
    case .fileColumn: "a column"
    case .anything, .new: "a name"
    }
  }
}
