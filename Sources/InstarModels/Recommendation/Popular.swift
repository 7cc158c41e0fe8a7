/// Popularity: how many users deal with an item, or how strongly.
///
/// Reference page: `docs/reference/recommend/popular.md`.
package enum Popular {
  package struct Configuration: Sendable, Hashable {
    package enum Measure: Sendable, Hashable {
      /// The number of users whose weights for the item sum to more than zero.
      case users
      /// The sum of all positive weights.
      case weights
    }

    package var measure: Measure

    package init(measure: Measure = .users) { self.measure = measure }
  }

  /// - Complexity: O(entries).
  package static func fit(_ interactions: Interactions, _ configuration: Configuration = .init()) -> ItemPrior {
    var scores = [Double](repeating: 0, count: interactions.itemCount)
    switch configuration.measure {
    case .users:
      for item in interactions.preferences().columns { scores[Int(item)] += 1 }
    case .weights:
      for entry in 0..<interactions.entryCount where interactions.weights[entry] > 0 {
        scores[Int(interactions.items[entry])] += Double(interactions.weights[entry])
      }
    }
    return ItemPrior(source: .popular, scores: scores)
  }
}
