#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Time-decayed popularity: T_i(t) = sum over events e of item i of 2^(-(t - t_e)/h), scored as ln(1 + T_i).
///
/// Reference page: `docs/reference/recommend/trend.md`.
package enum Trend {
  package struct Configuration: Sendable, Hashable {
    /// Days after which an event counts half.
    package var halfLifeDays: Double
    /// The moment t, milliseconds since 1970.
    package var moment: Int64

    package init(halfLifeDays: Double = 7, moment: Int64) {
      self.halfLifeDays = halfLifeDays
      self.moment = moment
    }

    package func validate() throws(ModelError) {
      try ModelError.check(
        halfLifeDays > 0 && halfLifeDays.isFinite, "half_life must be a positive number of days, not \(halfLifeDays)")
    }
  }

  /// Events of positive weight count, each once. An event after the moment counts as one at the moment.
  ///
  /// - Complexity: O(entries).
  package static func fit(_ interactions: Interactions, _ configuration: Configuration) -> ItemPrior {
    let halfLife = configuration.halfLifeDays * RhythmFeatures.millisecondsPerDay
    var sums = [Double](repeating: 0, count: interactions.itemCount)
    for entry in 0..<interactions.entryCount where interactions.weights[entry] > 0 {
      let age = Double(max(0, configuration.moment - interactions.times[entry]))
      sums[Int(interactions.items[entry])] += exp2(-age / halfLife)
    }
    return ItemPrior(source: .trend, scores: sums.map { log1p($0) })
  }
}
