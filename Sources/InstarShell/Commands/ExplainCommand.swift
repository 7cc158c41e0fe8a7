import ArgumentParser
import Instar

/// `instar explain`: what a statement means and how it runs.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain", abstract: "Print what a statement means and how it will run.")

  @Argument(help: "The store.", completion: .file())
  var store: String

  @Argument(help: "One query.")
  var statement: String

  @Flag(help: "Run the statement and add real rows and times.")
  var analyze = false

  @OptionGroup(title: "What statements may do")
  var access: AccessOptions

  @OptionGroup(title: "Output")
  var output: OutputOptions

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func run() throws {
    let shell = try Shell(
      opening: StoreOpening(path: store, access: access, key: key, makesStore: false), output: output, access: access)
    if output.format == nil { shell.output.format = .box }
    try shell.runOrExit((analyze ? "EXPLAIN ANALYZE " : "EXPLAIN ") + statement)
  }
}
