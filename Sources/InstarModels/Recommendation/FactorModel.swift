/// Vectors of items, from which the vector of any user, new or known, follows by one solve of his history.
///
/// The score of an item is the product of the two vectors. Reference page: `docs/reference/recommend/als.md`.
package struct FactorModel: Sendable {
  private let system: FactorSystem

  package var itemCount: Int { system.vectors.count }
  /// f, the length of a vector.
  package var factors: Int { system.vectors.factors }

  init(_ items: Vectors, _ configuration: ALS.Configuration) { system = FactorSystem(items, configuration) }

  /// The vector of `item`: an interest vector that can be exported.
  package func vector(of item: UInt32) -> [Double] {
    Array(system.vectors.values[Int(item) * factors..<(Int(item) + 1) * factors])
  }

  /// The vector of a user with these items, by one exact solve.
  ///
  /// - Complexity: O(items x f² + f³/6).
  package func vector(ofUserWith items: [UInt32]) -> [Double] {
    var solver = FactorSolver(system)
    solver.solveExactly(items[...])
    return solver.solution
  }

  /// Adds the score of every item for a user with the items of `history`.
  ///
  /// - Complexity: O(history x f² + f³/6 + items x f).
  func score(_ history: History, into scores: inout ItemScores) {
    if history.isEmpty { return }
    let user = vector(ofUserWith: history.items)
    let vectors = system.vectors.values.span
    for item in 0..<UInt32(itemCount) {
      scores.add(dot(vectors, Int(item) * factors, user.span, 0, factors), to: item)
    }
  }

  /// What each item of the history gives to the score of `item`: with A the matrix of the user's system, the score is
  /// the sum over j of v_j' A^-1 v_i.
  func terms(of item: UInt32, _ history: History) -> [Double] {
    guard let cholesky = FactorSolver(system).factorised(history.items[...]) else { return [] }
    var image = vector(of: item)
    cholesky.solve(&image)
    let vectors = system.vectors.values.span
    return history.items.map { dot(vectors, Int($0) * factors, image.span, 0, factors) }
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.factors)
    writer.write(UInt64(factors))
    writer.write(system.lambda)
    writer.write(system.unseenWeight)
    writer.write(system.vectors.values)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .factors)
    let factors: UInt64 = try reader.read()
    let lambda = try reader.readDouble()
    let unseenWeight = try reader.readDouble()
    let values = try reader.readDoubles()
    try reader.finish()
    guard (1...1024).contains(factors), values.count % Int(factors) == 0, lambda > 0, unseenWeight > 0 else {
      throw .damaged
    }
    system = FactorSystem(
      Vectors(factors: Int(factors), values: values), lambda: lambda, unseenWeight: unseenWeight)
  }
}
