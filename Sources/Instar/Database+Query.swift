internal import Dispatch
internal import InstarExecution
package import InstarSyntax

extension Database {
  /// Runs one statement and returns its table.
  ///
  /// ```swift
  /// let table = try database.query(
  ///   "FUNNEL view THEN purchase WITHIN 7 DAYS DURING $quarter", ["quarter": "2026-Q1"])
  /// print(table.receipt.asOf, table.rowCount)
  /// ```
  ///
  /// - Parameters:
  ///   - text: one statement; the `;` at its end may be absent.
  ///   - parameters: the values of `$name`, without the `$`. They are bound, never pasted.
  ///   - timeout: how long it may run; `nil` for the time of the configuration.
  ///   - cancellation: stops it from another thread.
  ///   - progress: called now and then, from any thread, while the statement is long.
  /// - Returns: the columns and the receipt that says how they came about. Statements that give no table (DEFINE, SET,
  ///   IMPORT) return one of the shape `message`.
  /// - Throws: ``InstarError``.
  @discardableResult
  public func query(
    _ text: String, _ parameters: [String: Value] = [:], timeout: Duration? = nil,
    cancellation: Cancellation? = nil, progress: (@Sendable (Progress) -> Void)? = nil
  ) throws -> ResultTable {
    let statement = try Self.parseOne(text)
    return try run(
      statement, source: text, parameters, timeout: timeout, cancellation: cancellation, progress: progress)
  }

  /// Runs one statement without holding up the caller's thread. A cancelled task stops the statement.
  ///
  /// - Throws: ``InstarError``; of a cancelled task, ``InstarError/cancelled``.
  @discardableResult
  public func query(
    _ text: String, _ parameters: [String: Value] = [:], timeout: Duration? = nil,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) async throws -> ResultTable {
    try await Self.onThread { [self] cancellation in
      try query(text, parameters, timeout: timeout, cancellation: cancellation, progress: progress)
    }
  }

  /// Runs the statements of a script, one after the other.
  ///
  /// The whole text is read first: a script with a syntax error does nothing at all. After that it stops at the first
  /// statement that fails; what the ones before it wrote stays.
  ///
  /// - Parameter onResult: called with the table of each statement. What it throws ends the script and is passed on.
  /// - Throws: ``InstarError``, or what `onResult` threw.
  public func execute(
    _ script: String, _ parameters: [String: Value] = [:], timeout: Duration? = nil,
    cancellation: Cancellation? = nil, onResult: (ResultTable) throws -> Void = { _ in },
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws {
    let parsed = Parser.parse(script)
    if parsed.diagnostics.contains(where: \.isError) { throw InstarError(parsed.diagnostics) }
    for statement in parsed.statements {
      try onResult(
        try run(
          statement, source: script, parameters, timeout: timeout, cancellation: cancellation, progress: progress))
    }
  }

  /// A statement that is read once and run many times with different parameters.
  ///
  /// - Throws: ``InstarError`` when the text is no single statement. Names are looked up when it runs.
  public func prepare(_ text: String) throws -> Statement {
    Statement(database: self, text: text, tree: try Self.parseOne(text))
  }

  /// Runs a statement that was read before.
  package func run(
    _ statement: InstarSyntax.Statement, source: String, _ parameters: [String: Value], timeout: Duration? = nil,
    cancellation: Cancellation? = nil, progress: (@Sendable (Progress) -> Void)? = nil
  ) throws -> ResultTable {
    let engine = try engine
    let control = StatementControl(onProgress: progress.map(Self.report))
    cancellation?.attach(control)
    let limit = timeout ?? configuration.timeout
    let deadline = Deadline(limit, control)
    defer {
      deadline.end()
      cancellation?.detach(control)
    }
    do {
      return try engine.run(
        statement, source: source, parameters: parameters, session: session, control: control)
    } catch {
      let error = InstarError(error)
      guard deadline.isOver, error.code == InstarError.cancelled, let limit else { throw error }
      throw InstarError(
        InstarError.timedOut, "the statement ran longer than \(limit)",
        help: "give it more time, or narrow it with DURING or WHERE")
    }
  }

  private static func report(_ progress: @escaping @Sendable (Progress) -> Void)
    -> @Sendable (StatementControl.Progress) -> Void
  {
    { progress(Progress(activity: $0.activity, fraction: $0.fraction, detail: $0.detail)) }
  }

  private static func parseOne(_ text: String) throws -> InstarSyntax.Statement {
    let parsed = Parser.parse(text)
    if parsed.diagnostics.contains(where: \.isError) { throw InstarError(parsed.diagnostics) }
    guard parsed.statements.count == 1, let statement = parsed.statements.first else {
      throw InstarError(
        InstarError.Code("E0018"),
        parsed.statements.isEmpty
          ? "the text holds no statement" : "the text holds \(parsed.statements.count) statements",
        help: parsed.statements.isEmpty ? "write one, such as SHOW EVENTS" : "run several with execute")
    }
    return statement
  }

  /// Runs `body` on a thread that may block; cancelling the task cancels the object that `body` gets.
  static func onThread<T: Sendable>(_ body: @escaping @Sendable (Cancellation) throws -> T) async throws -> T {
    let cancellation = Cancellation()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<T, any Error>) in
        DispatchQueue.global().async {
          do { continuation.resume(returning: try body(cancellation)) } catch { continuation.resume(throwing: error) }
        }
      }
    } onCancel: {
      cancellation.cancel()
    }
  }
}
