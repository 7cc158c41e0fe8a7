#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren and Volinsky, ICDM 2008) with the
/// loss and regularisation of Rendle et al. (RecSys 2022).
///
/// Users u and items v are vectors of f numbers that minimise sum over pairs (u.v - 1)² + a0 sum over all (u.v)²
/// + lambda sum (d_u + a0 |I|)^nu |u|² + lambda sum (d_i + a0 |U|)^nu |v|². One side is solved with the other fixed, in
/// turn. Hu, Koren and Volinsky's loss with confidence c for a pair and regularisation r ranks items alike where
/// a0 = 1/(c - 1), lambda = r/c and nu = 0.
///
/// Vectors are kept and trained in single precision; what a user's vector and scores are made of is double.
///
/// Reference page: `docs/reference/recommend/als.md`.
package enum ALS {
  package enum Solver: Sendable, Hashable {
    /// One f x f system a row, by Cholesky.
    case exact
    /// So many steps of the conjugate gradient method from the row's last solution (Takács, Pilászy and Tikk 2011).
    case conjugateGradient(steps: Int)
  }

  /// lambda and nu: how much the length of a vector costs.
  struct Regularisation: Sendable, Hashable {
    var lambda: Double
    var frequencyExponent: Double

    /// The factor of |u|² for a vector whose pairs, seen and unseen, weigh `mass`.
    func weight(mass: Double) -> Double { lambda * pow(mass, frequencyExponent) }
  }

  package struct Configuration: Sendable, Hashable {
    /// f, the length of a vector.
    package var factors: Int
    package var epochs: Int
    package var lambda: Double
    /// nu: 1 regularises a vector as its entries do, 0 all vectors alike.
    package var frequencyExponent: Double
    /// a0, the weight of the pairs that were not seen.
    package var unseenWeight: Double
    package var solver: Solver
    package var seed: UInt64

    package init(
      factors: Int = 64, epochs: Int = 16, lambda: Double = 0.003, frequencyExponent: Double = 1,
      unseenWeight: Double = 0.1, solver: Solver = .conjugateGradient(steps: 3), seed: UInt64 = 1
    ) {
      self.factors = factors
      self.epochs = epochs
      self.lambda = lambda
      self.frequencyExponent = frequencyExponent
      self.unseenWeight = unseenWeight
      self.solver = solver
      self.seed = seed
    }

    var regularisation: Regularisation { Regularisation(lambda: lambda, frequencyExponent: frequencyExponent) }

    package func validate() throws(ModelError) {
      try ModelError.check((1...1024).contains(factors), "factors must be from 1 to 1024, not \(factors)")
      try ModelError.check(epochs > 0, "epochs must be at least 1, not \(epochs)")
      try ModelError.check(lambda > 0 && lambda.isFinite, "lambda must be a positive number, not \(lambda)")
      try ModelError.check(
        (0...1).contains(frequencyExponent), "the frequency exponent must be from 0 to 1, not \(frequencyExponent)")
      try ModelError.check(
        unseenWeight > 0 && unseenWeight.isFinite, "unseen_weight must be a positive number, not \(unseenWeight)")
      if case .conjugateGradient(let steps) = solver {
        try ModelError.check(steps > 0, "steps must be at least 1, not \(steps)")
      }
    }
  }

  /// - Complexity: an epoch is O(entries x f + (users + items) f²) a step with conjugate gradients, and
  ///   O(entries x f² + (users + items) f³/6) exactly; on all cores.
  package static func fit(users: SparseMatrix, _ configuration: Configuration = .init()) -> FactorModel {
    let items = users.transposed()
    var generator = SeededGenerator(seed: configuration.seed)
    let spread = 0.1 / Double(configuration.factors).squareRoot()
    var userVectors = Self.normal(users.rowCount, configuration.factors, spread, &generator)
    var itemVectors = Self.normal(items.rowCount, configuration.factors, spread, &generator)
    for _ in 0..<configuration.epochs {
      userVectors = solveRows(users, from: userVectors, given: itemVectors, configuration)
      itemVectors = solveRows(items, from: itemVectors, given: userVectors, configuration)
    }
    return FactorModel(itemVectors, configuration)
  }

  private static func normal(
    _ rows: Int, _ factors: Int, _ spread: Double, _ generator: inout SeededGenerator
  ) -> FactorVectors {
    var values: [Float] = []
    values.reserveCapacity(rows * factors)
    for _ in 0..<(rows * factors) {
      // Box and Muller's transform of two uniform numbers.
      let radius = (-2 * log(1 - generator.uniform())).squareRoot()
      values.append(Float(spread * radius * cos(2 * .pi * generator.uniform())))
    }
    return FactorVectors(factors: factors, values: values)
  }

  private static func solveRows(
    _ matrix: SparseMatrix, from old: FactorVectors, given other: FactorVectors, _ configuration: Configuration
  ) -> FactorVectors {
    let system = FactorSystem(other, configuration.regularisation, unseenWeight: configuration.unseenWeight)
    let chunkCount = max(1, min(256, matrix.rowCount / 16))
    let width = old.width
    let parts = concurrentChunks(chunkCount) { chunk in
      let rows = chunkRange(chunk, of: chunkCount, count: matrix.rowCount)
      var solver = FactorSolver(system)
      var solved: [SIMD8<Float>] = []
      solved.reserveCapacity(rows.count * width)
      let (columns, lanes) = (matrix.columns.span, old.lanes.span)
      for row in rows {
        let own = columns.extracting(matrix.entries(ofRow: row))
        switch configuration.solver {
        case .exact: solver.solveExactly(own)
        case .conjugateGradient(let steps):
          solver.descend(own, from: lanes.extracting((row * width)..<((row + 1) * width)), steps: steps)
        }
        solved += solver.solution
      }
      return solved
    }
    return FactorVectors(factors: old.factors, lanes: parts)
  }
}
