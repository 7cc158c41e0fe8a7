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
    let lost = zip(survivors, survivors.dropFirst()).map { $0 - $1 }
    return try fit(lost: lost, kept: [Double](repeating: 0, count: last) + [survivors[last]])
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
