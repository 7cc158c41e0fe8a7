import InstarSyntax
import Testing

@Suite struct StatementTests {
  @Test func everyStatementOfTheLanguageParses() {
    let parsed = Parser.parse(Fixtures.statements)
    #expect(parsed.diagnostics == [])
    #expect(parsed.statements.count == 244)
  }

  @Test(arguments: ["capitals", "small letters", "newlines"])
  func theLayoutOfWordsDoesNotMatter(_ variant: String) {
    for sentence in Fixtures.sentences {
      let parsed = Parser.parse(rewritten(sentence, variant))
      #expect(parsed.diagnostics == [], "\(sentence)")
      // Names differ in case, so only the layout of newlines gives the same tree.
      if variant == "newlines" { #expect(parsed.statements == Parser.parse(sentence).statements) }
    }
  }

  /// Changes keywords and blanks, but no text, name in quotes, date or parameter.
  private func rewritten(_ sentence: String, _ variant: String) -> String {
    let bytes = Array(sentence.utf8)
    var result = ""
    var end = 0
    for token in Lexer(sentence).tokens where token.kind != .endOfText {
      let range = token.range
      let blank = String(decoding: bytes[end..<range.lowerBound], as: UTF8.self)
      let word = String(decoding: bytes[range.lowerBound..<range.upperBound], as: UTF8.self)
      end = range.upperBound
      result += variant == "newlines" && !blank.isEmpty ? "\n" : blank
      guard token.keyword != nil else {
        result += word
        continue
      }
      result += variant == "capitals" ? word.uppercased() : variant == "small letters" ? word.lowercased() : word
    }
    return result
  }
}
