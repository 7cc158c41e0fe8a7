/// What the systems of all rows of one side have in common: (sum over the row's v of v v' + a0 V'V + r I) x = sum of v,
/// with r = lambda (entries of the row + a0 |V|).
struct FactorSystem: Sendable {
  let vectors: Vectors
  let lambda: Double
  let unseenWeight: Double
  /// a0 V'V, row-major.
  let base: [Double]

  init(_ vectors: Vectors, _ configuration: ALS.Configuration) {
    self.init(vectors, lambda: configuration.lambda, unseenWeight: configuration.unseenWeight)
  }

  init(_ vectors: Vectors, lambda: Double, unseenWeight: Double) {
    self.vectors = vectors
    self.lambda = lambda
    self.unseenWeight = unseenWeight
    var base = vectors.gram(times: unseenWeight)
    let factors = vectors.factors
    for row in 0..<factors {
      for column in 0..<row { base[column * factors + row] = base[row * factors + column] }
    }
    self.base = base
  }

  func ridge(entries: Int) -> Double { lambda * (Double(entries) + unseenWeight * Double(vectors.count)) }

  /// The sum of the vectors of `columns`.
  func sum(of columns: ArraySlice<UInt32>, into sum: inout [Double]) {
    let factors = vectors.factors
    for i in 0..<factors { sum[i] = 0 }
    let all = vectors.values.span
    var output = sum.mutableSpan
    for column in columns { addScaled(&output, 0, 1, all, Int(column) &* factors, factors) }
  }

  /// The row's matrix times `given`.
  func multiply(_ columns: ArraySlice<UInt32>, _ given: [Double], into image: inout [Double]) {
    let factors = vectors.factors
    let ridge = ridge(entries: columns.count)
    let all = vectors.values.span
    var output = image.mutableSpan
    var i = 0
    while i < factors {
      output[i] = ridge * given[i] + dot(base.span, i &* factors, given.span, 0, factors)
      i &+= 1
    }
    for column in columns {
      let start = Int(column) &* factors
      addScaled(&output, 0, dot(all, start, given.span, 0, factors), all, start, factors)
    }
  }
}

/// Solves one row's system; keeps its scratch between rows.
struct FactorSolver {
  private let system: FactorSystem
  private(set) var solution: [Double]
  private var residual: [Double]
  private var direction: [Double]
  private var image: [Double]

  init(_ system: FactorSystem) {
    self.system = system
    let zeros = [Double](repeating: 0, count: system.vectors.factors)
    (solution, residual, direction, image) = (zeros, zeros, zeros, zeros)
  }

  /// The factor of the row's matrix.
  func factorised(_ columns: ArraySlice<UInt32>) -> Cholesky? {
    let factors = system.vectors.factors
    var matrix = system.base
    for column in columns { system.vectors.addSquare(of: Int(column), to: &matrix) }
    let ridge = system.ridge(entries: columns.count)
    for row in 0..<factors { matrix[row * factors + row] += ridge }
    return Cholesky(matrix, order: factors)
  }

  /// Solves by Cholesky; the matrix is positive definite since lambda and a0 are positive.
  mutating func solveExactly(_ columns: ArraySlice<UInt32>) {
    system.sum(of: columns, into: &solution)
    factorised(columns)?.solve(&solution)
  }

  /// Conjugate gradient steps from row `row` of `old`.
  mutating func descend(_ columns: ArraySlice<UInt32>, from old: Vectors, row: Int, steps: Int) {
    let factors = system.vectors.factors
    system.sum(of: columns, into: &solution)
    for i in 0..<factors {
      residual[i] = solution[i]
      direction[i] = old.values[row &* factors &+ i]
    }
    system.multiply(columns, direction, into: &image)
    for i in 0..<factors {
      solution[i] = direction[i]
      residual[i] -= image[i]
      direction[i] = residual[i]
    }
    var square = dot(residual.span, 0, residual.span, 0, factors)
    var step = 0
    while step < steps && square > 1e-20 {
      system.multiply(columns, direction, into: &image)
      let length = square / dot(direction.span, 0, image.span, 0, factors)
      for i in 0..<factors {
        solution[i] += length * direction[i]
        residual[i] -= length * image[i]
      }
      let next = dot(residual.span, 0, residual.span, 0, factors)
      for i in 0..<factors { direction[i] = residual[i] + next / square * direction[i] }
      square = next
      step &+= 1
    }
  }
}
