import InstarSyntax
import Testing

@Suite struct LexerTests {
  private func kinds(_ text: String) -> [Token.Kind] { Lexer(text).tokens.dropLast().map(\.kind) }

  @Test func tokensOfEachKind() {
    #expect(
      kinds("a \"b c\" 'd' 1 2.5 @2026 $e ( ) [ ] , . ; @ + - * / = != < <= > >=") == [
        .word, .quotedName, .text, .integer, .real, .date, .parameter, .leftParenthesis, .rightParenthesis,
        .leftBracket, .rightBracket, .comma, .period, .semicolon, .atSign, .plus, .minus, .star, .slash, .equal,
        .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual,
      ])
  }

  @Test func rangesCountBytes() {
    let tokens = Lexer("Größe = 'é'").tokens
    #expect(tokens.map(\.range) == [SourceRange(0, 7), SourceRange(8, 9), SourceRange(10, 14), SourceRange(14, 14)])
  }

  @Test func keywordsInAnyCase() {
    #expect(
      Lexer("segment Segment SEGMENT segments segmen").tokens.map(\.keyword) == [
        .segment, .segment, .segment, .segments, nil, nil,
      ])
    for keyword in Keyword.allCases {
      #expect(Keyword.spelled(keyword.capitals) == keyword)
      #expect(Keyword.spelled(keyword.text + "x") != keyword)
    }
  }

  @Test func commentsAndBlanks() {
    let lexer = Lexer("\u{FEFF}a --x\r\n\u{A0}\t-- y\nb--z")
    #expect(lexer.tokens.dropLast().map(\.kind) == [.word, .word])
    #expect(lexer.comments.count == 3)
  }

  @Test func doubledQuotesStandForOne() {
    let parsed = Parser.parse("SEGMENT \"a\"\"b\" WHERE x = 'it''s'")
    #expect(parsed.statements.map { Formatter.format($0) } == ["SEGMENT \"a\"\"b\" WHERE x = 'it''s'"])
    guard case .pipeline(let pipeline)? = parsed.statements.first?.body,
      case .segment(let name)? = pipeline.source?.kind
    else {
      Issue.record("no segment")
      return
    }
    #expect(name.text == "a\"b")
  }

  /// ISO 8601: 2026 and 2020 have a week 53, 2024 has not; 2024 is a leap year, 1900 was none.
  @Test(arguments: [
    ("@2026", true), ("@2026-Q4", true), ("@2026-Q5", false), ("@2026-Q0", false), ("@2026-W53", true),
    ("@2020-W53", true), ("@2024-W53", false), ("@2026-W00", false), ("@2026-12", true), ("@2026-13", false),
    ("@2024-02-29", true), ("@2026-02-29", false), ("@1900-02-29", false), ("@2000-02-29", true),
    ("@2026-04-31", false), ("@2026-03-15T23:59", true), ("@2026-03-15T24:00", false), ("@2026-03-15T10:60", false),
    ("@2026-03-15T10:30:59", true), ("@2026-03-15T10:30:60", false), ("@2026-3", false), ("@2026-03-5", false),
    ("@2026-", false), ("@2026-03-15T", false), ("@2026x", false), ("@2026-03-15T10:30:00Z", false),
  ])
  func datesAreChecked(_ text: String, _ isDate: Bool) {
    #expect(kinds(text) == [isDate ? .date : .invalid])
  }

  @Test func versionsAreNoDates() {
    #expect(
      kinds("churn@3 churn@12345 churn @ 3") == [
        .word, .atSign, .integer, .word, .atSign, .integer, .word, .atSign, .integer,
      ])
  }
}
