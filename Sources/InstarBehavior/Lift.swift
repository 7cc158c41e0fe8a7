#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// What one group of an experiment shows of its members.
package enum LiftSample: Sendable, Equatable {
  /// So many of the members did it.
  case share(count: Int, of: Int)
  /// A figure of each member: their number, the mean, and the variance with n − 1 in the denominator.
  case mean(Double, variance: Double, of: Int)

  /// From sums over the members.
  ///
  /// - Parameters:
  ///   - sum: of the figures.
  ///   - squares: of their squares.
  package static func mean(sum: Double, squares: Double, of count: Int) -> LiftSample {
    guard count > 1 else { return .mean(count == 0 ? 0 : sum, variance: 0, of: count) }
    let mean = sum / Double(count)
    let variance = (squares - sum * mean) / Double(count - 1)
    return .mean(mean, variance: max(0, variance), of: count)
  }
}

/// How far a group lies over the baseline: the relative difference, its 95 % interval, and the two-sided p-value of no
/// difference. What cannot be said is `nil`.
///
/// Shares: lift = r − 1 with the ratio r of both shares; the interval is exp(ln r ± 1.96 s) − 1 with
/// s² = 1/x₁ − 1/n₁ + 1/x₀ − 1/n₀ (Katz, Baptista, Azen and Pike 1978), p that of the z-test with the pooled share.
/// Means: lift = m₁/m₀ − 1; the interval is lift ± t s with s² = v₁/(n₁ m₀²) + v₀ m₁²/(n₀ m₀⁴), the delta method (Deng,
/// Knoblich and Lu 2018), and t by the degrees of freedom of Welch (1947); p is that of Welch's test.
/// Reference: docs/reference/lift.md.
package struct Lift: Sendable, Equatable {
  package var lift: Double?
  package var low: Double?
  package var high: Double?
  package var p: Double?

  package static let unknown = Lift()

  package init(lift: Double? = nil, low: Double? = nil, high: Double? = nil, p: Double? = nil) {
    self.lift = lift
    self.low = low
    self.high = high
    self.p = p
  }

  /// Compares a group with the baseline; samples of two kinds cannot be compared.
  package init(_ group: LiftSample, over baseline: LiftSample) {
    switch (group, baseline) {
    case (.share(let count, let members), .share(let baseCount, let baseMembers)):
      self.init(shares: (count, members), (baseCount, baseMembers))
    case (.mean(let mean, let variance, let members), .mean(let baseMean, let baseVariance, let baseMembers)):
      self.init(means: (mean, variance, members), (baseMean, baseVariance, baseMembers))
    default: self = .unknown
    }
  }

  private init(shares group: (count: Int, of: Int), _ baseline: (count: Int, of: Int)) {
    guard group.of > 0, baseline.of > 0 else { return }
    let (x1, n1, x0, n0) = (Double(group.count), Double(group.of), Double(baseline.count), Double(baseline.of))
    let pooled = (x1 + x0) / (n1 + n0)
    if pooled > 0, pooled < 1 {
      let error = (pooled * (1 - pooled) * (1 / n1 + 1 / n0)).squareRoot()
      p = Distributions.normalTails((x1 / n1 - x0 / n0) / error)
    }
    guard x0 > 0 else { return }
    let ratio = (x1 / n1) / (x0 / n0)
    lift = ratio - 1
    guard x1 > 0 else { return }
    let half = Distributions.normal95 * (1 / x1 - 1 / n1 + 1 / x0 - 1 / n0).squareRoot()
    low = exp(log(ratio) - half) - 1
    high = exp(log(ratio) + half) - 1
  }

  private init(
    means group: (mean: Double, variance: Double, of: Int), _ baseline: (mean: Double, variance: Double, of: Int)
  ) {
    guard group.of > 1, baseline.of > 1 else { return }
    let (a, b) = (group.variance / Double(group.of), baseline.variance / Double(baseline.of))
    if a + b > 0 {
      let t = (group.mean - baseline.mean) / (a + b).squareRoot()
      p = Distributions.studentTails(t, freedom: Self.freedom(a, group.of, b, baseline.of))
    }
    guard baseline.mean > 0 else { return }
    let ratio = group.mean / baseline.mean
    lift = ratio - 1
    let (first, second) = (a / (baseline.mean * baseline.mean), b * ratio * ratio / (baseline.mean * baseline.mean))
    guard first + second > 0 else { return }
    let width = Distributions.student95(freedom: Self.freedom(first, group.of, second, baseline.of))
    let half = width * (first + second).squareRoot()
    low = ratio - 1 - half
    high = ratio - 1 + half
  }

  /// The degrees of freedom of a sum of two variances of means (Welch 1947).
  private static func freedom(_ a: Double, _ first: Int, _ b: Double, _ second: Int) -> Double {
    (a + b) * (a + b) / (a * a / Double(first - 1) + b * b / Double(second - 1))
  }

  /// The probability that a split by `shares` gives sizes at least as uneven as these: the chi-square test of the
  /// sample ratio (Fabijan et al. 2019). Small where the assignment itself went wrong. `nil` for fewer than two groups
  /// or nobody.
  ///
  /// - Parameter shares: the intended size of each group, in any unit; all positive.
  package static func sampleRatio(_ sizes: [Int], shares: [Double]) -> Double? {
    precondition(sizes.count == shares.count && shares.allSatisfy { $0 > 0 }, "a share for each group")
    let (total, whole) = (sizes.reduce(0, +), shares.reduce(0, +))
    guard sizes.count > 1, total > 0 else { return nil }
    var distance = 0.0
    for (size, share) in zip(sizes, shares) {
      let expected = Double(total) * share / whole
      distance += (Double(size) - expected) * (Double(size) - expected) / expected
    }
    return Distributions.chiSquareTail(distance, freedom: sizes.count - 1)
  }
}
