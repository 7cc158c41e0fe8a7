#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Who renews a contract: the shifted beta-geometric model of Fader and Hardie (2007). Each customer ends with a
/// probability of their own at each renewal; those who end early have a high one, so the rest looks ever more loyal.
///
/// Reference page: `docs/reference/predict/lifetime.md`.
package struct RenewalModel: Sendable, Equatable {
  package let alpha: Double
  package let beta: Double
  package let logLikelihood: Double
  package let converged: Bool

  /// - Precondition: the parameters are positive.
  package init(alpha: Double, beta: Double, logLikelihood: Double = .nan, converged: Bool = true) {
    precondition(alpha > 0 && beta > 0, "parameters are positive")
    (self.alpha, self.beta) = (alpha, beta)
    self.logLikelihood = logLikelihood
    self.converged = converged
  }

  package static func == (left: RenewalModel, right: RenewalModel) -> Bool { left.encoded() == right.encoded() }

  /// The share of customers that are left after `renewals` renewals.
  package func survival(_ renewals: Int) -> Double {
    exp(logBeta(alpha, beta + Double(renewals)) - logBeta(alpha, beta))
  }

  /// The share of those left after `renewals - 1` renewals that renew once more.
  package func retentionRate(_ renewals: Int) -> Double {
    (beta + Double(renewals) - 1) / (alpha + beta + Double(renewals) - 1)
  }

  /// The parameters under which the numbers of customers left at renewal 0, 1, 2, ... are most likely.
  ///
  /// - Throws: ``ModelError`` for fewer than three numbers, numbers that rise, or when nobody left.
  package static func fit(survivors: [Double]) throws(ModelError) -> RenewalModel {
    try ModelError.check(
      survivors.count >= 3, "a renewal model needs the customers left at renewals 0, 1 and 2 at least")
    try ModelError.check(
      zip(survivors, survivors.dropFirst()).allSatisfy { $0 >= $1 && $1 >= 0 } && survivors[0].isFinite,
      "the customers that are left cannot become more from one renewal to the next")
    let last = survivors.count - 1
    try ModelError.check(survivors[0] > survivors[last], "nobody left, so there is no rate of leaving to find")
    func loss(_ logarithms: [Double]) -> Double {
      if logarithms.contains(where: { abs($0) > 15 }) { return .infinity }
      let (alpha, beta) = (exp(logarithms[0]), exp(logarithms[1]))
      let base = logBeta(alpha, beta)
      var sum = survivors[last] * (logBeta(alpha, beta + Double(last)) - base)
      for t in 1...last {
        sum += (survivors[t - 1] - survivors[t]) * (logBeta(alpha + 1, beta + Double(t) - 1) - base)
      }
      return -sum
    }
    let start = minimizeByNelderMead(from: [0, 0], tolerance: 1e-9, loss)
    let end = minimizeByBFGS(from: start.point) { point in
      let gradient = point.indices.map { axis in
        var (up, down) = (point, point)
        up[axis] += 1e-5
        down[axis] -= 1e-5
        return (loss(up) - loss(down)) / 2e-5
      }
      return (loss(point), gradient)
    }
    return RenewalModel(
      alpha: exp(end.point[0]), beta: exp(end.point[1]), logLikelihood: -end.value, converged: end.converged)
  }

  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.renewals)
    writer.write([alpha, beta, logLikelihood])
    writer.write(UInt8(converged ? 1 : 0))
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .renewals)
    let numbers = try reader.readDoubles()
    let converged: UInt8 = try reader.read()
    try reader.finish()
    guard numbers.count == 3, numbers[0] > 0, numbers[1] > 0, numbers[0].isFinite, numbers[1].isFinite else {
      throw .damaged
    }
    self.init(alpha: numbers[0], beta: numbers[1], logLikelihood: numbers[2], converged: converged == 1)
  }
}
