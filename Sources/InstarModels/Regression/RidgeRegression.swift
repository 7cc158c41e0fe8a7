#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// A number as a sum of features: least squares with an L2 penalty and a free intercept (Hoerl and Kennard 1970), after
/// the same preprocessing as the logistic regression.
///
/// Reference page: `docs/reference/predict/ridge.md`.
package struct RidgeRegression: Sendable, Equatable {
  package struct Configuration: Sendable, Hashable {
    /// Penalty on the squared coefficients of the standardised features; the loss is the sum of squares.
    package var lambda: Double
    /// Whether features go through sign(x) ln(1+|x|) before they are standardised.
    package var signedLog: Bool

    package init(lambda: Double = 1, signedLog: Bool = true) {
      self.lambda = lambda
      self.signedLog = signedLog
    }

    package func validate() throws(ModelError) {
      try ModelError.check(lambda >= 0 && lambda.isFinite, "lambda must not be negative, as \(lambda) is")
    }
  }

  package let preprocessing: Preprocessing
  /// The mean of the targets, as long as no feature was cut: standardised features have mean 0.
  package let intercept: Double
  /// Of the standardised features.
  package let coefficients: [Double]
  package let rowCount: Int

  package static func == (left: RidgeRegression, right: RidgeRegression) -> Bool { left.encoded() == right.encoded() }

  /// The number for each row.
  ///
  /// - Precondition: the features have the names and order that the model was fitted on.
  /// - Complexity: O(rows x features).
  package func predictions(_ features: FeatureMatrix) -> [Double] {
    precondition(features.names == preprocessing.inputNames, "features as the model was fitted on")
    var row = [Double](repeating: 0, count: coefficients.count)
    return (0..<features.rowCount).map { index in
      preprocessing.apply(features, row: index, into: &row)
      return intercept + dot(row.span, 0, coefficients.span, 0, row.count)
    }
  }

  /// The number for one row.
  package func prediction(ofRow features: [Double]) -> Double {
    var row = [Double](repeating: 0, count: coefficients.count)
    preprocessing.apply(features, into: &row)
    return intercept + dot(row.span, 0, coefficients.span, 0, row.count)
  }

  /// What each standardised feature adds to the number of one row, the greatest amount first; with the intercept they sum
  /// to it.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    var row = [Double](repeating: 0, count: coefficients.count)
    preprocessing.apply(features, into: &row)
    let names = preprocessing.outputNames
    return row.indices.map { (feature: names[$0], part: row[$0] * coefficients[$0]) }
      .sorted { (abs($0.part), $1.feature) > (abs($1.part), $0.feature) }
  }

  /// Features by the amount of their standardised coefficient, the greatest first.
  package func importances() -> [(feature: String, weight: Double)] {
    zip(preprocessing.outputNames, coefficients).map { (feature: $0, weight: $1) }
      .sorted { (abs($0.weight), $1.feature) > (abs($1.weight), $0.feature) }
  }
}

// MARK: Fitting

extension RidgeRegression {
  /// Fits the coefficients by solving (X'X + λI) β = X'(y - mean).
  ///
  /// - Throws: ``ModelError`` for a bad setting, without rows, and for a target that is no number.
  /// - Complexity: O(rows x features² + features³), sums on all cores.
  package static func fit(
    _ features: FeatureMatrix, targets: [Double], _ configuration: Configuration = .init()
  ) throws(ModelError) -> RidgeRegression {
    try configuration.validate()
    precondition(targets.count == features.rowCount, "one target for each row")
    try ModelError.check(!targets.isEmpty, "there is no row to train on")
    let wrong = targets.first { !$0.isFinite }
    try ModelError.check(wrong == nil, "a target must be a number, not \(wrong ?? 0)")
    let (preprocessing, matrix) = Preprocessing.fitting(features, signedLog: configuration.signedLog)
    let width = matrix.width
    var system = normalEquations(matrix, targets)
    for column in 0..<(width - 1) { system.matrix[column * width + column] += configuration.lambda }
    let solution = solve(system.matrix, system.right, width)
    return RidgeRegression(
      preprocessing: preprocessing, intercept: solution[width - 1], coefficients: Array(solution.dropLast()),
      rowCount: targets.count)
  }

  /// X'X (lower triangle, row-major) and X'y; chunks are merged in order.
  private static func normalEquations(
    _ matrix: DesignMatrix, _ targets: [Double]
  ) -> (matrix: [Double], right: [Double]) {
    let width = matrix.width
    let parts = concurrentChunks(matrix.chunkCount) { chunk in
      var products = [Double](repeating: 0, count: width * width)
      var right = [Double](repeating: 0, count: width)
      let values = matrix.values.span
      for row in matrix.rows(ofChunk: chunk) {
        accumulate(&products, &right, values, row &* width, width, targets[row])
      }
      return (products, right)
    }
    var total = (matrix: [Double](repeating: 0, count: width * width), right: [Double](repeating: 0, count: width))
    for part in parts {
      for i in total.matrix.indices { total.matrix[i] += part.0[i] }
      for i in total.right.indices { total.right[i] += part.1[i] }
    }
    return total
  }

  private static func accumulate(
    _ products: inout [Double], _ right: inout [Double], _ values: Span<Double>, _ start: Int, _ width: Int,
    _ target: Double
  ) {
    var productSpan = products.mutableSpan
    var column = 0
    while column < width {
      addScaled(&productSpan, column &* width, values[start &+ column], values, start, column &+ 1)
      column &+= 1
    }
    var rightSpan = right.mutableSpan
    addScaled(&rightSpan, 0, target, values, start, width)
  }

  /// Solves by Cholesky, with a little added to the diagonal when the matrix is singular.
  private static func solve(_ matrix: [Double], _ right: [Double], _ width: Int) -> [Double] {
    let scale = (0..<width).reduce(0) { max($0, matrix[$1 * width + $1]) }
    var jitter = 0.0
    while jitter <= 1 {
      var shifted = matrix
      for column in 0..<width { shifted[column * width + column] += jitter * scale }
      if let cholesky = Cholesky(shifted, order: width) {
        var solution = right
        cholesky.solve(&solution)
        return solution
      }
      jitter = jitter == 0 ? 1e-10 : jitter * 10
    }
    return [Double](repeating: 0, count: width)
  }
}

// MARK: Storing

extension RidgeRegression {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.ridge)
    writer.write(UInt64(rowCount))
    writer.write(preprocessing)
    writer.write(intercept)
    writer.write(coefficients)
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .ridge)
    let rowCount: UInt64 = try reader.read()
    let preprocessing = try reader.readPreprocessing()
    let intercept = try reader.readDouble()
    let coefficients = try reader.readDoubles()
    try reader.finish()
    guard rowCount < 1 << 62, coefficients.count == preprocessing.columns.count else { throw .damaged }
    self.init(
      preprocessing: preprocessing, intercept: intercept, coefficients: coefficients, rowCount: Int(rowCount))
  }
}
