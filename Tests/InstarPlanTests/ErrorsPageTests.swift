import InstarColumns
import InstarPlan
import InstarSyntax
import Testing

/// `docs/reference/errors.md`: each code has a statement that causes it and one that does not.
@Suite struct ErrorsPageTests {
  struct Entry {
    var code: String
    var wrong: String
    var right: String
  }

  static func entries() throws -> [Entry] {
    let page = try readFile(repositoryRoot + "/docs/reference/errors.md")
    var entries: [Entry] = []
    var code = ""
    var fences: [String] = []
    var lines = page.split(separator: "\n", omittingEmptySubsequences: false)[...]
    while let line = lines.popFirst() {
      if line.hasPrefix("## ") { (code, fences) = (String(line.dropFirst(3).prefix { $0 != " " }), []) }
      guard line == "```" else { continue }
      var statement: [Substring] = []
      while let next = lines.popFirst(), next != "```" { statement.append(next) }
      fences.append(statement.joined(separator: "\n"))
      if fences.count == 2 { entries.append(Entry(code: code, wrong: fences[0], right: fences[1])) }
    }
    return entries
  }

  /// The store in which the statement fails: most fail in the shop, some need a poorer one.
  static func shop(for code: String) -> Shop {
    var shop = Shop()
    if code == "E0104" { shop.settings.goalEvent = nil }
    if code == "E0116" { shop.roles = [] }
    if code == "E0117" {
      shop.definitions += (0...12).map { number in
        let value = number == 0 ? "age" : "doubled_\(number - 1) + doubled_\(number - 1)"
        let name = "doubled_\(number)"
        return DefinitionEntry(kind: .attribute, name: name, statement: "DEFINE ATTRIBUTE \(name) AS \(value);")
      }
    }
    if code == "E0322" { shop.settings.privacyThreshold = 10 }
    if code == "E0332" {
      shop.definitions.append(
        DefinitionEntry(
          kind: .segment, name: "quick",
          statement: "DEFINE SEGMENT quick AS FUNNEL visit THEN purchase WITHIN 1 DAY PER USER WHERE converted;"))
    }
    if code == "W0101" { shop.settings.unknownEvents = .warn }
    return shop
  }

  @Test func everyCodeHasItsHeading() throws {
    let codes = Set(try Self.entries().map(\.code))
    let missing = DiagnosticCode.allCases.map(\.rawValue).filter { !codes.contains($0) }
    #expect(missing == [])
  }

  @Test func wrongStatementsGiveTheirCodeAndRightOnesNone() throws {
    let own = Set(DiagnosticCode.allCases.map(\.rawValue))
    for entry in try Self.entries() where own.contains(entry.code) {
      let shop = Self.shop(for: entry.code)
      if entry.code.hasPrefix("W") {
        let notes = try plan(entry.wrong, in: shop).notes
        #expect(notes.contains { $0.hasPrefix(entry.code) }, "\(entry.code): \(notes)")
        #expect(try plan(entry.right, in: shop).notes == [], "\(entry.code)")
      } else {
        let parameters: [String: Value] = entry.code == "E0310" ? ["n": "ten"] : [:]
        let found = faults(entry.wrong, in: shop, parameters).map { String($0.prefix(5)) }
        #expect(found == [entry.code], "\(entry.wrong) gives \(found)")
        #expect(faults(entry.right, in: shop) == [], "\(entry.right)")
      }
    }
  }
}
