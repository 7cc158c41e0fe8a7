#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The penalised negative log-likelihood of a logistic regression: sum over rows of log(1+e^z) - yz, plus half of
/// lambda times the squared coefficients without the intercept.
struct LogisticObjective: Sendable {
  let matrix: DesignMatrix
  let labels: [Double]
  let lambda: Double

  /// Sums over rows at one point.
  struct Value: Sendable {
    var loss: Double
    var gradient: [Double]
    /// Lower triangle, row-major; empty unless it was asked for.
    var hessian: [Double]
  }

  /// The value, the gradient and, if asked for, the second derivatives at `coefficients`.
  ///
  /// - Complexity: O(rows x width), with second derivatives O(rows x width²/2), on all cores.
  func evaluate(_ coefficients: [Double], second: Bool) -> Value {
    let parts = concurrentChunks(matrix.chunkCount) { chunk in
      sums(matrix.rows(ofChunk: chunk), coefficients, second: second)
    }
    let width = matrix.width
    var total = Value(
      loss: 0, gradient: [Double](repeating: 0, count: width),
      hessian: [Double](repeating: 0, count: second ? width * width : 0))
    for part in parts {
      total.loss += part.loss
      for column in 0..<width { total.gradient[column] += part.gradient[column] }
      for entry in total.hessian.indices { total.hessian[entry] += part.hessian[entry] }
    }
    for column in 0..<(width - 1) {
      total.loss += 0.5 * lambda * coefficients[column] * coefficients[column]
      total.gradient[column] += lambda * coefficients[column]
      if second { total.hessian[column * width + column] += lambda }
    }
    return total
  }

  /// Rows whose second derivatives are added together.
  private static let group = 4

  private func sums(_ rows: Range<Int>, _ coefficients: [Double], second: Bool) -> Value {
    let width = matrix.width
    var loss = 0.0
    var gradient = [Double](repeating: 0, count: width)
    var hessian = [Double](repeating: 0, count: second ? width * width : 0)
    var weights = SIMD4<Double>()
    let values = matrix.values.span
    for row in rows {
      let z = matrix.product(row, coefficients.span)
      let probability = sigmoid(z)
      loss += logisticLoss(logit: z, label: labels[row])
      var slopes = gradient.mutableSpan
      addScaled(&slopes, 0, probability - labels[row], values, row &* width, width)
      guard second else { continue }
      let place = (row &- rows.lowerBound) % Self.group
      weights[place] = max(probability * (1 - probability), 1e-10)
      guard place == Self.group - 1 || row == rows.upperBound - 1 else { continue }
      var curvature = hessian.mutableSpan
      addCurvature(&curvature, weights, from: row - place, count: place + 1)
    }
    return Value(loss: loss, gradient: gradient, hessian: hessian)
  }

  /// Adds weight x x' of `count` successive rows, at most four, to the lower triangle.
  private func addCurvature(
    _ curvature: inout MutableSpan<Double>, _ weights: SIMD4<Double>, from row: Int, count: Int
  ) {
    let (width, start) = (matrix.width, row * matrix.width)
    let values = matrix.values.span
    var column = 0
    while column < width {
      if count == Self.group {
        var factors = weights
        for place in 0..<Self.group { factors[place] *= values[start &+ place &* width &+ column] }
        addScaled(&curvature, column &* width, factors, values, start, width, column &+ 1)
      } else {
        for place in 0..<count {
          let first = start &+ place &* width
          addScaled(&curvature, column &* width, weights[place] * values[first &+ column], values, first, column &+ 1)
        }
      }
      column &+= 1
    }
  }
}
