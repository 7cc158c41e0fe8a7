/// Items that few users have dealt with, scored by what a fusion says of the items described most alike.
///
/// s(u, x) = sum over the K known items j most like x of sim(x, j)² s(u, j) / sum over them of sim(x, j)²
///           + 1/2 cosine of the user's profile with x,
/// with s(u, j) the score of the fusion over the greatest that it gives the user. An item is known from ``knownUsers``
/// users on; the others are those that can be recommended.
///
/// Reference page: `docs/reference/recommend/transfer.md`.
package struct ItemTransfer: Sendable {
  let fusion: HybridModel
  let content: ContentModel
  /// Row x holds the weights of the known items that speak for x; empty for known items.
  let links: SparseMatrix

  /// K, how many known items speak for a new one.
  package static let defaultNeighbours = 30
  /// From how many users on an item speaks for itself.
  package static let knownUsers = 5
  /// How much the user's own profile counts beside the known items.
  static let profileWeight = 0.5

  /// - Complexity: O(new items x postings of their terms).
  package init(
    _ fusion: HybridModel, _ content: ContentModel, _ interactions: Interactions,
    neighbours: Int = Self.defaultNeighbours
  ) {
    precondition(content.vectors.rowCount == interactions.itemCount, "models and interactions have the same items")
    var users = [Int](repeating: 0, count: interactions.itemCount)
    for item in interactions.preferences().columns { users[Int(item)] += 1 }
    self.fusion = fusion
    self.content = content
    links = Self.links(content, users.map { $0 >= Self.knownUsers }, neighbours)
  }

  private static func links(_ content: ContentModel, _ isKnown: [Bool], _ neighbours: Int) -> SparseMatrix {
    let (columns, values) = (content.postings.columns.span, content.postings.values.span)
    var scores = ItemScores(itemCount: isKnown.count)
    var best = TopItems(capacity: neighbours)
    var rows = SparseRows()
    for item in isKnown.indices {
      if !isKnown[item] {
        for entry in content.vectors.entries(ofRow: item) {
          scores.add(
            Double(content.vectors.values[entry]),
            times: content.postings.entries(ofRow: Int(content.vectors.columns[entry])), columns, values)
        }
        for other in scores.touched where isKnown[Int(other)] { best.offer(other, scores[other] * scores[other]) }
        scores.clear()
      }
      let chosen = best.takeByItem()
      let total = chosen.reduce(0) { $0 + $1.score }
      rows.append(chosen.map { ScoredItem(item: $0.item, score: $0.score / total) })
    }
    return SparseMatrix(columnCount: isKnown.count, rowCount: isKnown.count, strided: [rows])
  }

  /// Replaces the scores in `scratch` by those of new items.
  ///
  /// The scales are those of the fusion, then 1 over its greatest score, then the factor of the profile's terms.
  func score(_ history: inout History, _ scratch: inout ScoringScratch) {
    Rung.hybrid(fusion).score(&history, &scratch)
    let greatest = scratch.scores.greatest()
    let factor = greatest > 0 ? 1 / greatest : 0
    history.weigh(content.decay)
    let length = content.score(history, profile: &scratch.profile, into: &scratch.component)
    var found: [ScoredItem] = []
    for item in 0..<UInt32(links.rowCount) {
      let entries = links.entries(ofRow: Int(item))
      if entries.isEmpty { continue }
      var sum = 0.0
      for entry in entries { sum += Double(links.values[entry]) * scratch.scores[links.columns[entry]] }
      let score = factor * sum + Self.profileWeight * scratch.component[item]
      if score > 0 { found.append(ScoredItem(item: item, score: score)) }
    }
    scratch.component.clear()
    scratch.scores.clear()
    for item in found { scratch.scores.add(item.score, to: item.item) }
    scratch.scales.append(factor)
    scratch.scales.append(length > 0 ? Self.profileWeight / length : 0)
  }

  /// What each item of `history` adds to the score of the new item `item`, and last what none accounts for.
  ///
  /// - Precondition: `scratch` holds the scales of the last ``score(_:_:)`` for the same history.
  func terms(of item: UInt32, _ history: inout History, _ scratch: ScoringScratch, into parts: inout [Double]) {
    var sums = [Double](repeating: 0, count: history.count + 1)
    let (factor, profile) = (scratch.scales[scratch.scales.count - 2], scratch.scales[scratch.scales.count - 1])
    for entry in links.entries(ofRow: Int(item)) {
      Rung.hybrid(fusion).terms(of: links.columns[entry], &history, scratch, into: &parts)
      for position in parts.indices { sums[position] += factor * Double(links.values[entry]) * parts[position] }
    }
    history.weigh(content.decay)
    ItemScorer.content(content).addTerms(of: item, history, scale: profile, to: &sums)
    parts = sums
  }
}
