internal import InstarSyntax

/// Names and texts as they stand in a statement.
///
/// Values belong in parameters (`$name`). A name cannot be a parameter; where an application puts one into a statement,
/// this makes it safe.
public enum Identifier {
  /// `name` as the language reads it as one name: in double quotes unless it is a plain word.
  ///
  /// ```swift
  /// Identifier.quoted("country")         // country
  /// Identifier.quoted("Customer ID")     // "Customer ID"
  /// ```
  public static func quoted(_ name: String) -> String { Formatter.quotedName(name) }

  /// `text` as a literal in single quotes, for the places where the grammar allows no parameter: file names.
  public static func text(_ text: String) -> String { Formatter.quotedText(text) }
}
