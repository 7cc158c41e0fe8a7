/// Writes trees as text in the one canonical form: keywords in capitals, `did` in small letters, one blank between words,
/// a step on each line where a statement is long, no brackets and quotes that say nothing.
///
/// `Parser.parse(Formatter.format(tree))` gives `tree`, and formatting what was formatted changes nothing.
package enum Formatter {
  /// A statement that fits into so many columns stands on one line.
  static let lineWidth = 100

  /// The canonical form of a script, with its comments, or `nil` if it has errors.
  package static func format(script text: String) -> (text: String?, diagnostics: [Diagnostic]) {
    let parsed = Parser.parse(text)
    guard parsed.diagnostics.isEmpty else { return (nil, parsed.diagnostics) }
    var lines = ""
    for statement in parsed.statements {
      if statement.layout.startsParagraph { lines += "\n" }
      for comment in statement.layout.comments { lines += comment + "\n" }
      lines += format(statement) + ";"
      if let comment = statement.layout.trailingComment { lines += "  " + comment }
      lines += "\n"
    }
    for comment in parsed.trailingComments { lines += comment + "\n" }
    return (lines, [])
  }

  /// The canonical form of a statement, without comments and without `;`.
  package static func format(_ statement: Statement) -> String {
    var head = ""
    if let moment = statement.asOf { head += "AS OF \(timePoint(moment)) " }
    switch statement.explain {
    case .plan: head += "EXPLAIN "
    case .analyze: head += "EXPLAIN ANALYZE "
    case nil: break
    }
    var body = parts(of: statement.body)
    body.lines[0].insert(contentsOf: head.isEmpty ? [] : [String(head.dropLast())], at: 0)
    return body.text
  }

  /// The canonical form of an expression, which also names the column that it makes.
  package static func format(_ value: Expression) -> String { expression(value) }

  /// The canonical form of one step, on one line.
  package static func format(_ step: Step) -> String { parts(of: step).joined(separator: " ") }
}

/// A statement in lines, each in the parts at which it may be broken: a verb with its subject, then clauses.
struct FormattedLines {
  var lines: [[String]]
  /// Whether each line stands for itself also where all would fit on one.
  var isAlwaysBroken = false

  var text: String {
    let joined = lines.map { $0.joined(separator: " ") }
    let whole = joined.joined(separator: " ")
    if !isAlwaysBroken && (whole.count <= Formatter.lineWidth) { return whole }
    return lines.indices.map { index in
      let indent = index == 0 ? "" : "  "
      if indent.count + joined[index].count <= Formatter.lineWidth { return indent + joined[index] }
      return indent + lines[index].joined(separator: "\n\(indent)  ")
    }.joined(separator: "\n")
  }
}
