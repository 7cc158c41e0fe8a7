import ArgumentParser

/// `instar completions`: the script that lets a shell complete `instar`.
struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print the completion script for bash, zsh or fish.",
    discussion: "  instar completions bash > ~/.local/share/bash-completion/completions/instar")

  enum Program: String, ExpressibleByArgument, CaseIterable { case bash, zsh, fish }

  @Argument(help: "bash, zsh or fish.")
  var program: Program

  func run() {
    let shell: CompletionShell =
      switch program {
      case .bash: .bash
      case .zsh: .zsh
      case .fish: .fish
      }
    print(InstarCommand.completionScript(for: shell))
  }
}
