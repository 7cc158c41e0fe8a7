#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Normalised co-occurrence: items that the same users deal with.
///
/// S[j, i] = sum over users u of d_u^-b x_uj x_ui / (d_j^a d_i^c), with d_u the number of items of a user and d_i the
/// number of users of an item. The exponents choose the classic measure; each target item i keeps its `neighbours`
/// greatest.
///
/// Reference page: `docs/reference/recommend/cooc.md`.
package enum CoOccurrence {
  package struct Configuration: Sendable, Hashable {
    /// Exponent a of the source item's frequency.
    package var sourceExponent: Double
    /// Exponent b of the user's history length.
    package var userExponent: Double
    /// Exponent c of the target item's frequency.
    package var targetExponent: Double
    package var neighbours: Int
    package var strength: Interactions.Strength
    /// How the items of a history lose weight when the table is asked.
    package var decay: RecencyDecay

    package init(
      sourceExponent: Double = 0.5, userExponent: Double = 0.5, targetExponent: Double = 0.3, neighbours: Int = 200,
      strength: Interactions.Strength = .binary, decay: RecencyDecay = .none
    ) {
      self.sourceExponent = sourceExponent
      self.userExponent = userExponent
      self.targetExponent = targetExponent
      self.neighbours = neighbours
      self.strength = strength
      self.decay = decay
    }

    /// The cosine of two items' columns of users.
    package static let cosine = Configuration(sourceExponent: 0.5, userExponent: 0, targetExponent: 0.5)
    /// P(i | j), the share of the users of j that also have i.
    package static let conditionalProbability = Configuration(sourceExponent: 1, userExponent: 0, targetExponent: 0)
    /// The three-step walk item, user, item that popular targets discount by their frequency to the `beta`.
    package static func randomWalk(beta: Double) -> Configuration {
      Configuration(sourceExponent: 1, userExponent: 1, targetExponent: beta)
    }
    /// The linear filter of graph filtering (GF-CF).
    package static let graphFilter = Configuration(sourceExponent: 0.5, userExponent: 1, targetExponent: 0.5)

    package func validate() throws(ModelError) {
      try ModelError.check(neighbours > 0, "neighbours must be at least 1, not \(neighbours)")
      for exponent in [sourceExponent, userExponent, targetExponent] {
        try ModelError.check((0...2).contains(exponent), "an exponent must be from 0 to 2, not \(exponent)")
      }
    }
  }

  /// - Complexity: O(sum of squared history lengths) on all cores, memory O(entries + items x neighbours).
  package static func fit(_ interactions: Interactions, _ configuration: Configuration = .init()) -> ItemTable {
    fit(users: interactions.preferences(configuration.strength), configuration)
  }

  /// The same from the matrix of users by items.
  package static func fit(users: SparseMatrix, _ configuration: Configuration = .init()) -> ItemTable {
    let items = users.transposed()
    let chunkCount = max(1, min(64, items.rowCount / 16))
    let parts = concurrentChunks(chunkCount) { chunk in
      rows(users, items, from: chunk, stride: chunkCount, configuration)
    }
    let byTarget = SparseMatrix(columnCount: items.rowCount, rowCount: items.rowCount, strided: parts)
    return ItemTable(source: .cooc, decay: configuration.decay, matrix: byTarget.transposed())
  }

  /// The rows of the target items `first`, `first + stride`, ...
  private static func rows(
    _ users: SparseMatrix, _ items: SparseMatrix, from first: Int, stride: Int, _ configuration: Configuration
  ) -> SparseRows {
    let itemCount = items.rowCount
    let sourceFactors = factors(items, -configuration.sourceExponent)
    let targetFactors = factors(items, -configuration.targetExponent)
    let userFactors = factors(users, -configuration.userExponent)
    let columns = users.columns.span
    let values = users.values.span
    var scores = ItemScores(itemCount: itemCount)
    var best = TopItems(capacity: configuration.neighbours)
    var result = SparseRows()
    var target = first
    while target < itemCount {
      for entry in items.entries(ofRow: target) {
        let user = Int(items.columns[entry])
        scores.add(
          userFactors[user] * Double(items.values[entry]), times: users.entries(ofRow: user), columns, values)
      }
      for source in scores.touched where Int(source) != target {
        best.offer(source, scores[source] * sourceFactors[Int(source)] * targetFactors[target])
      }
      scores.clear()
      result.append(best.takeByItem())
      target &+= stride
    }
    return result
  }

  /// The number of entries of each row, to the power `exponent`.
  private static func factors(_ matrix: SparseMatrix, _ exponent: Double) -> [Double] {
    (0..<matrix.rowCount).map { row in
      let degree = matrix.starts[row + 1] - matrix.starts[row]
      return degree == 0 ? 0 : pow(Double(degree), exponent)
    }
  }
}
