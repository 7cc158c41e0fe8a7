/// Which model served a row of recommendations: the column `source`, and the name after `USING`.
package enum RecommendationSource: UInt8, Sendable, CaseIterable {
  case popular = 0
  case trend = 1
  case next = 2
  case cooc = 3
  case taste = 4
  case content = 5
  case hybrid = 6
  case als = 7
  case userknn = 8
  case community = 9
  case transfer = 10

  /// The name in the language.
  package var name: String {
    switch self {
    case .popular: "popular"
    case .trend: "trend"
    case .next: "next"
    case .cooc: "cooc"
    case .taste: "taste"
    case .content: "content"
    case .hybrid: "hybrid"
    case .als: "als"
    case .userknn: "userknn"
    case .community: "community"
    case .transfer: "transfer"
    }
  }

  package init?(name: String) {
    guard let source = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = source
  }
}
