import ArgumentParser
import CLineEditor
import Instar
import InstarExecution
import InstarSyntax

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The prompt: reads statements over several lines, runs them, keeps them in the history.
struct Repl {
  private let shell: Shell
  private let history = Repl.historyPath

  init(_ shell: Shell) {
    self.shell = shell
    shell.showsReceipt = shell.receipt == nil
    shell.output.pages = !shell.isSafe
    shell.bails = true
  }

  func run() throws {
    Interrupts.shared.watch(endsProcess: false)
    NameCompletion.shared.use(shell.database)
    guard line_editor_open("instar", completeStatement) else {
      return try shell.runOrExit(TextInput.standardInput())
    }
    defer { line_editor_close() }
    if let history { _ = line_editor_load_history(history) }
    Terminal.note("instar \(Engine.version), \(shell.storeName). A statement ends with ; and .help lists commands.")
    do { try readStatements() } catch is LeaveShell {}
  }

  private func readStatements() throws {
    var pending = ""
    while true {
      NameCompletion.shared.precede(with: pending)
      var line: UnsafePointer<CChar>?
      switch line_editor_read(pending.isEmpty ? "instar> " : "; runs> ", &line) {
      case line_editor_end: return
      case line_editor_interrupted: pending = ""
      default:
        guard let line else { return }
        let text = String(cString: line)
        if pending.isEmpty, try runCommand(text.trimmed) { continue }
        if pending.isEmpty, Self.isLeaving(text.trimmed) { return }
        pending += pending.isEmpty ? text : "\n" + text
        guard Parser.isComplete(pending) else { continue }
        if !pending.trimmed.isEmpty { try runStatements(pending) }
        pending = ""
      }
    }
  }

  private func runStatements(_ text: String) throws {
    remember(Self.historyEntry(text))
    _ = try shell.run(text)
    NameCompletion.shared.refresh()
  }

  /// Runs a line that is no statement. Returns false when it is one.
  private func runCommand(_ text: String) throws -> Bool {
    if text.lowercased() == "help" {
      _ = try DotCommand.run(".help", in: shell)
    } else if text.hasPrefix("."), text != ".quit", text != ".exit" {
      remember(text)
      _ = try shell.run(text)
      NameCompletion.shared.refresh()
    } else {
      return false
    }
    return true
  }

  /// Adds an entry to the history and keeps it at once: a prompt may end in many ways.
  private func remember(_ entry: String) {
    line_editor_remember(entry)
    if let history, line_editor_save_history(history) { chmod(history, 0o600) }
  }

  private static func isLeaving(_ text: String) -> Bool {
    let word = text.hasSuffix(";") ? String(text.dropLast()) : text
    return ["quit", "exit", ".quit", ".exit"].contains(word.lowercased())
  }

  /// A statement on one line, so that it comes back whole; one with comments keeps its lines.
  private static func historyEntry(_ text: String) -> String {
    if text.contains("--") { return text }
    return text.split(separator: "\n").map(\.trimmed).joined(separator: " ")
  }

  /// `INSTAR_HISTORY`, else a file in the state folder of the user; `nil` where there is none or it is turned off.
  private static var historyPath: String? {
    if let path = Terminal.variable("INSTAR_HISTORY") { return path.isEmpty ? nil : path }
    guard let home = Terminal.variable("HOME") else { return nil }
    let state = Terminal.variable("XDG_STATE_HOME") ?? home + "/.local/state"
    for folder in [home + "/.local", state, state + "/instar"] { mkdir(folder, 0o700) }
    return state + "/instar/history"
  }
}
