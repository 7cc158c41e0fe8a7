#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The likelihood of the Pareto/NBD model: purchases come at a gamma(r, α) distributed rate until the user leaves, which
/// happens at a gamma(s, β) distributed rate at any time.
///
/// Formulas: Schmittlein, Morrison and Colombo, *Management Science* 33 (1987), in the notation of Fader and Hardie
/// (2005), with the hypergeometric functions in logarithms and by continued fraction.
struct ExponentialDropout: Sendable {
  let r: Double
  let alpha: Double
  let s: Double
  let beta: Double

  /// ln of 2F1(r+s+x, ·; r+s+x+1; |α-β|/(m+t)) / (m+t)^(r+s+x), m = max(α, β), after Euler's transformation.
  private func logTerm(_ x: Double, _ t: Double) -> Double {
    let total = r + s + x
    let (greater, exponent) = alpha >= beta ? (alpha, r + x) : (beta, s + 1)
    let z = abs(alpha - beta) / (greater + t)
    let power = exponent - total
    return power * log1p(-z) - total * log(greater + t) + log(hypergeometricOne(exponent, total + 1, z))
  }

  /// The logarithms of the two parts of the likelihood: the user is alive, the user has left between t_x and T.
  private func parts(_ history: PurchaseHistory) -> (alive: Double, left: Double) {
    let x = Double(history.frequency)
    let alive = -(r + x) * log(alpha + history.age) - s * log(beta + history.age)
    if history.recency == history.age { return (alive, -.infinity) }
    let (early, late) = (logTerm(x, history.recency), logTerm(x, history.age))
    return (alive, log(s) - log(r + s + x) + early + log(-expm1(late - early)))
  }

  func logLikelihood(_ history: PurchaseHistory) -> Double {
    let x = Double(history.frequency)
    let (alive, left) = parts(history)
    return logGamma(r + x) - logGamma(r) + r * log(alpha) + s * log(beta) + logAddExp(alive, left)
  }

  func probabilityAlive(_ history: PurchaseHistory) -> Double {
    let (alive, left) = parts(history)
    return sigmoid(alive - left)
  }

  /// The same model seen from the moment of observation of a user who is alive.
  private func posterior(_ history: PurchaseHistory) -> ExponentialDropout {
    ExponentialDropout(
      r: r + Double(history.frequency), alpha: alpha + history.age, s: s, beta: beta + history.age)
  }

  /// P(≥ 1 purchase in the next `t`): rate and departure are independent given that the user is alive, so the chance
  /// of no purchase is the likelihood of an empty history of length `t`.
  func probabilityOfPurchase(_ history: PurchaseHistory, within t: Double) -> Double {
    let none = posterior(history).logLikelihood(PurchaseHistory(frequency: 0, recency: 0, age: t))
    return -expm1(min(0, none)) * probabilityAlive(history)
  }

  /// The expected number of purchases in the next `t` of a user who is alive.
  func expectedPurchasesAlive(_ history: PurchaseHistory, within t: Double) -> Double {
    let later = posterior(history)
    let logarithm = log(later.beta) - log(later.beta + t)
    let epsilon = s - 1
    let duration = abs(epsilon) < 1e-12 ? -logarithm : -expm1(epsilon * logarithm) / epsilon
    return later.r / later.alpha * later.beta * duration
  }
}

/// Minus the log-likelihood of grouped histories in the logarithms of r, α, s and β.
struct ExponentialDropoutObjective: Sendable {
  let groups: PurchaseGroups

  private static let membersPerChunk = 1024

  /// - Complexity: O(members), two continued fractions each, on all cores.
  func value(_ logarithms: [Double]) -> Double {
    let p = logarithms.map { exp($0) }
    let model = ExponentialDropout(r: p[0], alpha: p[1], s: p[2], beta: p[3])
    let count = groups.members.count
    let chunks = (count + Self.membersPerChunk - 1) / Self.membersPerChunk
    let parts = concurrentChunks(chunks) { chunk in
      var sum = 0.0
      for i in chunkRange(chunk, of: chunks, count: count) {
        let member = groups.members[i]
        let history = PurchaseHistory(
          frequency: Int(groups.frequencies[Int(member.frequency)]), recency: groups.recencies[Int(member.recency)],
          age: groups.ages[Int(member.age)])
        sum += member.weight * model.logLikelihood(history)
      }
      return sum
    }
    let value = -parts.reduce(0, +)
    return value.isNaN ? .infinity : value
  }

  /// The value with its gradient by central differences.
  func evaluate(_ logarithms: [Double]) -> (value: Double, gradient: [Double]) {
    let step = 1e-5
    let gradient = logarithms.indices.map { axis in
      var (up, down) = (logarithms, logarithms)
      up[axis] += step
      down[axis] -= step
      return (value(up) - value(down)) / (2 * step)
    }
    return (value(logarithms), gradient)
  }
}
