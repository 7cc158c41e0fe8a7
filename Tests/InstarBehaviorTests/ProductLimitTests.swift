import InstarBehavior
import Testing

/// The product-limit estimate and the log-rank test on the remission times of Freireich et al. (Blood 21, 1963), the
/// example of most textbooks on survival.
@Suite struct ProductLimitTests {
  /// Weeks in remission: those of relapses, and those up to which nothing had happened.
  private func counts(_ relapses: [Int], _ censored: [Int] = []) -> ProductLimit.Counts {
    let ages = 0...35
    return ProductLimit.Counts(
      events: ages.map { age in relapses.count { $0 == age } },
      atRisk: ages.map { age in (relapses + censored).count { $0 >= age } })
  }

  private var treated: ProductLimit.Counts {
    counts([6, 6, 6, 7, 10, 13, 16, 22, 23], [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35])
  }

  private var placebo: ProductLimit.Counts {
    counts([1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23])
  }

  /// Published: S(6) = 0.857, S(7) = 0.807, S(10) = 0.753, S(13) = 0.690, S(16) = 0.627, S(22) = 0.538, S(23) = 0.448,
  /// with standard error 0.1346 there, which makes 0.188 to 0.680 on the scale of log(-log S).
  @Test func treatedPatients() throws {
    let points = ProductLimit(treated).points
    #expect(points.count == 36)
    for (week, survival) in [(5, 1.0), (6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538)] {
      #expect(abs(1 - points[week].happened - survival) < 6e-4, "week \(week)")
    }
    #expect(abs(1 - points[23].happened - 0.448) < 6e-4)
    let (low, high) = (try #require(points[23].low), try #require(points[23].high))
    #expect(abs(1 - high - 0.188) < 6e-4)
    #expect(abs(1 - low - 0.680) < 6e-4)
    #expect(points[5].low == nil)
    #expect(points[6].atRisk == 21 && points[7].atRisk == 17 && points[23].events == 9)
  }

  /// Without censoring it is the share of those to whom it has happened; in week 23 everybody.
  @Test func withoutCensoringItIsTheShare() {
    let points = ProductLimit(placebo).points
    #expect(points.count == 24)
    #expect(abs(points[8].happened - 13.0 / 21) < 1e-12)
    #expect(points[23].happened == 1 && points[23].high == nil)
  }

  /// Published: chi-square 16.79 with one degree of freedom.
  @Test func logRankOfTwoGroups() throws {
    let test = try #require(ProductLimit.logRank([treated, placebo]))
    #expect(abs(test.statistic - 16.79) < 0.005 && test.freedom == 1)
    #expect(test.p < 0.0001)
  }

  /// Two equal groups do not differ, and a third that does is found whichever stands first.
  @Test func logRankOfThreeGroups() throws {
    let same = try #require(ProductLimit.logRank([treated, treated]))
    #expect(abs(same.statistic) < 1e-9 && abs(same.p - 1) < 1e-6)
    let first = try #require(ProductLimit.logRank([placebo, treated, treated]))
    let last = try #require(ProductLimit.logRank([treated, treated, placebo]))
    #expect(first.freedom == 2 && abs(first.statistic - last.statistic) < 1e-9)
    #expect(ProductLimit.logRank([treated]) == nil)
    #expect(ProductLimit.logRank([counts([], [5]), counts([], [9])]) == nil)
  }
}
