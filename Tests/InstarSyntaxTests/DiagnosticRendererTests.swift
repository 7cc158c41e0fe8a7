import InstarSyntax
import Testing

@Suite struct DiagnosticRendererTests {
  private let renderer = DiagnosticRenderer()

  private func diagnostic(_ source: String, _ marked: String, help: String? = "help") -> Diagnostic {
    let place = source.range(of: marked)!
    let start = source.utf8.distance(from: source.startIndex, to: place.lowerBound)
    return Diagnostic(
      code: "E0102", message: "no event named 'purchse'", range: SourceRange(start, start + marked.utf8.count),
      help: help, source: source)
  }

  @Test func placeSentenceLineCaretAndHelp() {
    let text = "SHOW EVENTS;\nSEGMENT users WHERE did purchse IN LAST 90 DAYS;"
    #expect(
      renderer.render(diagnostic(text, "purchse", help: "did you mean purchase?")) == """
        E0102 line 2:25  no event named 'purchse'
          SEGMENT users WHERE did purchse IN LAST 90 DAYS;
                                  ^^^^^^^  did you mean purchase?
        """)
  }

  @Test func wideSignsTakeTwoColumns() {
    #expect(
      renderer.render(diagnostic("KEEP 城市, x", "x", help: nil)) == """
        E0102 line 1:10  no event named 'purchse'
          KEEP 城市, x
                     ^
        """)
  }

  @Test func aLongLineIsCutAroundThePlace() {
    let text = String(repeating: "a OR ", count: 100) + "here" + String(repeating: " OR b", count: 100)
    let lines = renderer.render(diagnostic(text, "here")).split(separator: "\n")
    #expect(lines[1].count <= 104)
    let caret = lines[2].firstIndex(of: "^")!
    let column = lines[2].distance(from: lines[2].startIndex, to: caret)
    #expect(lines[1].dropFirst(column).hasPrefix("here"))
    #expect(lines[1].hasPrefix("  …") && lines[1].hasSuffix("…"))
  }

  @Test func withoutAPlace() {
    let diagnostic = Diagnostic(
      code: "E0405", message: "model churn has no active version", range: nil, help: "run TRAIN churn;", source: "")
    #expect(renderer.render(diagnostic) == "E0405            model churn has no active version\n  run TRAIN churn;")
  }

  @Test func colorIsForTerminals() {
    let text = DiagnosticRenderer(usesColor: true).render(diagnostic("a b", "b"))
    #expect(text.contains("\u{1B}[1;31mE0102\u{1B}[0m"))
    #expect(!renderer.render(diagnostic("a b", "b")).contains("\u{1B}"))
  }

  @Test func aPlaceBehindTheEndIsTheEnd() {
    let diagnostic = Diagnostic(code: "E0011", message: "m", range: SourceRange(90, 99), help: nil, source: "ab")
    #expect(renderer.render(diagnostic) == "E0011 line 1:3  m\n  ab\n    ^")
  }
}

extension String {
  /// The first place of `other`.
  fileprivate func range(of other: String) -> Range<String.Index>? {
    for start in indices where self[start...].hasPrefix(other) {
      return start..<index(start, offsetBy: other.count)
    }
    return nil
  }
}
