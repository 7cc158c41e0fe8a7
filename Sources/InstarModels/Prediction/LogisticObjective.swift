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

  private func sums(_ rows: Range<Int>, _ coefficients: [Double], second: Bool) -> Value {
    let width = matrix.width
    var loss = 0.0
    var gradient = [Double](repeating: 0, count: width)
    var hessian = [Double](repeating: 0, count: second ? width * width : 0)
    let values = matrix.values.span
    for row in rows {
      let z = matrix.product(row, coefficients.span)
      let probability = sigmoid(z)
      loss += logisticLoss(logit: z, label: labels[row])
      var slopes = gradient.mutableSpan
      addScaled(&slopes, 0, probability - labels[row], values, row &* width, width)
      if second {
        let weight = max(probability * (1 - probability), 1e-10)
        var curvature = hessian.mutableSpan
        var column = 0
        while column < width {
          let factor = weight * values[row &* width &+ column]
          addScaled(&curvature, column &* width, factor, values, row &* width, column &+ 1)
          column &+= 1
        }
      }
    }
    return Value(loss: loss, gradient: gradient, hessian: hessian)
  }
}
