// Rule 3: one order of clauses in every step, and a message that shows the right order.

extension Parser {
  /// Explains the current token if it starts a clause that stands at the wrong place.
  func misplacedClause() -> Diagnostic? {
    guard let clause = Clause(current.keyword, before: ahead(1).keyword) else { return nil }
    guard let place = step.clauses.firstIndex(of: clause) else { return foreignClause(clause) }
    if let later = step.marks.first(where: { isLater($0.clause, than: place) }) {
      return wrongOrder(clause, before: later.clause)
    }
    if step.marks.contains(where: { $0.clause == clause }) {
      return diagnostic(
        .repeatedClause, "\(clause.rawValue) stands twice in one step", help: "leave one of them, or start another step"
      )
    }
    // A clause that must come first is still missing here and follows later.
    var rest: [StepContext.Mark] = []
    _ = appendMarks(to: &rest)
    let required = step.clauses[..<place].first { clause in
      isExpected(clause) && rest.contains { $0.clause == clause }
    }
    guard let required, !isExpected(clause) else { return nil }
    return wrongOrder(required, before: clause)
  }

  private func isLater(_ clause: Clause, than place: Int) -> Bool {
    (step.clauses.firstIndex(of: clause) ?? 0) > place
  }

  private func isExpected(_ clause: Clause) -> Bool {
    expected.keywords.contains { Clause($0, before: nil) == clause }
  }

  private func foreignClause(_ clause: Clause) -> Diagnostic? {
    guard let verb = step.verb, expected.kinds.contains(.semicolon) else { return nil }
    switch clause {
    case .target, .like, .only, .as, .into, .on, .map, .atMost: return nil
    default: break
    }
    let order = step.clauses.map(\.rawValue).joined(separator: ", ")
    return diagnostic(
      .foreignClause, "\(verb.capitals) has no \(clause.rawValue)",
      help: order.isEmpty
        ? "\(clause.rawValue) belongs to a step that counts, such as AGGREGATE or FUNNEL"
        : "its clauses, in this order: \(order)")
  }

  private func wrongOrder(_ first: Clause, before second: Clause) -> Diagnostic {
    let order = step.clauses.map(\.rawValue).joined(separator: ", ")
    guard let repaired = repairedStep() else {
      return diagnostic(
        .clauseOrder, "\(first.rawValue) comes before \(second.rawValue)", help: "the order of clauses: \(order)")
    }
    return diagnostic(
      .clauseOrder, "\(first.rawValue) comes before \(second.rawValue): \(repaired)",
      help: "the order of clauses: \(order)")
  }

  /// The step with its clauses in order, if that makes it right.
  private func repairedStep() -> String? {
    var marks = step.marks
    let end = appendMarks(to: &marks)
    guard let first = marks.first else { return nil }
    var pieces: [(clause: Clause, text: String)] = []
    for (position, mark) in marks.enumerated() {
      let stop = position + 1 < marks.count ? marks[position + 1].token : end
      pieces.append((mark.clause, sourceText(from: mark.token, to: stop)))
    }
    let subject = sourceText(from: step.start, to: first.token)
    let ordered = step.clauses.flatMap { clause in pieces.filter { $0.clause == clause }.map(\.text) }
    let repaired = ([subject] + ordered).joined(separator: " ")
    return isStatement(repaired) ? repaired : nil
  }

  /// Adds the clauses from the current token on. Returns the token behind the step.
  private func appendMarks(to marks: inout [StepContext.Mark]) -> Int {
    var token = index
    var depth = 0
    while tokens[token].kind != .endOfText, tokens[token].kind != .semicolon {
      switch tokens[token].kind {
      case .leftParenthesis, .leftBracket: depth += 1
      case .rightParenthesis, .rightBracket: depth -= 1
      default: break
      }
      if depth < 0 { break }
      if depth == 0 {
        let next = token + 1 < tokens.count ? tokens[token + 1].keyword : nil
        if let clause = Clause(tokens[token].keyword, before: next), step.clauses.contains(clause) {
          marks.append(StepContext.Mark(clause: clause, token: token))
        } else if token > index && isVerb(tokens[token]) {
          break
        }
      }
      token += 1
    }
    return token
  }

  /// Whether the text, a step or a sequence inside `did`, can be read.
  private func isStatement(_ text: String) -> Bool {
    let whole = step.verb == nil ? "SEGMENT users WHERE did (\(text))" : text
    return Parser.reads(whole) || Parser.reads("DEFINE \(whole)")
  }

  /// Whether `text` is one statement without an error.
  static func reads(_ text: String) -> Bool {
    var parser = Parser(lexer: Lexer(text))
    do throws(SyntaxError) {
      _ = try parser.parseStatement()
    } catch {
      return false
    }
    return parser.current.kind == .endOfText
  }
}
