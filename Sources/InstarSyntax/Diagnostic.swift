/// A remark about a statement: what is wrong, where, and what to do about it.
///
/// Diagnostics are values. The parser and the resolver return as many as they find and throw none.
public struct Diagnostic: Sendable, Hashable {
  public enum Severity: String, Sendable, Hashable, Codable {
    case error
    case warning
  }

  /// `E` or `W` and four digits, such as `E0102`. Each code has a heading in `docs/reference/errors.md`.
  public var code: String
  public var severity: Severity
  /// One plain sentence, without a full stop.
  public var message: String
  /// Where in `source`, or `nil` if no place in the text is to blame.
  public var range: SourceRange?
  /// The likely fix, or `nil`.
  public var help: String?
  /// The whole text that was parsed: a statement or a script. `range` counts from its start.
  public var source: String

  public init(
    code: String, severity: Severity = .error, message: String, range: SourceRange?, help: String? = nil,
    source: String
  ) {
    self.code = code
    self.severity = severity
    self.message = message
    self.range = range
    self.help = help
    self.source = source
  }

  public var isError: Bool { severity == .error }
}
