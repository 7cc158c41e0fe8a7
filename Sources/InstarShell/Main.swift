import ArgumentParser

/// Where the process begins.
///
/// The first argument decides: the name of a subcommand, or a store and options. The parser of the root command would
/// take the name of a subcommand for the store, so the two are parsed apart.
@main
enum Main {
  static func main() {
    let arguments = Array(CommandLine.arguments.dropFirst())
    let names = InstarCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
    if let first = arguments.first, names.contains(first) || first == "help" {
      Subcommands.main(arguments)
    } else {
      InstarCommand.main(arguments)
    }
  }
}

/// The root of the subcommands.
private struct Subcommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "instar", abstract: InstarCommand.configuration.abstract,
    subcommands: InstarCommand.configuration.subcommands)
}
