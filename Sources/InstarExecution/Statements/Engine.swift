package import InstarCalendar
package import InstarColumns
package import InstarPlan
package import InstarStorage
package import InstarSyntax
import Dispatch

/// Runs statements on one store: from syntax tree to result table.
///
/// ```swift
/// let engine = Engine(store)
/// let parsed = Parser.parse("SEGMENT users WHERE loyalty > 0.7 RECOMMEND 10")
/// let table = try engine.run(parsed.statements[0], source: text, session: Session())
/// ```
///
/// Safe from any number of threads. Each statement reads one snapshot; what it writes is written afterwards, in one
/// transaction on the writer thread.
package final class Engine: Sendable {
  package struct Options: Sendable {
    /// How many threads a statement uses.
    package var threads = ScanRequest.processorCount
    /// How long models of recommendation stay in use while events are added.
    package var aging = ModelAging()
    /// Whether statements may read and write files: IMPORT, EXPORT, RUN.
    package var allowsFiles = true
    /// What one statement may take; a narrower limit of the store holds beside them.
    package var limits = StatementLimits()
    /// Milliseconds since 1970; the system's clock unless a test sets another.
    package var now: @Sendable () -> Int64 = SystemClock.now

    /// Writes a table as a file and returns the number of rows; what EXPORT TO calls.
    package var exporter: TableExporter?

    package init() {}
  }

  /// - Parameters: the table, the path, the options of `WITH`, and the calendar of the store.
  package typealias TableExporter =
    @Sendable (_ table: ResultTable, _ path: String, _ options: [String: Value], _ calendar: Calendar) throws -> Int

  package let store: Store
  package let options: Options
  let models = ModelCache()

  package init(_ store: Store, options: Options = Options()) {
    self.store = store
    self.options = options
  }

  /// Finishes what an earlier process began and could not end: erasures. Call once after opening for writing.
  package func recover() throws {
    guard !store.isReadOnly else { return }
    try store.resumeErasures(at: options.now()) { _ = try ModelVersions.drop(naming: $1, in: $0) }
  }

  /// Runs one statement.
  ///
  /// - Parameters:
  ///   - statement: a tree that parsed without errors.
  ///   - source: the text that the tree's ranges count in.
  ///   - parameters: the values of `$name`, without the `$`.
  /// - Throws: ``ResolutionFailure`` where the statement is at fault; ``ExecutionError``, `StorageError`, `ImportError`
  ///   and others where the world is.
  package func run(
    _ statement: Statement, source: String, parameters: [String: Value] = [:], session: Session,
    control: StatementControl = StatementControl()
  ) throws -> ResultTable {
    let begin = DispatchTime.now().uptimeNanoseconds
    let runner = StatementRunner(
      engine: self, source: source, parameters: parameters, session: session, control: control)
    var table = try runner.run(statement)
    table.receipt.elapsedMilliseconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    return table
  }
}
