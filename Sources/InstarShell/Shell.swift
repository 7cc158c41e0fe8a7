import ArgumentParser
import Dispatch
import Instar
import InstarSyntax

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Runs statements on a store and writes what comes of them: at the prompt and in scripts.
final class Shell {
  /// How the statements of a text ended.
  enum Outcome: Int32 {
    case fine = 0
    case failed = 1
    case assertion = 2
    case interrupted = 130
  }

  let database: Database
  /// How the prompt calls the store.
  let storeName: String
  let isSafe: Bool
  var parameters: [String: Value]
  var output: ResultOutput
  var errors: ErrorText
  /// Receipts on standard error.
  var receipt: ReceiptForm?
  /// The three lines under each result, at the prompt.
  var showsReceipt = false
  var showsTime: Bool
  /// Whether the first error ends a text.
  var bails = true
  /// The last statement that gave a table, and the table.
  private(set) var last: (statement: InstarSyntax.Statement, table: ResultTable)?
  /// How deep `.read` is inside itself.
  var readDepth = 0

  init(opening: StoreOpening, output options: OutputOptions, access: AccessOptions) throws {
    parameters = try access.values()
    storeName = opening.path ?? "a store in memory"
    isSafe = access.safe
    output = ResultOutput(options)
    errors = ErrorText(form: options.errors, usesColor: Terminal.usesColor(options.color, STDERR_FILENO))
    receipt = options.receipt
    showsTime = options.timing
    database = try opening.open(errors: options.errors)
    Interrupts.shared.watch(endsProcess: true)
  }

  /// Runs a text; an outcome other than fine ends the process with its code.
  func runOrExit(_ text: String) throws {
    let outcome: Outcome
    do { outcome = try run(text) } catch is LeaveShell { throw ExitCode.success }
    if outcome != .fine { throw ExitCode(outcome.rawValue) }
  }

  /// Runs the statements and dot commands of a text.
  ///
  /// A text whose statements cannot all be read does nothing, unless `.bail off` was said.
  func run(_ text: String) throws -> Outcome {
    var worst = Outcome.fine
    do {
      for part in ScriptPart.split(text) {
        let outcome: Outcome
        switch part {
        case .command(let line): outcome = try DotCommand.run(line, in: self) ? .fine : .failed
        case .statements(let text): outcome = try runStatements(text)
        }
        if outcome != .fine { worst = outcome }
        if outcome != .fine, bails || outcome == .interrupted { break }
      }
    } catch is BrokenPipe {
      throw ExitCode.success
    } catch let error as InstarError {
      errors.write(error)
      return .failed
    }
    return worst
  }

  private func runStatements(_ text: String) throws -> Outcome {
    let parsed = Parser.parse(text)
    errors.write(parsed.diagnostics)
    var worst: Outcome = parsed.diagnostics.contains(where: \.isError) ? .failed : .fine
    if worst == .failed, bails { return worst }
    for statement in parsed.statements {
      let outcome = try run(statement, source: text)
      if outcome != .fine { worst = outcome }
      if outcome != .fine, bails || outcome == .interrupted { break }
    }
    return worst
  }

  private func run(_ statement: InstarSyntax.Statement, source: String) throws -> Outcome {
    let begin = DispatchTime.now().uptimeNanoseconds
    let bar = ProgressBar()
    let table: ResultTable
    do {
      defer { bar.end() }
      table = try Interrupts.shared.during { cancellation in
        try database.run(
          statement, source: source, parameters, cancellation: cancellation, progress: { bar.show($0) })
      }
    } catch let error as InstarError {
      errors.write(error)
      switch error.code {
      case InstarError.cancelled: return .interrupted
      case InstarError.assertionFailed: return .assertion
      default: return .failed
      }
    }
    if table.shape != .message { last = (statement, table) }
    try output.write(table, isData: statement.explain != nil)
    if let receipt { try ReceiptOutput.write(table, receipt) }
    if showsReceipt, table.shape != .message {
      try ReceiptOutput.show(table, usesColor: Terminal.usesColor(output.color, STDOUT_FILENO))
    } else if showsReceipt {
      for note in table.receipt.notes { try ByteSink(STDOUT_FILENO).write(line: note) }
    }
    if showsTime { Terminal.note("\(milliseconds(since: begin)) ms") }
    return .fine
  }

  private func milliseconds(since begin: UInt64) -> String {
    let tenths = (DispatchTime.now().uptimeNanoseconds - begin) / 100_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}

/// A stretch of a script: statements, or a dot command on a line of its own between statements.
enum ScriptPart: Equatable {
  case statements(String)
  case command(String)

  /// Line feeds in front of each stretch keep the line numbers of messages those of the whole text.
  static func split(_ text: String) -> [ScriptPart] {
    guard text.hasPrefix(".") || text.contains("\n.") else { return [.statements(text)] }
    var parts: [ScriptPart] = []
    var pending = ""
    var pendingStart = 0
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in lines.enumerated() {
      if line.hasPrefix("."), Parser.isComplete(pending) {
        if !pending.isEmpty { parts.append(.statements(String(repeating: "\n", count: pendingStart) + pending)) }
        pending = ""
        parts.append(.command(String(line)))
        continue
      }
      if pending.isEmpty { pendingStart = number }
      pending += line + "\n"
    }
    if !pending.isEmpty { parts.append(.statements(String(repeating: "\n", count: pendingStart) + pending)) }
    return parts
  }
}
