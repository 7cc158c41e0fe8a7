/// What events of one type say about a user and an item: `DEFINE CATALOG` in numbers.
package struct CatalogRule: Sendable, Hashable {
  /// What an event does to the set of items that the user has consumed.
  package enum Effect: UInt8, Sendable {
    case none = 0
    case consumes = 1
    case revokes = 2
  }

  /// How much one event counts; negative for a dislike.
  package var weight: Float
  /// Whether the event's value (a rating) multiplies the weight. An event without a value counts as value 1.
  package var timesValue: Bool
  package var effect: Effect

  package init(weight: Float, timesValue: Bool = false, effect: Effect = .none) {
    self.weight = weight
    self.timesValue = timesValue
    self.effect = effect
  }
}

/// The rules of a catalogue by event type code; types without a rule say nothing about items.
package struct CatalogWeights: Sendable, Hashable {
  package private(set) var rules: [CatalogRule?]

  package init(_ rules: [UInt32: CatalogRule] = [:]) {
    let count = rules.keys.max().map { Int($0) + 1 } ?? 0
    self.rules = [CatalogRule?](repeating: nil, count: count)
    for (type, rule) in rules { self.rules[Int(type)] = rule }
  }

  /// The rule of `type`, or `nil`.
  @inline(always)
  package func rule(_ type: UInt32) -> CatalogRule? {
    Int(type) < rules.count ? rules[Int(type)] : nil
  }
}
