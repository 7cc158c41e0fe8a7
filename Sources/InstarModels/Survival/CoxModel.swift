#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// How features raise or lower the rate of an event: proportional hazards (Cox 1972). The rate of a user with features
/// x at time t is that of the average user times exp((x - mean).β).
///
/// Reference page: `docs/reference/predict/survival.md`.
package struct CoxModel: Sendable, Equatable {
  package enum Ties: String, Sendable, CaseIterable { case efron, breslow }

  package struct Configuration: Sendable, Hashable {
    package var ties: Ties
    /// Penalty on half the squared coefficients of features scaled to deviation 1.
    package var ridge: Double
    package var iterationLimit: Int

    package init(ties: Ties = .efron, ridge: Double = 0, iterationLimit: Int = 50) {
      self.ties = ties
      self.ridge = ridge
      self.iterationLimit = iterationLimit
    }

    package func validate() throws(ModelError) {
      try ModelError.check(ridge >= 0 && ridge.isFinite, "ridge must not be negative, as \(ridge) is")
      try ModelError.check(iterationLimit > 0, "iterations must be at least 1, not \(iterationLimit)")
    }
  }

  package let names: [String]
  /// Change of the log rate per unit of a feature; 0 for a dropped one.
  package let coefficients: [Double]
  /// NaN for a dropped feature.
  package let standardErrors: [Double]
  /// What each feature is measured from, and what a missing value is taken for.
  package let means: [Double]
  package let logLikelihood: Double
  /// With all coefficients 0.
  package let nullLogLikelihood: Double
  /// Share of pairs in the right order; `nil` when no pair can be compared.
  package let concordance: Double?
  package let rowCount: Int
  package let eventCount: Int
  package let iterations: Int
  package let converged: Bool
  /// Features that are constant or follow from others.
  package let droppedNames: [String]
  /// Features whose coefficient grows without end, because no event (or no censoring) is on one side of them.
  package let unboundedNames: [String]
  /// The cumulative hazard of a user with the mean features just after each time of an event, ascending.
  package let baselineTimes: [Double]
  package let baselineHazards: [Double]

  package var zScores: [Double] { zip(coefficients, standardErrors).map { $0 / $1 } }

  /// Twice the gain in log-likelihood over no features, its degrees of freedom and the probability of as much by chance.
  package var likelihoodRatio: (statistic: Double, degreesOfFreedom: Int, pValue: Double) {
    let statistic = 2 * (logLikelihood - nullLogLikelihood)
    let degrees = names.count - droppedNames.count
    return (statistic, degrees, chiSquaredTail(statistic, degrees: degrees))
  }

  // MARK: Scoring

  /// (x - mean).β: the logarithm of the user's rate over that of the average user. A missing value counts as the mean.
  package func linearPredictor(ofRow features: [Double]) -> Double {
    precondition(features.count == names.count, "one number for each feature")
    var sum = 0.0
    for column in features.indices where !features[column].isNaN {
      sum += coefficients[column] * (features[column] - means[column])
    }
    return sum
  }

  /// What each feature adds to the logarithm of the rate, the greatest amount first.
  package func contributions(ofRow features: [Double]) -> [(feature: String, part: Double)] {
    features.indices.map { column in
      let distance = features[column].isNaN ? 0 : features[column] - means[column]
      return (feature: names[column], part: coefficients[column] * distance)
    }
    .sorted { (abs($0.part), $1.feature) > (abs($1.part), $0.feature) }
  }

  /// The cumulative hazard of the average user at `t`.
  package func baselineHazard(at t: Double) -> Double {
    var (low, high) = (0, baselineTimes.count)
    while low < high {
      let middle = (low + high) / 2
      if baselineTimes[middle] <= t { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? 0 : baselineHazards[low - 1]
  }

  /// The probability that the user has no event until `t`.
  package func survival(ofRow features: [Double], at t: Double) -> Double {
    exp(-baselineHazard(at: t) * exp(linearPredictor(ofRow: features)))
  }

  /// The time by which users like this one have had the event with probability `share`; `nil` when the observed times do
  /// not reach so far.
  package func quantile(ofRow features: [Double], _ share: Double) -> Double? {
    let needed = -log1p(-share) / exp(linearPredictor(ofRow: features))
    var (low, high) = (0, baselineHazards.count)
    while low < high {
      let middle = (low + high) / 2
      if baselineHazards[middle] < needed { low = middle + 1 } else { high = middle }
    }
    return low < baselineTimes.count ? baselineTimes[low] : nil
  }
}

// MARK: Fitting

extension CoxModel {
  /// Fits the coefficients by Newton's method with step halving, from 0.
  ///
  /// - Parameter features: one row for each duration; NaN is taken for the mean of its column.
  /// - Throws: ``ModelError`` without durations, without events, and for a negative or infinite duration.
  /// - Complexity: O(rows x features²/2) for each of some five passes, and O(rows log rows).
  package static func fit(
    _ features: FeatureMatrix, durations: [Double], observed: [Bool], _ configuration: Configuration = .init()
  ) throws(ModelError) -> CoxModel {
    try configuration.validate()
    try SurvivalTable.check(durations, observed)
    precondition(features.rowCount == durations.count, "one row for each duration")
    try ModelError.check(observed.contains(true), "no event was observed, so there is no rate to explain")
    let order = durations.indices.sorted { (durations[$0], $1) > (durations[$1], $0) }
    let scaling = Scaling(features)
    var problem = CoxProblem(features, scaling, order, durations, observed, configuration)
    var end = problem.solve(configuration.iterationLimit)
    let unbounded = problem.unbounded(end)
    if !unbounded.isEmpty && configuration.ridge == 0 {
      // The likelihood has its limit there already; a little penalty keeps the figures of use.
      let limit = end.value.logLikelihood
      problem = problem.penalised(1e-2)
      end = problem.solve(configuration.iterationLimit)
      end.value.logLikelihood = limit
    }
    return CoxModel(features.names, scaling, problem, end, unbounded, configuration)
  }

  private init(
    _ names: [String], _ scaling: Scaling, _ problem: CoxProblem, _ end: CoxProblem.Solution, _ unbounded: [Int],
    _ configuration: Configuration
  ) {
    self.names = names
    means = scaling.means
    var (coefficients, errors) = (
      [Double](repeating: 0, count: names.count), [Double](repeating: .nan, count: names.count)
    )
    for (position, column) in problem.columns.enumerated() {
      coefficients[column] = end.point[position] / scaling.deviations[column]
      errors[column] = end.standardErrors[position] / scaling.deviations[column]
    }
    self.coefficients = coefficients
    standardErrors = errors
    logLikelihood = end.value.logLikelihood
    nullLogLikelihood = problem.nullLogLikelihood
    let likelihood = problem.likelihood
    concordance = InstarModels.concordance(
      risks: likelihood.predictors(end.point), durations: likelihood.durations, observed: likelihood.observed)
    rowCount = likelihood.rowCount
    eventCount = likelihood.observed.count { $0 }
    iterations = end.iterations
    converged = end.converged
    let kept = Set(problem.columns)
    droppedNames = names.indices.filter { !kept.contains($0) }.map { names[$0] }
    unboundedNames = unbounded.map { names[$0] }
    (baselineTimes, baselineHazards) = likelihood.baselineHazard(end.point)
  }

  /// Mean and population deviation of each column, without its missing values.
  struct Scaling {
    var means: [Double] = []
    var deviations: [Double] = []

    init(_ features: FeatureMatrix) {
      for column in 0..<features.columnCount {
        let known = (0..<features.rowCount).map { features[$0, column] }.filter(\.isFinite)
        let count = Double(max(1, known.count))
        let mean = known.reduce(0, +) / count
        means.append(mean)
        var squares = 0.0
        for value in known { squares += (value - mean) * (value - mean) }
        deviations.append((squares / count).squareRoot())
      }
    }
  }
}
