import Instar
import InstarTestSupport
import Testing

/// One thing that can be wrong, with what the error must say. ``name`` and ``code`` stand in the reference page of bad
/// input.
struct BadCase: Sendable, CustomTestStringConvertible {
  var name: String
  var code: String
  /// Where the error is: a part of its text.
  var place: String
  /// The statement; `FOLDER` stands for the folder of the test.
  var statement: String

  init(_ name: String, _ code: String, _ place: String, _ statement: String = "") {
    (self.name, self.code, self.place, self.statement) = (name, code, place, statement)
  }

  var testDescription: String { name }

  /// Runs `body` and compares its error; everything that a reader needs must be in it.
  func expect(_ body: () throws -> Void) {
    do {
      try body()
      Issue.record("\(name): no error")
    } catch let error as InstarError {
      #expect(error.code.rawValue == code, "\(error)")
      let text = error.renderedText()
      #expect(text.contains(place), "\(text)")
      #expect(!text.contains("Error("), "a sentence, not a value: \(text)")
      #expect(text.utf8.count < 100_000)
    } catch {
      Issue.record("\(name): \(error)")
    }
  }
}

/// Statements that are wrong say where and what to do, in time that grows with their length, and change nothing.
@Suite struct BadStatementTests {
  static let cases: [BadCase] = [
    BadCase("unknown event", "E0102", "did you mean purchase", "SEGMENT users WHERE did purchse"),
    BadCase("unknown property", "E0101", "did you mean amount", "EVENTS purchase WHERE amont > 3 AGGREGATE count()"),
    BadCase("unknown segment", "E0103", "line 1:", "SEGMENT nobody"),
    BadCase(
      "type mismatch", "E0302", "cannot be compared with text", "EVENTS purchase WHERE amount > 'x' AGGREGATE count()"),
    BadCase(
      "wrong order of clauses", "E0211", "WITHIN comes before DURING",
      "FUNNEL view THEN purchase DURING LAST 90 DAYS WITHIN 7 DAYS"),
    BadCase("unterminated text", "E0001", "no closing quote", "SEGMENT users WHERE user = 'ann"),
    BadCase("word of SQL", "E0021", "line 1:1", "SELECT count(*) FROM users"),
    BadCase("empty statement", "E0018", "the text holds no statement", "  -- nothing\n"),
    BadCase(
      "nesting 10,000 deep", "E0013", "more than 32 brackets",
      "SEGMENT users WHERE " + String(repeating: "(", count: 10_000) + "did view"
        + String(repeating: ")", count: 10_000)),
    BadCase(
      "10,000 times NOT", "E0013", "more than 32 brackets",
      "SEGMENT users WHERE " + String(repeating: "NOT ", count: 10_000) + "did view"),
    BadCase("missing parameter", "E0109", "$least", "SEGMENT users WHERE sum(purchase.amount) > $least"),
  ]

  private func shop() throws -> Database {
    let database = try Database.inMemory()
    try database.engine.store.append(ShopLog.events(users: 0..<5))
    return database
  }

  @Test(arguments: cases) func errorSaysWhereAndWhat(_ bad: BadCase) throws {
    let database = try shop()
    let begin = ContinuousClock.now
    bad.expect { try database.query(bad.statement) }
    #expect(ContinuousClock.now - begin < .seconds(5))
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 5))
  }

  /// Text, binary, one endless word, one endless text, brackets of all kinds: a megabyte of each.
  @Test func aMegabyteOfGarbageIsRefusedQuickly() throws {
    let database = try shop()
    var random = TestRandom()
    let bytes = (0..<1_000_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    let signs = Array("()[]{}'\"`,.;:*/+-<>=!@#$%^&| \n\tSEGMENTWHEREdid0123456789".utf8)
    let texts = [
      String(decoding: bytes, as: UTF8.self),
      String(decoding: bytes.map { signs[Int($0) % signs.count] }, as: UTF8.self),
      String(repeating: "a", count: 1_000_000),
      "SEGMENT users WHERE user = '" + String(repeating: "x", count: 1_000_000),
      String(repeating: "SEGMENT users WHERE ( ", count: 50_000), String(repeating: "[", count: 1_000_000),
    ]
    for (number, text) in texts.enumerated() {
      let begin = ContinuousClock.now
      let error = #expect(throws: InstarError.self, "seed \(random.seed), text \(number)") { try database.query(text) }
      #expect((error?.renderedText().utf8.count ?? 0) < 100_000, "seed \(random.seed), text \(number)")
      // Generous, for unoptimised builds on busy machines; what takes the square of the length takes hours.
      #expect(ContinuousClock.now - begin < .seconds(60), "seed \(random.seed), text \(number)")
    }
    #expect(try database.rows(ShopLog.totals) == ShopLog.totals(users: 5))
  }
}
