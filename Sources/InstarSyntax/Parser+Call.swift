extension Parser {
  /// Whether a word with a bracket behind it stands here.
  mutating func isAtFunction() -> Bool {
    if index == watched { expected.names.insert(.function) }
    return current.kind == .word && ahead(1).kind == .leftParenthesis
  }

  mutating func parseCall() throws(SyntaxError) -> Call {
    let start = index
    guard isAtFunction() else { throw unexpected() }
    let function = try parseName(.function)
    index += 1
    var arguments: [CallArgument] = []
    if !at(.rightParenthesis) {
      arguments = try list { parser throws(SyntaxError) in try parser.parseArgument() }
    }
    try expect(.rightParenthesis)
    return Call(function: function, arguments: arguments, range: range(from: start))
  }

  /// Reads the name that may be an event's, and goes back if neither brackets nor a window follow.
  mutating func parseArgument() throws(SyntaxError) -> CallArgument {
    if index == watched { expected.names.formUnion([.event, .property]) }
    let start = index
    if isAtEventArgument() { return .event(try parseEventArgument()) }
    index = start
    return .expression(try parseExpression())
  }

  private mutating func isAtEventArgument() -> Bool {
    let start = index
    defer { index = start }
    if accept(.text) { return at(.leftBracket) || at(.period) || isAtWindow() }
    guard isAtPlainName() else { return false }
    index += 1
    if at(.leftBracket) { return true }
    while current.kind == .period && (ahead(1).kind == .word || ahead(1).kind == .quotedName) { index += 2 }
    return isAtWindow()
  }

  /// Whether a name stands here that starts neither a call nor another form of expression.
  private func isAtPlainName() -> Bool {
    if current.kind == .quotedName { return true }
    guard current.kind == .word, ahead(1).kind != .leftParenthesis else { return false }
    switch current.keyword {
    case .not, .did, .in, .case, .true, .false: return false
    default: return true
    }
  }

  mutating func parseEventArgument() throws(SyntaxError) -> EventArgument {
    let start = index
    let event = try parsePattern()
    let property = accept(.period) ? try parsePath() : nil
    let window = isAtWindow() ? try parseWindow() : nil
    return EventArgument(event: event, property: property, window: window, range: range(from: start))
  }
}
