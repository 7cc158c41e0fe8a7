/// A score of each item that is the same for all users, and the items ranked by it.
package struct ItemPrior: Sendable, Equatable {
  package let source: RecommendationSource
  /// By item code; 0 for items that nobody has dealt with.
  package let scores: [Double]
  /// The items with a positive score, the best first; ties by item code.
  package let ranking: [UInt32]

  package init(source: RecommendationSource, scores: [Double]) {
    self.source = source
    self.scores = scores
    ranking = scores.indices.filter { scores[$0] > 0 }
      .map { ScoredItem(item: UInt32($0), score: scores[$0]) }
      .sorted { $0.ranksBefore($1) }
      .map(\.item)
  }

  /// The same for a catalogue of `itemCount` items, of which the model knows the first.
  package func widened(to itemCount: Int) -> ItemPrior {
    if itemCount <= scores.count { return self }
    return ItemPrior(source: source, scores: scores + [Double](repeating: 0, count: itemCount - scores.count))
  }

  /// The same with the `count` best items alone: as a part of a fusion, which adds it up for every user.
  package func leading(_ count: Int) -> ItemPrior {
    var kept = [Double](repeating: 0, count: scores.count)
    for item in ranking.prefix(count) { kept[Int(item)] = scores[Int(item)] }
    return ItemPrior(source: source, scores: kept)
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(source == .trend ? .trend : .popular)
    writer.write(scores)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8], source: RecommendationSource) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: source == .trend ? .trend : .popular)
    let scores = try reader.readDoubles()
    try reader.finish()
    self.init(source: source, scores: scores)
  }
}
