// Slips that are not in a word but in how numbers, dates and conditions on events are written.

extension Parser {
  /// Explains the current token if a number or a date is written in another way.
  func foreignNumber() -> Diagnostic? {
    let previous = ahead(-1)
    let next = ahead(1)
    let isBetweenDigits = isNumber(previous) && next.kind == .integer && next.start == current.end
    if current.kind == .comma, isBetweenDigits, previous.end == current.start {
      let number = "\(text(of: previous)).\(text(of: next))"
      return diagnostic(.number, "a decimal comma is no part of a number", help: "write \(number)")
    }
    if current.kind == .period, next.kind == .integer, next.start == current.end {
      return diagnostic(.number, "a number starts with a digit", help: "write 0.\(text(of: next))")
    }
    if current.kind == .integer, expected.kinds.contains(.date), current.end - current.start == 4 {
      return diagnostic(.date, "a date starts with @", help: "write @\(text(of: current))")
    }
    return nil
  }

  private func isNumber(_ token: Token) -> Bool { token.kind == .integer || token.kind == .real }

  /// Explains the current token if it belongs to a condition on an event and `did` is missing in front of the event.
  func eventWithoutDid() -> Diagnostic? {
    let name = ahead(-1)
    guard name.kind == .word || name.kind == .quotedName, expected.kinds.contains(.equal), isOnlyBehindDid() else {
      return nil
    }
    return diagnostic(
      .missingDid, "a condition on an event starts with did",
      help: "write did \(text(of: name)) \(sourceText(from: index, to: min(index + 2, tokens.count - 1))) ..")
  }

  /// Whether times or a window start here.
  private func isOnlyBehindDid() -> Bool {
    switch current.keyword {
    case .exactly, .since, .before, .ever: return true
    case .at: return ahead(1).keyword == .least || ahead(1).keyword == .most
    case .in:
      return [.last, .this, .previous, .first, .next].contains(ahead(1).keyword) || ahead(1).kind == .date
    default: return false
    }
  }

  /// Explains a `[` behind the name of a property.
  func bracketBehindProperty() -> Diagnostic? {
    let name = ahead(-1)
    guard current.kind == .leftBracket, name.kind == .word || name.kind == .quotedName,
      expected.kinds.contains(.equal)
    else { return nil }
    let event = text(of: name)
    return diagnostic(
      .bracket, "[ ] filters an event or an item, and a property stands here",
      help: "write did \(event)[..], or count(\(event)[..]) > 1")
  }
}
