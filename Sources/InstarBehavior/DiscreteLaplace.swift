#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// The discrete Laplace distribution on the integers: the probability of x is proportional to exp(-numerator |x| /
/// denominator).
///
/// Added to an integer that one user can move by at most s, with numerator / denominator = epsilon / s, it makes a count
/// epsilon-differentially private. Sampling uses integers only, as Canonne, Kamath and Steinke (2020, "The Discrete
/// Gaussian for Differential Privacy", algorithms 1 and 2) describe: the low bits of floating-point noise would give away
/// what the noise hides (Mironov 2012).
package struct DiscreteLaplace: Sendable, Hashable {
  package let numerator: UInt64
  package let denominator: UInt64

  /// - Precondition: both are positive and at most 2^52, so that no product overflows.
  package init(numerator: UInt64, denominator: UInt64) {
    precondition(1...(1 << 52) ~= numerator && 1...(1 << 52) ~= denominator, "a rate between 2^-52 and 2^52")
    self.numerator = numerator
    self.denominator = denominator
  }

  /// One number of the distribution.
  ///
  /// - Complexity: O(1 + numerator / denominator) draws expected; never more because of the size of the result.
  package func sample(using random: inout some RandomNumberGenerator) -> Int64 {
    while true {
      let rest = random.next(upperBound: denominator)
      guard Self.happens(rest, in: denominator, using: &random) else { continue }
      var whole: UInt64 = 0
      while Self.happens(1, in: 1, using: &random) { whole += 1 }
      let magnitude = (rest + denominator * whole) / numerator
      let isNegative = random.next(upperBound: 2 as UInt64) == 1
      // Zero has no sign, so that it is not counted twice.
      if isNegative, magnitude == 0 { continue }
      return isNegative ? -Int64(magnitude) : Int64(magnitude)
    }
  }

  /// The smallest w for which the noise lies in -w ... w with at least the probability `share`.
  ///
  /// P(|X| > w) = 2 q^(w + 1) / (1 + q) with q = exp(-numerator / denominator).
  package func halfWidth(_ share: Double) -> Int64 {
    let rate = Double(numerator) / Double(denominator)
    let tail = (1 - share) * (1 + exp(-rate)) / 2
    return max(0, Int64((-log(tail) / rate - 1).rounded(.up)))
  }

  /// True with the probability exp(-part / whole), for part <= whole: the series of von Neumann in exact fractions.
  private static func happens(_ part: UInt64, in whole: UInt64, using random: inout some RandomNumberGenerator) -> Bool
  {
    var step: UInt64 = 1
    while true {
      // True with the probability part / (whole * step).
      let isHit =
        random.next(upperBound: whole) < part && random.next(upperBound: step) == 0
      if !isHit { return step % 2 == 1 }
      step += 1
    }
  }
}
