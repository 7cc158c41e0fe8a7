import Instar
import Testing

struct InstarErrorTests {
  @Test func pointsAtTheWord() throws {
    let database = try TestShop.open()
    let error = try #require(
      #expect(throws: InstarError.self) { try database.query("SEGMENT users\nWHERE did purchse") })
    #expect(error.code == InstarError.unknownEvent)
    #expect(error.position == InstarError.Position(line: 2, column: 11))
    #expect(error.range == SourceRange(24, 31))
    let lines = error.renderedText().split(separator: "\n").map(String.init)
    #expect(lines[0] == "E0102 line 2:11  no event named 'purchse'")
    #expect(lines[1] == "  WHERE did purchse")
    #expect(lines[2].hasPrefix("            ^^^^^^^  did you mean purchase"))
  }

  @Test func matchesByKind() throws {
    let database = try TestShop.open()
    do {
      try database.query("SEGMENT users ASSERT users() > 100, 'too few users'")
      Issue.record("the assertion holds")
    } catch InstarError.assertionFailed {
      return
    }
  }

  @Test func aStoreThatIsNoneSaysSo() throws {
    let folder = try TemporaryFolder()
    let path = folder.path("letter.txt")
    try folder.write("Dear Sir or Madam, " + String(repeating: "blah ", count: 4000), to: "letter.txt")
    expectFailure(InstarError.notAStore) { _ = try Database.open(path) }
  }
}
