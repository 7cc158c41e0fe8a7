import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Proportional hazards against the closed forms of Therneau and Grambsch, *Modeling Survival Data* (2000), appendix E,
/// and against R 4.2.2 with `survival` 3.5.3.
@Suite struct CoxTests {
  private static func single(_ name: String, _ values: [Double]) -> FeatureMatrix {
    var features = FeatureMatrix(names: [name])
    for value in values { features.append([value]) }
    return features
  }

  @Test func closedFormOfSixRows() throws {
    // Breslow: log L = 2b - log(3r+3) - 2 log(r+3), r = e^b, with its maximum at r = (3 + sqrt(33))/2.
    let features = Self.single("x", [0, 1, 1, 1, 0, 0])
    let times: [Double] = [9, 1, 1, 6, 6, 8]
    let observed = [true, true, false, true, true, false]
    let breslow = try CoxModel.fit(features, durations: times, observed: observed, .init(ties: .breslow))
    let best = log(1.5 + 33.0.squareRoot() / 2)
    let r = exp(best)
    expectEqual(breslow.coefficients[0], best, within: 1e-7)
    expectEqual(breslow.logLikelihood, 2 * best - log(3 * r + 3) - 2 * log(r + 3), within: 1e-10)
    expectEqual(breslow.nullLogLikelihood, -log(6) - 2 * log(4), within: 1e-12)
    // Minus the second derivative: r/(r+1)² + 6r/(r+3)².
    let information = r / ((r + 1) * (r + 1)) + 6 * r / ((r + 3) * (r + 3))
    expectEqual(breslow.standardErrors[0], 1 / information.squareRoot(), within: 1e-7)
    // One step from 0 is 8/5.
    let step = try CoxModel.fit(
      features, durations: times, observed: observed, .init(ties: .breslow, iterationLimit: 1))
    expectEqual(step.coefficients[0], 1.6, within: 1e-12)
    #expect(!step.converged)
    // Efron: the second of the two events at 6 sees (r+3) - (r+1)/2.
    let efron = try CoxModel.fit(features, durations: times, observed: observed)
    expectEqual(efron.coefficients[0], 1.676857, within: 1e-6)
    let e = exp(efron.coefficients[0])
    expectEqual(
      efron.logLikelihood, 2 * log(e) - log(3 * e + 3) - log(e + 3) - log((e + 5) / 2), within: 1e-10)
  }

  @Test func rossiByEfron() throws {
    let data = SurvivalData.rossi
    let model = try CoxModel.fit(data.features, durations: data.durations, observed: data.observed)
    expectEqual(
      model.coefficients,
      [
        -0.3794221665, -0.05743774268, 0.3138997878, -0.1497956977, -0.4337038779, -0.0848710825, 0.09149708099,
      ], within: 1e-8)
    expectEqual(
      model.standardErrors,
      [0.1913794807, 0.0219994706, 0.3079927766, 0.2122242962, 0.3818680577, 0.1957566719, 0.02864854996], within: 1e-8)
    expectEqual(model.zScores[6], 3.194, within: 1e-3)
    expectEqual(model.nullLogLikelihood, -675.38063235, within: 1e-7)
    expectEqual(model.logLikelihood, -658.74765945, within: 1e-7)
    expectEqual(model.likelihoodRatio.statistic, 33.2659458, within: 1e-6)
    #expect(model.likelihoodRatio.degreesOfFreedom == 7 && model.converged)
    expectEqual(model.concordance, 0.64032925, within: 1e-8)
    // R's `basehaz` for a man of whom everything is 0.
    let nobody = [Double](repeating: 0, count: 7)
    let hazards = [1, 10, 20, 30, 40, 52].map { -log(model.survival(ofRow: nobody, at: $0)) }
    expectEqual(
      hazards, [0.006803238994, 0.1040384121, 0.2918982036, 0.4536754321, 0.6744146064, 0.9564992191], within: 1e-7)
    #expect(model.droppedNames == [] && model.unboundedNames == [])
  }

  @Test func rossiByBreslow() throws {
    let data = SurvivalData.rossi
    let model = try CoxModel.fit(
      data.features, durations: data.durations, observed: data.observed, .init(ties: .breslow))
    expectEqual(
      model.coefficients,
      [
        -0.3790218874, -0.05724592504, 0.3141297669, -0.1511146001, -0.4327825738, -0.08498283527, 0.09111154209,
      ], within: 1e-8)
    expectEqual(model.logLikelihood, -659.12060568, within: 1e-7)
    expectEqual(model.concordance, 0.64042318, within: 1e-8)
  }

  @Test func lungWithoutTheUnknownScore() throws {
    let data = SurvivalData.lung
    let known = (0..<data.features.rowCount).filter { !data.features[$0, 2].isNaN }
    var features = FeatureMatrix(names: data.features.names)
    for row in known { features.append((0..<3).map { data.features[row, $0] }) }
    let (times, observed) = (known.map { data.durations[$0] }, known.map { data.observed[$0] })
    let model = try CoxModel.fit(features, durations: times, observed: observed)
    #expect(model.rowCount == 227 && model.eventCount == 164)
    expectEqual(model.coefficients, [0.01106676456, -0.5526123957, 0.4637284754], within: 1e-8)
    expectEqual(model.standardErrors, [0.009267411014, 0.1677390538, 0.1135772662], within: 1e-8)
    expectEqual(model.logLikelihood, -729.23012137, within: 1e-7)
    expectEqual(model.concordance, 0.63713549, within: 1e-8)
    let sex = Self.single("sex", (0..<228).map { data.features[$0, 1] })
    let alone = try CoxModel.fit(sex, durations: data.durations, observed: data.observed)
    expectEqual(alone.coefficients, [-0.5310235376], within: 1e-8)
    expectEqual(alone.standardErrors, [0.1671785832], within: 1e-8)
  }

  @Test func leukemia() throws {
    let groups = Self.single("not maintained", SurvivalData.amlGroups.map(Double.init))
    let model = try CoxModel.fit(
      groups, durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved)
    expectEqual(model.coefficients, [0.915532575], within: 1e-8)
    expectEqual(model.logLikelihood, -41.0326156, within: 1e-7)
    expectEqual(model.concordance, 0.61904762, within: 1e-8)
  }

  // MARK: Scoring

  @Test func survivalOfOneUser() throws {
    let data = SurvivalData.rossi
    let model = try CoxModel.fit(data.features, durations: data.durations, observed: data.observed)
    let average = model.baselineHazard(at: 52)
    expectEqual(model.survival(ofRow: model.means, at: 52), exp(-average), within: 1e-12)
    var risky = model.means
    risky[6] += 2
    let predictor = 2 * 0.09149708099
    expectEqual(model.linearPredictor(ofRow: risky), predictor, within: 1e-8)
    expectEqual(model.survival(ofRow: risky, at: 52), exp(-average * exp(predictor)), within: 1e-8)
    #expect(model.contributions(ofRow: risky)[0].feature == "prio")
    #expect(model.quantile(ofRow: model.means, 0.5) == nil)
    let tenth = try #require(model.quantile(ofRow: model.means, 0.1))
    #expect(model.survival(ofRow: model.means, at: tenth) <= 0.9)
    #expect(model.survival(ofRow: model.means, at: tenth - 1) > 0.9)
    // A missing value is the mean.
    risky[6] = .nan
    expectEqual(model.linearPredictor(ofRow: risky), 0, within: 1e-12)
  }

  // MARK: Edges

  @Test func likelihoodThatRisesForever() throws {
    // The test of R's `coxph` for two such features: all events lie where both are 0. log L goes from -log(12·10·8) to
    // -log(3·2·1).
    var features = FeatureMatrix(names: ["x1", "x2"])
    for row in 0..<12 { features.append([Double(row % 2), row < 6 ? 0 : 1]) }
    let observed = (0..<12).map { $0 == 0 || $0 == 2 || $0 == 4 }
    let model = try CoxModel.fit(features, durations: (1...12).map(Double.init), observed: observed)
    #expect(model.unboundedNames == ["x1", "x2"])
    expectEqual(model.nullLogLikelihood, -log(960), within: 1e-12)
    expectEqual(model.logLikelihood, -log(6), within: 1e-6)
    #expect(model.coefficients.allSatisfy { $0.isFinite && $0 < 0 })
    #expect(model.standardErrors.allSatisfy { $0.isFinite })
  }

  @Test func featuresThatFollowFromOthersAreDropped() throws {
    let data = SurvivalData.rossi
    var features = FeatureMatrix(names: ["fin", "seven", "age", "not fin", "prio"])
    for row in 0..<data.features.rowCount {
      let (fin, age, prio) = (data.features[row, 0], data.features[row, 1], data.features[row, 6])
      features.append([fin, 7, age, 1 - fin, prio])
    }
    let model = try CoxModel.fit(features, durations: data.durations, observed: data.observed)
    #expect(model.droppedNames == ["seven", "not fin"])
    #expect(model.coefficients[1] == 0 && model.coefficients[3] == 0 && model.standardErrors[3].isNaN)
    #expect(model.likelihoodRatio.degreesOfFreedom == 3)
  }

  @Test func everythingAtOneTimeIsFinite() throws {
    let features = Self.single("x", [1, 2, 3, 5])
    let model = try CoxModel.fit(
      features, durations: [4, 4, 4, 4], observed: [true, true, true, true])
    #expect(model.coefficients[0].isFinite && model.logLikelihood.isFinite && model.concordance == nil)
  }

  @Test func noEventIsAnError() {
    let features = Self.single("x", [1, 2])
    #expect(throws: ModelError.self) { try CoxModel.fit(features, durations: [1, 2], observed: [false, false]) }
    #expect(throws: ModelError.self) {
      try CoxModel.fit(FeatureMatrix(names: ["x"]), durations: [], observed: [])
    }
    #expect(throws: ModelError.self) {
      try CoxModel.fit(features, durations: [1, 2], observed: [true, true], .init(ridge: -1))
    }
  }

  @Test func withoutFeaturesTheHazardIsThatOfNelsonAndAalen() throws {
    var none = FeatureMatrix(names: [])
    for _ in SurvivalData.amlDurations { none.append([]) }
    let model = try CoxModel.fit(
      none, durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved, .init(ties: .breslow))
    let curve = try SurvivalCurve.fit(durations: SurvivalData.amlDurations, observed: SurvivalData.amlObserved)
    expectEqual(model.baselineHazard(at: 48), curve.cumulativeHazard(at: 48), within: 1e-12)
  }

  @Test func aModelIsReadBackAsItWasWritten() throws {
    let data = SurvivalData.rossi
    let model = try CoxModel.fit(data.features, durations: data.durations, observed: data.observed)
    let stored = try CoxModel(decoding: model.encoded())
    #expect(stored == model && stored.concordance == model.concordance)
    expectDamageIsNoticed(model.encoded()) { try CoxModel(decoding: $0) }
  }
}
