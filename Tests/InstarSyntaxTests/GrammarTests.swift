import InstarSyntax
import Testing

@Suite struct GrammarTests {
  private let grammar = Grammar.language
  private let recogniser = Recogniser(Grammar.language, start: "statement")

  @Test func everyRuleIsDefinedOnceAndUsed() {
    let mentioned = grammar.mentioned()
    #expect(grammar.duplicates == [])
    #expect(mentioned.rules.subtracting(grammar.names) == [])
    #expect(Set(grammar.names).subtracting(mentioned.rules) == ["script"])
  }

  @Test func everyRuleHasOneParseFunctionAndTheReverse() {
    var functions: [String] = []
    for file in Fixtures.files(in: "Sources/InstarSyntax", endingIn: ".swift") where file.hasPrefix("Parser") {
      let text = Fixtures.read("Sources/InstarSyntax/" + file)
      for piece in text.split(separator: "func parse").dropFirst() {
        let name = piece.prefix { $0.isLetter || $0.isNumber }
        guard let first = name.first, first.isUppercase else { continue }
        functions.append(first.lowercased() + name.dropFirst())
      }
    }
    #expect(functions.sorted() == grammar.names.sorted())
  }

  @Test func theGrammarAndTheLexerHaveTheSameKeywords() {
    let words = grammar.mentioned().literals.filter { $0.first!.isLetter }
    let keywords = Set(Keyword.allCases.map(\.capitals))
    #expect(words.subtracting(keywords) == [])
    #expect(keywords.subtracting(words) == [])
  }

  @Test func theGrammarAcceptsEveryStatement() {
    for sentence in Fixtures.sentences {
      #expect(recogniser.accepts(Recogniser.words(String(sentence.dropLast()))), "\(sentence)")
    }
  }

  @Test(arguments: UInt64(1)...8)
  func sentencesOfTheGrammarParseAndSurviveFormatting(seed: UInt64) {
    var generator = SentenceGenerator(grammar, seed: seed)
    for _ in 0..<400 {
      let sentence = generator.sentence("statement", depth: 14)
      let parsed = Parser.parse(sentence)
      guard let statement = parsed.statements.first, parsed.diagnostics.isEmpty else {
        Issue.record("seed \(seed): refused: \(sentence)\n\(DiagnosticRenderer().render(parsed.diagnostics))")
        continue
      }
      let formatted = Formatter.format(statement)
      let again = Parser.parse(formatted)
      if again.statements != [statement] {
        Issue.record("seed \(seed): another tree\n  \(sentence)\n  \(formatted)")
      } else if Formatter.format(again.statements[0]) != formatted {
        Issue.record("seed \(seed): no fixed point\n  \(formatted)\n  \(Formatter.format(again.statements[0]))")
      }
    }
  }

  @Test func damagedStatementsAreJudgedAlike() {
    for sentence in Fixtures.sentences { judgeMutants(of: String(sentence.dropLast()), "") }
  }

  @Test(arguments: UInt64(11)...14)
  func damagedSentencesOfTheGrammarAreJudgedAlike(seed: UInt64) {
    var generator = SentenceGenerator(grammar, seed: seed)
    for _ in 0..<40 {
      let sentence = generator.sentence("statement", depth: 12)
      if Recogniser.words(sentence).count < 60 { judgeMutants(of: sentence, "seed \(seed): ") }
    }
  }

  /// Takes each token away, doubles it and swaps it with the next.
  private func judgeMutants(of sentence: String, _ note: String) {
    let words = Recogniser.words(sentence)
    let texts = words.map(\.text)
    var whole = recogniser.emptyChart()
    for word in words { _ = recogniser.advance(&whole, over: word) }
    for index in texts.indices {
      var mutants = [texts]
      mutants[0].remove(at: index)
      mutants.append(texts)
      mutants[1].insert(texts[index], at: index)
      if index + 1 < texts.count {
        mutants.append(texts)
        mutants[2].swapAt(index, index + 1)
      }
      for mutant in mutants {
        let text = mutant.joined(separator: " ")
        // A bracket that moved changes what the word before it is, so one word before the damage is judged anew.
        let kept = max(0, index - 1)
        var chart = recogniser.prefix(whole, kept)
        let isSentence =
          Recogniser.words(text).dropFirst(kept).allSatisfy { recogniser.advance(&chart, over: $0) }
          && recogniser.isComplete(chart)
        let parsed = Parser.parse(text)
        let isParsed = parsed.diagnostics.isEmpty && parsed.statements.count == 1
        if isSentence != isParsed {
          Issue.record("\(note)the grammar says \(isSentence), the parser \(isParsed): \(text)")
        }
      }
    }
  }

  /// Behind each word of each statement, completion offers what the grammar allows.
  @Test func completionOffersTheKeywordsOfTheGrammar() {
    for sentence in Fixtures.sentences {
      let words = Recogniser.words(String(sentence.dropLast()))
      var chart = recogniser.emptyChart()
      var text = ""
      for word in words {
        let offered = Set(Parser.completions(text, at: text.utf8.count).keywords)
        let allowed = recogniser.keywords(chart)
        if offered != allowed {
          Issue.record(
            "\(text)|: missing \(allowed.subtracting(offered).sorted()), too many \(offered.subtracting(allowed).sorted())"
          )
        }
        _ = recogniser.advance(
          &chart,
          over: Recogniser.Word(
            kind: word.kind, keyword: word.keyword, text: word.text, isBeforeBracket: word.isBeforeBracket))
        text += word.text + " "
      }
    }
  }
}
