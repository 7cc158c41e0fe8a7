#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The probability distributions that intervals and tests read from.
package enum Distributions {
  /// The standard normal quantile of 0.975: the half width of a 95 % interval in standard errors.
  package static let normal95 = 1.959_963_984_540_054

  /// The probability that a standard normal variable lies at least this far from 0, on either side.
  package static func normalTails(_ z: Double) -> Double { erfc(abs(z) / 2.0.squareRoot()) }

  /// The probability that a chi-square variable is at least `x`.
  /// - Precondition: `freedom >= 1`, `x >= 0`.
  package static func chiSquareTail(_ x: Double, freedom: Int) -> Double {
    upperGamma(Double(freedom) / 2, x / 2)
  }

  /// The probability that a variable of Student's distribution lies at least this far from 0, on either side.
  /// - Precondition: `freedom > 0`.
  package static func studentTails(_ t: Double, freedom: Double) -> Double {
    incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5)
  }

  /// The half width of a 95 % interval in standard errors, by Student's distribution. Found by bisection.
  /// - Precondition: `freedom > 0`.
  package static func student95(freedom: Double) -> Double {
    var low = 0.0
    var high = 2.0
    while studentTails(high, freedom: freedom) > 0.05, high < 1e9 { high *= 2 }
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if studentTails(middle, freedom: freedom) > 0.05 { low = middle } else { high = middle }
    }
    return high
  }

  /// The regularised upper incomplete gamma function Q(a, x): its series below a + 1, a continued fraction above
  /// (Abramowitz and Stegun 1964, 6.5.29 and 6.5.31).
  static func upperGamma(_ a: Double, _ x: Double) -> Double {
    guard x > 0 else { return 1 }
    let scale = exp(a * log(x) - x - lgamma(a))
    if x < a + 1 {
      var term = 1 / a
      var sum = term
      var n = a
      while term > sum * 1e-16 {
        n += 1
        term *= x / n
        sum += term
      }
      return max(0, 1 - sum * scale)
    }
    var fraction = ContinuedFraction(first: x + 1 - a)
    var step = 1.0
    while step < 10_000, fraction.extend(numerator: -step * (step - a), denominator: x + 2 * step + 1 - a) { step += 1 }
    return scale / fraction.value
  }

  /// The regularised incomplete beta function I_x(a, b), by its continued fraction (Abramowitz and Stegun 1964, 26.5.8).
  static func incompleteBeta(_ x: Double, _ a: Double, _ b: Double) -> Double {
    guard x > 0 else { return 0 }
    guard x < 1 else { return 1 }
    // The fraction converges fast below this point; above it the mirror image does.
    guard x <= (a + 1) / (a + b + 2) else { return 1 - incompleteBeta(1 - x, b, a) }
    let scale = exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    var fraction = ContinuedFraction(first: 1)
    var m = 0.0
    while m < 10_000 {
      let odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
      m += 1
      let even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
      let moves = fraction.extend(numerator: odd, denominator: 1)
      if !fraction.extend(numerator: even, denominator: 1) && !moves { break }
    }
    return scale / fraction.value
  }
}

/// b0 + a1 / (b1 + a2 / (b2 + ..)), from the front (Lentz 1976, with the guard of Thompson and Barnett 1986).
private struct ContinuedFraction {
  private(set) var value: Double
  private var numerators: Double
  private var denominators = 0.0
  private static let tiny = 1e-300

  init(first: Double) {
    value = first == 0 ? Self.tiny : first
    numerators = value
  }

  /// Adds one level, and returns whether it changed the value.
  mutating func extend(numerator: Double, denominator: Double) -> Bool {
    denominators = denominator + numerator * denominators
    if denominators == 0 { denominators = Self.tiny }
    denominators = 1 / denominators
    numerators = denominator + numerator / numerators
    if numerators == 0 { numerators = Self.tiny }
    let change = numerators * denominators
    value *= change
    return abs(change - 1) > 1e-15
  }
}
