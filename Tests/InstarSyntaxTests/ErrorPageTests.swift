import InstarSyntax
import Testing

/// `docs/reference/errors.md` has a heading for each code, with a sentence that causes it and the repaired one.
@Suite struct ErrorPageTests {
  private struct Section {
    var code: String
    var fences: [String] = []
  }

  /// Codes whose sentences would be too long to print; ``RobustnessTests`` causes them.
  private let unprinted: Set<SyntaxCode> = [.tooLong, .nesting, .tooManyErrors]

  private let sections: [Section] = {
    var sections: [Section] = []
    var fence: String?
    for line in Fixtures.read("docs/reference/errors.md").split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("## ") {
        sections.append(Section(code: String(line.dropFirst(3).prefix { $0 != " " })))
      } else if line.hasPrefix("```") {
        if let text = fence { sections[sections.count - 1].fences.append(text) }
        fence = fence == nil ? "" : nil
      } else {
        fence?.append(line + "\n")
      }
    }
    return sections
  }()

  @Test func everyCodeHasAHeading() {
    let headings = sections.map(\.code).filter { SyntaxCode(rawValue: $0) != nil }
    #expect(Set(headings) == Set(SyntaxCode.allCases.map(\.rawValue)))
    #expect(headings == headings.sorted())
    #expect(Set(headings).count == headings.count)
  }

  @Test func everySentenceCausesItsErrorAndTheRepairedOneNone() {
    for section in sections {
      guard let code = SyntaxCode(rawValue: section.code), !unprinted.contains(code) else { continue }
      guard section.fences.count == 2 else {
        Issue.record("\(section.code) has no sentence and repaired sentence")
        continue
      }
      #expect(Parser.parse(section.fences[0]).diagnostics.map(\.code) == [section.code], "\(section.fences[0])")
      #expect(Parser.parse(section.fences[1]).diagnostics == [], "\(section.fences[1])")
    }
  }

  /// What a message tells to write is a statement, where it is one.
  @Test func theOrderThatAMessageShowsIsRight() {
    for (wrong, right) in [
      ("FUNNEL a THEN b DURING LAST 30 DAYS WITHIN 7 DAYS;", "FUNNEL a THEN b WITHIN 7 DAYS DURING LAST 30 DAYS"),
      (
        "RETENTION FROM FIRST a RETURN b FOR 12 WEEKS BY WEEK LIMIT 3;",
        "RETENTION FROM FIRST a RETURN b BY WEEK FOR 12 WEEKS"
      ),
      ("RECOMMEND 10 USING hybrid EXCLUDING purchase;", "RECOMMEND 10 EXCLUDING purchase USING hybrid"),
      ("RECOMMEND 10 AT MOST 2 PER category ITEMS[stock > 0];", "RECOMMEND 10 ITEMS[stock > 0] AT MOST 2 PER category"),
      ("SEGMENT users WHERE did (a THEN b WITHIN 7 DAYS SAME item);", "a THEN b SAME item WITHIN 7 DAYS"),
      (
        "IMPORT EVENTS FROM 'x.csv' WITH event = 'purchase' MAP user = id;",
        "IMPORT EVENTS FROM 'x.csv' MAP user = id WITH event = 'purchase'"
      ),
    ] {
      let diagnostics = Parser.parse(wrong).diagnostics
      #expect(diagnostics.map(\.code) == ["E0211"])
      #expect(diagnostics.first?.message.hasSuffix(": " + right) == true, "\(diagnostics.first?.message ?? "")")
    }
  }
}
