#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Continues a series of equal periods by the mean of the two ways that would have erred least before.
///
/// The ways are the seasonal-naive rule (the value of one season ago, or the last value where no season is known) and
/// exponential smoothing of the values or of their logarithms, with and without a damped trend and a season. At up to
/// ``Configuration/origins`` past moments each way continues what was known then; the two of least absolute error are
/// averaged (Bates and Granger, The Combination of Forecasts, 1969).
/// Reference: docs/reference/forecast.md.
package struct Forecaster: Sendable {
  package struct Configuration: Sendable {
    /// Periods to continue.
    package var horizon: Int
    /// Periods of a season; 1 for none.
    package var season: Int
    /// The probability that the interval holds a value.
    package var level: Double
    /// Past moments at which the ways compete, a horizon apart.
    package var origins: Int

    package init(horizon: Int, season: Int = 1, level: Double = 0.95, origins: Int = 3) {
      self.horizon = horizon
      self.season = season
      self.level = level
      self.origins = origins
    }
  }

  /// One way to continue a series.
  package enum Way: Sendable, Hashable {
    case naive
    case smoothing(ExponentialSmoothing.Shape, ofLogarithms: Bool)
  }

  package struct Point: Sendable, Equatable {
    package var value: Double
    package var low: Double
    package var high: Double
    /// What the seasonal-naive rule says.
    package var baseline: Double
  }

  package struct Forecast: Sendable {
    package var points: [Point]
    /// Whose mean the points are; one only where the series is too short for a back-test.
    package var ways: [Way]
    /// Sum of the absolute errors over the sum of the absolute values, over all back-tests; `nil` without one or where
    /// all values were 0.
    package var error: Double?
    /// The same for the seasonal-naive rule.
    package var baselineError: Double?
  }

  private let configuration: Configuration

  /// - Precondition: `horizon >= 1`, `season >= 1`, `0 < level < 1`.
  package init(_ configuration: Configuration) {
    precondition(configuration.horizon >= 1 && configuration.season >= 1, "a horizon and a season have a period")
    precondition(configuration.level > 0 && configuration.level < 1, "a level is a probability")
    self.configuration = configuration
  }

  /// The values after the end of `series`, which must not be empty.
  ///
  /// - Complexity: O(*n*) for each way and back-test.
  package func forecast(_ series: [Double]) -> Forecast {
    precondition(!series.isEmpty, "a series has a value")
    let judged = judge(series)
    let ways =
      judged.ways.isEmpty ? [series.count > 3 ? .smoothing(.init(), ofLogarithms: false) : .naive] : judged.ways
    return Forecast(
      points: points(series, ways), ways: ways, error: judged.error, baselineError: judged.baselineError)
  }

  /// The same by the seasonal-naive rule alone.
  package func naiveForecast(_ series: [Double]) -> Forecast {
    precondition(!series.isEmpty, "a series has a value")
    let error = judge(series).baselineError
    return Forecast(points: points(series, [.naive]), ways: [.naive], error: error, baselineError: error)
  }

  /// The value one season ago, for each of the next periods; the last value where the series is shorter.
  package func naive(_ series: [Double]) -> [Double] {
    let season = series.count >= configuration.season ? configuration.season : 1
    return (0..<configuration.horizon).map { series[series.count - season + $0 % season] }
  }

  // MARK: - Choice

  private func judge(_ series: [Double]) -> (ways: [Way], error: Double?, baselineError: Double?) {
    let horizon = configuration.horizon
    // The first history must be worth learning from.
    let origins = min(configuration.origins, (series.count - max(8, horizon)) / horizon)
    guard origins > 0 else { return ([], nil, nil) }
    let oldest = series.count - origins * horizon
    let ways = self.ways(Array(series.prefix(oldest)))
    let future = Array(series.suffix(origins * horizon))
    let said = ways.map { way in
      (0..<origins).flatMap { values(Array(series.prefix(oldest + $0 * horizon)), way) }
    }
    func error(_ values: [Double]) -> Double { zip(values, future).reduce(0) { $0 + abs($1.0 - $1.1) } }
    let errors = said.map(error)
    let best = errors.indices.sorted { (errors[$0], $0) < (errors[$1], $1) }.prefix(2)
    let mean = future.indices.map { place in best.reduce(0) { $0 + said[$1][place] } / Double(best.count) }
    let actual = future.reduce(0) { $0 + abs($1) }
    let chosen = best.map { ways[$0] }
    return actual > 0 ? (chosen, error(mean) / actual, errors[0] / actual) : (chosen, nil, nil)
  }

  /// The ways that the series allows; the first is the baseline.
  private func ways(_ series: [Double]) -> [Way] {
    var shapes = [ExponentialSmoothing.Shape(), ExponentialSmoothing.Shape(hasTrend: true)]
    if configuration.season > 1, series.count >= 2 * configuration.season {
      shapes += shapes.map { .init(hasTrend: $0.hasTrend, season: configuration.season) }
    }
    let isPositive = series.allSatisfy { $0 >= 0 }
    return [.naive] + shapes.map { .smoothing($0, ofLogarithms: false) }
      + (isPositive ? shapes.map { .smoothing($0, ofLogarithms: true) } : [])
  }

  private func values(_ series: [Double], _ way: Way) -> [Double] {
    switch way {
    case .naive: return naive(series)
    case .smoothing(let shape, let ofLogarithms):
      let model = ExponentialSmoothing(shape, fitting: ofLogarithms ? series.map(log1p) : series)
      let isPositive = series.allSatisfy { $0 >= 0 }
      return model.forecast(configuration.horizon).map { step in
        let value = ofLogarithms ? expm1(step.value) : step.value
        return isPositive ? max(0, value) : value
      }
    }
  }

  // MARK: - Result

  private func points(_ series: [Double], _ ways: [Way]) -> [Point] {
    let each = ways.map { band(series, $0) }
    let share = 1 / Double(ways.count)
    return naive(series).enumerated().map { step, baseline in
      each.reduce(into: Point(value: 0, low: 0, high: 0, baseline: baseline)) { point, band in
        point.value += band[step].value * share
        point.low += band[step].low * share
        point.high += band[step].high * share
      }
    }
  }

  /// The values of one way and their intervals.
  private func band(_ series: [Double], _ way: Way) -> [(value: Double, low: Double, high: Double)] {
    let width = Self.normalQuantile((1 + configuration.level) / 2)
    let floor = series.allSatisfy { $0 >= 0 } ? 0 : -Double.infinity
    var steps: [(value: Double, deviation: Double)]
    var ofLogarithms = false
    switch way {
    case .naive:
      let deviation = naiveDeviation(series)
      let season = series.count >= configuration.season ? configuration.season : 1
      steps = naive(series).enumerated().map { ($1, deviation * Double($0 / season + 1).squareRoot()) }
    case .smoothing(let shape, let logarithms):
      ofLogarithms = logarithms
      let model = ExponentialSmoothing(shape, fitting: logarithms ? series.map(log1p) : series)
      steps = model.forecast(configuration.horizon)
    }
    func scaled(_ value: Double) -> Double { max(floor, ofLogarithms ? expm1(value) : value) }
    return steps.map { step in
      let half = width * step.deviation
      return (scaled(step.value), scaled(step.value - half), scaled(step.value + half))
    }
  }

  /// The root mean square of the changes from one season to the next.
  private func naiveDeviation(_ series: [Double]) -> Double {
    let season = series.count > configuration.season ? configuration.season : 1
    guard series.count > season else { return 0 }
    var squares = 0.0
    for position in season..<series.count {
      squares += (series[position] - series[position - season]) * (series[position] - series[position - season])
    }
    return (squares / Double(series.count - season)).squareRoot()
  }

  /// The standard normal quantile, by bisection of its distribution function.
  static func normalQuantile(_ probability: Double) -> Double {
    var (low, high) = (-40.0, 40.0)
    for _ in 0..<80 {
      let middle = (low + high) / 2
      if erfc(-middle / 2.0.squareRoot()) / 2 < probability { low = middle } else { high = middle }
    }
    return high
  }
}
