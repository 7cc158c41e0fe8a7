#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Exponential smoothing with additive errors: a level, and where wanted a damped trend and a season.
///
/// ```
/// e = y - (l + φ b + s)        l += φ b + α e        b = φ b + β e        s += γ e
/// ```
///
/// The equations are those of ETS(A, N or Ad, N or A) in Hyndman, Koehler, Ord and Snyder, Forecasting with Exponential
/// Smoothing (2008). Coefficients minimise the squared one-step errors; the first states come from the beginning of the
/// series. Reference: docs/reference/forecast.md.
package struct ExponentialSmoothing: Sendable {
  package struct Shape: Sendable, Hashable {
    package var hasTrend: Bool
    /// Periods of a season; 1 for none.
    package var season: Int

    package init(hasTrend: Bool = false, season: Int = 1) {
      self.hasTrend = hasTrend
      self.season = season
    }
  }

  package struct Coefficients: Sendable, Equatable {
    /// Of the level, the trend and the season: how much of an error each takes in.
    package var level: Double
    package var trend: Double
    package var season: Double
    /// What is left of the trend after a period: φ.
    package var damping: Double
  }

  package let shape: Shape
  package private(set) var coefficients: Coefficients
  private var level = 0.0
  private var trend = 0.0
  /// By position in the season; the next period has position `place`.
  private var seasons: [Double]
  private var place = 0
  /// The standard deviation of the one-step errors.
  package private(set) var deviation = 0.0

  /// Fits the shape to a series.
  /// - Precondition: the series is not empty, and has two seasons where there is one.
  /// - Complexity: O(*n*) for each of some hundred steps of the search.
  package init(_ shape: Shape, fitting series: [Double]) {
    precondition(!series.isEmpty, "a series has a value")
    precondition(shape.season == 1 || series.count >= 2 * shape.season, "a season is seen twice")
    self.shape = shape
    let first = Beginning(shape, series)
    coefficients = Coefficients(level: 0.3, trend: 0, season: 0, damping: 1)
    seasons = first.seasons
    var best = Double.infinity
    for start in Self.starts(shape) {
      let found = Self.search(from: start, shape, first, series)
      if found.error < best { (best, coefficients) = (found.error, found.coefficients) }
    }
    (level, trend) = (first.level, first.trend)
    let squares = run(series)
    let freedom = max(1, series.count - 1 - (shape.hasTrend ? 2 : 0) - (shape.season > 1 ? 1 : 0))
    deviation = (squares / Double(freedom)).squareRoot()
  }

  /// What the next periods bring, and the standard deviation of each about it.
  package func forecast(_ horizon: Int) -> [(value: Double, deviation: Double)] {
    var result: [(value: Double, deviation: Double)] = []
    var (damped, power, variance) = (0.0, 1.0, 1.0)
    for step in 1...max(horizon, 1) {
      power *= coefficients.damping
      damped += power
      let season = shape.season > 1 ? seasons[(place + step - 1) % shape.season] : 0
      result.append((level + damped * trend + season, deviation * variance.squareRoot()))
      // The weight that the error of this period has in those after it.
      var weight = coefficients.level + coefficients.trend * damped
      if shape.season > 1, step % shape.season == 0 { weight += coefficients.season }
      variance += weight * weight
    }
    return result
  }

  // MARK: - Fit

  /// Where the states begin.
  private struct Beginning {
    var level: Double
    var trend = 0.0
    var seasons: [Double] = []

    init(_ shape: Shape, _ series: [Double]) {
      let season = shape.season
      guard season > 1 else {
        let head = series.prefix(min(series.count, 8))
        level = head.reduce(0, +) / Double(head.count)
        if shape.hasTrend, series.count > 2 {
          // The slope of a line through the first periods; the level is its value just before them.
          let slope = Self.slope(Array(head))
          trend = slope
          level -= slope * Double(head.count + 1) / 2
        }
        return
      }
      let first = series[0..<season].reduce(0, +) / Double(season)
      let second = series[season..<2 * season].reduce(0, +) / Double(season)
      trend = shape.hasTrend ? (second - first) / Double(season) : 0
      level = shape.hasTrend ? first - trend * Double(season + 1) / 2 : (first + second) / 2
      seasons = (0..<season).map { (series[$0] - first + series[$0 + season] - second) / 2 }
      let mean = seasons.reduce(0, +) / Double(season)
      seasons = seasons.map { $0 - mean }
    }

    private static func slope(_ values: [Double]) -> Double {
      let middle = Double(values.count - 1) / 2
      var (products, squares) = (0.0, 0.0)
      for (position, value) in values.enumerated() {
        products += (Double(position) - middle) * value
        squares += (Double(position) - middle) * (Double(position) - middle)
      }
      return squares == 0 ? 0 : products / squares
    }
  }

  private static func starts(_ shape: Shape) -> [Coefficients] {
    [0.1, 0.5].map { level in
      Coefficients(
        level: level, trend: shape.hasTrend ? 0.02 : 0, season: shape.season > 1 ? 0.1 : 0,
        damping: shape.hasTrend ? 0.9 : 1)
    }
  }

  /// Coordinate search with steps that halve: the error is smooth and has few coefficients.
  private static func search(
    from start: Coefficients, _ shape: Shape, _ first: Beginning, _ series: [Double]
  ) -> (coefficients: Coefficients, error: Double) {
    var best = start
    var error = squaredError(best, shape, first, series)
    var paths: [WritableKeyPath<Coefficients, Double>] = [\.level]
    if shape.hasTrend { paths += [\.trend, \.damping] }
    if shape.season > 1 { paths.append(\.season) }
    var step = 0.1
    while step > 0.004 {
      var moved = false
      for path in paths {
        for change in [step, -step] {
          var next = best
          next[keyPath: path] += change
          guard isAllowed(next, shape) else { continue }
          let found = squaredError(next, shape, first, series)
          if found < error { (best, error, moved) = (next, found, true) }
        }
      }
      if !moved { step /= 2 }
    }
    return (best, error)
  }

  /// The usual region: 0 < α < 1, 0 ≤ β ≤ α, 0 ≤ γ ≤ 1 − α, and a trend that fades within the horizon.
  private static func isAllowed(_ these: Coefficients, _ shape: Shape) -> Bool {
    guard these.level > 0.001, these.level < 0.999, these.season >= 0, these.season <= 1 - these.level else {
      return false
    }
    guard shape.hasTrend else { return true }
    return these.trend >= 0 && these.trend <= these.level && these.damping >= 0.8 && these.damping <= 0.98
  }

  private static func squaredError(
    _ coefficients: Coefficients, _ shape: Shape, _ first: Beginning, _ series: [Double]
  ) -> Double {
    var (level, trend, seasons) = (first.level, first.trend, first.seasons)
    return run(coefficients, shape, &level, &trend, &seasons, series)
  }

  private mutating func run(_ series: [Double]) -> Double {
    place = series.count % max(shape.season, 1)
    return Self.run(coefficients, shape, &level, &trend, &seasons, series)
  }

  /// Takes the series in, period by period, and returns the squared one-step errors.
  private static func run(
    _ coefficients: Coefficients, _ shape: Shape, _ level: inout Double, _ trend: inout Double,
    _ seasons: inout [Double], _ series: [Double]
  ) -> Double {
    var squares = 0.0
    var place = 0
    for value in series {
      let drift = coefficients.damping * trend
      let season = shape.season > 1 ? seasons[place] : 0
      let error = value - level - drift - season
      squares += error * error
      level += drift + coefficients.level * error
      trend = drift + coefficients.trend * error
      guard shape.season > 1 else { continue }
      seasons[place] += coefficients.season * error
      place += 1
      if place == shape.season { place = 0 }
    }
    return squares
  }
}
