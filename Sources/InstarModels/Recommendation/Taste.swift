/// Local ridge regression: each item predicted from the items that co-occur most with it.
///
/// For a target item i, N(i) are its K best items by cosine and w = (G_NN + lambda I)^-1 G_Ni, where G = X'X counts the
/// users that two items share; S[j, i] = w_j. This is EASE (Steck, WWW 2019) restricted to a neighbourhood, as SLIM
/// (Ning and Karypis, ICDM 2011) is with feature selection. With a half-life old pairs count less in G.
///
/// Reference page: `docs/reference/recommend/taste.md`.
package enum Taste {
  package struct Configuration: Sendable, Hashable {
    /// K, the number of items each item is predicted from.
    package var neighbours: Int
    /// Ridge penalty; `nil` for the rule 10 sqrt(sum of the squared entries of X / items).
    package var lambda: Double?
    /// How old a pair is that counts half, and as of when; `nil` counts all alike.
    package var recency: Recency?
    /// How the items of a history lose weight when the table is asked.
    package var decay: RecencyDecay

    /// Milliseconds.
    package struct Recency: Sendable, Hashable {
      package var halfLife: Double
      package var moment: Int64

      package init(halfLife: Double, moment: Int64) {
        self.halfLife = halfLife
        self.moment = moment
      }
    }

    package init(
      neighbours: Int = 100, lambda: Double? = nil, recency: Recency? = nil, decay: RecencyDecay = .moment(tau: 5)
    ) {
      self.neighbours = neighbours
      self.lambda = lambda
      self.recency = recency
      self.decay = decay
    }

    package func validate() throws(ModelError) {
      try ModelError.check((1...1000).contains(neighbours), "neighbours must be from 1 to 1000, not \(neighbours)")
      if let lambda {
        try ModelError.check(lambda > 0 && lambda.isFinite, "lambda must be a positive number, not \(lambda)")
      }
    }
  }

  /// - Complexity: O(sum of squared history lengths + items x K^3/6) on all cores. Memory: the co-occurrence counts,
  ///   4 bytes a pair of items up to 6000 items, beyond that 8 bytes for each of the 500 greatest of an item.
  package static func fit(_ interactions: Interactions, _ configuration: Configuration = .init()) -> ItemTable {
    let strength = configuration.recency.map {
      Interactions.Strength.recent(halfLife: $0.halfLife, moment: $0.moment)
    }
    return fit(users: interactions.preferences(strength ?? .binary), configuration)
  }

  /// The same from the matrix X of users by items.
  ///
  /// - Parameter denseLimit: up to how many items the counts of all pairs are kept and not only of those that occur;
  ///   a matter of speed and memory, not of the result.
  package static func fit(
    users: SparseMatrix, _ configuration: Configuration = .init(), denseLimit: Int = Gram.denseLimit
  ) -> ItemTable {
    let items = users.transposed()
    let gram = Gram(users: users, items: items, neighbours: configuration.neighbours, denseLimit: denseLimit)
    let used = (0..<items.rowCount).reduce(0) { $0 + (items.entries(ofRow: $1).isEmpty ? 0 : 1) }
    let mass = users.values.reduce(0.0) { $0 + Double($1) * Double($1) }
    let lambda = configuration.lambda ?? 10 * (mass / Double(max(1, used))).squareRoot()
    let chunkCount = max(1, min(64, items.rowCount / 16))
    let parts = concurrentChunks(chunkCount) { chunk in
      rows(gram, from: chunk, stride: chunkCount, lambda: lambda)
    }
    let byTarget = SparseMatrix(columnCount: items.rowCount, rowCount: items.rowCount, strided: parts)
    return ItemTable(source: .taste, decay: configuration.decay, matrix: byTarget.transposed())
  }

  private static func rows(
    _ gram: Gram, from first: Int, stride: Int, lambda: Double
  ) -> SparseRows {
    var places = [Int32](repeating: -1, count: gram.itemCount)
    var result = SparseRows()
    var target = first
    while target < gram.itemCount {
      result.append(solve(gram, neighbourhood: gram.neighbourhood(of: target), lambda: lambda, &places))
      target &+= stride
    }
    return result
  }

  /// The ridge weights of a neighbourhood whose scores are the counts shared with the target.
  private static func solve(
    _ gram: Gram, neighbourhood: [ScoredItem], lambda: Double, _ places: inout [Int32]
  ) -> [ScoredItem] {
    let order = neighbourhood.count
    if order == 0 { return [] }
    var block = gram.block(neighbourhood, &places)
    var penalty = lambda
    for row in 0..<order { block[row * order + row] += lambda }
    // All counts make a positive semidefinite block. Rounding, and small counts left out, can break it: more ridge mends it.
    while penalty < lambda * 1e6 {
      if let cholesky = Cholesky(block, order: order) {
        var weights = neighbourhood.map(\.score)
        cholesky.solve(&weights)
        return zip(neighbourhood, weights).map { ScoredItem(item: $0.item, score: $1) }
      }
      for row in 0..<order { block[row * order + row] += 9 * penalty }
      penalty *= 10
    }
    return []
  }
}
