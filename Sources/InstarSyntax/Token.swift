/// A piece of the text: a word, a literal or a sign, without the blanks and comments around it.
package struct Token: Sendable, Hashable {
  package enum Kind: UInt8, Sendable, Hashable {
    case word
    /// In double quotes.
    case quotedName
    /// In single quotes.
    case text
    case integer
    case real
    /// `@` and a date.
    case date
    /// `$` and a word.
    case parameter

    case leftParenthesis
    case rightParenthesis
    case leftBracket
    case rightBracket
    case comma
    case period
    case semicolon
    case atSign
    case plus
    case minus
    case star
    case slash
    case equal
    case notEqual
    case less
    case lessOrEqual
    case greater
    case greaterOrEqual

    /// Bytes that belong to no token; the lexer has a diagnostic for them.
    case invalid
    /// Behind the last byte.
    case endOfText
  }

  package var kind: Kind
  /// The keyword that a word spells, if it spells one.
  package var keyword: Keyword?
  /// UTF-8 offsets.
  var start: UInt32
  var end: UInt32

  package var range: SourceRange { SourceRange(Int(start), Int(end)) }
}

extension Token.Kind {
  /// The sign as written, or `nil` for a kind with many spellings.
  var sign: String? {
    switch self {
    case .leftParenthesis: "("
    case .rightParenthesis: ")"
    case .leftBracket: "["
    case .rightBracket: "]"
    case .comma: ","
    case .period: "."
    case .semicolon: ";"
    case .atSign: "@"
    case .plus: "+"
    case .minus: "-"
    case .star: "*"
    case .slash: "/"
    case .equal: "="
    case .notEqual: "!="
    case .less: "<"
    case .lessOrEqual: "<="
    case .greater: ">"
    case .greaterOrEqual: ">="
    default: nil
    }
  }
}
