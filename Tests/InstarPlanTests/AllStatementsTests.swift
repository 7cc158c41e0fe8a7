import InstarColumns
import InstarPlan
import InstarSyntax
import Testing

@Suite struct AllStatementsTests {
  @Test func printAll() throws {
    let path = String(#filePath.split(separator: "/").dropLast(2).map { "/" + $0 }.joined()) + "/InstarSyntaxTests/Fixtures/statements.iq"
    print(path)
    let text = try readFile(path)
    let parsed = Parser.parse(text)
    #expect(parsed.diagnostics.isEmpty)
    let parameters: [String: Value] = [:]
    for statement in parsed.statements {
      let range = statement.range
      let words = String(decoding: Array(text.utf8)[range.lowerBound..<range.upperBound], as: UTF8.self)
      print("> \(words)")
      switch Resolver.resolve(statement, source: text, in: Shop(), parameters: parameters, systemTime: 0) {
      case .success(.query(let plan)): print(PlanText(Shop()).text(plan))
      case .success(let other): print("   \(other)")
      case .failure(let failure):
        for d in failure.diagnostics { print("   \(d.code) \(d.message) (\(d.help ?? ""))") }
      }
    }
  }
}
