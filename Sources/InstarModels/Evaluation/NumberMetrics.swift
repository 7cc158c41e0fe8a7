/// How well predicted numbers, such as money, meet what came.
///
/// Money has many zeros and a long tail: an error alone praises a model that predicts nothing, so the ratio of the
/// totals and the ranking stand beside it.
package struct NumberMetrics: Sendable, Equatable {
  package let rowCount: Int
  /// Rows whose number is above 0.
  package let positiveCount: Int
  /// Mean absolute error and root of the mean squared error.
  package let meanAbsoluteError: Double
  package let rootMeanSquaredError: Double
  /// 1 - squared error / squared error of the mean; `nil` where all numbers are equal.
  package let rSquared: Double?
  /// The correlation of the ranks, ties at their middle; `nil` where all predictions or all numbers are equal.
  package let spearman: Double?
  /// How much of the perfect ranking's concentration the predictions reach: the area under the cumulated numbers in
  /// descending order of prediction, less that of a random order, divided by the same for the perfect order; `nil`
  /// without a positive sum.
  package let gini: Double?
  /// The predicted total by the observed; `nil` where that is 0.
  package let totalRatio: Double?

  /// - Precondition: as many values as predictions, and at least one.
  /// - Complexity: O(*n* log *n*).
  package init(predictions: [Double], values: [Double]) {
    precondition(predictions.count == values.count && !values.isEmpty, "one value for each prediction")
    let count = Double(values.count)
    let total = values.reduce(0, +)
    let mean = total / count
    var (absolute, squares, spread) = (0.0, 0.0, 0.0)
    for (prediction, value) in zip(predictions, values) {
      absolute += abs(prediction - value)
      squares += (prediction - value) * (prediction - value)
      spread += (value - mean) * (value - mean)
    }
    rowCount = values.count
    positiveCount = values.count { $0 > 0 }
    meanAbsoluteError = absolute / count
    rootMeanSquaredError = (squares / count).squareRoot()
    rSquared = spread > 0 ? 1 - squares / spread : nil
    totalRatio = total != 0 ? predictions.reduce(0, +) / total : nil
    spearman = Self.correlation(Self.ranks(predictions), Self.ranks(values))
    let (own, perfect) = (Self.concentration(predictions, values), Self.concentration(values, values))
    gini = total > 0 && perfect > 0 ? own / perfect : nil
  }

  /// Ranks from 1, ties at their middle.
  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var first = 0
    while first < order.count {
      var end = first
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      for index in first..<end { ranks[order[index]] = Double(first + 1 + end) / 2 }
      first = end
    }
    return ranks
  }

  private static func correlation(_ left: [Double], _ right: [Double]) -> Double? {
    let mean = Double(left.count + 1) / 2
    var (product, leftSquares, rightSquares) = (0.0, 0.0, 0.0)
    for (a, b) in zip(left, right) {
      product += (a - mean) * (b - mean)
      leftSquares += (a - mean) * (a - mean)
      rightSquares += (b - mean) * (b - mean)
    }
    return leftSquares > 0 && rightSquares > 0 ? product / (leftSquares * rightSquares).squareRoot() : nil
  }

  /// The mean of the cumulated values in descending order of `keys`, ties sharing their mean, less half of the total.
  private static func concentration(_ keys: [Double], _ values: [Double]) -> Double {
    let order = keys.indices.sorted { keys[$0] > keys[$1] }
    var (sum, area) = (0.0, 0.0)
    var first = 0
    while first < order.count {
      var (end, group) = (first, 0.0)
      while end < order.count, keys[order[end]] == keys[order[first]] {
        group += values[order[end]]
        end += 1
      }
      area += Double(end - first) * (sum + group / 2)
      sum += group
      first = end
    }
    return area / Double(order.count) - sum / 2
  }
}
