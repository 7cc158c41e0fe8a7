/// Features cut into at most 254 bins each, so that a split is found by counting and not by sorting.
///
/// Bin 0 holds missing values; a value lies in bin 1 + (cuts below it). A feature of few distinct values has a cut in the
/// middle between any two neighbours, so nothing is lost; one of many has bins of about equally many rows.
struct BinnedMatrix: Sendable {
  let rowCount: Int
  /// Ascending cuts of each feature: bins 1...k lie at or below cut k-1.
  let cuts: [[Double]]
  /// The bin of each row, feature after feature.
  let columns: [[UInt8]]

  var columnCount: Int { columns.count }

  /// Rows that cuts are chosen from when there are more.
  private static let sampleSize = 50_000

  /// - Parameter valueBins: most bins of a feature besides that of missing values, at most 254.
  /// - Complexity: O(rows x features x log bins) and a sort of a sample of each feature, features on all cores.
  init(_ features: FeatureMatrix, valueBins: Int) {
    precondition((2...254).contains(valueBins), "2 to 254 bins")
    let (rows, width) = (features.rowCount, features.columnCount)
    rowCount = rows
    let parts = concurrentChunks(width) { column in
      let cuts = Self.cuts(features, column, valueBins)
      var bins = [UInt8](repeating: 0, count: rows)
      let values = features.values.span
      var row = 0
      while row < rows {
        let value = values[row &* width &+ column]
        if !value.isNaN { bins[row] = UInt8(1 &+ Self.position(value, cuts.span)) }
        row &+= 1
      }
      return (cuts, bins)
    }
    cuts = parts.map(\.0)
    columns = parts.map(\.1)
  }

  /// The number of cuts below `value`.
  private static func position(_ value: Double, _ cuts: Span<Double>) -> Int {
    var (low, high) = (0, cuts.count)
    while low < high {
      let middle = (low &+ high) / 2
      if cuts[middle] < value { low = middle &+ 1 } else { high = middle }
    }
    return low
  }

  private static func cuts(_ features: FeatureMatrix, _ column: Int, _ valueBins: Int) -> [Double] {
    let step = max(1, features.rowCount / sampleSize)
    var sample: [Double] = []
    sample.reserveCapacity(features.rowCount / step + 1)
    for row in stride(from: 0, to: features.rowCount, by: step) {
      let value = features[row, column]
      // Infinite values count as the greatest finite ones, of which a middle can be taken.
      let limit = Double.greatestFiniteMagnitude
      if !value.isNaN { sample.append(min(limit, max(-limit, value))) }
    }
    sample.sort()
    var distinct: [(value: Double, count: Int)] = []
    for value in sample {
      if let last = distinct.last, last.value == value {
        distinct[distinct.count - 1].count += 1
      } else {
        distinct.append((value, 1))
      }
    }
    if distinct.count < 2 { return [] }
    if distinct.count <= valueBins {
      return zip(distinct, distinct.dropFirst()).map { middle($0.value, $1.value) }
    }
    return equalCountCuts(distinct, sample.count, valueBins)
  }

  /// Closes a bin when it holds its share of the rows that are left.
  private static func equalCountCuts(
    _ distinct: [(value: Double, count: Int)], _ rowCount: Int, _ valueBins: Int
  ) -> [Double] {
    var cuts: [Double] = []
    var (left, filled) = (rowCount, 0)
    for i in 0..<(distinct.count - 1) where cuts.count < valueBins - 1 {
      filled += distinct[i].count
      let wanted = Double(left) / Double(valueBins - cuts.count)
      // A value with many rows keeps a bin to itself.
      if Double(filled) >= wanted || Double(distinct[i + 1].count) >= wanted {
        cuts.append(middle(distinct[i].value, distinct[i + 1].value))
        left -= filled
        filled = 0
      }
    }
    return cuts
  }

  private static func middle(_ low: Double, _ high: Double) -> Double {
    let middle = low / 2 + high / 2
    return middle < high ? middle : low
  }
}
