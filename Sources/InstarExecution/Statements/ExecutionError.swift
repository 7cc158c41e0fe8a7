/// A statement that was right as a sentence could not be carried out on this store.
package struct ExecutionError: Error, Sendable, Hashable {
  /// "E0405"; each has a heading in docs/reference/errors.md.
  package var code: String
  /// One plain sentence.
  package var message: String
  /// What to do.
  package var help: String

  package init(_ code: String, _ message: String, help: String) {
    self.code = code
    self.message = message
    self.help = help
  }
}
