import InstarSyntax
import Testing

/// The documents hold together: links lead somewhere, statements are statements, decisions say why.
@Suite struct DocumentTests {
  /// A fenced block: what stands behind the fence, the first line's number, the text.
  struct Fence {
    var info: Substring
    var line: Int
    var text: String
  }

  static func fences(of path: String) -> [Fence] {
    var fences: [Fence] = []
    var open: Fence?
    for (index, line) in Tree.lines(of: path).enumerated() {
      if line.hasPrefix("```") {
        if let block = open {
          fences.append(block)
          open = nil
        } else {
          open = Fence(info: line.dropFirst(3), line: index + 2, text: "")
        }
      } else if open != nil {
        open?.text += line + "\n"
      }
    }
    return fences
  }

  @Test func everyStatementInTheDocumentsParses() {
    for path in Tree.documents {
      for fence in Self.fences(of: path) where fence.info.split(separator: " ").first == "instar" {
        let parsed = Parser.parse(fence.text)
        let errors = parsed.diagnostics.filter { $0.severity == .error }.map { "\($0.code) \($0.message)" }
        #expect(errors == [], "\(path):\(fence.line)")
        #expect(!parsed.statements.isEmpty, "\(path):\(fence.line) has no statement")
      }
    }
  }

  @Test func everyFenceIsClosed() {
    for path in Tree.documents {
      let count = Tree.lines(of: path).count { $0.hasPrefix("```") }
      #expect(count.isMultiple(of: 2), "\(path)")
    }
  }

  // MARK: Links

  @Test func everyLinkLeadsToAFileOrAHeading() {
    for path in Tree.documents {
      for (number, target) in Self.links(of: path) where !target.contains("://") && !target.hasPrefix("mailto:") {
        let parts = target.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        let file = parts[0].isEmpty ? path : Self.resolved(String(parts[0]), from: path)
        #expect(Tree.exists(file), "\(path):\(number) leads to \(target), which is not there")
        guard parts.count == 2, file.hasSuffix(".md") else { continue }
        #expect(
          Self.anchors(of: file).contains(String(parts[1])), "\(path):\(number): \(file) has no heading #\(parts[1])")
      }
    }
  }

  /// The targets of `[text](target)` outside of fences and code.
  private static func links(of path: String) -> [(number: Int, target: String)] {
    var links: [(Int, String)] = []
    var isFenced = false
    for (index, line) in Tree.lines(of: path).enumerated() {
      if line.hasPrefix("```") { isFenced.toggle() }
      guard !isFenced else { continue }
      var rest = line[...]
      while let start = rest.firstRange(of: "]("), let end = rest[start.upperBound...].firstIndex(of: ")") {
        let isCode = !line[..<start.lowerBound].count(where: { $0 == "`" }).isMultiple(of: 2)
        if !isCode { links.append((index + 1, String(rest[start.upperBound..<end]))) }
        rest = rest[end...]
      }
    }
    return links
  }

  private static func resolved(_ target: String, from path: String) -> String {
    var parts = path.split(separator: "/").dropLast()
    for part in target.split(separator: "/") where part != "." {
      if part == ".." { parts = parts.dropLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  /// Headings as links name them: lower case, blanks as hyphens, without punctuation.
  private static func anchors(of path: String) -> Set<String> {
    let headings = Tree.lines(of: path).filter { $0.hasPrefix("#") }.map { $0.drop { $0 == "#" }.trimmed }
    return Set(
      headings.map { heading in
        String(
          heading.lowercased().compactMap { letter -> Character? in
            letter == " " ? "-" : letter.isLetter || letter.isNumber || letter == "-" || letter == "_" ? letter : nil
          })
      })
  }

  // MARK: Pages of their own form

  @Test func everyDecisionHasItsFourParts() {
    let parts = ["## Question", "## Choice", "## Reasons", "## Roads not taken"]
    let decisions = Tree.files(in: "docs/decisions", endingIn: ".md").filter { !$0.hasSuffix("/README.md") }
    #expect(!decisions.isEmpty)
    let index = Tree.read("docs/decisions/README.md")
    for (position, path) in decisions.enumerated() {
      let headings = Tree.lines(of: path).filter { $0.hasPrefix("## ") }.map(String.init)
      #expect(headings == parts, "\(path)")
      let name = path.split(separator: "/").last ?? ""
      let number = String(position + 1)
      #expect(name.hasPrefix(String(repeating: "0", count: 4 - number.count) + number + "-"), "\(path) is out of count")
      #expect(index.contains("(\(name))"), "\(path) is not in docs/decisions/README.md")
      #expect(Tree.lines(of: path).count <= 81, "\(path) is longer than 80 lines")
    }
  }

  @Test func everyPageOfTheReferenceIsInItsIndex() {
    let index = Tree.read("docs/reference/README.md")
    for path in Tree.files(in: "docs/reference", endingIn: ".md") where path != "docs/reference/README.md" {
      let name = path.dropFirst("docs/reference/".count)
      let folder = name.split(separator: "/").count > 1 ? name.split(separator: "/")[0] + "/README.md" : name
      #expect(index.contains("(\(folder))"), "\(path)")
    }
  }

  /// `## 1.2.3 (2026-01-31)` or `(not released yet)`, the newest first; below each full sentences.
  @Test func theChangelogHasItsForm() {
    let lines = Tree.lines(of: "CHANGELOG.md")
    #expect(lines.first == "# Changelog")
    var versions: [[Int]] = []
    for line in lines where line.hasPrefix("## ") {
      let words = line.dropFirst(3).split(separator: " ", maxSplits: 1)
      let version = words[0].split(separator: ".").compactMap { Int($0) }
      #expect(version.count == 3, "\(line)")
      versions.append(version)
      let state = words.count == 2 ? words[1] : ""
      let date = state.dropFirst().dropLast().split(separator: "-").compactMap { Int($0) }
      #expect(state == "(not released yet)" || date.count == 3 && state.count == 12, "\(line)")
    }
    #expect(!versions.isEmpty)
    for (newer, older) in zip(versions, versions.dropFirst()) { #expect(older.lexicographicallyPrecedes(newer)) }
  }
}
