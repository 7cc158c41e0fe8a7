#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The published loyalty formula, for stores with too little data to train on.
///
/// 1/(1+exp(-(-1.5 + 1.1 ln(1+frequency) - 1.2 recency/(30+cycle) + 0.3 ln(1+tenure/30)))), times in days.
package enum LoyaltyFormula {
  /// Training needs at least this many users and this many positives among them.
  package static let leastUsers = 200
  package static let leastPositives = 20

  /// The loyalty of a user with at least one goal event.
  ///
  /// - Parameters:
  ///   - frequency: number of goal occurrences.
  ///   - recency: days since the last one.
  ///   - cycle: median days between two of them; the store's median where the user has none.
  ///   - tenure: days since the user's first event.
  package static func loyalty(frequency: Double, recency: Double, cycle: Double, tenure: Double) -> Double {
    sigmoid(-1.5 + 1.1 * log1p(frequency) - 1.2 * recency / (30 + cycle) + 0.3 * log1p(tenure / 30))
  }

  /// The fallback for `churn_risk`: the complement of ``loyalty(frequency:recency:cycle:tenure:)``.
  package static func churnRisk(frequency: Double, recency: Double, cycle: Double, tenure: Double) -> Double {
    1 - loyalty(frequency: frequency, recency: recency, cycle: cycle, tenure: tenure)
  }
}
