import ArgumentParser
import Instar

/// `instar export`: a chain's table as a file.
struct ExportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export", abstract: "Write the table of a statement to a file.",
    discussion: """
      instar export shop.instar "SEGMENT users KEEP user, loyalty" loyal.csv

      The ending of the name says the format: .csv, .tsv, .jsonl, .json, .md or .html.
      """)

  @Argument(help: "The store.", completion: .file())
  var store: String

  @Argument(help: "A chain without EXPORT TO.")
  var statement: String

  @Argument(help: "The file.", completion: .file())
  var file: String

  @OptionGroup(title: "Output")
  var output: OutputOptions

  @OptionGroup(title: "Encryption")
  var key: KeyOptions

  func run() throws {
    let access = AccessOptions.standard
    let shell = try Shell(
      opening: StoreOpening(path: store, access: access, key: key, makesStore: false), output: output, access: access)
    var chain = Substring(statement)
    while let last = chain.last, last == ";" || last.isWhitespace { chain.removeLast() }
    shell.output.isSilent = true
    try shell.runOrExit("\(chain) EXPORT TO \(Identifier.text(file))")
    Terminal.note("wrote \(shell.last?.table.rowCount ?? 0) rows to \(file)")
  }
}
