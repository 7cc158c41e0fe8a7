#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The share of members to whom something has happened by each age, where some are observed for a shorter time than
/// others: the product-limit estimate (Kaplan and Meier, Nonparametric Estimation from Incomplete Observations, 1958).
///
/// ```
/// S(k) = Π (1 - d / n)  over the ages up to k;  d: events at an age, n: members at risk there
/// ```
///
/// The interval is that of log(-log S) with Greenwood's variance (Kalbfleisch and Prentice 1980). Reference:
/// docs/reference/retention.md.
package struct ProductLimit: Sendable, Equatable {
  /// Members by age: to how many it happened, and how many were still under observation and untouched at its beginning.
  package struct Counts: Sendable, Equatable {
    package var events: [Int]
    package var atRisk: [Int]

    package init(events: [Int], atRisk: [Int]) {
      precondition(events.count == atRisk.count, "a number at risk for each age")
      self.events = events
      self.atRisk = atRisk
    }

    /// Adds the members of another cohort.
    package mutating func add(_ other: Counts) {
      precondition(other.events.count == events.count, "cohorts of one curve have the same ages")
      for age in events.indices {
        events[age] += other.events[age]
        atRisk[age] += other.atRisk[age]
      }
    }
  }

  package struct Point: Sendable, Equatable {
    package var atRisk: Int
    /// Events up to this age.
    package var events: Int
    /// 1 - S.
    package var happened: Double
    /// The 95 % interval of it; `nil` where nothing or everything has happened.
    package var low: Double?
    package var high: Double?
  }

  /// One point for each age, as far as anybody is at risk.
  package let points: [Point]

  package init(_ counts: Counts) {
    var points: [Point] = []
    var (surviving, greenwood, events) = (1.0, 0.0, 0)
    for (happened, atRisk) in zip(counts.events, counts.atRisk) {
      guard atRisk > 0 else { break }
      events += happened
      surviving *= Double(atRisk - happened) / Double(atRisk)
      greenwood += Double(happened) / (Double(atRisk) * Double(atRisk - happened))
      var point = Point(atRisk: atRisk, events: events, happened: 1 - surviving)
      if surviving > 0, surviving < 1 {
        let half = Distributions.normal95 * greenwood.squareRoot() / -log(surviving)
        point.low = 1 - pow(surviving, exp(-half))
        point.high = 1 - pow(surviving, exp(half))
      }
      points.append(point)
    }
    self.points = points
  }

  /// The log-rank test: whether groups share one curve (Mantel 1966; Peto and Peto 1972).
  ///
  /// E = Σ d n₁/n, V = Σ d (n₁/n)(1 - n₁/n)(n - d)/(n - 1), and for more groups the covariances alike; the statistic is
  /// chi-square with one degree of freedom less than groups.
  ///
  /// - Returns: `nil` for fewer than two groups with members, or without an event.
  package static func logRank(_ groups: [Counts]) -> (statistic: Double, freedom: Int, p: Double)? {
    let present = groups.filter { $0.atRisk.contains { $0 > 0 } }
    guard present.count > 1, let ages = present.map(\.events.count).max() else { return nil }
    let freedom = present.count - 1
    var surplus = [Double](repeating: 0, count: freedom)
    var covariance = [[Double]](repeating: [Double](repeating: 0, count: freedom), count: freedom)
    for age in 0..<ages {
      let atRisk = present.map { Double($0.atRisk[age]) }
      let (n, d) = (atRisk.reduce(0, +), Double(present.reduce(0) { $0 + $1.events[age] }))
      guard d > 0, n > 1 else { continue }
      let factor = d * (n - d) / (n - 1)
      for first in 0..<freedom {
        let share = atRisk[first] / n
        surplus[first] += Double(present[first].events[age]) - d * share
        for second in 0..<freedom {
          covariance[first][second] += factor * share * ((first == second ? 1 : 0) - atRisk[second] / n)
        }
      }
    }
    guard let solved = solve(covariance, surplus) else { return nil }
    let statistic = zip(surplus, solved).reduce(0) { $0 + $1.0 * $1.1 }
    return (statistic, freedom, Distributions.chiSquareTail(statistic, freedom: freedom))
  }

  /// The solution of `matrix` x = `right` by elimination with pivots; `nil` where there is none.
  private static func solve(_ matrix: [[Double]], _ right: [Double]) -> [Double]? {
    var (rows, values) = (matrix, right)
    for column in rows.indices {
      guard let pivot = rows.indices[column...].max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) }),
        abs(rows[pivot][column]) > 1e-12
      else { return nil }
      rows.swapAt(column, pivot)
      values.swapAt(column, pivot)
      for row in rows.indices where row > column {
        let factor = rows[row][column] / rows[column][column]
        for other in column..<rows.count { rows[row][other] -= factor * rows[column][other] }
        values[row] -= factor * values[column]
      }
    }
    for column in rows.indices.reversed() {
      for other in rows.indices where other > column { values[column] -= rows[column][other] * values[other] }
      values[column] /= rows[column][column]
    }
    return values
  }
}
