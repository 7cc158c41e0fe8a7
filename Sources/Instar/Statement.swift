package import InstarSyntax

/// A statement that was read once, with the database that it belongs to.
///
/// ```swift
/// let recommend = try database.prepare("SEGMENT users WHERE country = $country RECOMMEND 3")
/// for country in ["TR", "DE"] {
///   let table = try recommend.run(["country": .text(country)])
/// }
/// ```
///
/// Safe from any number of threads and tasks at once.
public struct Statement: Sendable {
  package let database: Database
  /// The text as it was prepared.
  public let text: String
  package let tree: InstarSyntax.Statement

  /// The statement in canonical form: keywords in capitals, one spelling of each clause.
  public var formatted: String { Formatter.format(tree) }

  /// Runs the statement. See ``Database/query(_:_:timeout:cancellation:progress:)``.
  @discardableResult
  public func run(
    _ parameters: [String: Value] = [:], timeout: Duration? = nil, cancellation: Cancellation? = nil,
    progress: (@Sendable (Progress) -> Void)? = nil
  ) throws -> ResultTable {
    try database.run(
      tree, source: text, parameters, timeout: timeout, cancellation: cancellation, progress: progress)
  }

  /// Runs the statement without holding up the caller's thread. A cancelled task stops it.
  @discardableResult
  public func run(
    _ parameters: [String: Value] = [:], timeout: Duration? = nil, progress: (@Sendable (Progress) -> Void)? = nil
  ) async throws -> ResultTable {
    try await Database.onThread { [self] cancellation in
      try run(parameters, timeout: timeout, cancellation: cancellation, progress: progress)
    }
  }
}
