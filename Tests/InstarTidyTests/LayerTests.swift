import Testing

/// The imports of each target are those of `Package.swift` and of the drawing in `docs/architecture.md`.
@Suite struct LayerTests {
  private static let manifest = Tree.read("Package.swift")
  private static let page = Tree.read("docs/architecture.md")

  /// Modules of the system that any target may use.
  private static let system: Set = ["Glibc", "Darwin", "Musl", "Dispatch", "Synchronization"]
  /// Modules of other packages that the shell alone may use.
  private static let ofTheShell: Set = ["ArgumentParser"]
  /// And those of encryption: what is looked after by people who do nothing else.
  private static let ofEncryption: Set = ["Crypto", "CryptoExtras"]

  /// The dependencies of each target in the manifest, without products of other packages.
  private static let dependencies: [String: [String]] = {
    var result: [String: [String]] = [:]
    let kinds = [".target(", ".executableTarget(", ".systemLibrary("]
    for kind in kinds {
      for start in manifest.ranges(of: kind) {
        let rest = manifest[start.upperBound...]
        guard let name = rest.between("name: \"", "\"") else { continue }
        let end = kinds.compactMap { rest.firstRange(of: $0)?.lowerBound }.min() ?? rest.endIndex
        let own = rest[..<(rest[..<end].firstRange(of: ".testTarget(")?.lowerBound ?? end)]
        let list = own.between("dependencies: [", "]") ?? ""
        let names = String(list).split(separator: ",").filter { !$0.contains("package:") && !$0.contains(".product") }
        result[String(name)] = names.flatMap(\.quotedTexts).sorted()
      }
    }
    return result
  }()

  /// A target with all that it stands on.
  private static func closure(of target: String) -> Set<String> {
    var found: Set<String> = []
    var open = dependencies[target] ?? []
    while let next = open.popLast() {
      if found.insert(next).inserted { open += dependencies[next] ?? [] }
    }
    return found
  }

  /// The modules that each target imports, each with a file that does.
  private static let imports: [String: [String: String]] = {
    let access: Set<Substring> = ["public", "package", "internal", "private", "@_exported"]
    var result: [String: [String: String]] = [:]
    for path in Tree.swiftSources where Tree.mentions(["import "], path) {
      let target = String(path.split(separator: "/")[1])
      for line in Tree.lines(of: path) {
        guard let first = line.first, "pi@".contains(first) else { continue }
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), words.count > position + 1,
          words[..<position].allSatisfy({ access.contains($0) })
        else { continue }
        result[target, default: [:]][String(words[position + 1])] = path
      }
    }
    return result
  }()

  private static func imports(of target: String) -> [String: String] { imports[target] ?? [:] }

  @Test func everyFolderIsATargetOfTheManifest() {
    let folders = Set(Tree.targets)
    #expect(folders == Set(Self.dependencies.keys).filter { Tree.isFolder("Sources/" + $0) })
  }

  @Test func targetsImportWhatStandsBelowThem() {
    for target in Tree.targets {
      let below = Self.closure(of: target)
      for (module, path) in Self.imports(of: target) {
        let isKnown =
          below.contains(module) || Self.system.contains(module)
          || target == "InstarShell" && Self.ofTheShell.contains(module)
          || target == "InstarEncryption" && Self.ofEncryption.contains(module)
        #expect(isKnown, "\(path) imports \(module), which \(target) does not stand on")
      }
    }
  }

  @Test func everyDependencyIsImported() {
    for target in Tree.targets where !Tree.files(in: "Sources/" + target, endingIn: ".swift").isEmpty {
      let unused = Set(Self.dependencies[target] ?? []).subtracting(Self.imports(of: target).keys)
      #expect(unused == [], "\(target) does not import \(unused.sorted())")
    }
  }

  /// Rows of the page's table: a target, its sentence, what it imports.
  @Test func theTableOfThePageIsTheManifest() {
    var table: [String: [String]] = [:]
    for line in Self.page.split(separator: "\n") where line.hasPrefix("| `") {
      let cells = line.split(separator: "|").map(\.trimmed)
      guard cells.count == 3, let name = cells[0].between("`", "`") else { continue }
      table[String(name)] = cells[2] == "-" ? [] : cells[2].split(separator: ",").map { String($0.trimmed) }.sorted()
    }
    for target in Tree.targets {
      #expect(table[target] == Self.dependencies[target], "\(target) in docs/architecture.md")
    }
  }

  /// The drawing: a row for each layer, `2   InstarPlan   InstarBehavior ..`.
  @Test func theDrawingPutsEveryTargetAboveWhatItImports() throws {
    let drawing = try #require(Self.page.between("```layers\n", "\n```"))
    var layers: [String: Int] = [:]
    for line in drawing.split(separator: "\n") {
      let words = line.split(separator: " ")
      guard let number = words.first.flatMap({ Int($0) }) else { continue }
      for word in words.dropFirst() { layers[String(word)] = number }
    }
    #expect(Set(layers.keys) == Set(Tree.targets))
    for target in Tree.targets {
      for module in Self.imports(of: target).keys where Tree.targets.contains(module) {
        let (own, other) = (layers[target] ?? 0, layers[module] ?? 0)
        // The library stands on the rendering beside it, the shell on its line editor, and that on libedit.
        let isBeside = own == other && ["InstarRendering", "CLineEditor", "CEdit"].contains(module)
        #expect(other < own || isBeside, "\(target) imports \(module)")
      }
    }
  }

  // MARK: What is absent

  @Test func syntaxDoesNoInputAndOutput() {
    #expect(Self.imports(of: "InstarSyntax").isEmpty)
    for path in Tree.files(in: "Sources/InstarSyntax", endingIn: ".swift") {
      for (number, line) in Tree.code(of: path) where line.contains(" func ") && line.contains("throws") {
        #expect(!line.contains("package ") && !line.contains("public "), "\(path):\(number) throws")
      }
    }
  }

  @Test func modelsAndBehaviorKnowNoClockAndNoChance() {
    let words = [
      "SystemRandomNumberGenerator", ".random(", "shuffled()", "clock_gettime", "gettimeofday", "DispatchTime",
      "time(nil)",
    ]
    let files = ["InstarModels", "InstarBehavior"].flatMap { Tree.files(in: "Sources/" + $0, endingIn: ".swift") }
    for path in files where Tree.mentions(words, path) {
      for (number, line) in Tree.code(of: path) {
        for word in words { #expect(!line.contains(word), "\(path):\(number) uses \(word)") }
      }
    }
  }
}
