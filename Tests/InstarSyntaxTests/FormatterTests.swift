import InstarSyntax
import Testing

@Suite struct FormatterTests {
  @Test func everyStatementSurvivesFormatting() {
    for sentence in Fixtures.sentences {
      let tree = Parser.parse(sentence).statements
      let formatted = Formatter.format(tree[0])
      let again = Parser.parse(formatted)
      #expect(again.diagnostics == [], "\(formatted)")
      #expect(again.statements == tree, "\(formatted)")
      if let statement = again.statements.first { #expect(Formatter.format(statement) == formatted) }
    }
  }

  /// Capitals change names too, so the texts are compared in small letters.
  @Test func theCaseOfKeywordsDoesNotMatter() {
    for sentence in Fixtures.sentences {
      guard let loud = Parser.parse(sentence.uppercased()).statements.first,
        let tree = Parser.parse(sentence).statements.first
      else {
        Issue.record("refused in capitals: \(sentence)")
        continue
      }
      #expect(Formatter.format(loud).lowercased() == Formatter.format(tree).lowercased())
    }
  }

  @Test func theWholeScriptIsAFixedPoint() throws {
    let once = try #require(Formatter.format(script: Fixtures.statements).text)
    let twice = try #require(Formatter.format(script: once).text)
    #expect(once == twice)
    #expect(once.contains("-- 1 segments: behavioural predicates\n"))
    #expect(Parser.parse(once).statements == Parser.parse(Fixtures.statements).statements)
  }

  @Test(arguments: [
    ("segment users where loyalty>0.7 recommend 10", "SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10"),
    (
      "segment users where DID NOT purchase at most 1 times in last 1 days",
      "SEGMENT users WHERE did not purchase AT MOST 1 TIME IN LAST 1 DAY"
    ),
    ("SEGMENT users WHERE ((a = 1) OR (b = 2 AND (c = 3)))", "SEGMENT users WHERE a = 1 OR b = 2 AND c = 3"),
    ("SEGMENT users WHERE (a = 1 OR b = 2) AND c = 3", "SEGMENT users WHERE (a = 1 OR b = 2) AND c = 3"),
    (
      "SEGMENT users WHERE a - (b - c) - d * (e + f) / (g * h) > 0",
      "SEGMENT users WHERE a - (b - c) - d * (e + f) / (g * h) > 0"
    ),
    ("SEGMENT users WHERE (a - b) - c > -(-d)", "SEGMENT users WHERE a - b - c > - -d"),
    ("SEGMENT users WHERE NOT (NOT (a = 1 AND b))", "SEGMENT users WHERE NOT NOT (a = 1 AND b)"),
    (
      "SEGMENT users WHERE (a + b) AT time > 1 AND (did x) AT $t",
      "SEGMENT users WHERE (a + b) AT time > 1 AND did x AT $t"
    ),
    ("SEGMENT users WHERE (a AT t) AT u = (b = c)", "SEGMENT users WHERE (a AT t) AT u = (b = c)"),
    (
      "EVENTS 'purchase', \"visit\", 'Order Completed', 'then' LIMIT 3",
      "EVENTS purchase, visit, 'Order Completed', 'then' LIMIT 3"
    ),
    (
      "SEGMENT \"vip\" WHERE \"where\" = 'it''s' AND \"a \"\"b\"\"\" = 1",
      "SEGMENT vip WHERE \"where\" = 'it''s' AND \"a \"\"b\"\"\" = 1"
    ),
    (
      "SEGMENT users WHERE sum('purchase'.amount) > 1 AND sum('purchase'.amount EVER) > 1",
      "SEGMENT users WHERE sum('purchase'.amount) > 1 AND sum(purchase.amount EVER) > 1"
    ),
    ("SEGMENT users SORT BY a ASC, b DESC", "SEGMENT users SORT BY a, b DESC"),
    ("stickiness of visit day per weeks by months", "STICKINESS OF visit DAYS PER WEEK BY MONTH"),
    (
      "EVENTS a WHERE time = @2026-q1 OR time = @2026-w07 OR time = @2026-03-15t10:30",
      "EVENTS a WHERE time = @2026-Q1 OR time = @2026-W07 OR time = @2026-03-15T10:30"
    ),
    ("PREDICT churn@2026", "PREDICT churn@2026"),
  ])
  func theCanonicalForm(_ text: String, _ canonical: String) throws {
    let statement = try #require(Parser.parse(text).statements.first, "\(Parser.parse(text).diagnostics)")
    #expect(Formatter.format(statement) == canonical)
    #expect(Parser.parse(canonical).statements == [statement])
  }

  @Test func aLongStatementHasAStepOnEachLine() throws {
    let text = """
      SEGMENT vip RECOMMEND 10 ITEMS[stock > 0 AND category != 'gift cards'] EXCLUDING purchase IN LAST 365 DAYS \
      AT MOST 2 PER category USING hybrid WITH diversity = 0.3 WHY WHERE score > 0.5
      """
    let statement = try #require(Parser.parse(text).statements.first)
    #expect(
      Formatter.format(statement) == """
        SEGMENT vip
          RECOMMEND 10 ITEMS[stock > 0 AND category != 'gift cards']
            EXCLUDING purchase IN LAST 365 DAYS
            AT MOST 2 PER category
            USING hybrid
            WITH diversity = 0.3
            WHY
          WHERE score > 0.5
        """)
  }

  @Test func commentsStayWithTheirStatements() {
    let text = """
      -- what is here
      show events;   -- all of them


      -- the best
      SEGMENT users -- everybody
        WHERE loyalty > 0.7;
      SHOW MODELS
      -- the end
      """
    #expect(
      Formatter.format(script: text).text == """
        -- what is here
        SHOW EVENTS;  -- all of them

        -- the best
        -- everybody
        SEGMENT users WHERE loyalty > 0.7;
        SHOW MODELS;
        -- the end

        """)
  }

  @Test func aScriptWithAnErrorIsNotFormatted() {
    let result = Formatter.format(script: "SHOW EVENTS; SHOW ME;")
    #expect(result.text == nil)
    #expect(result.diagnostics.count == 1)
  }
}
