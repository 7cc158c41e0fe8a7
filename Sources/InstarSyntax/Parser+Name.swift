extension Parser {
  mutating func parseName(_ kind: NameKind = .anything) throws(SyntaxError) -> Name {
    if index == watched { expected.names.insert(kind) }
    let token = current
    guard token.kind == .word || token.kind == .quotedName else { throw unexpected() }
    index += 1
    return Name(
      text: token.kind == .word ? text(of: token) : unquoted(token), isQuoted: token.kind == .quotedName,
      range: token.range)
  }

  /// `nil` if no noun stands here.
  mutating func parseNoun() -> Name? {
    if index == watched { expected.names.insert(.noun) }
    let token = current
    guard token.kind == .quotedName || (token.kind == .word && token.keyword == nil) else { return nil }
    index += 1
    return Name(
      text: token.kind == .word ? text(of: token) : unquoted(token), isQuoted: token.kind == .quotedName,
      range: token.range)
  }

  mutating func parseNames(_ kind: NameKind) throws(SyntaxError) -> [Name] {
    try list { parser throws(SyntaxError) in try parser.parseName(kind) }
  }

  mutating func parsePath(_ kind: NameKind = .property) throws(SyntaxError) -> PropertyPath {
    let start = index
    var names = [try parseName(kind)]
    while accept(.period) { names.append(try parseName(.property)) }
    return PropertyPath(names: names, range: range(from: start))
  }

  mutating func parseEventName() throws(SyntaxError) -> EventName {
    let token = current
    if accept(.text) { return EventName(text: unquoted(token), spelling: .singleQuotes, range: token.range) }
    let name = try parseName(.event)
    return EventName(text: name.text, spelling: name.isQuoted ? .doubleQuotes : .plain, range: name.range)
  }

  mutating func parseCount() throws(SyntaxError) -> Count {
    let token = current
    if at(.integer) { return Count(kind: .literal(try integer()), range: token.range) }
    guard at(.parameter) else { throw unexpected() }
    return Count(kind: .parameter(parameter()), range: token.range)
  }

  mutating func parseText(_ kind: NameKind? = nil) throws(SyntaxError) -> TextValue {
    if let kind, index == watched { expected.names.insert(kind) }
    let token = current
    if accept(.text) { return TextValue(kind: .literal(unquoted(token)), range: token.range) }
    guard at(.parameter) else { throw unexpected() }
    return TextValue(kind: .parameter(parameter()), range: token.range)
  }

  mutating func parseModels() throws(SyntaxError) -> [ModelReference] {
    try list { parser throws(SyntaxError) in try parser.parseModel() }
  }

  mutating func parseModel(_ kind: NameKind = .model) throws(SyntaxError) -> ModelReference {
    let start = index
    let name = try parseName(kind)
    let version = isAtVersion() ? try parseVersion() : nil
    return ModelReference(name: name, version: version, range: range(from: start))
  }

  /// Four digits behind `@` look like a year to the lexer.
  private mutating func isAtVersion() -> Bool {
    at(.atSign) || (current.kind == .date && current.end - current.start == 5)
  }

  mutating func parseVersion() throws(SyntaxError) -> Count {
    let token = current
    if token.kind == .date, token.end - token.start == 5 {
      index += 1
      let digits = String(decoding: bytes[Int(token.start) + 1..<Int(token.end)], as: UTF8.self)
      return Count(kind: .literal(Int(digits) ?? 0), range: token.range)
    }
    try expect(.atSign)
    return try parseCount()
  }

  mutating func parseSubject() throws(SyntaxError) -> ProfileSubject {
    if accept(.segment) { return .segment(try parseName(.segment)) }
    return .entity(try parseEntity())
  }

  mutating func parseEntity() throws(SyntaxError) -> EntityReference {
    at(.item) ? try parseItem() : try parseUser()
  }

  mutating func parseUser() throws(SyntaxError) -> EntityReference {
    let start = index
    try expect(.user)
    return EntityReference(kind: .user, identifier: try parseIdentifier(.user), range: range(from: start))
  }

  mutating func parseItem() throws(SyntaxError) -> EntityReference {
    let start = index
    try expect(.item)
    return EntityReference(kind: .item, identifier: try parseIdentifier(.item), range: range(from: start))
  }

  mutating func parseIdentifier(_ kind: NameKind) throws(SyntaxError) -> EntityReference.Identifier {
    if index == watched { expected.names.insert(kind) }
    let token = current
    if accept(.text) { return .text(unquoted(token)) }
    if at(.integer) { return .integer(try integer()) }
    guard at(.parameter) else { throw unexpected() }
    return .parameter(parameter())
  }

  mutating func parseDefinitionKind() throws(SyntaxError) -> DefinitionKind {
    guard let kind = acceptDefinitionKind() else { throw unexpected() }
    return kind
  }

  /// `nil` if no kind stands here.
  mutating func acceptDefinitionKind() -> DefinitionKind? {
    guard at(anyOf: Parser.definitionKinds.map(\.keyword)) else { return nil }
    let kind = Parser.definitionKinds.first { $0.keyword == current.keyword }?.kind
    index += 1
    return kind
  }

  private static let definitionKinds: [(keyword: Keyword, kind: DefinitionKind)] = [
    (.segment, .segment), (.event, .event), (.attribute, .attribute), (.funnel, .funnel), (.model, .model),
    (.lifecycle, .lifecycle), (.table, .table), (.campaign, .campaign),
  ]

  // MARK: - Literals

  /// The text between the quotes of a token, doubled quotes made one.
  func unquoted(_ token: Token) -> String {
    let quote = bytes[Int(token.start)]
    let inner = bytes[Int(token.start) + 1..<Int(token.end) - 1]
    guard inner.contains(quote) else { return String(decoding: inner, as: UTF8.self) }
    var result: [UInt8] = []
    var isSecond = false
    for byte in inner {
      isSecond = byte == quote && !isSecond
      if !isSecond { result.append(byte) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// Takes the current token, an integer.
  mutating func integer() throws(SyntaxError) -> Int {
    let digits = text(of: current)
    guard let value = Int(digits) else {
      throw error(.number, "the number '\(shortened(digits))' is too large", help: "whole numbers go up to \(Int.max)")
    }
    index += 1
    return value
  }

  /// Takes the current token, a parameter.
  mutating func parameter() -> Parameter {
    let token = current
    index += 1
    return Parameter(
      name: String(decoding: bytes[Int(token.start) + 1..<Int(token.end)], as: UTF8.self), range: token.range)
  }
}
