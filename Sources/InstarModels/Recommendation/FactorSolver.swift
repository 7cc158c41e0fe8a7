/// What the systems of all rows of one side have in common: (sum over the row's v of v v' + a0 V'V + r I) x = sum of v,
/// with r = lambda (entries of the row + a0 |V|)^nu.
struct FactorSystem: Sendable {
  let vectors: FactorVectors
  let regularisation: ALS.Regularisation
  let unseenWeight: Double
  /// a0 V'V, in rows of lanes.
  let base: [SIMD8<Float>]

  init(_ vectors: FactorVectors, _ regularisation: ALS.Regularisation, unseenWeight: Double) {
    self.vectors = vectors
    self.regularisation = regularisation
    self.unseenWeight = unseenWeight
    base = vectors.gram(times: Float(unseenWeight))
  }

  func ridge(entries: Int) -> Double {
    regularisation.weight(mass: Double(entries) + unseenWeight * Double(vectors.count))
  }

  /// Replaces `image` by the row's matrix times `given`, or by what the row's sum of vectors exceeds that product by:
  /// the residual of `given`.
  ///
  /// - Complexity: O(entries x f + f²). No allocation.
  func multiply(
    _ columns: Span<UInt32>, _ given: Span<SIMD8<Float>>, isResidual: Bool, into image: inout MutableSpan<SIMD8<Float>>
  ) {
    let sign: Float = isResidual ? -1 : 1
    multiplyBase(given, sign, sign * Float(ridge(entries: columns.count)), into: &image)
    let width = vectors.width
    let zero = vectors.zero
    let target: Float = isResidual ? 1 : 0
    let all = vectors.lanes.span
    precondition(given.count == width && image.count == width)
    var entry = 0
    while entry < columns.count {
      let last = columns.count &- 1 &- entry
      let first = Int(columns[entry]) &* width
      let second = (last >= 1 ? Int(columns[entry &+ 1]) : zero) &* width
      let third = (last >= 2 ? Int(columns[entry &+ 2]) : zero) &* width
      let fourth = (last >= 3 ? Int(columns[entry &+ 3]) : zero) &* width
      let a = all.extracting(first..<(first &+ width))
      let b = all.extracting(second..<(second &+ width))
      let c = all.extracting(third..<(third &+ width))
      let d = all.extracting(fourth..<(fourth &+ width))
      var (p, q, r, s) = (SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero, SIMD8<Float>.zero)
      var lane = 0
      while lane < width {
        let x = given[lane]
        p += a[lane] * x
        q += b[lane] * x
        r += c[lane] * x
        s += d[lane] * x
        lane &+= 1
      }
      let (e, f, g, h) = (
        target + sign * p.sum(), target + sign * q.sum(), target + sign * r.sum(), target + sign * s.sum()
      )
      lane = 0
      while lane < width {
        image[lane] += (a[lane] * e + b[lane] * f) + (c[lane] * g + d[lane] * h)
        lane &+= 1
      }
      entry &+= FactorVectors.group
    }
  }

  /// Replaces `image` by `sign` times the common matrix times `given`, and `ridge` times `given`.
  private func multiplyBase(
    _ given: Span<SIMD8<Float>>, _ sign: Float, _ ridge: Float, into image: inout MutableSpan<SIMD8<Float>>
  ) {
    let width = vectors.width
    let matrix = base.span
    precondition(matrix.count == 8 * width * width)
    var lane = 0
    while lane < width {
      image[lane] = ridge * given[lane]
      lane &+= 1
    }
    var block = 0
    while block < width {
      let x = sign * given[block]
      let rows = matrix.extracting((8 &* block &* width)..<(8 &* (block &+ 1) &* width))
      lane = 0
      while lane < width {
        var low = rows[lane] * x[0]
        var high = rows[width &+ lane] * x[1]
        low += rows[2 &* width &+ lane] * x[2]
        high += rows[3 &* width &+ lane] * x[3]
        low += rows[4 &* width &+ lane] * x[4]
        high += rows[5 &* width &+ lane] * x[5]
        low += rows[6 &* width &+ lane] * x[6]
        high += rows[7 &* width &+ lane] * x[7]
        image[lane] += low + high
        lane &+= 1
      }
      block &+= 1
    }
  }

  /// The sum of the vectors of `columns`.
  func sum(of columns: Span<UInt32>) -> [Double] {
    var sum = [Double](repeating: 0, count: vectors.factors)
    for entry in columns.indices {
      for factor in sum.indices { sum[factor] += Double(vectors.value(Int(columns[entry]), factor)) }
    }
    return sum
  }

  /// The factor of the row's matrix, positive definite since lambda and a0 are positive.
  ///
  /// - Complexity: O(entries x f² + f³/6).
  func factorised(_ columns: Span<UInt32>) -> Cholesky? {
    var lanes = base
    var output = lanes.mutableSpan
    for first in stride(from: 0, to: columns.count, by: FactorVectors.group) {
      vectors.addSquares(to: &output) {
        first + $0 < columns.count ? Int(columns[first + $0]) : vectors.zero
      }
    }
    let (factors, width) = (vectors.factors, vectors.width)
    let ridge = ridge(entries: columns.count)
    var matrix = [Double](repeating: 0, count: factors * factors)
    for row in 0..<factors {
      for column in 0...row { matrix[row * factors + column] = Double(lanes[row * width + column / 8][column % 8]) }
      matrix[row * factors + row] += ridge
    }
    return Cholesky(matrix, order: factors)
  }

  /// The solution for one row by Cholesky.
  func solution(_ columns: Span<UInt32>) -> [Double] {
    var solution = sum(of: columns)
    factorised(columns)?.solve(&solution)
    return solution
  }
}

/// Conjugate gradients for the systems of one side; keeps its scratch between rows.
struct FactorSolver {
  private let system: FactorSystem
  private(set) var solution: [SIMD8<Float>]
  private var residual: [SIMD8<Float>]
  private var direction: [SIMD8<Float>]
  private var image: [SIMD8<Float>]

  init(_ system: FactorSystem) {
    self.system = system
    let zeros = [SIMD8<Float>](repeating: .zero, count: system.vectors.width)
    (solution, residual, direction, image) = (zeros, zeros, zeros, zeros)
  }

  /// Replaces the solution by that of Cholesky's method, rounded.
  mutating func solveExactly(_ columns: Span<UInt32>) {
    for (factor, value) in system.solution(columns).enumerated() { solution[factor / 8][factor % 8] = Float(value) }
  }

  /// Replaces the solution by that of so many conjugate gradient steps from `start`.
  mutating func descend(_ columns: Span<UInt32>, from start: Span<SIMD8<Float>>, steps: Int) {
    Self.descend(system, columns, start, steps, &solution, &residual, &direction, &image)
  }

  private static func descend(
    _ system: FactorSystem, _ columns: Span<UInt32>, _ start: Span<SIMD8<Float>>, _ steps: Int,
    _ solution: inout [SIMD8<Float>], _ residual: inout [SIMD8<Float>], _ direction: inout [SIMD8<Float>],
    _ image: inout [SIMD8<Float>]
  ) {
    multiply(system, columns, start, isResidual: true, into: &residual)
    var lane = 0
    while lane < solution.count {
      solution[lane] = start[lane]
      direction[lane] = residual[lane]
      lane &+= 1
    }
    var square = dot(residual.span, residual.span)
    var step = 0
    while step < steps && square > 1e-20 {
      multiply(system, columns, direction.span, isResidual: false, into: &image)
      let length = square / dot(direction.span, image.span)
      lane = 0
      while lane < solution.count {
        solution[lane] += length * direction[lane]
        residual[lane] -= length * image[lane]
        lane &+= 1
      }
      let next = dot(residual.span, residual.span)
      let turn = next / square
      lane = 0
      while lane < solution.count {
        direction[lane] = residual[lane] + turn * direction[lane]
        lane &+= 1
      }
      square = next
      step &+= 1
    }
  }

  private static func multiply(
    _ system: FactorSystem, _ columns: Span<UInt32>, _ given: Span<SIMD8<Float>>, isResidual: Bool,
    into image: inout [SIMD8<Float>]
  ) {
    var lanes = image.mutableSpan
    system.multiply(columns, given, isResidual: isResidual, into: &lanes)
  }
}
