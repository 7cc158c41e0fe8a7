/// A stretch of the statement text, counted in UTF-8 bytes from its start: `lowerBound` is the first byte, `upperBound`
/// the one behind the last.
public struct SourceRange: Sendable, Hashable, Codable {
  public var lowerBound: Int
  public var upperBound: Int

  /// - Precondition: `lowerBound <= upperBound`.
  public init(_ lowerBound: Int, _ upperBound: Int) {
    precondition(lowerBound <= upperBound, "a source range ends before it starts")
    self.lowerBound = lowerBound
    self.upperBound = upperBound
  }

  public var isEmpty: Bool { lowerBound == upperBound }

  /// The shortest range that covers both.
  package func union(_ other: SourceRange) -> SourceRange {
    SourceRange(min(lowerBound, other.lowerBound), max(upperBound, other.upperBound))
  }
}
