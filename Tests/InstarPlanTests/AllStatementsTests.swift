import InstarColumns
import InstarPlan
import InstarSyntax
import Testing

/// Every statement of the language, against a store that does not have all the names.
@Suite struct AllStatementsTests {
  /// Values for the parameters that the statements use.
  static let parameters: [String: Value] = [
    "least": 0.5, "a": "TR", "b": "DE", "n": 3, "most": 100, "k": 2, "reasons": 1, "min": 5, "top": 10,
    "window": .duration(30 * 86_400_000), "domain": ".com", "quarter": "2026-Q1", "end": "2026-03",
    "since": "2025-01-01",
    "day": "2026-01-01", "then": "2025-06-01", "message": "too few", "wait": .duration(3_600_000),
    "gap": .duration(7_200_000), "step": .duration(86_400_000), "range": .duration(90 * 86_400_000), "t": 2,
    "from": "2025-01", "to": "2025-06", "version": 3, "user": "u42", "file": "x.csv", "price": 2.5, "event": "purchase",
    "weight": 5, "zone": "Europe/Istanbul", "keep": .duration(86_400_000), "anonymous": "a1", "item": "B00X",
  ]

  /// What a statement may lack in the shop: a name, or a part that is not built.
  static let expected: Set<String> = [
    "E0101", "E0102", "E0103", "E0105", "E0107", "E0108", "E0112", "E0115", "E0501",
  ]

  @Test func resolveOrSayWhatIsMissing() throws {
    let text = try readFile(repositoryRoot + "/Tests/InstarSyntaxTests/Fixtures/statements.iq")
    let parsed = Parser.parse(text)
    #expect(parsed.diagnostics == [])
    #expect(parsed.statements.count == 244)
    var resolved = 0
    for statement in parsed.statements {
      let result = Resolver.resolve(
        statement, source: text, in: Shop(), parameters: Self.parameters, systemTime: 1_780_000_000_000)
      switch result {
      case .success: resolved += 1
      case .failure(let failure):
        for diagnostic in failure.diagnostics {
          // A feature that is a text is the one option that no store makes right.
          let isTextFeature = diagnostic.code == "E0308" && diagnostic.message.hasPrefix("a feature is a number")
          // A method that needs features is named without any.
          let lacksFeatures = diagnostic.code == "E0308" && diagnostic.message.hasPrefix("cox explains")
          #expect(
            Self.expected.contains(diagnostic.code) || isTextFeature || lacksFeatures,
            "\(Formatter.format(statement)): \(diagnostic.message)")
          #expect(diagnostic.range.map { $0.lowerBound >= statement.range.lowerBound } ?? false)
        }
      }
    }
    #expect(resolved >= 100, "\(resolved)")
  }

  /// Statements with one word less or doubled: whatever still parses resolves or is refused, in any store.
  @Test func damagedStatementsNeverCrash() throws {
    let text = try readFile(repositoryRoot + "/Tests/InstarSyntaxTests/Fixtures/statements.iq")
    var empty = Shop()
    (empty.eventTypes, empty.properties, empty.definitions, empty.snapshots, empty.tables) = ([], [], [], [], [])
    (empty.settings.goalEvent, empty.firstEvent, empty.lastEvent, empty.roles) = (nil, nil, nil, [])
    var judged = 0
    for statement in Parser.parse(text).statements {
      let words = Formatter.format(statement).split(separator: " ")
      for position in words.indices {
        var fewer = words
        fewer.remove(at: position)
        var more = words
        more.insert(words[position], at: position)
        for damaged in [fewer, more].map({ $0.joined(separator: " ") }) {
          for tree in Parser.parse(damaged).statements {
            for shop in [Shop(), empty] {
              let result = Resolver.resolve(tree, source: damaged, in: shop, parameters: Self.parameters, systemTime: 0)
              if case .success(.query(let plan)) = result { _ = Optimizer.standard.optimize(plan) }
              judged += 1
            }
          }
        }
      }
    }
    #expect(judged > 500)
  }

  /// A definition is kept as text: the text must mean the same as the statement that made it.
  @Test func keptDefinitionsParse() throws {
    let saved = try plan(
      "SEGMENT users WHERE country = 'TR' FUNNEL signup THEN purchase WITHIN 7 DAYS PER USER WHERE reached = 1 SAVE AS SEGMENT not_yet"
    )
    guard case .saveDefinition(let entry) = saved.steps.last else {
      Issue.record("no step that saves")
      return
    }
    var shop = Shop()
    shop.definitions.append(entry)
    #expect(
      printed("SEGMENT not_yet AGGREGATE users()", in: shop)
        == "users of { users | filter user.country = 'TR' | funnel signup then purchase within 7 days per user"
        + " | filter #1 = 1 } | aggregate users = users()")
  }
}
