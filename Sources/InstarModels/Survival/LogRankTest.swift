#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Whether groups differ in survival: the log-rank test of Mantel (1966) for two or more groups, and the family of
/// Harrington and Fleming (1982) that weights an event by S^ρ of all groups together just before it.
///
/// Reference page: `docs/reference/predict/survival.md`.
package struct LogRankTest: Sendable, Equatable {
  package let statistic: Double
  package let degreesOfFreedom: Int
  package let pValue: Double
  /// Weighted events of each group, and those expected if the groups were alike.
  package let observed: [Double]
  package let expected: [Double]
  package let counts: [Int]

  /// Compares groups.
  ///
  /// - Parameters:
  ///   - groups: the group of each duration, below `groupCount`.
  ///   - rho: 0 for the log-rank test, 1 for Peto and Peto's modification of the Wilcoxon test.
  /// - Throws: ``ModelError`` without events, and when fewer than two groups have members.
  /// - Complexity: O(*n* log *n* + times x groups²).
  package static func run(
    durations: [Double], observed: [Bool], groups: [Int], groupCount: Int, rho: Double = 0
  ) throws(ModelError) -> LogRankTest {
    try SurvivalTable.check(durations, observed)
    precondition(groups.count == durations.count && groups.allSatisfy { 0 <= $0 && $0 < groupCount })
    try ModelError.check(observed.contains(true), "no event was observed, so groups cannot be compared")
    var sums = Sums(groupCount: groupCount)
    for group in groups { sums.counts[group] += 1 }
    try ModelError.check(
      sums.counts.count { $0 > 0 } >= 2, "a comparison needs two groups with members, there is one")
    sums.add(SurvivalTable(durations: durations, observed: observed), observed, groups, rho)
    return LogRankTest(sums)
  }

  /// Sums over the times of events.
  private struct Sums {
    let groupCount: Int
    var counts: [Int]
    var observed: [Double]
    var expected: [Double]
    var variance: [Double]

    init(groupCount: Int) {
      self.groupCount = groupCount
      counts = [Int](repeating: 0, count: groupCount)
      observed = [Double](repeating: 0, count: groupCount)
      expected = observed
      variance = [Double](repeating: 0, count: groupCount * groupCount)
    }

    mutating func add(_ table: SurvivalTable, _ observedFlags: [Bool], _ groups: [Int], _ rho: Double) {
      var atRisk = counts.map(Double.init)
      var (position, survival) = (0, 1.0)
      for step in table.times.indices {
        let (n, d) = (Double(table.atRisk[step]), Double(table.events[step]))
        let weight = rho == 0 ? 1 : pow(survival, rho)
        if d > 0 { addTime(n, d, weight, atRisk) }
        let end = table.order.count - table.atRisk[step]
        let next = step + 1 < table.times.count ? table.order.count - table.atRisk[step + 1] : table.order.count
        position = end
        while position < next {
          let row = table.order[position]
          if observedFlags[row] { observed[groups[row]] += weight }
          atRisk[groups[row]] -= 1
          position += 1
        }
        survival *= (n - d) / n
      }
    }

    private mutating func addTime(_ n: Double, _ d: Double, _ weight: Double, _ atRisk: [Double]) {
      let factor = n > 1 ? weight * weight * d * (n - d) / (n - 1) : 0
      for row in 0..<groupCount {
        let share = atRisk[row] / n
        expected[row] += weight * d * share
        for column in 0..<groupCount {
          variance[row * groupCount + column] += factor * share * ((row == column ? 1 : 0) - atRisk[column] / n)
        }
      }
    }
  }

  private init(_ sums: Sums) {
    (observed, expected, counts) = (sums.observed, sums.expected, sums.counts)
    // Groups that nothing is expected of carry no evidence; the last of the others follows from the rest.
    let kept = Array((0..<sums.groupCount).filter { sums.expected[$0] > 0 }.dropLast())
    var solution = kept.map { sums.observed[$0] - sums.expected[$0] }
    let differences = solution
    let matrix = kept.flatMap { row in kept.map { sums.variance[row * sums.groupCount + $0] } }
    degreesOfFreedom = kept.count
    guard !kept.isEmpty, let cholesky = Cholesky(matrix, order: kept.count) else {
      (statistic, pValue) = (0, 1)
      return
    }
    cholesky.solve(&solution)
    statistic = zip(differences, solution).reduce(0) { $0 + $1.0 * $1.1 }
    pValue = chiSquaredTail(statistic, degrees: kept.count)
  }
}
