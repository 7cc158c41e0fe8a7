/// The lower triangular factor L of a symmetric positive definite matrix A = L L', for solving A x = b.
struct Cholesky {
  let order: Int
  /// Row-major; the strict upper triangle is unspecified.
  private var factor: [Double]

  /// Factors the lower triangle of the row-major matrix `a`, or returns `nil` when a pivot is not positive.
  ///
  /// - Complexity: O(*n*³/6) multiplications.
  init?(_ a: [Double], order: Int) {
    precondition(a.count == order * order)
    self.order = order
    factor = a
    guard Self.factorise(&factor, order: order) else { return nil }
  }

  private static func factorise(_ a: inout [Double], order n: Int) -> Bool {
    var row = 0
    while row < n {
      var column = 0
      while column <= row {
        let known = dot(a.span, row &* n, a.span, column &* n, column)
        let rest = a[row &* n &+ column] - known
        if column == row {
          guard rest > 0, rest.isFinite else { return false }
          a[row &* n &+ row] = rest.squareRoot()
        } else {
          a[row &* n &+ column] = rest / a[column &* n &+ column]
        }
        column &+= 1
      }
      row &+= 1
    }
    return true
  }

  /// Replaces `b` by the solution x of A x = b.
  func solve(_ b: inout [Double]) {
    precondition(b.count == order)
    let n = order
    var row = 0
    while row < n {
      b[row] = (b[row] - dot(factor.span, row &* n, b.span, 0, row)) / factor[row &* n &+ row]
      row &+= 1
    }
    row = n - 1
    while row >= 0 {
      b[row] /= factor[row &* n &+ row]
      var output = b.mutableSpan
      let value = output[row]
      // Subtracting along row `row` of L walks column `row` of L' in memory order.
      addScaled(&output, 0, -value, factor.span, row &* n, row)
      row &-= 1
    }
  }
}
