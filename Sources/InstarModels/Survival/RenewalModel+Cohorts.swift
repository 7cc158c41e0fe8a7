#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

extension RenewalModel {
  /// The parameters under which customers of any age are most likely: those who ended count P(T = t), those who are still
  /// there S(m).
  ///
  /// - Parameters:
  ///   - lost: how many ended at renewal 1, 2, 3, ...
  ///   - kept: how many are still there after 0, 1, 2, ... renewals.
  /// - Throws: ``ModelError`` for a negative or infinite number, when nobody ended, and when no customer could have come
  ///   to a second renewal.
  package static func fit(lost: [Double], kept: [Double]) throws(ModelError) -> RenewalModel {
    try ModelError.check((lost + kept).allSatisfy { $0 >= 0 && $0.isFinite }, "customers are counted from 0")
    try ModelError.check(lost.contains { $0 > 0 }, "nobody left, so there is no rate of leaving to find")
    let later = lost.dropFirst().reduce(0, +) + kept.dropFirst(2).reduce(0, +)
    try ModelError.check(
      later > 0, "a renewal model needs customers at two renewals or more: they say whether the rate of leaving falls")
    let most = max(lost.count, kept.count)
    func loss(_ logarithms: [Double]) -> Double {
      if logarithms.contains(where: { abs($0) > 15 }) { return .infinity }
      let (alpha, beta) = (exp(logarithms[0]), exp(logarithms[1]))
      let base = logBeta(alpha, beta)
      var sum = 0.0
      for t in 0..<most {
        if t < lost.count, lost[t] > 0 { sum += lost[t] * (logBeta(alpha + 1, beta + Double(t)) - base) }
        if t < kept.count, kept[t] > 0 { sum += kept[t] * (logBeta(alpha, beta + Double(t)) - base) }
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
}
