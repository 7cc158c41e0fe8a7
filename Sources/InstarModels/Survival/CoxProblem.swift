#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The search for the coefficients of a ``CoxModel`` over the features that can be told apart.
struct CoxProblem {
  /// The features that take part, in order.
  let columns: [Int]
  let likelihood: CoxLikelihood
  let nullLogLikelihood: Double

  struct Solution {
    var point: [Double]
    var value: CoxLikelihood.Value
    var standardErrors: [Double]
    var iterations: Int
    var converged: Bool
  }

  init(
    _ features: FeatureMatrix, _ scaling: CoxModel.Scaling, _ order: [Int], _ durations: [Double], _ observed: [Bool],
    _ configuration: CoxModel.Configuration
  ) {
    let (times, flags) = (order.map { durations[$0] }, order.map { observed[$0] })
    func likelihood(_ columns: [Int]) -> CoxLikelihood {
      var values: [Double] = []
      values.reserveCapacity(order.count * columns.count)
      for row in order {
        for column in columns {
          let value = features[row, column]
          values.append(value.isFinite ? (value - scaling.means[column]) / scaling.deviations[column] : 0)
        }
      }
      return CoxLikelihood(
        values: values, width: columns.count, durations: times, observed: flags,
        isEfron: configuration.ties == .efron, ridge: configuration.ridge)
    }
    let varying = (0..<features.columnCount).filter {
      scaling.deviations[$0] > 1e-12 * max(1e-300, abs(scaling.means[$0]))
    }
    let whole = likelihood(varying)
    let start = whole.evaluate([Double](repeating: 0, count: varying.count))
    let independent = Self.independent(start.information, order: varying.count).map { varying[$0] }
    columns = independent
    self.likelihood = independent.count == varying.count ? whole : likelihood(independent)
    nullLogLikelihood = start.logLikelihood
  }

  private init(columns: [Int], likelihood: CoxLikelihood, nullLogLikelihood: Double) {
    (self.columns, self.likelihood, self.nullLogLikelihood) = (columns, likelihood, nullLogLikelihood)
  }

  /// The same search with a penalty.
  func penalised(_ ridge: Double) -> CoxProblem {
    let old = likelihood
    return CoxProblem(
      columns: columns,
      likelihood: CoxLikelihood(
        values: old.values, width: old.width, durations: old.durations, observed: old.observed, isEfron: old.isEfron,
        ridge: ridge),
      nullLogLikelihood: nullLogLikelihood)
  }

  /// The columns of a positive semidefinite matrix that do not follow from columns before them: those whose pivot in the
  /// Cholesky factorisation is more than a trace of the diagonal.
  private static func independent(_ matrix: [Double], order: Int) -> [Int] {
    var kept: [Int] = []
    var factor: [[Double]] = []
    for column in 0..<order {
      var row: [Double] = []
      for (position, other) in kept.enumerated() {
        var rest = matrix[column * order + other]
        for k in 0..<position { rest -= row[k] * factor[position][k] }
        row.append(rest / factor[position][position])
      }
      let diagonal = matrix[column * order + column]
      let pivot = diagonal - row.reduce(0) { $0 + $1 * $1 }
      if pivot > 1e-9 * max(diagonal, 1e-300) {
        kept.append(column)
        factor.append(row + [pivot.squareRoot()])
      }
    }
    return kept
  }

  /// Newton's method; it stops when the log-likelihood gains less than 1e-12 of itself.
  func solve(_ iterationLimit: Int) -> Solution {
    let width = columns.count
    var point = [Double](repeating: 0, count: width)
    var value = likelihood.evaluate(point)
    var (iteration, converged) = (0, width == 0)
    while iteration < iterationLimit && !converged {
      iteration += 1
      guard let cholesky = Cholesky(value.information, order: width) else { break }
      var direction = value.gradient
      cholesky.solve(&direction)
      var step = 1.0
      var candidate = zip(point, direction).map { $0 + $1 }
      var next = likelihood.evaluate(candidate)
      while !(next.logLikelihood >= value.logLikelihood - 1e-13 * abs(value.logLikelihood)) && step > 1e-6 {
        step /= 2
        candidate = zip(point, direction).map { $0 + step * $1 }
        next = likelihood.evaluate(candidate)
      }
      if step <= 1e-6 { break }
      let gain = next.logLikelihood - value.logLikelihood
      (point, value) = (candidate, next)
      converged = gain <= 1e-12 * max(1, abs(value.logLikelihood))
    }
    return Solution(
      point: point, value: value, standardErrors: Self.standardErrors(value.information, order: width),
      iterations: iteration, converged: converged)
  }

  /// The square roots of the diagonal of the inverse.
  private static func standardErrors(_ information: [Double], order: Int) -> [Double] {
    guard let cholesky = Cholesky(information, order: order) else {
      return [Double](repeating: .infinity, count: order)
    }
    return (0..<order).map { column in
      var unit = [Double](repeating: 0, count: order)
      unit[column] = 1
      cholesky.solve(&unit)
      return unit[column].squareRoot()
    }
  }

  /// Features whose coefficient has no finite optimum: per deviation of the feature it is beyond 15, or so uncertain
  /// that the likelihood must be flat.
  func unbounded(_ solution: Solution) -> [Int] {
    columns.indices.filter { abs(solution.point[$0]) > 15 || !(solution.standardErrors[$0] < 50) }
      .map { columns[$0] }
  }
}
