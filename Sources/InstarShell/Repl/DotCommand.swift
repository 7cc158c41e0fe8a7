import Instar
import InstarSyntax

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The commands of the shell itself: a line that begins with a dot.
enum DotCommand {
  static let names = [
    ".bail", ".edit", ".help", ".maxrows", ".mode", ".output", ".param", ".quit", ".read", ".receipt", ".schema",
    ".timer", ".users",
  ]

  static let help = """
    Statements end with ; and may go over several lines. Ctrl-C stops one, Ctrl-D leaves.
    SHOW EVENTS;  SHOW PROPERTIES;  DESCRIBE loyalty;  EXPLAIN SEGMENT users ..;  say what there is.

    .mode [FORMAT]      auto, box, csv, tsv, json, jsonl, markdown, line, chart or html
    .maxrows [N]        rows that a box shows; 0 for all
    .receipt on|off     the lines under each result
    .timer on|off       the time of each statement
    .output [FILE]      results into a file; without FILE to the screen again
    .read FILE          the statements of a file
    .edit               the last statement in $EDITOR, then runs it
    .param [NAME=VALUE] sets $NAME, or lists all
    .schema             events, properties and definitions of the store
    .users N            the users behind line N of the last result
    .bail on|off        whether the first error ends a file
    .help  .quit
    """

  /// Runs one command. Returns false when it failed, after it said why.
  static func run(_ line: String, in shell: Shell) throws -> Bool {
    let words = line.split(maxSplits: 1, omittingEmptySubsequences: true, whereSeparator: \.isWhitespace)
    let argument = words.count > 1 ? words[1].trimmed : ""
    switch words.first.map(String.init) ?? "" {
    case ".help": say(help)
    case ".mode": return setMode(argument, shell)
    case ".maxrows": return setRows(argument, shell)
    case ".receipt": return set(argument, "the receipt", &shell.showsReceipt)
    case ".timer": return set(argument, "the timer", &shell.showsTime)
    case ".bail": return set(argument, "bail", &shell.bails)
    case ".param": return try parameter(argument, shell)
    case ".output": return try setOutput(argument, shell)
    case ".read": return try read(argument, shell)
    case ".edit": return try edit(shell)
    case ".schema": return try shell.run("SHOW EVENTS; SHOW PROPERTIES; SHOW SEGMENTS; SHOW ATTRIBUTES;") == .fine
    case ".users": return try users(argument, shell)
    case ".quit", ".exit": throw LeaveShell()
    case let other:
      return fail("there is no command \(other); .help lists them")
    }
    return true
  }

  private static func setMode(_ name: String, _ shell: Shell) -> Bool {
    let names = TextFormat.allCases.map(\.rawValue).joined(separator: ", ")
    if name.isEmpty {
      say("mode \(shell.output.format?.rawValue ?? "auto")")
    } else if name == "auto" {
      shell.output.format = nil
    } else if let format = TextFormat(rawValue: name) {
      shell.output.format = format
    } else {
      return fail("there is no mode \(name); modes are auto, \(names)")
    }
    return true
  }

  private static func setRows(_ text: String, _ shell: Shell) -> Bool {
    if text.isEmpty {
      say("maxrows \(shell.output.maxRows ?? 0)")
      return true
    }
    guard let count = Int(text), count >= 0 else { return fail(".maxrows takes a number; 0 shows all rows") }
    shell.output.maxRows = count == 0 ? nil : count
    return true
  }

  private static func set(_ text: String, _ what: String, _ flag: inout Bool) -> Bool {
    switch text {
    case "on": flag = true
    case "off": flag = false
    case "": say("\(what) is \(flag ? "on" : "off")")
    default: return fail("say on or off")
    }
    return true
  }

  private static func parameter(_ text: String, _ shell: Shell) throws -> Bool {
    if text.isEmpty {
      for (name, value) in shell.parameters.sorted(by: { $0.key < $1.key }) { say("$\(name) = \(value.plainText)") }
      return true
    }
    do {
      let (name, value) = try ParameterText.parse(text)
      shell.parameters[name] = value
      return true
    } catch { return fail(".param takes NAME=VALUE: a number, true, @2026-01-31, '30 days' or text") }
  }

  private static func setOutput(_ path: String, _ shell: Shell) throws -> Bool {
    if path.isEmpty {
      shell.output.file = nil
      return true
    }
    guard !shell.isSafe else { return barred(".output") }
    shell.output.file = try OutputTarget(path)
    return true
  }

  private static func read(_ path: String, _ shell: Shell) throws -> Bool {
    guard !path.isEmpty else { return fail(".read takes the name of a file") }
    guard !shell.isSafe else { return barred(".read") }
    guard shell.readDepth < 8 else { return fail(".read goes more than 8 files deep; does the file read itself?") }
    shell.readDepth += 1
    defer { shell.readDepth -= 1 }
    return try shell.run(try FileInput.read(path)) == .fine
  }

  private static func edit(_ shell: Shell) throws -> Bool {
    guard !shell.isSafe else { return barred(".edit") }
    let folder = Terminal.variable("TMPDIR") ?? "/tmp"
    let path = "\(folder)/instar-\(getpid()).iq"
    let text = shell.last.map { Formatter.format($0.statement) + ";\n" } ?? ""
    try FileInput.write(text, to: path)
    defer { unlink(path) }
    let editor = Terminal.variable("VISUAL") ?? Terminal.variable("EDITOR") ?? "vi"
    guard ChildProcess.run("\(editor) '\(path)'") == 0 else {
      return fail("\(editor) did not end well; nothing was run")
    }
    let edited = try FileInput.read(path)
    say(edited.trimmed)
    return try shell.run(edited) == .fine
  }

  /// The users behind a line: of a table with users, that user; of a funnel, those who reached the step.
  private static func users(_ text: String, _ shell: Shell) throws -> Bool {
    guard let (statement, table) = shell.last else { return fail("there is no result yet") }
    guard let line = Int(text), (1...max(1, table.rowCount)).contains(line), table.rowCount > 0 else {
      return fail(".users takes the number of a line of the last result, 1 to \(table.rowCount)")
    }
    let row = table.rows[line - 1]
    if case .text(let user) = row["user"] {
      return try shell.run("TIMELINE USER \(Identifier.text(user)) LIMIT 50;") == .fine
    }
    guard table.shape == .funnel, case .integer(let step) = row["step"], table.column("event") != nil else {
      return fail(".users knows the users of a funnel's steps and of tables with a user column; elsewhere add PER USER")
    }
    let known: Set = ["step", "event", "users", "rate", "rate_prev", "dropped", "median_time", "complete"]
    guard table.columns.allSatisfy({ known.contains($0.name) }) else {
      return fail("the funnel is broken down; write it with PER USER and a WHERE for the group")
    }
    return try shell.run("\(Formatter.format(statement)) PER USER WHERE reached >= \(step);") == .fine
  }

  private static func barred(_ command: String) -> Bool {
    fail("\(command) is not allowed: the shell was started with --safe")
  }

  private static func say(_ text: String) { try? ByteSink(STDOUT_FILENO).write(line: text) }

  private static func fail(_ text: String) -> Bool {
    Terminal.note(text)
    return false
  }
}

/// `.quit`.
struct LeaveShell: Error {}

extension StringProtocol {
  /// Without white space at both ends.
  var trimmed: String {
    let start = firstIndex { !$0.isWhitespace } ?? endIndex
    let end = lastIndex { !$0.isWhitespace }.map(index(after:)) ?? start
    return String(self[start..<end])
  }
}
