/// Rows of numbers with a last column of ones, whose coefficient is the intercept.
package struct DesignMatrix: Sendable {
  /// Features plus one.
  package let width: Int
  /// Row after row.
  package let values: [Double]
  package let rowCount: Int

  /// - Precondition: `values` holds whole rows.
  package init(width: Int, values: [Double]) {
    precondition(width > 0 && values.count % width == 0, "a matrix holds whole rows")
    self.width = width
    self.values = values
    rowCount = values.count / width
  }

  /// Rows of `featureCount` features, to each of which the 1 is added.
  package init(featureCount: Int, features: [Double], rowCount: Int) {
    precondition(features.count == featureCount * rowCount, "a matrix holds whole rows")
    var values = [Double](repeating: 1, count: rowCount * (featureCount + 1))
    for row in 0..<rowCount {
      for column in 0..<featureCount {
        values[row * (featureCount + 1) + column] = features[row * featureCount + column]
      }
    }
    self.init(width: featureCount + 1, values: values)
  }

  /// Rows per chunk of a sum; fixed, so that sums do not depend on the number of threads.
  static let rowsPerChunk = 4096

  /// The number of chunks that sums over the rows are cut into.
  var chunkCount: Int { (rowCount + Self.rowsPerChunk - 1) / Self.rowsPerChunk }

  func rows(ofChunk chunk: Int) -> Range<Int> {
    chunk * Self.rowsPerChunk..<min(rowCount, (chunk + 1) * Self.rowsPerChunk)
  }

  /// The product of row `row` with `coefficients`.
  @inline(always)
  func product(_ row: Int, _ coefficients: Span<Double>) -> Double {
    dot(values.span, row &* width, coefficients, 0, width)
  }
}
