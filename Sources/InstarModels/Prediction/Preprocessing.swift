#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Turns a row of features into a row that a linear model can weigh: transformed, filled in, standardised.
///
/// Each feature goes through sign(x) ln(1+|x|); a missing one becomes the median of the training rows and raises an
/// indicator; then mean 0 and population standard deviation 1, clipped at 12 deviations. Features that are constant, or
/// equal an earlier one, are left out.
package struct Preprocessing: Sendable, Equatable {
  /// How one output column comes from one input column.
  package struct Column: Sendable, Equatable {
    package let source: Int
    /// Whether the column is 1 where the source is missing, rather than the source's value.
    package let isMissingIndicator: Bool
    package let median: Double
    package let mean: Double
    package let deviation: Double
  }

  package let inputNames: [String]
  package let columns: [Column]
  /// Whether features go through sign(x) ln(1+|x|) first.
  package let signedLog: Bool

  /// Deviations from the mean beyond which a value is cut.
  static let clip = 12.0

  /// - Precondition: the matrix has a row.
  /// - Complexity: O(rows x columns), eight columns at a time on every core.
  package static func fit(_ features: FeatureMatrix, signedLog: Bool = true) -> Preprocessing {
    fitting(features, signedLog: signedLog).preprocessing
  }

  /// The preprocessing that `features` give, and what it makes of them.
  static func fitting(
    _ features: FeatureMatrix, signedLog: Bool
  ) -> (preprocessing: Preprocessing, matrix: DesignMatrix) {
    precondition(features.rowCount > 0, "features need at least one row")
    var columns: [Column] = []
    var kept: [[Double]] = []
    let groups = (features.columnCount + groupWidth - 1) / groupWidth
    let filled = concurrentChunks(groups) { group in
      fill(features, group * groupWidth..<min(features.columnCount, (group + 1) * groupWidth), signedLog)
    }
    for (source, column) in filled.joined().enumerated() {
      guard let column else { continue }
      append(column.values, source: source, indicator: false, median: column.median, to: &columns, &kept)
      if !column.missing.isEmpty {
        append(column.missing, source: source, indicator: true, median: column.median, to: &columns, &kept)
      }
    }
    let result = Preprocessing(inputNames: features.names, columns: columns, signedLog: signedLog)
    return (result, standardised(kept, columns, features.rowCount))
  }

  /// Neighbouring columns that are read together: as many numbers as one line of a cache holds.
  private static let groupWidth = 8

  /// A column transformed, its missing values filled with the median; `missing` is 1 for them and empty without any.
  private typealias Filled = (values: [Double], missing: [Double], median: Double)

  /// - Returns: `nil` for a column without any value.
  private static func fill(_ features: FeatureMatrix, _ sources: Range<Int>, _ signedLog: Bool) -> [Filled?] {
    let (rows, width) = (features.rowCount, features.columnCount)
    var transformed = [Double](repeating: 0, count: rows * sources.count)
    let values = features.values.span
    var row = 0
    while row < rows {
      var place = row
      for source in sources {
        transformed[place] = transform(values[row &* width &+ source], signedLog)
        place &+= rows
      }
      row &+= 1
    }
    return (0..<sources.count).map { fill(Array(transformed[$0 * rows..<($0 + 1) * rows])) }
  }

  private static func fill(_ column: [Double]) -> Filled? {
    var values = column
    var known = values.filter { !$0.isNaN }
    if known.isEmpty { return nil }
    let isWhole = known.count == values.count
    let median = median(of: &known)
    if isWhole { return (values, [], median) }
    let missing = values.map { $0.isNaN ? 1.0 : 0 }
    for row in values.indices where values[row].isNaN { values[row] = median }
    return (values, missing, median)
  }

  private static func append(
    _ values: [Double], source: Int, indicator: Bool, median: Double, to columns: inout [Column],
    _ kept: inout [[Double]]
  ) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    let deviation = variance.squareRoot()
    guard deviation > 1e-12 * max(1, abs(mean)), !kept.contains(values) else { return }
    kept.append(values)
    columns.append(
      Column(source: source, isMissingIndicator: indicator, median: median, mean: mean, deviation: deviation))
  }

  /// Rows of the standardised columns, each followed by a 1 for the intercept.
  private static func standardised(_ kept: [[Double]], _ columns: [Column], _ rowCount: Int) -> DesignMatrix {
    let width = columns.count + 1
    let chunks = (rowCount + DesignMatrix.rowsPerChunk - 1) / DesignMatrix.rowsPerChunk
    let parts = concurrentChunks(chunks) { chunk in
      let rows = chunk * DesignMatrix.rowsPerChunk..<min(rowCount, (chunk + 1) * DesignMatrix.rowsPerChunk)
      var part = [Double](repeating: 1, count: rows.count * width)
      for (position, column) in columns.enumerated() {
        let values = kept[position]
        for row in rows {
          part[(row &- rows.lowerBound) &* width &+ position] = standardised(values[row], column)
        }
      }
      return part
    }
    return DesignMatrix(width: width, values: Array(parts.joined()))
  }

  @inline(always)
  private static func standardised(_ value: Double, _ column: Column) -> Double {
    min(clip, max(-clip, (value - column.mean) / column.deviation))
  }

  /// The names of the output columns.
  package var outputNames: [String] {
    columns.map { $0.isMissingIndicator ? "no \(inputNames[$0.source])" : inputNames[$0.source] }
  }

  /// Inputs that are left out because they are constant or repeat another.
  package var droppedNames: [String] {
    inputNames.indices.filter { input in !columns.contains { $0.source == input } }.map { inputNames[$0] }
  }

  /// Writes the output columns of one row of `features` into `output` from `start`.
  package func apply(_ features: FeatureMatrix, row: Int, into output: inout [Double], at start: Int = 0) {
    apply(features.values, from: row * features.columnCount, into: &output, at: start)
  }

  /// Writes the output columns of the one row `features` into `output`.
  package func apply(_ features: [Double], into output: inout [Double]) {
    apply(features, from: 0, into: &output, at: 0)
  }

  private func apply(_ features: [Double], from base: Int, into output: inout [Double], at start: Int) {
    for (position, column) in columns.enumerated() {
      output[start + position] = value(column, features[base + column.source])
    }
  }

  private func value(_ column: Column, _ raw: Double) -> Double {
    let transformed = Self.transform(raw, signedLog)
    let filled: Double
    if column.isMissingIndicator {
      filled = transformed.isNaN ? 1 : 0
    } else {
      filled = transformed.isNaN ? column.median : transformed
    }
    return Self.standardised(filled, column)
  }

  @inline(always)
  private static func transform(_ x: Double, _ signedLog: Bool) -> Double {
    // Counts are 0 more often than not.
    if x == 0 { return x }
    if x.isInfinite { return signedLog ? (x < 0 ? -1 : 1) * log1p(Double.greatestFiniteMagnitude) : .nan }
    return signedLog ? signedLogarithm(x) : x
  }
}

/// The median of `values`, which are put into another order.
///
/// - Precondition: there is a value, and none is NaN.
/// - Complexity: O(*n*) on average (Hoare 1961).
func median(of values: inout [Double]) -> Double {
  let upper = select(values.count / 2, in: &values)
  if values.count % 2 == 1 { return upper }
  var lower = -Double.infinity
  for value in values[..<(values.count / 2)] { lower = max(lower, value) }
  return (lower + upper) / 2
}

/// The value that would stand at `rank` in ascending order; smaller ones are moved before it.
private func select(_ rank: Int, in values: inout [Double]) -> Double {
  var (low, high) = (0, values.count - 1)
  while low < high {
    let pivot = values[(low + high) / 2]
    var (left, right) = (low, high)
    while left <= right {
      while values[left] < pivot { left += 1 }
      while values[right] > pivot { right -= 1 }
      if left <= right {
        values.swapAt(left, right)
        left += 1
        right -= 1
      }
    }
    if rank <= right { high = right } else if rank >= left { low = left } else { break }
  }
  return values[rank]
}
