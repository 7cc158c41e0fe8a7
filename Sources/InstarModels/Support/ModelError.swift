/// A setting that no model can work with, or data that a model cannot be fitted to.
package struct ModelError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One plain sentence: what is wrong, which value was given, what would be right.
  package let message: String

  package init(_ message: String) { self.message = message }

  package var description: String { message }

  /// Throws `message` unless `condition` holds.
  static func check(_ condition: Bool, _ message: @autoclosure () -> String) throws(ModelError) {
    if !condition { throw ModelError(message()) }
  }
}
