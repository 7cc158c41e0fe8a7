import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct FeatureTests {
  /// The orders of one customer of UCI Online Retail (CC BY 4.0), seconds since 1970 and money. The first seven stand
  /// before 2011-09-10, the other ten after it.
  private static let orders: [(Int64, Double)] = [
    (1_300_451_220, 795.75), (1_307_530_200, 596.13), (1_308_753_480, 195.16), (1_308_912_420, 119.85),
    (1_311_077_700, 123.15), (1_312_463_400, 198.0), (1_313_679_180, 137.3), (1_316_600_160, 315.1),
    (1_317_114_300, 182.3), (1_317_555_000, 189.9), (1_319_708_160, 13.2), (1_319_981_400, 403.9),
    (1_320_767_940, 110.5), (1_321_433_580, 226.4), (1_321_544_460, 282.25), (1_322_835_480, 135.0),
    (1_323_431_760, 389.21),
  ]
  private static let anchor: Int64 = 1_315_612_800_000  // 2011-09-10T00:00Z

  private func features(
    _ times: [Int64], _ types: [UInt32], _ amounts: [Double] = [], orders: [UInt32] = [], anchor: Int64
  ) -> [String: Double]? {
    var extractor = RhythmFeatures(goal: 1)
    var row = [Double](repeating: -1, count: RhythmFeatures.names.count)
    let mask: [UInt8] = []
    let known = extractor.extract(
      times: times.span, types: types.span, amounts: amounts.span, amountsPresent: mask.span, orders: orders.span,
      ordersPresent: mask.span, before: anchor, into: &row)
    return known ? Dictionary(uniqueKeysWithValues: zip(RhythmFeatures.names, row)) : nil
  }

  /// The expected values were computed from the same orders with pandas.
  @Test func featuresOfARealCustomer() throws {
    let row = try #require(
      features(
        Self.orders.map { $0.0 * 1000 }, Self.orders.map { _ in 1 }, Self.orders.map(\.1), anchor: Self.anchor))
    let expected: [String: Double] = [
      "recency": 22.37986111111111, "tenure": 175.48125, "frequency": 7, "monetary": 2165.34,
      "aov": 309.3342857142857, "amount_max": 795.75, "amount_sd": 272.1665537164785,
      "gap_mean": 25.516898148148147, "gap_sd": 28.61264791472247, "gap_min": 1.8395833333333371,
      "gap_max": 81.93263888888887, "gap_last": 14.071527777777774, "gap_median": 15.09826388888889,
      "overdue": 0.8770604084076457, "gap_cv": 1.1213215551749574, "goals_7": 0, "spend_7": 0, "goals_30": 1,
      "spend_30": 137.3, "goals_90": 5, "spend_90": 773.46, "goals_180": 7, "spend_180": 2165.34, "goals_365": 7,
      "amount_first": 795.75, "amount_last": 137.3, "amount_trend": 0.44385639206775845,
      "gap_trend": 0.5514591819146716, "rate": 0.039664270283670366, "spend_rate": 12.269518716577542,
      "weekend_share": 0.0, "last_weekday": 3.0, "trend_30": -1.0, "trend_90": 3.0, "ewma_7": 0.14257524692014403,
      "ewma_30": 1.7832777381821736, "ewma_90": 4.102635346971298, "active_days": 7, "event_recency": 22.37986111111111,
      "event_count": 7, "events_90": 5,
    ]
    for (name, value) in expected { expectEqual(row[name], value, within: 1e-9, "\(name)") }
  }

  @Test(arguments: FeatureAnchors.customers.indices) func featuresOfCDNOW(customer: Int) throws {
    let (purchases, expected) = FeatureAnchors.customers[customer]
    let day = 86_400_000
    let row = try #require(
      features(
        purchases.map { Int64($0.0 * day) }, purchases.map { _ in 1 }, purchases.map(\.1),
        anchor: Int64(FeatureAnchors.anchor * day)))
    for (name, value) in zip(FeatureAnchors.names, expected) {
      let found = try #require(row[name])
      #expect(
        found == value || (found.isNaN && value.isNaN) || abs(found - value) <= 1e-9 * max(1, abs(value)), "\(name)")
    }
  }

  @Test func nothingAtOrAfterTheAnchorIsSeen() throws {
    let times = Self.orders.map { $0.0 * 1000 }
    let clean = try #require(
      features(Array(times[..<7]), [UInt32](repeating: 1, count: 7), Self.orders[..<7].map(\.1), anchor: Self.anchor))
    var poisoned = times
    poisoned[7] = Self.anchor  // exactly at the anchor
    let amounts = Self.orders.enumerated().map { $0 < 7 ? $1.1 : .nan }
    let row = try #require(features(poisoned, [UInt32](repeating: 1, count: 17), amounts, anchor: Self.anchor))
    for name in RhythmFeatures.names {
      #expect(row[name] == clean[name] || (row[name]!.isNaN && clean[name]!.isNaN), "\(name)")
    }
  }

  @Test func aUserWhoComesLaterIsUnknown() {
    #expect(features([100], [1], anchor: 100) == nil)
    #expect(features([], [], anchor: 100) == nil)
  }

  @Test func aUserWithoutGoalHasNoRecency() throws {
    let row = try #require(features([0, 86_400_000, 86_400_001], [0, 0, 0], anchor: 10 * 86_400_000))
    #expect(row["recency"]!.isNaN && row["aov"]!.isNaN && row["gap_mean"]!.isNaN)
    #expect(row["frequency"] == 0 && row["monetary"] == 0)
    #expect(row["tenure"] == 10 && row["active_days"] == 2 && row["event_count"] == 3)
  }

  @Test func rowsOfOneOrderAreOneOccurrence() throws {
    // Orders 7, 7, 8 and then 7 again, which another order interrupts: two occurrences of 6 and 3.
    let row = try #require(
      features([0, 0, 1000, 1000], [1, 1, 1, 1], [1, 2, 3, 3], orders: [7, 7, 8, 7], anchor: 2000))
    #expect(row["frequency"] == 2 && row["monetary"] == 9 && row["amount_max"] == 6)
    let descending = try #require(
      features([0, 500, 1000, 1500], [1, 1, 1, 1], [1, 2, 4, 8], orders: [9, 3, 9, 3], anchor: 2000))
    #expect(descending["frequency"] == 2 && descending["amount_max"] == 10)
    #expect(descending["gap_mean"] == 500 / 86_400_000.0)
  }

  /// Against sets: one occurrence for each distinct order, at its first time, with the sum of its amounts.
  @Test(arguments: 0..<50 as Range<UInt64>) func occurrencesAreDistinctOrders(seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    let count = 30
    let times = (0..<count).map { Int64($0) }
    let types = (0..<count).map { _ in UInt32(generator.below(2)) }
    let orders = (0..<count).map { _ in UInt32(generator.below(8)) }
    let present = (0..<count).map { _ in UInt8(generator.below(5) > 0 ? 1 : 0) }
    let amounts = (0..<count).map { _ in Double(generator.below(100)) }
    var expected: [(order: UInt32?, time: Int64, amount: Double)] = []
    for row in 0..<count where types[row] == 1 {
      let order = present[row] == 1 ? orders[row] : nil
      if order != nil, let known = expected.firstIndex(where: { $0.order == order }) {
        expected[known].amount += amounts[row]
      } else {
        expected.append((order, times[row], amounts[row]))
      }
    }
    var occurrences = GoalOccurrences()
    let mask: [UInt8] = []
    occurrences.collect(
      goal: 1, times: times.span, types: types.span, amounts: amounts.span, amountsPresent: mask.span,
      orders: orders.span, ordersPresent: present.span)
    #expect(occurrences.times == expected.map(\.time), "seed \(seed)")
    #expect(occurrences.amounts == expected.map(\.amount), "seed \(seed)")
  }

  /// Purchases of one day are one repeat less; the last whole day before the anchor ends the life.
  @Test func whatClosedFormsReadMergesDays() throws {
    let day: Int64 = 86_400_000
    let times = [10 * day, 10 * day + 5, 12 * day, 19 * day]
    let types: [UInt32] = [1, 1, 1, 1]
    let amounts = [4.0, -1.0, 6.0, 8.0]
    let (none, mask): ([UInt32], [UInt8]) = ([], [])
    var extractor = RhythmFeatures(goal: 1)
    var row = [Double](repeating: 0, count: RhythmFeatures.names.count + RhythmFeatures.lifetimeNames.count)
    let known = extractor.extract(
      times: times.span, types: types.span, amounts: amounts.span, amountsPresent: mask.span, orders: none.span,
      ordersPresent: mask.span, before: 31 * day, into: &row)
    #expect(known)
    extractor.writeLifetime(at: 31 * day, into: &row, from: RhythmFeatures.names.count)
    #expect(Array(row.suffix(5)) == [2, 9, 20, 3, 6])
  }

  @Test func kindsAndValuesAreCountedBackwards() {
    let day: Int64 = 86_400_000
    let slots = SlotFeatures(types: [5, 2])
    var row = [Double](repeating: -1, count: 8)
    let (times, types): ([Int64], [UInt32]) = ([0, 60 * day, 95 * day, 99 * day], [2, 5, 5, 7])
    slots.writeTypes(times: times.span, types: types.span, anchor: 100 * day, into: &row, at: 0)
    #expect(Array(row[..<7]) == [1, 1, 2, 5, 0, 0, 0] && row[7] == 100)
    let (codes, present): ([UInt32], [UInt8]) = ([4, 9, 4, 9, 1], [1, 1, 1, 1, 0])
    SlotFeatures.writeValues([9, 4, 3], codes: codes.span, present: present.span, into: &row, at: 1)
    #expect(Array(row[1..<7]) == [1, 0.5, 0, 0.5, 0, 0])
    var scratch: [UInt32] = []
    #expect(SlotFeatures.distinct(codes: codes.span, present: present.span, scratch: &scratch) == 2)
  }

  /// New York: on 2026-03-08 the day has 23 hours; five hours behind UTC before, four after.
  @Test func daysFollowTheZone() {
    let hour: Int64 = 3_600_000
    let first: Int64 = 20_520  // 2026-03-08, a Sunday
    let starts = [first * 24 + 5, (first + 1) * 24 + 4, (first + 2) * 24 + 4].map { $0 * hour }
    let days = LocalDays(starts: starts, firstDay: 20_520)
    #expect(days.day(of: starts[1] - 1) == 20_520 && days.day(of: starts[1]) == 20_521)
    #expect(LocalDays.weekday(ofDay: 20_520) == 6 && LocalDays.weekday(ofDay: -4) == 6)
    #expect(LocalDays().day(of: -1) == -1)
  }

  @Test func theFallbackFormula() {
    // z = -1.5 + 1.1 ln 2 - 1.2 x 60/60 + .3 ln 2 for one purchase 60 days ago, cycle 30, tenure 30.
    let z = -1.5 + 1.1 * log(2.0) - 1.2 + 0.3 * log(2.0)
    let loyalty = LoyaltyFormula.loyalty(frequency: 1, recency: 60, cycle: 30, tenure: 30)
    expectEqual(loyalty, 1 / (1 + exp(-z)), within: 1e-12)
    expectEqual(
      LoyaltyFormula.churnRisk(frequency: 1, recency: 60, cycle: 30, tenure: 30), 1 - loyalty, within: 1e-12)
    #expect(LoyaltyFormula.loyalty(frequency: 12, recency: 5, cycle: 30, tenure: 365) > 0.7)
    #expect(LoyaltyFormula.loyalty(frequency: 1, recency: 300, cycle: 30, tenure: 300) < 0.1)
  }
}
