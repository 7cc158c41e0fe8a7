import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Curves and tests against R 4.2.2 with the package `survival` 3.5.3.
@Suite struct SurvivalTests {
  private static let lung = SurvivalData.lung
  private static let rossi = SurvivalData.rossi

  @Test func curveOfLung() throws {
    let curve = try SurvivalCurve.fit(durations: Self.lung.durations, observed: Self.lung.observed)
    #expect(curve.count == 228 && curve.eventCount == 165 && curve.median == 310)
    let times: [Double] = [0, 5, 11, 30, 60, 90, 180, 300, 310, 365, 500, 730, 1022]
    let survival = [
      1, 0.9956140351, 0.9824561404, 0.9561403509, 0.9254385965, 0.8815789474, 0.7216706534, 0.5306081178,
      0.4950242932, 0.4092416245, 0.2932691937, 0.1156930983, 0.05034556807,
    ]
    let hazard = [
      0, 0.004385964912, 0.01760182394, 0.04467127099, 0.07718874817, 0.1255529685, 0.3248280895, 0.6308428856,
      0.6997194232, 0.8883245744, 1.217999547, 2.125042798, 2.889267463,
    ]
    expectEqual(times.map { curve.survival(at: $0) }, survival, within: 1e-9)
    expectEqual(times.map { curve.cumulativeHazard(at: $0) }, hazard, within: 1e-8)
    let errors = [0.004376335999: 5.0, 0.02139821961: 90, 0.03582363817: 365, 0.02284804892: 1022]
    for (error, time) in errors {
      let position = try #require(curve.times.lastIndex { $0 <= time })
      expectEqual(curve.standardErrors[position], error, within: 1e-9)
    }
    let year = try #require(curve.times.lastIndex { $0 <= 365 })
    expectEqual(curve.lower[year], 0.3387142691, within: 1e-9)
    expectEqual(curve.upper[year], 0.4783807676, within: 1e-9)
  }

  @Test func curveOfRossi() throws {
    let curve = try SurvivalCurve.fit(durations: Self.rossi.durations, observed: Self.rossi.observed)
    expectEqual([1, 20, 52].map { curve.survival(at: $0) }, [0.9976851852, 0.9074074074, 0.7361111111], within: 1e-9)
    expectEqual(curve.cumulativeHazard(at: 52), 0.3051275337, within: 1e-9)
    #expect(curve.median == nil && curve.quantile(0.1) != nil)
    let end = curve.times.count - 1
    expectEqual([curve.lower[end], curve.upper[end]], [0.6918597158, 0.7750631834], within: 1e-9)
  }

  @Test func curveByHand() throws {
    // At 2 one of three ends; at 3 one leaves unseen after the event of the same day: 1 - 1/3, then (2/3)(1/2).
    let curve = try SurvivalCurve.fit(durations: [3, 2, 3], observed: [true, true, false])
    #expect(curve.times == [2, 3] && curve.atRisk == [3, 2] && curve.events == [1, 1])
    expectEqual(curve.survival, [2.0 / 3, 1.0 / 3], within: 1e-15)
    expectEqual(curve.cumulativeHazard, [1.0 / 3, 5.0 / 6], within: 1e-15)
    // Greenwood: S² (1/(3·2) + 1/(2·1)) = (1/9)(2/3).
    expectEqual(curve.standardErrors[1], (2.0 / 27).squareRoot(), within: 1e-15)
    expectEqual(curve.probabilityOfEvent(after: 2, within: 1), 0.5, within: 1e-15)
    // A curve that is flat at a half: the middle of the flat part.
    let flat = try SurvivalCurve.fit(durations: [1, 2, 4, 8], observed: [true, true, true, true])
    #expect(flat.median == 3)
  }

  @Test func curveThatReachesNothing() throws {
    let curve = try SurvivalCurve.fit(durations: [1, 2], observed: [true, true])
    #expect(curve.survival == [0.5, 0] && curve.standardErrors[1].isNaN && curve.lower[1].isNaN)
    #expect(curve.survival(at: 0.5) == 1 && curve.survival(at: 99) == 0)
    #expect(curve.probabilityOfEvent(after: 5, within: 1) == nil)
    let none = try SurvivalCurve.fit(durations: [1, 2], observed: [false, false])
    #expect(none.survival == [1, 1] && none.median == nil && none.lower == [1, 1])
  }

  @Test func badDurationsAreErrors() {
    #expect(throws: ModelError.self) { try SurvivalCurve.fit(durations: [], observed: []) }
    #expect(throws: ModelError.self) { try SurvivalCurve.fit(durations: [-1], observed: [true]) }
    #expect(throws: ModelError.self) { try SurvivalCurve.fit(durations: [.nan], observed: [true]) }
    #expect(throws: ModelError.self) { try SurvivalCurve.fit(durations: [1], observed: [true], confidence: 1) }
  }

  @Test func aCurveIsReadBackAsItWasWritten() throws {
    let curve = try SurvivalCurve.fit(durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved)
    let stored = try SurvivalCurve(decoding: curve.encoded())
    #expect(stored == curve && stored.survival == curve.survival && stored.upper == curve.upper)
    expectDamageIsNoticed(curve.encoded()) { try SurvivalCurve(decoding: $0) }
  }

  // MARK: Groups

  private static func groups(_ column: Int, _ values: [Double]) -> [Int] {
    (0..<lung.features.rowCount).map { row in values.firstIndex(of: lung.features[row, column]) ?? -1 }
  }

  @Test func logRankOfTwoGroups() throws {
    let bySex = Self.groups(1, [1, 2])
    let test = try LogRankTest.run(
      durations: Self.lung.durations, observed: Self.lung.observed, groups: bySex, groupCount: 2)
    expectEqual(test.statistic, 10.3267419549, within: 1e-8)
    expectEqual(test.pValue, 0.00131116452, within: 1e-10)
    expectEqual(test.observed, [112, 53], within: 1e-12)
    expectEqual(test.expected, [91.58173903, 73.41826097], within: 1e-7)
    let peto = try LogRankTest.run(
      durations: Self.lung.durations, observed: Self.lung.observed, groups: bySex, groupCount: 2, rho: 1)
    expectEqual(peto.statistic, 12.7141514012, within: 1e-8)
    expectEqual(peto.observed, [70.37754229, 28.72865327], within: 1e-7)
    let aml = try LogRankTest.run(
      durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved, groups: SurvivalData.amlGroups,
      groupCount: 2)
    expectEqual(aml.statistic, 3.396388699, within: 1e-8)
    expectEqual(aml.pValue, 0.06533932204, within: 1e-9)
  }

  @Test func logRankOfFourGroups() throws {
    let scores = Self.groups(2, [0, 1, 2, 3])
    let known = scores.indices.filter { scores[$0] >= 0 }
    let test = try LogRankTest.run(
      durations: known.map { Self.lung.durations[$0] }, observed: known.map { Self.lung.observed[$0] },
      groups: known.map { scores[$0] }, groupCount: 4)
    #expect(test.degreesOfFreedom == 3)
    expectEqual(test.statistic, 21.9621316825, within: 1e-7)
    expectEqual(test.pValue, 6.642535356e-05, within: 1e-11)
    expectEqual(test.expected, [54.15269702, 83.52756458, 26.14735307, 0.1723853407], within: 1e-7)
  }

  @Test(arguments: [([true, true, true], 0.254237), ([true, false, true], 0.384615)])
  func logRankOfThreeAgainstThree(observed: [Bool], statistic: Double) throws {
    // The examples of the R manual: 10, 20, 30 against 10, 20, 50.
    let test = try LogRankTest.run(
      durations: [10, 20, 30, 10, 20, 50], observed: observed + observed, groups: [0, 0, 0, 1, 1, 1], groupCount: 2)
    expectEqual(test.statistic, statistic, within: 1e-6)
  }

  @Test func comparisonsWithoutEvidenceAreErrors() throws {
    #expect(throws: ModelError.self) {
      try LogRankTest.run(durations: [1, 2], observed: [false, false], groups: [0, 1], groupCount: 2)
    }
    #expect(throws: ModelError.self) {
      try LogRankTest.run(durations: [1, 2], observed: [true, true], groups: [1, 1], groupCount: 2)
    }
    // An empty group in the middle takes no part.
    let test = try LogRankTest.run(
      durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved,
      groups: SurvivalData.amlGroups.map { 2 * $0 }, groupCount: 3)
    #expect(test.degreesOfFreedom == 1)
    expectEqual(test.statistic, 3.396388699, within: 1e-8)
  }

  // MARK: Concordance

  @Test func concordanceByHand() {
    // Pairs by shorter event: (1,2) right, (1,3) wrong, (1,4) tie; (2 is censored); (3,4) right.
    let value = concordance(risks: [5, 2, 9, 5], durations: [1, 2, 3, 4], observed: [true, false, true, true])
    expectEqual(value, 2.5 / 4, within: 1e-15)
    // A censoring on the day of an event outlasts it; two events of one day do not count.
    expectEqual(concordance(risks: [2, 1], durations: [3, 3], observed: [true, false]), 1, within: 0)
    #expect(concordance(risks: [2, 1], durations: [3, 3], observed: [true, true]) == nil)
  }
}
