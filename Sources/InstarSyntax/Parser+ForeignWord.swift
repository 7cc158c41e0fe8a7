// What people bring from SQL and elsewhere, each with the sentence to write instead.

extension Parser {
  /// Explains the current token if it is a word or sign of another language.
  func foreignWord() -> Diagnostic? {
    if current.kind == .star, ahead(-1).kind == .leftParenthesis {
      return diagnostic(.countStar, "no * here: count() counts the rows", help: "write count()")
    }
    guard current.kind == .word else { return nil }
    switch text(of: current).uppercased() {
    case "SELECT":
      return diagnostic(
        .select, "no SELECT here", help: "write EVENTS purchase AGGREGATE count() BY country, or SEGMENT users WHERE .."
      )
    case "GROUP" where ahead(1).keyword == .by:
      return diagnostic(
        .groupBy, "no GROUP BY here: BY is a clause of the step that counts",
        help: "write AGGREGATE count() BY \(restOfClause(behind: 2))")
    case "ORDER" where ahead(1).keyword == .by:
      return diagnostic(.orderBy, "no ORDER BY here", help: "write SORT BY \(restOfClause(behind: 2))")
    case "HAVING":
      return diagnostic(
        .having, "no HAVING here: WHERE behind a step filters its rows",
        help: "write AGGREGATE count() AS n BY country WHERE n > 10")
    case "LIKE", "ILIKE":
      return like(at: index)
    case "NOT" where ahead(1).keyword == .like:
      return like(at: index + 1)
    case "NULL":
      return diagnostic(.null, "no NULL here", help: "write IS MISSING or IS KNOWN")
    case "NOT" where ahead(-1).keyword == .is:
      return diagnostic(.null, "IS is followed by MISSING or KNOWN", help: "write IS KNOWN")
    default:
      return otherForeignWord()
    }
  }

  private func like(at token: Int) -> Diagnostic? {
    let pattern = tokens[min(token + 1, tokens.count - 1)]
    guard pattern.kind == .text || pattern.kind == .parameter else { return nil }
    let test = textTest(pattern)
    return diagnostic(
      .like, "no LIKE here: say which part of the text is meant",
      help: token == index ? "write \(test)" : "write NOT \(text(of: tokens[max(0, token - 2)])) \(test)", at: token)
  }

  /// The test that a LIKE pattern stands for.
  private func textTest(_ token: Token) -> String {
    guard token.kind == .text else { return "CONTAINS \(text(of: token))" }
    let pattern = unquoted(token)
    let inner = pattern.drop { $0 == "%" }
    let core = String(inner.reversed().drop { $0 == "%" }.reversed())
    let quoted = Formatter.quotedText(core)
    switch (pattern.hasPrefix("%"), pattern.hasSuffix("%")) {
    case (true, true): return "CONTAINS \(quoted)"
    case (false, true): return "STARTS WITH \(quoted)"
    case (true, false): return "ENDS WITH \(quoted)"
    case (false, false): return "= \(quoted)"
    }
  }

  private func otherForeignWord() -> Diagnostic? {
    guard current.keyword == nil, let help = Parser.foreignWords[text(of: current).uppercased()] else { return nil }
    return diagnostic(.foreignWord, "no \(text(of: current).uppercased()) here", help: help)
  }

  private static let foreignWords: [String: String] = [
    "INSERT": "data comes in with IMPORT EVENTS FROM 'events.csv'",
    "UPDATE":
      "data comes in with IMPORT USERS FROM 'users.csv'; a later value replaces the earlier one from its date on",
    "DELETE": "write FORGET USER 'u42', RETAIN EVENTS FOR 25 MONTHS, or DROP SEGMENT name",
    "CREATE": "write DEFINE SEGMENT name AS .., DEFINE EVENT .., or IMPORT EVENTS FROM 'events.csv'",
    "ALTER": "a DEFINE replaces the definition of the same name",
    "DISTINCT": "write distinct(purchase.category), or users() for the number of users",
    "OFFSET": "write SORT BY .. LIMIT n",
    "TOP": "write SORT BY .. DESC LIMIT n",
    "UNION": "write WHERE IN a OR IN b",
    "INTERSECT": "write WHERE IN a AND IN b",
    "EXCEPT": "write WHERE IN a AND NOT IN b",
    "OVER": "write previous(x, n), running(x), share(x) or ntile(n) in ADD",
    "USE": "a store is a file: start instar with its path",
    "HELP": "write .help, or DESCRIBE name",
  ]

  /// The text from `distance` tokens ahead to the next verb or the end, or an example where there is none.
  private func restOfClause(behind distance: Int) -> String {
    let start = min(index + distance, tokens.count - 1)
    var end = start
    while tokens[end].kind != .endOfText, tokens[end].kind != .semicolon, !isVerb(tokens[end]), end - start < 20 {
      end += 1
    }
    return end > start ? sourceText(from: start, to: end) : "country"
  }

  func isVerb(_ token: Token) -> Bool {
    guard let keyword = token.keyword else { return false }
    return Keyword.steps.contains(keyword)
  }
}
