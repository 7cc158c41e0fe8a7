#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The partial likelihood of Cox (1972) with its slopes, over rows in descending order of duration so that the set at
/// risk only grows.
///
/// Ties are taken together by Breslow (1974) or, closer to the exact likelihood, by Efron (1977): of d events at one
/// time the l-th, l = 0 ..< d, sees the events' own share of the risk reduced by l/d.
struct CoxLikelihood: Sendable {
  /// Rows of standardised covariates, longest duration first.
  let values: [Double]
  let width: Int
  let durations: [Double]
  let observed: [Bool]
  let isEfron: Bool
  /// Penalty on half the squared coefficients.
  let ridge: Double

  /// At one point: the log-likelihood, its slopes, and minus its second derivatives (row-major).
  struct Value {
    var logLikelihood: Double
    var gradient: [Double]
    var information: [Double]
  }

  /// Σ of risk, of risk times covariates and of risk times their products, over a set of rows.
  private struct RiskSums {
    var risk = 0.0
    var first: [Double]
    var second: [Double]

    init(width: Int) {
      first = [Double](repeating: 0, count: width)
      second = [Double](repeating: 0, count: width * width)
    }

    mutating func add(_ risk: Double, _ values: Span<Double>, _ start: Int, _ width: Int) {
      self.risk += risk
      var row = 0
      while row < width {
        let part = risk * values[start &+ row]
        first[row] += part
        var column = 0
        while column <= row {
          second[row &* width &+ column] += part * values[start &+ column]
          column &+= 1
        }
        row &+= 1
      }
    }

    mutating func clear() {
      risk = 0
      for i in first.indices { first[i] = 0 }
      for i in second.indices { second[i] = 0 }
    }
  }

  var rowCount: Int { durations.count }

  /// The linear predictors x.β.
  func predictors(_ coefficients: [Double]) -> [Double] {
    (0..<rowCount).map { dot(values.span, $0 * width, coefficients.span, 0, width) }
  }

  /// - Complexity: O(rows x width²/2).
  func evaluate(_ coefficients: [Double]) -> Value {
    let predictors = predictors(coefficients)
    // Only ratios of risks count, so the greatest is made 1.
    let shift = predictors.max() ?? 0
    var value = Value(
      logLikelihood: 0, gradient: [Double](repeating: 0, count: width),
      information: [Double](repeating: 0, count: width * width))
    var (all, tied) = (RiskSums(width: width), RiskSums(width: width))
    var start = 0
    while start < rowCount {
      var end = start
      var events = 0
      tied.clear()
      while end < rowCount && durations[end] == durations[start] {
        let risk = exp(predictors[end] - shift)
        all.add(risk, values.span, end * width, width)
        if observed[end] {
          events += 1
          tied.add(risk, values.span, end * width, width)
          value.logLikelihood += predictors[end] - shift
          for column in 0..<width { value.gradient[column] += values[end * width + column] }
        }
        end += 1
      }
      for l in 0..<events { subtract(all, tied, isEfron ? Double(l) / Double(events) : 0, from: &value) }
      start = end
    }
    penalise(&value, coefficients)
    return value
  }

  /// Takes the logarithm of one event's denominator and its derivatives off.
  private func subtract(_ all: RiskSums, _ tied: RiskSums, _ share: Double, from value: inout Value) {
    let risk = all.risk - share * tied.risk
    value.logLikelihood -= log(risk)
    let mean = (0..<width).map { (all.first[$0] - share * tied.first[$0]) / risk }
    for row in 0..<width {
      value.gradient[row] -= mean[row]
      for column in 0...row {
        let entry = row * width + column
        value.information[entry] += (all.second[entry] - share * tied.second[entry]) / risk - mean[row] * mean[column]
      }
    }
  }

  private func penalise(_ value: inout Value, _ coefficients: [Double]) {
    for column in 0..<width {
      value.logLikelihood -= 0.5 * ridge * coefficients[column] * coefficients[column]
      value.gradient[column] -= ridge * coefficients[column]
      value.information[column * width + column] += ridge
    }
  }

  /// The cumulative baseline hazard just after each time of an event, ascending, for covariates of 0.
  func baselineHazard(_ coefficients: [Double]) -> (times: [Double], hazards: [Double]) {
    let risks = predictors(coefficients).map { exp($0) }
    var steps: [(time: Double, hazard: Double)] = []
    var (all, start) = (0.0, 0)
    while start < rowCount {
      var (end, events, tied) = (start, 0, 0.0)
      while end < rowCount && durations[end] == durations[start] {
        all += risks[end]
        if observed[end] {
          events += 1
          tied += risks[end]
        }
        end += 1
      }
      var hazard = 0.0
      for l in 0..<events { hazard += 1 / (all - (isEfron ? Double(l) / Double(events) * tied : 0)) }
      if events > 0 { steps.append((durations[start], hazard)) }
      start = end
    }
    var sum = 0.0
    let ascending = steps.reversed().map { step in
      sum += step.hazard
      return (step.time, sum)
    }
    return (ascending.map(\.0), ascending.map(\.1))
  }
}
