#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The likelihood of the BG/NBD and MBG/NBD models: purchases come at a gamma distributed rate, and after each purchase
/// the user leaves with a beta distributed probability; in the modified model already after the first.
///
/// Formulas: Fader, Hardie and Lee, *Marketing Science* 24 (2005), and Batislam, Denizel and Filiztekin,
/// *International Journal of Research in Marketing* 24 (2007), in the logarithmic form that does not overflow.
struct GeometricDropout: Sendable {
  let r: Double
  let alpha: Double
  let a: Double
  let b: Double
  /// 1 when the user may leave after the first purchase, 0 when not.
  let first: Double

  init(r: Double, alpha: Double, a: Double, b: Double, modified: Bool) {
    (self.r, self.alpha, self.a, self.b) = (r, alpha, a, b)
    first = modified ? 1 : 0
  }

  /// ln Γ(r+x)/Γ(r) + r ln α + ln B(a, b+x[+1])/B(a, b): what depends on the frequency alone.
  fileprivate func constant(_ x: Double) -> Double {
    logGamma(r + x) - logGamma(r) + r * log(alpha) + logGamma(a + b) + logGamma(b + x + first) - logGamma(b)
      - logGamma(a + b + x + first)
  }

  /// ln of a/(b+x[-1]), or minus infinity when the user cannot have left.
  fileprivate func departure(_ x: Double) -> Double {
    x + first > 0 ? log(a) - log(b + x - 1 + first) : -.infinity
  }

  func logLikelihood(_ history: PurchaseHistory) -> Double {
    let x = Double(history.frequency)
    let alive = -(r + x) * log(alpha + history.age)
    return constant(x) + logAddExp(alive, departure(x) - (r + x) * log(alpha + history.recency))
  }

  func probabilityAlive(_ history: PurchaseHistory) -> Double {
    let x = Double(history.frequency)
    let odds = departure(x) + (r + x) * (log(alpha + history.age) - log(alpha + history.recency))
    return sigmoid(-odds)
  }

  /// P(≥ 1 purchase in the next `t`), exact: a user leaves only after a purchase.
  func probabilityOfPurchase(_ history: PurchaseHistory, within t: Double) -> Double {
    let x = Double(history.frequency)
    let since = alpha + history.age
    return -expm1((r + x) * (log(since) - log(since + t))) * probabilityAlive(history)
  }

  /// The expected number of purchases in the next `t` of a user who is alive.
  ///
  /// With ε = a-1, z = t/(α+T+t), C = a+b+x[-1] and A = C-r-x the textbook form
  /// C/ε (1 - (1-z)^(r+x) 2F1(r+x, b+x; C; z)) is, after Euler's transformation and with its pole taken out,
  /// C (1-(1-z)^ε)/ε - (1-z)^ε A z Σ Π (A+j)(ε+j) z/((C+j)(j+1)): no cancellation, and finite at a = 1.
  func expectedPurchasesAlive(_ history: PurchaseHistory, within t: Double) -> Double {
    let x = Double(history.frequency)
    let epsilon = a - 1
    let z = t / (alpha + history.age + t)
    let logarithm = log1p(-z)
    // Users who are all alike are fitted by shapes without bound, where the sum below overflows.
    if epsilon * -logarithm > 30 { return expectedBeforeLeaving(shape: r + x, stay: b + x + first, z) }
    let c = a + b + x - 1 + first
    let shifted = c - r - x
    var (term, sum, j) = (shifted * z, shifted * z, 0.0)
    while j < 100_000 {
      j += 1
      term *= (shifted + j) * (epsilon + j) * z / ((c + j) * (j + 1))
      sum += term
      if abs(term) <= 1e-16 * abs(sum) { break }
    }
    let power = exp(epsilon * logarithm)
    let start = abs(epsilon) < 1e-12 ? -logarithm : -expm1(epsilon * logarithm) / epsilon
    return max(0, c * start - power * sum)
  }

  /// The same expectation over the purchases n that would come if nobody left: n is negative binomial, and of n purchases
  /// 1 + b/(a+b) + b(b+1)/((a+b)(a+b+1)) + .. (n terms, b = `stay`) come before the user leaves. All terms are positive.
  ///
  /// - Complexity: O(expected n).
  private func expectedBeforeLeaving(shape: Double, stay: Double, _ z: Double) -> Double {
    let mean = shape * z / (1 - z)
    var (n, logWeight, sum) = (0.0, shape * log1p(-z), 0.0)
    // How many of n purchases are made, and the probability that the next one is.
    var (made, next) = (0.0, 1.0)
    while n < 1_000_000 {
      logWeight += log(z * (shape + n) / (n + 1))
      made += next
      next *= (stay + n) / (a + stay + n)
      n += 1
      let term = exp(logWeight) * made
      sum += term
      if n > mean && term <= 1e-16 * sum { break }
    }
    return sum
  }
}

/// Minus the log-likelihood of grouped histories with its gradient in the logarithms of r, α, a and b.
struct GeometricDropoutObjective: Sendable {
  let groups: PurchaseGroups
  let modified: Bool

  private static let membersPerChunk = 8192

  /// Figures for each distinct frequency, recency and age at one point.
  private struct Tables: Sendable {
    var model: GeometricDropout
    var rates: [Double]
    var departures: [Double]
    var departureSlopes: [Double]
    var recencyLogs: [Double]
    var ageLogs: [Double]
    var recencyInverses: [Double]
    var ageInverses: [Double]
  }

  /// Sums over members: log-likelihood, and the parts of its slopes that differ by member.
  private struct Sums: Sendable {
    var value = 0.0
    var rate = 0.0
    var scale = 0.0
    var departed = 0.0
    var departedSlope = 0.0
  }

  /// - Complexity: O(members), with one exponential and one logarithm each, on all cores; chunks are merged in order.
  func evaluate(_ logarithms: [Double]) -> (value: Double, gradient: [Double]) {
    let p = logarithms.map { exp($0) }
    let model = GeometricDropout(r: p[0], alpha: p[1], a: p[2], b: p[3], modified: modified)
    let tables = makeTables(model)
    let count = groups.members.count
    let chunks = (count + Self.membersPerChunk - 1) / Self.membersPerChunk
    let parts = concurrentChunks(chunks) { sums(chunkRange($0, of: chunks, count: count), tables) }
    var total = Sums()
    for part in parts {
      total.value += part.value
      total.rate += part.rate
      total.scale += part.scale
      total.departed += part.departed
      total.departedSlope += part.departedSlope
    }
    let (r, alpha, a, b, first) = (model.r, model.alpha, model.a, model.b, model.first)
    var slopes = [-total.rate, -total.scale, total.departed / a, -total.departedSlope]
    for (x, weight) in zip(groups.frequencies, groups.weights) {
      total.value += weight * model.constant(x)
      slopes[0] += weight * (digamma(r + x) - digamma(r) + log(alpha))
      slopes[1] += weight * r / alpha
      let both = digamma(a + b) - digamma(a + b + x + first)
      slopes[2] += weight * both
      slopes[3] += weight * (both + digamma(b + x + first) - digamma(b))
    }
    return (-total.value, zip(slopes, p).map { -$0 * $1 })
  }

  private func makeTables(_ model: GeometricDropout) -> Tables {
    let recencies = groups.recencies.map { model.alpha + $0 }
    let ages = groups.ages.map { model.alpha + $0 }
    return Tables(
      model: model, rates: groups.frequencies.map { model.r + $0 },
      departures: groups.frequencies.map(model.departure),
      departureSlopes: groups.frequencies.map { $0 + model.first > 0 ? 1 / (model.b + $0 - 1 + model.first) : 0 },
      recencyLogs: recencies.map { log($0) }, ageLogs: ages.map { log($0) },
      recencyInverses: recencies.map { 1 / $0 }, ageInverses: ages.map { 1 / $0 })
  }

  private func sums(_ range: Range<Int>, _ tables: Tables) -> Sums {
    var sums = Sums()
    let members = groups.members
    for i in range {
      let member = members[i]
      let (x, recency, age) = (Int(member.frequency), Int(member.recency), Int(member.age))
      let rate = tables.rates[x]
      let (ageLog, recencyLog) = (tables.ageLogs[age], tables.recencyLogs[recency])
      // The odds that the user has left; the likelihood is that of the living times (1 + odds).
      let odds = tables.departures[x] + rate * (ageLog - recencyLog)
      let power = exp(-abs(odds))
      let left = odds > 0 ? 1 / (1 + power) : power / (1 + power)
      sums.value += member.weight * (max(odds, 0) + log1p(power) - rate * ageLog)
      let (stayedWeight, leftWeight) = (member.weight * (1 - left), member.weight * left)
      sums.rate += stayedWeight * ageLog + leftWeight * recencyLog
      sums.scale += rate * (stayedWeight * tables.ageInverses[age] + leftWeight * tables.recencyInverses[recency])
      sums.departed += leftWeight
      sums.departedSlope += leftWeight * tables.departureSlopes[x]
    }
    return sums
  }
}
