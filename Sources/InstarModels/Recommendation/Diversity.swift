#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How alike two items are, from 0 to 1, for the spread of a list.
package enum ItemSimilarity: Sendable {
  /// The cosine of their descriptions.
  case content(ContentModel)
  /// The greater of the two entries of a table whose values are at most 1, such as the cosine of co-occurrence.
  case table(ItemTable)

  func similarity(_ first: UInt32, _ second: UInt32) -> Double {
    switch self {
    case .content(let content): content.similarity(first, second)
    case .table(let table):
      Double(
        max(
          table.matrix.value(row: Int(first), column: second), table.matrix.value(row: Int(second), column: first)))
    }
  }
}

/// How a list is spread.
package enum Reranking: String, Sendable, Hashable, CaseIterable {
  /// Maximal marginal relevance.
  case mmr
  /// A determinantal point process, greedily.
  case dpp
}

/// Maximal marginal relevance (Carbonell and Goldstein, SIGIR 1998): picks, one after the other, the candidate with the
/// greatest lambda s - (1 - lambda) max over the picked j of sim(i, j), where s is the score scaled to 0...1 over the
/// candidates.
///
/// - Parameters:
///   - candidates: ranked, the best first.
///   - count: how many to pick.
///   - lambda: 1 keeps the order, 0 looks at difference alone.
/// - Returns: the picked candidates with their own scores, in the order of picking.
/// - Complexity: O(count x candidates) similarities.
func maximalMarginalRelevance(
  _ candidates: [ScoredItem], count: Int, lambda: Double, _ similarity: ItemSimilarity
) -> [ScoredItem] {
  guard let first = candidates.first, let last = candidates.last else { return [] }
  let range = first.score - last.score
  var nearest = [Double](repeating: 0, count: candidates.count)
  var taken = [Bool](repeating: false, count: candidates.count)
  var picked: [ScoredItem] = []
  while picked.count < min(count, candidates.count) {
    var best = -1
    var bestValue = -Double.infinity
    for (position, candidate) in candidates.enumerated() where !taken[position] {
      let relevance = range > 0 ? (candidate.score - last.score) / range : 1
      let value = lambda * relevance - (1 - lambda) * nearest[position]
      if value > bestValue {
        best = position
        bestValue = value
      }
    }
    taken[best] = true
    picked.append(candidates[best])
    for position in candidates.indices where !taken[position] {
      nearest[position] = max(
        nearest[position], similarity.similarity(candidates[best].item, candidates[position].item))
    }
  }
  return picked
}

/// The greedy choice from a determinantal point process (Chen, Zhang and Zhou, NeurIPS 2018): one after the other, the
/// candidate that adds most to lambda sum s + (1 - lambda) log det S_Y, where s is the score scaled to 0...1 over the
/// candidates and S_Y the similarities among the picked ones.
///
/// A candidate that is a copy of what was picked adds nothing to the determinant and comes after all others, in order of
/// score.
///
/// - Complexity: O(count x candidates) similarities and O(count² x candidates) multiplications.
func determinantalChoice(
  _ candidates: [ScoredItem], count: Int, lambda: Double, _ similarity: ItemSimilarity
) -> [ScoredItem] {
  guard let first = candidates.first, let last = candidates.last else { return [] }
  let range = first.score - last.score
  // What is left of each candidate when what the picked ones say is taken out, and its coordinates in their terms.
  var rest = [Double](repeating: 1, count: candidates.count)
  var coordinates = [[Double]](repeating: [], count: candidates.count)
  var taken = [Bool](repeating: false, count: candidates.count)
  var picked: [ScoredItem] = []
  while picked.count < min(count, candidates.count) {
    var best = -1
    var bestValue = -Double.infinity
    for (position, candidate) in candidates.enumerated() where !taken[position] {
      let relevance = range > 0 ? (candidate.score - last.score) / range : 1
      let value = lambda * relevance + (1 - lambda) * log(max(rest[position], 1e-9))
      if value > bestValue {
        best = position
        bestValue = value
      }
    }
    taken[best] = true
    picked.append(candidates[best])
    if rest[best] < 1e-9 { continue }
    let length = rest[best].squareRoot()
    for position in candidates.indices where !taken[position] {
      var share = similarity.similarity(candidates[best].item, candidates[position].item)
      for (mine, other) in zip(coordinates[best], coordinates[position]) { share -= mine * other }
      coordinates[position].append(share / length)
      rest[position] -= (share / length) * (share / length)
    }
  }
  return picked
}
