import InstarModels
import Testing

@Suite struct RidgeTests {
  @Test(arguments: [
    // scikit-learn 1.9.1, `Ridge(alpha)` on body mass index and s5 scaled to deviation 1.
    (1.0, [32.05613011, 29.20807743], 205.93760446), (100, [27.54475074, 25.51444222], 198.54004575),
  ]) func diabetes(lambda: Double, coefficients: [Double], first: Double) throws {
    let (features, progress) = TreeData.diabetes
    let model = try RidgeRegression.fit(features, targets: progress, .init(lambda: lambda, signedLog: false))
    expectEqual(model.intercept, 152.13348416, within: 1e-7)
    expectEqual(model.coefficients, coefficients, within: 1e-7)
    expectEqual(model.predictions(features)[0], first, within: 1e-7)
    let row = [features[0, 0], features[0, 1]]
    expectEqual(model.prediction(ofRow: row), first, within: 1e-7)
    let sum = model.contributions(ofRow: row).reduce(model.intercept) { $0 + $1.part }
    expectEqual(sum, first, within: 1e-7)
  }

  @Test func aLineWithoutPenaltyIsFound() throws {
    // y = 3 - 2x.
    var features = FeatureMatrix(names: ["x", "copy"])
    for x in [0.0, 1, 2, 5] { features.append([x, x]) }
    let model = try RidgeRegression.fit(features, targets: [3, 1, -1, -7], .init(lambda: 0, signedLog: false))
    expectEqual(model.prediction(ofRow: [10, 10]), -17, within: 1e-9)
    #expect(model.importances().map(\.feature) == ["x"])
  }

  @Test func nothingToTrainOnIsAnError() {
    var features = FeatureMatrix(names: ["x"])
    #expect(throws: ModelError.self) { try RidgeRegression.fit(features, targets: []) }
    features.append([1])
    #expect(throws: ModelError.self) { try RidgeRegression.fit(features, targets: [.nan]) }
    #expect(throws: ModelError.self) { try RidgeRegression.fit(features, targets: [1], .init(lambda: -1)) }
    // One row is its own answer.
    let alone = try? RidgeRegression.fit(features, targets: [4])
    expectEqual(alone?.prediction(ofRow: [9]), 4, within: 1e-12)
  }

  @Test func aModelIsReadBackAsItWasWritten() throws {
    let (features, progress) = TreeData.diabetes
    let model = try RidgeRegression.fit(features, targets: progress)
    #expect(try RidgeRegression(decoding: model.encoded()) == model)
    expectDamageIsNoticed(model.encoded()) { try RidgeRegression(decoding: $0) }
  }
}
