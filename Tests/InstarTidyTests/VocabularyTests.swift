import Testing

/// Every word that a statement may use has its line in the reference.
@Suite struct VocabularyTests {
  /// The raw values of an enumeration of names, read from its source.
  ///
  /// - Parameter isNested: whether the type stands inside another; several are called `Function`.
  private static func names(of type: String, in path: String, isNested: Bool = false) -> [String] {
    let lines = Tree.code(of: path).map(\.text)
    let heading = "enum \(type): String"
    guard let start = lines.firstIndex(where: { $0.contains(heading) && $0.hasPrefix(" ") == isNested }) else {
      return []
    }
    let indent = lines[start].prefix { $0 == " " }
    var names: [String] = []
    for line in lines[(start + 1)...] {
      if line.hasPrefix(indent + "}") { break }
      guard line.hasPrefix(indent + "  case ") else { continue }
      names += line.trimmed.dropFirst("case ".count).split(separator: ",").map { item in
        String(item).quotedTexts.first ?? String(item.trimmed)
      }
    }
    return names
  }

  private static func expectLines(_ names: [String], on page: String, as form: (String) -> String = { "`\($0)`" }) {
    let text = Tree.read(page)
    #expect(!names.isEmpty, "nothing found that \(page) should have")
    for name in names { #expect(text.contains(form(name)), "\(page) has no \(form(name))") }
  }

  private static let expressions = "Sources/InstarPlan/Expression.swift"

  @Test func functionsOfValuesAndRows() {
    for type in ["Function", "RowFunction"] {
      Self.expectLines(Self.names(of: type, in: Self.expressions), on: "docs/reference/expressions.md") { "`\($0)(" }
    }
  }

  @Test func figuresOverEvents() {
    // Three serve built-in attributes and have no word of their own.
    let hidden: Set = ["medianGap", "gapSpread", "mode"]
    let names = Self.names(of: "Function", in: "Sources/InstarPlan/Measure.swift", isNested: true)
    Self.expectLines(names.filter { !hidden.contains($0) }, on: "docs/reference/events.md") { "`\($0)(" }
  }

  @Test func aggregates() {
    let names = Self.names(of: "Function", in: Self.expressions, isNested: true)
    Self.expectLines(names, on: "docs/reference/aggregate.md") { "`\($0)(" }
  }

  @Test func attributesAndScores() {
    for type in ["BuiltinAttribute", "BuiltinScore"] {
      Self.expectLines(
        Self.names(of: type, in: "Sources/InstarPlan/\(type).swift"), on: "docs/reference/attributes.md")
    }
  }

  @Test func rolesOfImports() {
    Self.expectLines(Self.names(of: "Role", in: "Sources/InstarImport/Role.swift"), on: "docs/reference/import.md")
  }

  @Test func optionsOfImports() {
    let source = Tree.read("Sources/InstarExecution/Importing/ImportStatement.swift")
    let names = String(source.between("optionNames = [", "]") ?? "").quotedTexts
    Self.expectLines(names, on: "docs/reference/import.md")
  }

  /// The options of a step stand on the page of its name: `allowed: [..]` beside `of: "FUNNEL"`.
  @Test func optionsOfSteps() {
    var found = 0
    for path in Tree.files(in: "Sources/InstarPlan", endingIn: ".swift") {
      let text = Tree.read(path)
      for range in text.ranges(of: "allowed: [") {
        let step = text[..<range.lowerBound].ranges(of: "of: \"").last.flatMap {
          text[$0.upperBound...].split(separator: "\"", maxSplits: 1).first
        }
        guard let step, let list = text[range.lowerBound...].between("[", "]") else { continue }
        for name in String(list).quotedTexts {
          found += 1
          let page = Self.page(of: String(step))
          #expect(Tree.read(page).contains("`\(name)"), "\(page) has no line for the option \(name) of \(step)")
        }
      }
    }
    #expect(found > 0)
  }

  private static func page(of step: String) -> String {
    switch step {
    case "SAVE AS CAMPAIGN": "docs/reference/campaigns.md"
    case "RECOMMEND", "CATALOG": "docs/reference/recommend/README.md"
    case "PREDICT", "TRAIN", "EVALUATE", "MODEL": "docs/reference/predict/README.md"
    default: "docs/reference/\(step.lowercased()).md"
    }
  }

  /// The rules of `grammar/settings.ebnf` begin with the words of the setting.
  @Test func settings() {
    let rules = Tree.lines(of: "grammar/settings.ebnf").filter { $0.prefix { $0 != ":" }.trimmed.hasSuffix("Setting") }
    let names = rules.map { rule in
      let words = rule.split(separator: " ").drop { $0 != "::=" }.dropFirst().prefix { $0.hasPrefix("'") }
      return "SET " + words.map { $0.filter { $0 != "'" } }.joined(separator: " ")
    }
    Self.expectLines(names, on: "docs/reference/settings.md") { "`\($0)" }
  }

  @Test func linesOfTheReceipt() {
    let source = Tree.read("Sources/InstarRendering/ReceiptText.swift")
    let names = (source.ranges(of: "field(\"") + source.ranges(of: "key(\"")).compactMap { range in
      source[range.upperBound...].split(separator: "\"", maxSplits: 1).first.map(String.init)
    }
    Self.expectLines(names, on: "docs/reference/receipt.md")
  }

  @Test func whatCanBeShown() {
    let rule = Tree.read("grammar/inspect.ebnf").between("show     ::= 'SHOW' (", ")") ?? ""
    let names = rule.split(separator: "'").filter { $0.allSatisfy(\.isUppercase) }.map(String.init)
    Self.expectLines(names, on: "docs/reference/explain.md") { "`SHOW \($0)`" }
  }
}
