import InstarColumns
import InstarPlan
package import InstarSyntax

/// RUN 'file': the statements of a file, one after the other; the result is that of the last.
struct RunStatement {
  let runner: StatementRunner

  /// How deep files may run files.
  private static let deepest = 8

  func run(_ path: String, _ parameters: [String: Value]) throws -> ResultTable {
    guard runner.engine.options.allowsFiles else { throw StatementRunner.filesBarred("RUN") }
    guard runner.depth < Self.deepest else {
      throw ExecutionError(
        "E0503", "RUN goes more than \(Self.deepest) files deep at '\(path)'", help: "does the file run itself?")
    }
    let text = try TextFile.read(path)
    let parsed = Parser.parse(text)
    guard parsed.diagnostics.allSatisfy({ $0.severity != .error }) else {
      throw ScriptFailure(path: path, text: text, diagnostics: parsed.diagnostics)
    }
    var result = runner.message("\(path) has no statement")
    for statement in parsed.statements {
      let inner = StatementRunner(
        engine: runner.engine, source: text, parameters: parameters, session: runner.session, control: runner.control,
        depth: runner.depth + 1)
      do {
        result = try inner.run(statement)
      } catch let failure as ResolutionFailure {
        throw ScriptFailure(path: path, text: text, diagnostics: failure.diagnostics)
      }
    }
    return result
  }
}

/// A script that RUN names has wrong statements: diagnostics that point into its own text.
package struct ScriptFailure: Error, Sendable {
  package var path: String
  package var text: String
  package var diagnostics: [Diagnostic]
}
