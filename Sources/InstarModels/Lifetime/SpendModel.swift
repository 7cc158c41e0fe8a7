#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// What a purchase of a user is worth: the gamma-gamma model of Colombo and Jiang (1999), in the form of Fader and
/// Hardie (2013). A user's purchases vary around a mean of their own, and the means vary between users; the model pulls
/// the mean of a few purchases towards that of all.
///
/// Reference page: `docs/reference/predict/lifetime.md`.
package struct SpendModel: Sendable, Equatable {
  /// Shape of one user's purchases.
  package let p: Double
  /// Shape of the users' scales; above 1, so that the mean over users exists.
  package let q: Double
  /// Scale of the users' scales, in money.
  package let v: Double
  package let logLikelihood: Double
  /// Users that the model was fitted on, and those left out because they spent nothing or less.
  package let userCount: Int
  package let excludedCount: Int
  /// Between the number and the mean value of purchases over users; the model takes it for 0. Above 0.3 in amount its
  /// values deserve a warning. 0 when one of the two does not vary.
  package let correlation: Double
  package let converged: Bool

  /// - Precondition: the parameters are positive, and q > 1.
  package init(
    p: Double, q: Double, v: Double, logLikelihood: Double = .nan, userCount: Int = 0, excludedCount: Int = 0,
    correlation: Double = 0, converged: Bool = true
  ) {
    precondition(p > 0 && q > 1 && v > 0, "parameters are positive, and q is above 1")
    (self.p, self.q, self.v) = (p, q, v)
    self.logLikelihood = logLikelihood
    self.userCount = userCount
    self.excludedCount = excludedCount
    self.correlation = correlation
    self.converged = converged
  }

  package static func == (left: SpendModel, right: SpendModel) -> Bool { left.encoded() == right.encoded() }

  /// The expected value of a purchase of a user with `count` purchases of value `mean`; with none, the mean of all.
  package func expectedSpend(count: Int, mean: Double) -> Double {
    let x = mean > 0 ? Double(count) : 0
    return p * (v + x * mean) / (p * x + q - 1)
  }

  /// The parameters under which the means are most likely.
  ///
  /// - Parameters:
  ///   - counts: purchases of each user.
  ///   - means: their mean value. Users without a purchase or of a mean of 0 or less are left out and counted.
  /// - Throws: ``ModelError`` when fewer than two users are left.
  /// - Complexity: O(users) for each of some 30 passes.
  package static func fit(counts: [Int], means: [Double]) throws(ModelError) -> SpendModel {
    precondition(counts.count == means.count, "one mean for each count")
    let kept = counts.indices.filter { counts[$0] > 0 && means[$0] > 0 && means[$0].isFinite }
    try ModelError.check(
      kept.count >= 2, "a spend model needs two users with purchases of positive value, there is \(kept.count)")
    let objective = SpendObjective(counts: kept.map { Double(counts[$0]) }, means: kept.map { means[$0] })
    let mean = kept.reduce(0) { $0 + means[$1] } / Double(kept.count)
    let stride = (kept.count + 4999) / 5000
    let sample = Swift.stride(from: 0, to: kept.count, by: stride).map { kept[$0] }
    let rough = SpendObjective(counts: sample.map { Double(counts[$0]) }, means: sample.map { means[$0] })
    func bounded(_ point: [Double]) -> Double {
      point.allSatisfy { abs($0) < 20 } ? rough.evaluate(point).value : .infinity
    }
    let start = minimizeByNelderMead(from: [log(2), log(1.5), log(mean)], tolerance: 1e-6, bounded)
    let end = minimizeByBFGS(from: start.point, objective.evaluate)
    let parameters = end.point.map { exp($0) }
    return SpendModel(
      p: parameters[0], q: 1 + parameters[1], v: parameters[2], logLikelihood: -end.value, userCount: kept.count,
      excludedCount: counts.count - kept.count, correlation: objective.correlation, converged: end.converged)
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.spend)
    writer.write([p, q, v, logLikelihood, correlation])
    writer.write(UInt64(userCount))
    writer.write(UInt64(excludedCount))
    writer.write(UInt8(converged ? 1 : 0))
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .spend)
    let numbers = try reader.readDoubles()
    let userCount: UInt64 = try reader.read()
    let excludedCount: UInt64 = try reader.read()
    let converged: UInt8 = try reader.read()
    try reader.finish()
    guard numbers.count == 5, numbers[0] > 0, numbers[1] > 1, numbers[2] > 0, numbers[..<3].allSatisfy(\.isFinite),
      userCount < 1 << 62, excludedCount < 1 << 62
    else { throw .damaged }
    self.init(
      p: numbers[0], q: numbers[1], v: numbers[2], logLikelihood: numbers[3], userCount: Int(userCount),
      excludedCount: Int(excludedCount), correlation: numbers[4], converged: converged == 1)
  }
}

/// Minus the log-likelihood of users' mean purchase values, with its gradient in ln p, ln(q-1) and ln v:
/// ln Γ(px+q)/(Γ(px)Γ(q)) + q ln v + (px-1) ln m + px ln x - (px+q) ln(xm+v).
private struct SpendObjective {
  let counts: [Double]
  let means: [Double]
  /// The position of each user's count among the distinct ones, and those.
  private let codes: [Int]
  private let distinct: [Double]
  private let weights: [Double]
  /// x ln(xm) of each user, summed, and ln m.
  private let logProducts: Double
  private let logMeans: Double

  init(counts: [Double], means: [Double]) {
    self.counts = counts
    self.means = means
    var positions: [Double: Int] = [:]
    var (distinct, weights): ([Double], [Double]) = ([], [])
    codes = counts.map { count in
      if let known = positions[count] {
        weights[known] += 1
        return known
      }
      positions[count] = distinct.count
      distinct.append(count)
      weights.append(1)
      return distinct.count - 1
    }
    (self.distinct, self.weights) = (distinct, weights)
    logProducts = zip(counts, means).reduce(0) { $0 + $1.0 * log($1.0 * $1.1) }
    logMeans = means.reduce(0) { $0 + log($1) }
  }

  /// Pearson's correlation of count and mean over users.
  var correlation: Double {
    let n = Double(counts.count)
    let (countMean, meanMean) = (counts.reduce(0, +) / n, means.reduce(0, +) / n)
    var (xx, xy, yy) = (0.0, 0.0, 0.0)
    for (count, mean) in zip(counts, means) {
      xx += (count - countMean) * (count - countMean)
      xy += (count - countMean) * (mean - meanMean)
      yy += (mean - meanMean) * (mean - meanMean)
    }
    return xx > 0 && yy > 0 ? xy / (xx * yy).squareRoot() : 0
  }

  func evaluate(_ logarithms: [Double]) -> (value: Double, gradient: [Double]) {
    let (p, q, v) = (exp(logarithms[0]), 1 + exp(logarithms[1]), exp(logarithms[2]))
    let n = Double(counts.count)
    var value = n * (q * log(v) - logGamma(q)) + p * logProducts - logMeans
    var (slopeP, slopeQ, slopeV) = (logProducts, n * (log(v) - digamma(q)), n * q / v)
    for (x, weight) in zip(distinct, weights) {
      value += weight * (logGamma(p * x + q) - logGamma(p * x))
      let both = digamma(p * x + q)
      slopeP += weight * x * (both - digamma(p * x))
      slopeQ += weight * both
    }
    for i in means.indices {
      let total = counts[i] * means[i] + v
      let logTotal = log(total)
      let shape = p * distinct[codes[i]] + q
      value -= shape * logTotal
      slopeP -= counts[i] * logTotal
      slopeQ -= logTotal
      slopeV -= shape / total
    }
    return (value.isNaN ? .infinity : -value, [-slopeP * p, -slopeQ * (q - 1), -slopeV * v])
  }
}
