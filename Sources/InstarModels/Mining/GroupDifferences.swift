#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The difference of two shares with its 95 % interval and its size.
///
/// The interval is Newcombe's hybrid of two score intervals (R. Newcombe, *Interval estimation for the difference
/// between independent proportions*, Statistics in Medicine 1998, method 10): it holds for shares near 0 and 1 and for
/// few users. The effect is Cohen's h, 2 asin √a - 2 asin √b (J. Cohen, 1988): 0.2 is small, 0.5 medium, 0.8 large.
package struct ShareDifference: Sendable, Hashable {
  package let first: Double
  package let second: Double
  package let low: Double
  package let high: Double
  package let effect: Double

  package var difference: Double { first - second }

  /// - Parameters: how many of how many, on both sides; both sides have someone.
  package init(_ count: Int, of total: Int, and otherCount: Int, of otherTotal: Int) {
    first = Double(count) / Double(total)
    second = Double(otherCount) / Double(otherTotal)
    let left = Self.score(first, Double(total))
    let right = Self.score(second, Double(otherTotal))
    func root(_ a: Double, _ b: Double) -> Double { (a * a + b * b).squareRoot() }
    low = first - second - root(first - left.low, right.high - second)
    high = first - second + root(left.high - first, second - right.low)
    effect = 2 * asin(first.squareRoot()) - 2 * asin(second.squareRoot())
  }

  /// Wilson's score interval.
  private static func score(_ share: Double, _ count: Double) -> (low: Double, high: Double) {
    let z = 1.959_963_984_540_054
    let middle = share + z * z / (2 * count)
    let spread = z * (share * (1 - share) / count + z * z / (4 * count * count)).squareRoot()
    let scale = 1 + z * z / count
    return (max(0, (middle - spread) / scale), min(1, (middle + spread) / scale))
  }
}

/// The difference of two means with its 95 % interval and its size.
///
/// The interval is Welch's: B. Welch, *The generalization of Student's problem when several different population
/// variances are involved*, Biometrika 1947. The effect is the standardised difference, by the root of the mean of both
/// variances.
package struct MeanDifference: Sendable, Hashable {
  package let first: Double
  package let second: Double
  /// `nil` where a side has fewer than two values or nothing varies.
  package let interval: ClosedRange<Double>?
  /// `nil` as the interval is.
  package let effect: Double?

  package var difference: Double { first - second }

  /// - Precondition: both sides have a value.
  package init(_ values: [Double], and others: [Double]) {
    precondition(!values.isEmpty && !others.isEmpty, "a mean needs a value")
    let (left, right) = (Self.moments(values), Self.moments(others))
    (first, second) = (left.mean, right.mean)
    guard let a = left.variance, let b = right.variance, a + b > 0 else {
      (interval, effect) = (nil, nil)
      return
    }
    let (m, n) = (Double(values.count), Double(others.count))
    let error = a / m + b / n
    let freedom = error * error / (a * a / (m * m * (m - 1)) + b * b / (n * n * (n - 1)))
    let reach = StudentQuantile.twoSided95(freedom: freedom) * error.squareRoot()
    interval = (first - second - reach)...(first - second + reach)
    effect = (first - second) / ((a + b) / 2).squareRoot()
  }

  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double?) {
    let mean = values.reduce(0, +) / Double(values.count)
    guard values.count > 1 else { return (mean, nil) }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(values.count - 1))
  }
}

/// Quantiles of Student's t.
private enum StudentQuantile {
  /// The t that 2.5 % lie above, by halving over the distribution's tail.
  static func twoSided95(freedom: Double) -> Double {
    var low = 1.9
    var high = 100.0
    while tail(high, freedom) > 0.05, high < 1e9 { high *= 4 }
    for _ in 0..<100 {
      let middle = (low + high) / 2
      if tail(middle, freedom) > 0.05 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }

  /// P(|T| > t): the regularised incomplete beta function at freedom / (freedom + t²).
  private static func tail(_ t: Double, _ freedom: Double) -> Double {
    let (a, b) = (freedom / 2, 0.5)
    let x = freedom / (freedom + t * t)
    let front = exp(a * log(x) + b * log(1 - x) - logBeta(a))
    if x < (a + 1) / (a + b + 2) { return front * fraction(x, a, b) / a }
    return 1 - front * fraction(1 - x, b, a) / b
  }

  /// ln B(a, 1/2), by the product that shifts a up and Stirling's series there.
  private static func logBeta(_ a: Double) -> Double {
    var shift = 0.0
    var z = a
    while z < 20 {
      shift += log((z + 0.5) / z)
      z += 1
    }
    // ln G(z) - ln G(z + 1/2), then ln G(1/2) = ln(pi) / 2
    return shift + logGamma(z) - logGamma(z + 0.5) + 0.5 * log(Double.pi)
  }

  private static func logGamma(_ z: Double) -> Double {
    (z - 0.5) * log(z) - z + 0.5 * log(2 * Double.pi) + 1 / (12 * z) - 1 / (360 * z * z * z)
      + 1 / (1260 * z * z * z * z * z)
  }

  /// The continued fraction of the incomplete beta function, by Lentz's method.
  private static func fraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    func safe(_ value: Double) -> Double { abs(value) < tiny ? tiny : value }
    var c = 1.0
    var d = 1 / safe(1 - (a + b) * x / (a + 1))
    var result = d
    for step in 1...500 {
      let m = Double(step)
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      d = 1 / safe(1 + even * d)
      c = safe(1 + even / c)
      result *= d * c
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      d = 1 / safe(1 + odd * d)
      c = safe(1 + odd / c)
      let change = d * c
      result *= change
      if abs(change - 1) < 1e-15 { break }
    }
    return result
  }
}
