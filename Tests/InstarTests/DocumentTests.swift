import Instar
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The statements of the documents run against the sample shop, and the answers printed there are the answers.
///
/// `RECORD=1 swift test --filter DocumentTests` writes the answers anew; the difference is reviewed like code.
struct DocumentTests {
  @Test(arguments: ["README.md", "docs/tour.md", "docs/questions.md"])
  func answersAreThoseOfTheSampleShop(_ name: String) throws {
    let path = projectRoot + "/" + name
    let document = try Document(Files.read(path))
    let folder = try TemporaryFolder()
    let copied = try Program.run("/bin/cp", [SampleShop.shared.get().path("shop.instar"), folder.path("shop.instar")])
    try #require(copied.code == 0, "\(copied.errors)")
    let database = try Database.open(folder.path("shop.instar"))
    let recorded = document.recorded { Self.answer($0, from: database) }
    if getenv("RECORD") != nil { return try Files.write(recorded.text, to: path) }
    for (block, answer) in zip(document.blocks, recorded.blocks) {
      #expect(Self.stable(block.output) == Self.stable(answer.output), "line \(block.line): \(block.statements)")
    }
  }

  /// The text without what differs from run to run: the time taken and the digest of the data, which holds the time of
  /// the import.
  private static func stable(_ output: String) -> String {
    output.replacing(/; [0-9.,]+ ms$/.anchorsMatchLineEndings(), with: "; .. ms")
      .replacing(/^data [0-9a-f]+,/.anchorsMatchLineEndings(), with: "data ..,")
  }

  /// The page on the five users brings its own log, in a block that names its file.
  @Test func answersOfTheWorkedExample() throws {
    let path = projectRoot + "/docs/reference/predict/example.md"
    let text = try Files.read(path)
    let mark = "```csv purchases.csv\n"
    let start = try #require(text.firstRange(of: mark)).upperBound
    let end = try #require(text[start...].firstRange(of: "```")).lowerBound
    let folder = try TemporaryFolder()
    try folder.write(String(text[start..<end]), to: "purchases.csv")
    let made = try Program.run(
      Program.instar, ["import", "example.instar", "purchases.csv"], folder: folder.root)
    try #require(made.code == 0, "\(made.errors)")
    let database = try Database.open(folder.path("example.instar"))
    let document = try Document(text)
    let recorded = document.recorded { Self.answer($0, from: database) }
    if getenv("RECORD") != nil { return try Files.write(recorded.text, to: path) }
    for (block, answer) in zip(document.blocks, recorded.blocks) {
      #expect(block.output == answer.output, "line \(block.line): \(block.statements)")
    }
    // 0.622, 0.574, 0.668, 0.622 and 0.550, to three digits.
    for figure in ["0.6225", "0.5744", "0.6682", "0.5498"] { #expect(recorded.text.contains(figure)) }
  }

  /// What the prompt would print.
  private static func answer(_ block: Document.Block, from database: Database) -> String {
    var parts: [String] = []
    do {
      try database.execute(block.statements) { table in
        if table.shape == .message { return }
        let receipt = block.showsReceipt ? table.receipt.text + "\n" : ""
        parts.append(table.text(.chart, maxRows: 13) + receipt)
      }
    } catch {
      parts.append("\(error)\n")
    }
    return parts.joined(separator: "\n")
  }

  @Test func theExampleOfTheLibraryIsTheOneThatIsCompiled() throws {
    let page = try Files.read(projectRoot + "/docs/reference/library.md")
    let source = try Files.read(projectRoot + "/Tests/InstarTests/LibraryExample.swift")
    #expect(page.contains("```swift\n" + source + "```\n"), "copy LibraryExample.swift into docs/reference/library.md")
  }

  @Test func theExampleOfTheLibraryRuns() throws {
    #expect(try exampleLines() == ["20 users spent more than 10", "u1 may like cup"])
  }
}

/// The sample shop, made once for all tests; they work on copies.
enum SampleShop {
  static let shared = Result {
    let folder = try TemporaryFolder()
    let made = try Program.run(Program.instar, ["demo", "--import-only", "shop.instar"], folder: folder.root)
    guard made.code == 0 else { throw Failure(text: made.errors) }
    return folder
  }
}

/// A Markdown text with fenced `instar` blocks, each followed by an `output` block.
struct Document {
  struct Block {
    var line: Int
    var statements: String
    var showsReceipt: Bool
    var output: String
  }

  /// The text in front of each output, and behind the last.
  private var pieces: [String] = [""]
  private(set) var blocks: [Block] = []

  init(_ text: String) throws {
    enum State { case prose, statements, awaiting, output }
    var state = State.prose
    var block = Block(line: 0, statements: "", showsReceipt: false, output: "")
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      switch state {
      case .prose, .awaiting:
        if state == .prose, line.hasPrefix("```instar") {
          block = Block(line: number + 1, statements: "", showsReceipt: line.hasSuffix("receipt"), output: "")
          state = .statements
        } else if line == "```output" {
          guard state == .awaiting else { throw Failure(text: "line \(number + 1): an output without statements") }
          state = .output
        }
      case .statements:
        if line == "```" { state = .awaiting } else { block.statements += line + "\n" }
      case .output:
        guard line == "```" else {
          block.output += line + "\n"
          continue
        }
        blocks.append(block)
        pieces.append("")
        state = .prose
      }
      pieces[pieces.count - 1] += line + "\n"
    }
    pieces[pieces.count - 1].removeLast()
    guard state == .prose else { throw Failure(text: "line \(block.line): statements without an output block") }
  }

  /// The document with each output replaced by what `answer` gives.
  func recorded(_ answer: (Block) -> String) -> Document {
    var result = self
    for index in blocks.indices { result.blocks[index].output = answer(blocks[index]) }
    return result
  }

  var text: String {
    var text = pieces[0]
    for (block, piece) in zip(blocks, pieces.dropFirst()) { text += block.output + piece }
    return text
  }
}
