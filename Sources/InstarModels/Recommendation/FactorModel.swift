/// Vectors of items, from which the vector of any user, new or known, follows by one solve of his history.
///
/// The score of an item is the product of the two vectors. Reference page: `docs/reference/recommend/als.md`.
package struct FactorModel: Sendable {
  private let system: FactorSystem

  package var itemCount: Int { system.vectors.count }
  /// f, the length of a vector.
  package var factors: Int { system.vectors.factors }

  init(_ items: FactorVectors, _ configuration: ALS.Configuration) {
    system = FactorSystem(items, configuration.regularisation, unseenWeight: configuration.unseenWeight)
  }

  /// The same for a catalogue of `itemCount` items, of which the model knows the first: the others have vectors of zeros
  /// and so no score.
  package func widened(to itemCount: Int) -> FactorModel {
    if itemCount <= self.itemCount { return self }
    let zeros = [Float](repeating: 0, count: (itemCount - self.itemCount) * factors)
    return FactorModel(
      FactorSystem(
        FactorVectors(factors: factors, values: system.vectors.values + zeros), system.regularisation,
        unseenWeight: system.unseenWeight))
  }

  private init(_ system: FactorSystem) { self.system = system }

  /// The vector of `item`: an interest vector that can be exported.
  package func vector(of item: UInt32) -> [Double] { system.vectors.vector(Int(item)) }

  /// The vector of a user with these items, by one exact solve.
  ///
  /// - Complexity: O(items x f² + f³/6).
  package func vector(ofUserWith items: [UInt32]) -> [Double] { system.solution(items.span) }

  /// Adds the score of every item for a user with the items of `history`.
  ///
  /// - Complexity: O(history x f² + f³/6 + items x f).
  func score(_ history: History, into scores: inout ItemScores) {
    if history.isEmpty { return }
    let user = lanes(of: vector(ofUserWith: history.items))
    let (lanes, width) = (system.vectors.lanes.span, system.vectors.width)
    var item = 0
    while item < itemCount {
      let score = dot(lanes.extracting((item &* width)..<((item &+ 1) &* width)), user.span)
      scores.add(score, to: UInt32(truncatingIfNeeded: item))
      item &+= 1
    }
  }

  private func lanes(of vector: [Double]) -> [SIMD8<Double>] {
    var lanes = [SIMD8<Double>](repeating: .zero, count: system.vectors.width)
    for (factor, value) in vector.enumerated() { lanes[factor / 8][factor % 8] = value }
    return lanes
  }

  /// The sum of products of a vector of single and one of double precision.
  private func dot(_ a: Span<SIMD8<Float>>, _ b: Span<SIMD8<Double>>) -> Double {
    precondition(a.count == b.count)
    var sum = SIMD8<Double>.zero
    var lane = 0
    while lane < a.count {
      sum += SIMD8<Double>(a[lane]) * b[lane]
      lane &+= 1
    }
    return sum.sum()
  }

  /// What each item of the history gives to the score of `item`: with A the matrix of the user's system, the score is
  /// the sum over j of v_j' A^-1 v_i.
  func terms(of item: UInt32, _ history: History) -> [Double] {
    guard let cholesky = system.factorised(history.items.span) else { return [] }
    var image = vector(of: item)
    cholesky.solve(&image)
    let own = lanes(of: image)
    let (lanes, width) = (system.vectors.lanes.span, system.vectors.width)
    return history.items.map { dot(lanes.extracting((Int($0) * width)..<((Int($0) + 1) * width)), own.span) }
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.factors)
    writer.write(UInt64(factors))
    writer.write(system.regularisation.lambda)
    writer.write(system.regularisation.frequencyExponent)
    writer.write(system.unseenWeight)
    writer.write(system.vectors.values)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .factors)
    let factors: UInt64 = try reader.read()
    let lambda = try reader.readDouble()
    let exponent = try reader.readDouble()
    let unseenWeight = try reader.readDouble()
    let values = try reader.readFloats()
    try reader.finish()
    guard (1...1024).contains(factors), values.count % Int(factors) == 0, lambda > 0, (0...1).contains(exponent),
      unseenWeight > 0
    else { throw .damaged }
    system = FactorSystem(
      FactorVectors(factors: Int(factors), values: values), .init(lambda: lambda, frequencyExponent: exponent),
      unseenWeight: unseenWeight)
  }
}
