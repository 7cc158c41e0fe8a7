#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Who is still a customer, and how often will they buy: the "buy till you die" models of repeat purchases.
///
/// Times of all arguments are in the unit of the histories that the model was fitted on.
///
/// Reference page: `docs/reference/predict/lifetime.md`.
package struct PurchaseModel: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    /// The user may leave after any purchase, the first too (Batislam, Denizel and Filiztekin 2007).
    case mbgnbd
    /// The user may leave after a repeat purchase only, so whoever bought once is alive (Fader, Hardie and Lee 2005).
    case bgnbd
    /// The user may leave at any time (Schmittlein, Morrison and Colombo 1987).
    case paretonbd
  }

  package let kind: Kind
  /// Shape of the purchase rate.
  package let r: Double
  /// Scale of the purchase rate, in units of time.
  package let alpha: Double
  /// Of `paretonbd` the shape s of the departure rate, else the first parameter of the probability to leave.
  package let a: Double
  /// Of `paretonbd` the scale β of the departure rate, else the second parameter of the probability to leave.
  package let b: Double
  package let logLikelihood: Double
  package let userCount: Int
  package let converged: Bool

  /// A model of given parameters.
  ///
  /// - Precondition: the parameters are positive and finite.
  package init(
    _ kind: Kind, r: Double, alpha: Double, a: Double, b: Double, logLikelihood: Double = .nan, userCount: Int = 0,
    converged: Bool = true
  ) {
    precondition([r, alpha, a, b].allSatisfy { $0 > 0 && $0.isFinite }, "parameters are positive")
    self.kind = kind
    (self.r, self.alpha, self.a, self.b) = (r, alpha, a, b)
    self.logLikelihood = logLikelihood
    self.userCount = userCount
    self.converged = converged
  }

  package static func == (left: PurchaseModel, right: PurchaseModel) -> Bool { left.encoded() == right.encoded() }

  private var geometric: GeometricDropout {
    GeometricDropout(r: r, alpha: alpha, a: a, b: b, modified: kind == .mbgnbd)
  }

  private var exponential: ExponentialDropout { ExponentialDropout(r: r, alpha: alpha, s: a, beta: b) }

  /// The logarithm of the probability density of one history.
  package func logLikelihood(of history: PurchaseHistory) -> Double {
    kind == .paretonbd ? exponential.logLikelihood(history) : geometric.logLikelihood(history)
  }

  /// The probability that the user will ever buy again.
  ///
  /// - Complexity: O(1).
  package func probabilityAlive(_ history: PurchaseHistory) -> Double {
    kind == .paretonbd ? exponential.probabilityAlive(history) : geometric.probabilityAlive(history)
  }

  /// The probability of at least one purchase in the next `t`.
  package func probabilityOfPurchase(_ history: PurchaseHistory, within t: Double) -> Double {
    if !(t > 0) { return 0 }
    return kind == .paretonbd
      ? exponential.probabilityOfPurchase(history, within: t) : geometric.probabilityOfPurchase(history, within: t)
  }

  /// The expected number of purchases in the next `t`.
  ///
  /// - Complexity: 10 to 30 terms of a series, up to some hundred when `t` is long beside the history.
  package func expectedPurchases(_ history: PurchaseHistory, within t: Double) -> Double {
    if !(t > 0) { return 0 }
    let alive = probabilityAlive(history)
    return kind == .paretonbd
      ? alive * exponential.expectedPurchasesAlive(history, within: t)
      : alive * geometric.expectedPurchasesAlive(history, within: t)
  }

  /// The expected number of repeat purchases in the first `t` of a user who buys for the first time now.
  package func expectedPurchasesOfNewUser(within t: Double) -> Double {
    expectedPurchases(PurchaseHistory(frequency: 0, recency: 0, age: 0), within: t)
  }
}

// MARK: Fitting

extension PurchaseModel {
  /// Users that the search for a starting point looks at.
  private static let sampleSize = 5000
  /// Distinct histories from which on `paretonbd` rounds times to 1/500 of the longest age.
  private static let groupLimit = 20_000

  /// The parameters under which the histories are most likely.
  ///
  /// Three starts by Nelder and Mead on at most 5,000 of the users, then BFGS on all.
  ///
  /// - Throws: ``ModelError`` when a history contradicts itself or nobody bought twice.
  /// - Complexity: O(users log users) to count equal histories, then some 20 passes over the distinct ones.
  package static func fit(
    _ histories: [PurchaseHistory], kind: Kind = .mbgnbd
  ) throws(ModelError) -> PurchaseModel {
    try check(histories)
    let stride = (histories.count + sampleSize - 1) / sampleSize
    let sample = PurchaseGroups(Swift.stride(from: 0, to: histories.count, by: stride).map { histories[$0] })
    let meanAge = histories.reduce(0) { $0 + $1.age } / Double(histories.count)
    let starts = [[1, meanAge / 2, 1, 1], [0.3, meanAge / 5, 0.5, 2], [0.5, meanAge / 3, 1, meanAge / 3]]
      .map { $0.map { log(max($0, 1e-6)) } }
    let end: Minimum
    switch kind {
    case .mbgnbd, .bgnbd:
      let rough = GeometricDropoutObjective(groups: sample, modified: kind == .mbgnbd)
      let start = best(starts) { rough.evaluate($0).value }
      let objective = GeometricDropoutObjective(groups: PurchaseGroups(histories), modified: kind == .mbgnbd)
      end = minimizeByBFGS(from: start, objective.evaluate)
    case .paretonbd:
      let rough = ExponentialDropoutObjective(groups: sample)
      let start = best(starts, rough.value)
      let objective = ExponentialDropoutObjective(groups: coarse(histories))
      end = minimizeByBFGS(from: start, tolerance: 1e-9, objective.evaluate)
    }
    let p = end.point.map { exp($0) }
    return PurchaseModel(
      kind, r: p[0], alpha: p[1], a: p[2], b: p[3], logLikelihood: -end.value, userCount: histories.count,
      converged: end.converged)
  }

  private static func check(_ histories: [PurchaseHistory]) throws(ModelError) {
    try ModelError.check(!histories.isEmpty, "there is no user with a purchase to fit a purchase model to")
    let wrong = histories.first { !$0.isConsistent }
    try ModelError.check(
      wrong == nil,
      "a purchase history needs 0 <= t_x <= T, and t_x = 0 without a repeat purchase; got x = \(wrong?.frequency ?? 0),"
        + " t_x = \(wrong?.recency ?? 0), T = \(wrong?.age ?? 0)")
    try ModelError.check(
      histories.contains { $0.frequency > 0 && $0.age > 0 },
      "nobody bought on two different days; a purchase model needs repeat purchases")
  }

  private static func coarse(_ histories: [PurchaseHistory]) -> PurchaseGroups {
    let groups = PurchaseGroups(histories)
    if groups.members.count <= groupLimit { return groups }
    return PurchaseGroups(histories, resolution: (groups.ages.max() ?? 0) / 500)
  }

  private static func best(_ starts: [[Double]], _ objective: ([Double]) -> Double) -> [Double] {
    // A parameter beyond e^15 is a flat direction of the likelihood, not a finding.
    func bounded(_ point: [Double]) -> Double { point.allSatisfy { abs($0) < 15 } ? objective(point) : .infinity }
    let ends = starts.map { minimizeByNelderMead(from: $0, tolerance: 1e-6, evaluationLimit: 250, bounded) }
    return ends.min { $0.value < $1.value }?.point ?? starts[0]
  }
}

// MARK: Storing

extension PurchaseModel {
  /// The bytes of this model.
  package func encoded() -> [UInt8] {
    var writer = PayloadWriter(.purchases)
    writer.write(UInt8(Kind.allCases.firstIndex(of: kind) ?? 0))
    writer.write([r, alpha, a, b])
    writer.write(logLikelihood)
    writer.write(UInt64(userCount))
    writer.write(UInt8(converged ? 1 : 0))
    return writer.finish()
  }

  /// The model in `bytes`, which ``encoded()`` wrote.
  package init(decoding bytes: [UInt8]) throws(PayloadError) {
    var reader = try PayloadReader(bytes, expecting: .purchases)
    let kind: UInt8 = try reader.read()
    let p = try reader.readDoubles()
    let logLikelihood = try reader.readDouble()
    let userCount: UInt64 = try reader.read()
    let converged: UInt8 = try reader.read()
    try reader.finish()
    guard Int(kind) < Kind.allCases.count, p.count == 4, p.allSatisfy({ $0 > 0 && $0.isFinite }), userCount < 1 << 62
    else { throw .damaged }
    self.init(
      Kind.allCases[Int(kind)], r: p[0], alpha: p[1], a: p[2], b: p[3], logLikelihood: logLikelihood,
      userCount: Int(userCount), converged: converged == 1)
  }
}
