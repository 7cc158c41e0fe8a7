/// What is asked for: how many items, which ones may be shown, and how they are spread.
///
/// Everything that keeps an item out is applied before the best `count` are taken: a user gets `count` rows whenever
/// that many items may be shown to him.
package struct RecommendationRequest: Sendable {
  /// Rows per user.
  package var count: Int
  /// Items that a user may not see: what he has ever consumed, and sets for `EXCLUDING`.
  package var excluding: [UserItems] = []
  /// When set, the only items that a user may see: `ONLY purchase`.
  package var only: UserItems?
  /// Whether each item passes the item filter; empty when all do.
  package var eligible: [Bool] = []
  /// The group of each item for `AT MOST n PER property`; ``ungrouped`` where it has none.
  package var groups: [UInt32] = []
  /// The greatest number of rows of one group, or `nil`.
  package var groupLimit: Int?
  /// 0 ranks by score alone, 1 by difference from what stands above alone: 1 - lambda of the re-ranking.
  package var diversity = 0.0
  package var reranking = Reranking.mmr
  /// How many reasons a row carries at most.
  package var reasons = 0
  /// How strongly the items of the history itself are brought forward when they may be shown again: r in
  /// score_j += r max w_j.
  package var remind = 0.0

  /// The group of items that have none; they are not limited.
  package static let ungrouped = UInt32.max

  package init(count: Int) { self.count = count }

  /// Checks the request against a catalogue of `itemCount` items.
  package func validate(itemCount: Int) throws(ModelError) {
    try ModelError.check(count > 0, "the number of recommendations must be at least 1, not \(count)")
    try ModelError.check((0...1).contains(diversity), "diversity must be from 0 to 1, not \(diversity)")
    try ModelError.check(remind >= 0 && remind.isFinite, "remind must not be negative, as \(remind) is")
    if let groupLimit {
      try ModelError.check(groupLimit > 0, "AT MOST needs a number of at least 1, not \(groupLimit)")
      try ModelError.check(groups.count == itemCount, "AT MOST needs the group of each of the \(itemCount) items")
    }
    try ModelError.check(
      eligible.isEmpty || eligible.count == itemCount, "an item filter needs an answer for each of \(itemCount) items")
  }
}

/// Ranked items for users: one row each, users in the order asked for, the best item first.
package struct Recommendations: Sendable, Equatable {
  /// A part of a row's score and the item of the user's history that it comes from.
  package struct Reason: Sendable, Hashable {
    /// An item code, or ``noItem`` for what holds for all users alike.
    package let item: UInt32
    package let part: Double

    package static let noItem = UInt32.max

    package init(item: UInt32, part: Double) {
      self.item = item
      self.part = part
    }
  }

  /// The user of each row; ``nobody`` where items were asked for and not users.
  package private(set) var users: [UInt32] = []
  package private(set) var items: [UInt32] = []
  /// The score by the model that served the row; comparable within one user and source.
  package private(set) var scores: [Double] = []
  package private(set) var sources: [RecommendationSource] = []
  /// Row r has the reasons `reasonStarts[r] ..< reasonStarts[r + 1]`, the greatest part first.
  package private(set) var reasonStarts = [0]
  package private(set) var reasons: [Reason] = []

  package static let nobody = UInt32.max

  package init() {}

  package var rowCount: Int { items.count }

  mutating func append(
    user: UInt32, _ chosen: ScoredItem, _ source: RecommendationSource, because reasons: ArraySlice<Reason>
  ) {
    users.append(user)
    items.append(chosen.item)
    scores.append(chosen.score)
    sources.append(source)
    self.reasons.append(contentsOf: reasons)
    reasonStarts.append(self.reasons.count)
  }

  mutating func append(contentsOf other: Recommendations) {
    let offset = reasons.count
    users.append(contentsOf: other.users)
    items.append(contentsOf: other.items)
    scores.append(contentsOf: other.scores)
    sources.append(contentsOf: other.sources)
    reasons.append(contentsOf: other.reasons)
    reasonStarts.append(contentsOf: other.reasonStarts.dropFirst().map { $0 + offset })
  }
}
