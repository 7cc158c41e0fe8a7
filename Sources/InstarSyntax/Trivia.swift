/// Something about how a node was written that does not change what it says: its place, its quotes, its comments.
///
/// It takes no part in equality and hashing, so two trees are equal when they say the same.
@propertyWrapper
package struct Trivia<Value: Sendable>: Sendable, Hashable {
  package var wrappedValue: Value

  package init(wrappedValue: Value) {
    self.wrappedValue = wrappedValue
  }

  package static func == (left: Trivia, right: Trivia) -> Bool { true }

  package func hash(into hasher: inout Hasher) {}
}
