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
/// Users u and items v are vectors of f numbers that minimise
/// sum over pairs (u.v - 1)² + a0 sum over all (u.v)² + lambda sum (d_u + a0 |I|) |u|² + lambda sum (d_i + a0 |U|) |v|².
/// One side is solved with the other fixed, in turn.
///
/// Reference page: `docs/reference/recommend/als.md`.
package enum ALS {
  package enum Solver: Sendable, Hashable {
    /// One f x f system a row, by Cholesky.
    case exact
    /// So many steps of the conjugate gradient method from the row's last solution (Takács, Pilászy and Tikk 2011).
    case conjugateGradient(steps: Int)
  }

  package struct Configuration: Sendable, Hashable {
    /// f, the length of a vector.
    package var factors: Int
    package var epochs: Int
    package var lambda: Double
    /// a0, the weight of the pairs that were not seen.
    package var unseenWeight: Double
    package var solver: Solver
    package var seed: UInt64

    package init(
      factors: Int = 64, epochs: Int = 16, lambda: Double = 0.003, unseenWeight: Double = 0.1,
      solver: Solver = .conjugateGradient(steps: 3), seed: UInt64 = 1
    ) {
      self.factors = factors
      self.epochs = epochs
      self.lambda = lambda
      self.unseenWeight = unseenWeight
      self.solver = solver
      self.seed = seed
    }

    package func validate() throws(ModelError) {
      try ModelError.check((1...1024).contains(factors), "factors must be from 1 to 1024, not \(factors)")
      try ModelError.check(epochs > 0, "epochs must be at least 1, not \(epochs)")
      try ModelError.check(lambda > 0 && lambda.isFinite, "lambda must be a positive number, not \(lambda)")
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
  ) -> Vectors {
    var values: [Double] = []
    values.reserveCapacity(rows * factors)
    for _ in 0..<(rows * factors) {
      // Box and Muller's transform of two uniform numbers.
      let radius = (-2 * log(1 - generator.uniform())).squareRoot()
      values.append(spread * radius * cos(2 * .pi * generator.uniform()))
    }
    return Vectors(factors: factors, values: values)
  }

  private static func solveRows(
    _ matrix: SparseMatrix, from old: Vectors, given other: Vectors, _ configuration: Configuration
  ) -> Vectors {
    let system = FactorSystem(other, configuration)
    let chunkCount = max(1, min(256, matrix.rowCount / 16))
    let parts = concurrentChunks(chunkCount) { chunk in
      var solver = FactorSolver(system)
      var solved: [Double] = []
      for row in chunkRange(chunk, of: chunkCount, count: matrix.rowCount) {
        let columns = matrix.columns[matrix.entries(ofRow: row)]
        switch configuration.solver {
        case .exact: solver.solveExactly(columns)
        case .conjugateGradient(let steps): solver.descend(columns, from: old, row: row, steps: steps)
        }
        solved += solver.solution
      }
      return solved
    }
    return Vectors(factors: old.factors, values: parts.flatMap { $0 })
  }
}

/// Vectors of equal length, one after the other.
struct Vectors: Sendable, Equatable {
  let factors: Int
  var values: [Double]

  var count: Int { factors == 0 ? 0 : values.count / factors }

  /// The lower triangle of the sum of v v' over all vectors, row-major, times `factor`.
  func gram(times factor: Double) -> [Double] {
    let chunkCount = max(1, min(64, count / 256))
    let parts = concurrentChunks(chunkCount) { chunk in
      var sum = [Double](repeating: 0, count: factors * factors)
      for vector in chunkRange(chunk, of: chunkCount, count: count) { addSquare(of: vector, to: &sum) }
      return sum
    }
    var total = [Double](repeating: 0, count: factors * factors)
    for part in parts {
      for entry in total.indices { total[entry] += factor * part[entry] }
    }
    return total
  }

  /// Adds the lower triangle of v v' of one vector.
  func addSquare(of vector: Int, to sum: inout [Double]) {
    let start = vector &* factors
    let all = values.span
    var output = sum.mutableSpan
    var row = 0
    while row < factors {
      addScaled(&output, row &* factors, all[start &+ row], all, start, row &+ 1)
      row &+= 1
    }
  }
}
