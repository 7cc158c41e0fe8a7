import InstarSyntax
import Testing

/// `docs/reference/grammar.md` and its diagrams are made from `grammar/`: `RECORD=1 swift test --filter GrammarPageTests`.
@Suite struct GrammarPageTests {
  @Test func thePageIsMadeFromTheGrammar() {
    var page = """
      # Grammar

      This page and its diagrams are made from the files in `grammar/`, which the tests hold against the parser. In a diagram a sentence is a way along the
      line from left to right. Round boxes are keywords and signs, square ones what the lexer reads, plain ones other rules.

      Keywords may be written in any case of letters. Where no keyword can stand, the same word is a name; a name in double quotes is never a keyword.
      `--` starts a comment.


      """
    for file in Fixtures.files(in: "grammar", endingIn: ".ebnf") {
      let title = file.dropLast(5)
      let text = Fixtures.read("grammar/" + file)
      page += "## \(title.prefix(1).uppercased())\(title.dropFirst())\n\n"
      page += "![Diagrams of the rules below](grammar/\(title).svg)\n\n```ebnf\n\(text)```\n\n"

      var grammar = Grammar()
      grammar.add(text)
      let diagram = RailroadDiagram.svg(grammar.names.map { ($0, grammar.rules[$0]!) })
      #expect(Fixtures.matches(diagram, "docs/reference/grammar/\(title).svg"), "\(title).svg is out of date")
    }
    page += "## Keywords\n\n" + Keyword.allCases.map { "`\($0.capitals)`" }.joined(separator: " ") + "\n"
    #expect(Fixtures.matches(page, "docs/reference/grammar.md"), "grammar.md is out of date")
  }
}
