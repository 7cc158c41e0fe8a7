import Testing

/// Rules about the text of the tree.
@Suite struct SourceRuleTests {
  /// The longest a file may be; a file is split where it has two reasons to be opened, mostly long before.
  private static let mostLines = 600

  @Test func onlyTheShellWritesToTheTerminal() {
    let words = ["print(", "debugPrint(", "fputs(", "puts(", "putchar(", "STDOUT_FILENO", "STDERR_FILENO"]
    for path in Tree.swiftSources where !path.hasPrefix("Sources/InstarShell/") && Tree.mentions(words, path) {
      for (number, line) in Tree.code(of: path) {
        for word in words { #expect(!line.calls(word), "\(path):\(number) writes to the terminal") }
      }
    }
  }

  @Test func noFoundation() {
    for path in Tree.swiftSources + Tree.swiftTests where Tree.mentions(["import Foundation"], path) {
      for (number, line) in Tree.code(of: path) {
        let words = line.split(separator: " ")
        let imports = words.contains("import") && words.last.map { $0.hasPrefix("Foundation") } == true
        #expect(!imports, "\(path):\(number) imports Foundation")
      }
    }
  }

  @Test func nothingIsLeftForLater() {
    let words = ["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"]
    let everything = Tree.swiftSources + Tree.swiftTests + Tree.documents + Tree.files(in: "grammar")
    for path in everything where Tree.mentions(words, path) {
      for (index, line) in Tree.lines(of: path).enumerated() {
        let found = line.split { !$0.isLetter }.first { words.contains(String($0)) }
        #expect(found == nil, "\(path):\(index + 1) says \(found ?? "")")
      }
    }
  }

  @Test func filesAreShort() {
    for path in Tree.swiftSources + Tree.swiftTests {
      let count = Tree.lines(of: path).count
      #expect(count <= Self.mostLines + 1, "\(path) has \(count) lines")
    }
  }

  /// A path of the machine that a file was written on means nothing elsewhere.
  @Test func noPathOfAMachine() {
    let folders = ["/ho" + "me/", "/ro" + "ot/", "/wo" + "rk/", "/Us" + "ers/", "sha" + "red/"]
    let everything =
      Tree.swiftSources + Tree.swiftTests + Tree.documents + Tree.files(in: "grammar")
      + ["Package.swift", "Makefile"].filter(Tree.exists)
    for path in everything where Tree.mentions(folders, path) {
      for (index, line) in Tree.lines(of: path).enumerated() {
        for folder in folders {
          #expect(!line.names(folder), "\(path):\(index + 1) names \(folder)")
        }
      }
    }
  }

  @Test func testTargetsHaveNoPlaceholderBesideTests() {
    let folders = Set(Tree.swiftTests.map { $0.split(separator: "/")[1] })
    for folder in folders {
      let files = Tree.swiftTests.filter { $0.hasPrefix("Tests/\(folder)/") }
      #expect(files.count == 1 || !files.contains { $0.hasSuffix("/Placeholder.swift") }, "\(folder)")
    }
  }
}

extension Substring {
  /// Whether the line calls a function, and not a method or a longer name.
  fileprivate func calls(_ function: String) -> Bool {
    ranges(of: function).contains { range in
      guard range.lowerBound > startIndex else { return true }
      let before = self[index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || before == "." || before == "_" || before == "`")
    }
  }

  /// Whether the line names a folder at the root, not one further down.
  fileprivate func names(_ folder: String) -> Bool {
    ranges(of: folder).contains { range in
      guard range.lowerBound > startIndex else { return true }
      let before = self[index(before: range.lowerBound)]
      return !(before.isLetter || before.isNumber || "._-*)/".contains(before))
    }
  }
}
