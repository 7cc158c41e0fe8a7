import InstarSyntax
import Testing

@Suite struct RobustnessTests {
  private func repeated(_ text: String, _ count: Int = 10_000) -> String { String(repeating: text, count: count) }

  @Test func deepNestingIsADiagnostic() {
    let texts = [
      "SEGMENT users WHERE " + repeated("(") + "a" + repeated(")"),
      "SEGMENT users WHERE " + repeated("("),
      "SEGMENT users WHERE " + repeated("NOT ") + "a",
      "SEGMENT users WHERE " + repeated("- ") + "a > 0",
      "SEGMENT users WHERE " + repeated("f(") + "a" + repeated(")"),
      "SEGMENT users WHERE " + repeated("did a[") + "b" + repeated("]"),
      "SEGMENT users WHERE " + repeated("x AT (") + "b" + repeated(")"),
      "SEGMENT users WHERE " + repeated("CASE WHEN ") + "b" + repeated(" THEN 1 END"),
      "SEGMENT users WHERE " + repeated("x IN (") + "b" + repeated(")"),
      "SEGMENT users WHERE a > 1 " + repeated("+ 1 "),
      "SEGMENT users WHERE a > 1 " + repeated("* 1 "),
    ]
    onSmallStack {
      for text in texts {
        let diagnostics = Parser.parse(text).diagnostics
        #expect(diagnostics.map(\.code) == [SyntaxCode.nesting.rawValue], "\(text.prefix(40))")
        #expect(DiagnosticRenderer().render(diagnostics).count < 400)
      }
    }
  }

  /// The deepest trees that are accepted can be compared, hashed, formatted and freed on a small stack.
  @Test func whatIsAcceptedIsShallowEnough() {
    let levels = 31
    let sum = repeated(" + 1", 6)
    let texts = [
      "SEGMENT users WHERE " + repeated("(", levels) + "a" + repeated(")", levels),
      "SEGMENT users WHERE " + repeated("(", levels) + "a" + repeated("\(sum))", levels),
      "SEGMENT users WHERE " + repeated("did a[", levels) + "b" + repeated("]", levels),
      "SEGMENT users WHERE " + repeated("f(", levels) + "a" + repeated(")", levels),
      "SEGMENT users WHERE " + repeated("NOT ", levels) + "a",
      "SEGMENT users WHERE a > 1" + repeated(" + 1", 199),
    ]
    onSmallStack {
      for text in texts {
        let parsed = Parser.parse(text)
        #expect(parsed.diagnostics == [], "\(text.prefix(40))")
        guard let statement = parsed.statements.first else { continue }
        #expect(Parser.parse(Formatter.format(statement)).statements == [statement])
        #expect(Set([statement, statement]).count == 1)
      }
    }
  }

  @Test func longFlatStatementsAreFine() {
    let texts = [
      "SEGMENT users WHERE a" + repeated(" OR a"),
      "SEGMENT users WHERE a IN (1" + repeated(", 1") + ")",
      "FUNNEL a" + repeated(" THEN a"),
      "SEGMENT users" + repeated(" WHERE a"),
      repeated("SHOW EVENTS;"),
    ]
    for text in texts { #expect(Parser.parse(text).diagnostics == [], "\(text.prefix(40))") }
  }

  @Test(arguments: [(UInt64(1), 1 << 20), (2, 1 << 14), (3, 1 << 14), (4, 1 << 14)])
  func garbageIsSurvived(seed: UInt64, byteCount: Int) {
    var random = SplitMix64(state: seed)
    let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let parsed = Parser.parse(String(decoding: bytes, as: UTF8.self))
    #expect(!parsed.diagnostics.isEmpty && parsed.diagnostics.count <= 101, "seed \(seed)")
  }

  /// Words of the language in any order.
  @Test(arguments: UInt64(1)...4)
  func wordsInAnyOrderAreSurvived(seed: UInt64) {
    var random = SplitMix64(state: seed)
    let words =
      Keyword.allCases.map(\.capitals)
      + ["(", ")", "[", "]", ",", ";", "=", "+", "-", ".", "@", "@2026", "'x'", "\"x\"", "$p", "7", "0.5", "a", "b"]
    for _ in 0..<500 {
      let text = (0..<random.below(24)).map { _ in words[random.below(words.count)] }.joined(separator: " ")
      let parsed = Parser.parse(text)
      for diagnostic in parsed.diagnostics {
        #expect(diagnostic.range != nil && diagnostic.help?.isEmpty == false, "seed \(seed): \(text)")
      }
      _ = DiagnosticRenderer().render(parsed.diagnostics)
      for statement in parsed.statements {
        #expect(Parser.parse(Formatter.format(statement)).statements == [statement], "seed \(seed): \(text)")
      }
      for offset in 0...text.utf8.count where offset % 7 == 0 { _ = Parser.completions(text, at: offset) }
    }
  }

  /// Every prefix of a statement is read, judged complete or not, and completed without a trap.
  @Test func prefixesAreSurvived() {
    for sentence in Fixtures.sentences {
      var prefix = ""
      for character in sentence {
        prefix.append(character)
        _ = Parser.parse(prefix)
        #expect(Parser.isComplete(prefix) == (prefix == sentence), "\(prefix)")
      }
    }
  }

  @Test func everyErrorOfAScriptIsReported() {
    let script = """
      SHOW EVENTS;
      SHOW ME;
      SEGMENT users WHERE country = 'TR;
      SHOW MODELS;
      FUNNEL a;
      SEGMENT users WHERE a == 1;
      SHOW ITEMS
      """
    let parsed = Parser.parse(script)
    #expect(parsed.diagnostics.map(\.code) == ["E0010", "E0001", "E0011", "E0026"])
    #expect(parsed.diagnostics.map { SourcePlace($0.range!, in: script).line } == [2, 3, 5, 6])
    #expect(parsed.statements.map { Formatter.format($0) } == ["SHOW EVENTS", "SHOW MODELS", "SHOW ITEMS"])
  }

  @Test func aHundredErrorsAreEnough() {
    let parsed = Parser.parse(repeated("SHOW ME;", 1_000))
    #expect(parsed.diagnostics.count == 101)
    #expect(parsed.diagnostics.last?.code == SyntaxCode.tooManyErrors.rawValue)
  }
}
