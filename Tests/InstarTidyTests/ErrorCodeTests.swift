import Testing

/// `docs/reference/errors.md` and the codes in the sources are one list.
@Suite struct ErrorCodeTests {
  private struct Section {
    var code: String
    var fences = 0
    var hasText = false
  }

  /// Codes without a sentence that causes them: too long to print, or the world is at fault and not the sentence.
  private static func needsNoSentence(_ code: String) -> Bool {
    ["E0007", "E0013", "E0016", "E0018"].contains(code) || code.hasPrefix("E06") || code.hasPrefix("E08")
  }

  private static let sections: [Section] = {
    var sections: [Section] = []
    var isFenced = false
    for line in Tree.lines(of: "docs/reference/errors.md") {
      if line.hasPrefix("## ") {
        sections.append(Section(code: String(line.dropFirst(3).prefix { $0 != " " })))
      } else if line.hasPrefix("```") {
        if !isFenced, !sections.isEmpty { sections[sections.count - 1].fences += 1 }
        isFenced.toggle()
      } else if !isFenced, !line.isEmpty, !sections.isEmpty {
        sections[sections.count - 1].hasText = true
      }
    }
    return sections
  }()

  /// Each code in quotes, with the files that hold it.
  private static let used: [String: Set<String>] = {
    var result: [String: Set<String>] = [:]
    for path in Tree.swiftSources where Tree.mentions(["\"E0", "\"W0"], path) {
      for (_, line) in Tree.code(of: path) {
        for text in String(line).quotedTexts where isCode(text) { result[text, default: []].insert(path) }
      }
    }
    return result
  }()

  private static func isCode(_ text: String) -> Bool {
    text.utf8.count == 5 && (text.hasPrefix("E0") || text.hasPrefix("W0")) && text.dropFirst().allSatisfy(\.isNumber)
  }

  @Test func everyCodeHasAHeading() {
    let headings = Set(Self.sections.map(\.code))
    for (code, files) in Self.used { #expect(headings.contains(code), "\(code) of \(files.sorted())") }
  }

  @Test func everyHeadingHasACode() {
    for section in Self.sections { #expect(Self.used[section.code] != nil, "\(section.code)") }
  }

  @Test func headingsAreInOrderAndSayMore() {
    let codes = Self.sections.map(\.code)
    #expect(codes == codes.sorted())
    #expect(Set(codes).count == codes.count)
    for section in Self.sections {
      if Self.needsNoSentence(section.code) {
        #expect(section.hasText || section.fences == 2, "\(section.code) says nothing")
      } else {
        #expect(section.fences == 2, "\(section.code) has no sentence and repaired sentence")
      }
    }
  }

  /// One code, one meaning: codes of files and stores are made in one target each.
  @Test func aCodeOfFilesHasOneOrigin() {
    for (code, files) in Self.used where code.hasPrefix("E07") {
      let targets = Set(files.map { $0.split(separator: "/")[1] })
      #expect(targets.count == 1, "\(code) in \(files.sorted())")
    }
  }
}
