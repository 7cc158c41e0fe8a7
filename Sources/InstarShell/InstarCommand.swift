import ArgumentParser
import Instar
import InstarExecution

/// The command line: `instar [store] -c .. -f ..`, or a subcommand.
struct InstarCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instar",
    abstract: "A database for what users do over time: one file, one sentence, an answer.",
    discussion: """
      Without -c and -f, statements come from standard input, or from a prompt on a terminal.

        instar demo shop.instar
        instar shop.instar -c "SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10"
        instar shop.instar -f report.iq --param since=@2026-01-01 --format csv > report.csv

      Exit codes: 0 fine, 1 a statement failed, 2 an ASSERT did not hold, 64 wrong usage, 130 interrupted.
      """,
    version: "instar \(Engine.version)",
    subcommands: [
      ImportCommand.self, DemoCommand.self, CheckCommand.self, CompactCommand.self, RekeyCommand.self,
      ExportCommand.self,
      FormatCommand.self, ExplainCommand.self, CompletionsCommand.self,
    ])

  @Argument(help: "The store. Without one, statements work on an empty store in memory.", completion: .file())
  var store: String?

  @Option(
    name: [.customShort("c"), .customLong("command")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("Run these statements and leave. May be repeated.", valueName: "statements"))
  var commands: [String] = []

  @Option(
    name: [.customShort("f"), .customLong("file")],
    help: ArgumentHelp(
      "Run the statements of a file and leave, after those of -c. May be repeated.", valueName: "file"),
    completion: .file())
  var files: [String] = []

  @Flag(help: "With -c or -f: make the store when there is none.")
  var create = false

  @OptionGroup(title: "What statements may do")
  var access: AccessOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  mutating func run() throws {
    let isPrompt = commands.isEmpty && files.isEmpty && Terminal.isInteractive
    let opening = StoreOpening(path: store, access: access, key: key, makesStore: create || isPrompt)
    let shell = try Shell(opening: opening, output: output, access: access)
    if isPrompt {
      try Repl(shell).run()
      return
    }
    for text in commands { try shell.runOrExit(text) }
    for path in files { try shell.runOrExit(try TextInput.file(path)) }
    if commands.isEmpty && files.isEmpty { try shell.runOrExit(TextInput.standardInput()) }
  }
}

/// What statements may do, for all commands that run some.
struct AccessOptions: ParsableArguments {
  @Flag(help: "Open the store for reading only.")
  var readOnly = false

  @Flag(help: "Statements may not read or write files, nor start programs. Cannot be taken back.")
  var safe = false

  @Option(
    name: .customLong("param"), parsing: .unconditionalSingleValue,
    help: ArgumentHelp(
      "The value of $name: a number, true, a date such as @2026-01-31, a length such as '30 days', else text.",
      valueName: "name=value"))
  var parameters: [String] = []

  @Option(help: ArgumentHelp("Threads for one statement; all processors unless set.", valueName: "n"))
  var threads: Int?

  @Option(help: ArgumentHelp("The most rows that a result may have.", valueName: "n"))
  var maxRows: Int?

  @Option(help: ArgumentHelp("The most seconds that a statement may run.", valueName: "n"))
  var maxSeconds: Int?

  @Option(help: ArgumentHelp("The most memory that a statement may take.", valueName: "n"))
  var maxMegabytes: Int?

  mutating func validate() throws {
    let numbers = [
      ("threads", threads), ("max-rows", maxRows), ("max-seconds", maxSeconds), ("max-megabytes", maxMegabytes),
    ]
    for (name, number) in numbers {
      if let number, number < 1 || number > 1 << 40 { throw ValidationError("--\(name) is 1 or more") }
    }
    for text in parameters { _ = try ParameterText.parse(text) }
  }

  func values() throws -> [String: Value] {
    try parameters.reduce(into: [:]) { values, text in
      let (name, value) = try ParameterText.parse(text)
      values[name] = value
    }
  }
}

/// How results, receipts and errors are written, for all commands that run statements.
struct OutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "box (a terminal's default), csv (a pipe's default), tsv, json, jsonl, markdown, line, chart or html.",
      valueName: "format"))
  var format: TextFormat?

  @Option(
    help: ArgumentHelp("Colours: auto, always or never. NO_COLOR and CLICOLOR_FORCE count too.", valueName: "when"))
  var color: ColorChoice = .auto

  @Option(help: ArgumentHelp("Receipts on standard error: text or json, one line each.", valueName: "form"))
  var receipt: ReceiptForm?

  @Option(help: ArgumentHelp("Errors as text or json.", valueName: "form"))
  var errors: ErrorForm = .text

  @Flag(help: "Print the time that each statement took, on standard error.")
  var timing = false
}

enum ColorChoice: String, ExpressibleByArgument, CaseIterable { case auto, always, never }
enum ReceiptForm: String, ExpressibleByArgument, CaseIterable { case text, json }
enum ErrorForm: String, ExpressibleByArgument, CaseIterable { case text, json }
extension TextFormat: ExpressibleByArgument {}

/// The language has options, too; on the command line this one is meant.
typealias Option<Value> = ArgumentParser.Option<Value>
