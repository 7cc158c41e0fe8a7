import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct LogisticTests {
  /// Spector and Mazzeo 1980, 32 students: grade point average, test score, teaching method; improved or not. The
  /// estimates are those of Greene, Econometric Analysis, and of statsmodels 0.15.
  private static let spector: [(Double, Double, Double, Double)] = [
    (2.66, 20, 0, 0), (2.89, 22, 0, 0), (3.28, 24, 0, 0), (2.92, 12, 0, 0), (4.0, 21, 0, 1), (2.86, 17, 0, 0),
    (2.76, 17, 0, 0), (2.87, 21, 0, 0), (3.03, 25, 0, 0), (3.92, 29, 0, 1), (2.63, 20, 0, 0), (3.32, 23, 0, 0),
    (3.57, 23, 0, 0), (3.26, 25, 0, 1), (3.53, 26, 0, 0), (2.74, 19, 0, 0), (2.75, 25, 0, 0), (2.83, 19, 0, 0),
    (3.12, 23, 1, 0), (3.16, 25, 1, 1), (2.06, 22, 1, 0), (3.62, 28, 1, 1), (2.89, 14, 1, 0), (3.51, 26, 1, 0),
    (3.54, 24, 1, 1), (2.83, 27, 1, 1), (3.39, 17, 1, 1), (2.67, 24, 1, 0), (3.65, 21, 1, 1), (4.0, 23, 1, 1),
    (3.1, 21, 1, 0), (2.39, 19, 1, 1),
  ]

  private var spectorMatrix: DesignMatrix {
    DesignMatrix(width: 4, values: Self.spector.flatMap { [$0.0, $0.1, $0.2, 1] })
  }
  private var spectorLabels: [Double] { Self.spector.map(\.3) }

  @Test func maximumLikelihoodOfSpector() {
    let fit = LogisticRegression.fit(spectorMatrix, labels: spectorLabels, .init(lambda: 0))
    #expect(fit.converged && fit.iterations < 10)
    expectEqual(fit.intercept, -13.02134686, within: 1e-6)
    expectEqual(fit.coefficients, [2.82611259, 0.09515766, 2.37868766], within: 1e-6)
    expectEqual(-fit.loss, -12.88963422, within: 1e-7)
  }

  @Test func maximumLikelihoodOfCars() {
    // 32 cars of 1974 (Henderson and Velleman 1981, R's `mtcars`): manual gears by weight in 1000 lb and horsepower. R 4.2.2
    // `glm`: 18.866299, -8.083475, .036256, deviance 10.059110.
    let weights = [
      2.62, 2.875, 2.32, 3.215, 3.44, 3.46, 3.57, 3.19, 3.15, 3.44, 3.44, 4.07, 3.73, 3.78, 5.25, 5.424, 5.345, 2.2,
      1.615, 1.835, 2.465, 3.52, 3.435, 3.84, 3.845, 1.935, 2.14, 1.513, 3.17, 2.77, 3.57, 2.78,
    ]
    let power: [Double] = [
      110, 110, 93, 110, 175, 105, 245, 62, 95, 123, 123, 180, 180, 180, 205, 215, 230, 66, 52, 65, 97, 150, 150, 245,
      175, 66, 91, 113, 264, 175, 335, 109,
    ]
    let manual = (0..<32).map { $0 < 3 || (17...19).contains($0) || $0 > 24 ? 1.0 : 0 }
    let matrix = DesignMatrix(width: 3, values: (0..<32).flatMap { [weights[$0], power[$0], 1] })
    let fit = LogisticRegression.fit(matrix, labels: manual, .init(lambda: 0))
    #expect(fit.converged)
    expectEqual([fit.intercept] + fit.coefficients, [18.86629872, -8.083475182, 0.03625559608], within: 1e-6)
    expectEqual(2 * fit.loss, 10.05911047, within: 1e-7)
  }

  @Test(arguments: LogisticRegression.Solver.allCases) func allSolversFindOneOptimum(solver: LogisticRegression.Solver)
  {
    // x = -2, -1, 1, 2 with y = 0, 0, 1, 1 and lambda 1: w = 1.0065943149, b = 0 (scikit-learn 1.9.1, C = 1).
    let matrix = DesignMatrix(width: 2, values: [-2, 1, -1, 1, 1, 1, 2, 1])
    let fit = LogisticRegression.fit(matrix, labels: [0, 0, 1, 1], .init(solver: solver, tolerance: 1e-9))
    #expect(fit.converged)
    expectEqual(fit.coefficients, [1.0065943149], within: 1e-8)
    expectEqual(fit.intercept, 0, within: 1e-8)
  }

  @Test(arguments: [LogisticRegression.Solver.lbfgs, .gd, .sgd])
  func firstOrderSolversAgreeWithNewton(solver: LogisticRegression.Solver) throws {
    var features = FeatureMatrix(names: ["gpa", "score", "method"])
    for row in Self.spector { features.append([row.0, row.1, row.2]) }
    let newton = try ProbabilityModel.fit(features, labels: spectorLabels).regression
    let configuration = ProbabilityModel.Configuration(regression: .init(solver: solver))
    let other = try ProbabilityModel.fit(features, labels: spectorLabels, configuration).regression
    #expect(other.converged)
    expectEqual(other.coefficients, newton.coefficients, within: solver == .sgd ? 1e-3 : 1e-6)
    expectEqual(other.intercept, newton.intercept, within: solver == .sgd ? 1e-3 : 1e-6)
  }

  @Test func separableClassesWithoutPenaltyAreNoticed() {
    let matrix = DesignMatrix(width: 2, values: [-2, 1, -1, 1, 1, 1, 2, 1])
    let fit = LogisticRegression.fit(matrix, labels: [0, 0, 1, 1], .init(lambda: 0, tolerance: 1e-14))
    #expect(fit.separated)
    #expect(fit.coefficients[0].isFinite)
  }

  @Test func duplicateFeaturesDoNotFail() {
    let matrix = DesignMatrix(width: 3, values: [-2, -2, 1, -1, -1, 1, 1, 1, 1, 2, 2, 1, 1, 1, 1])
    let fit = LogisticRegression.fit(matrix, labels: [0, 1, 1, 1, 0], .init(lambda: 0))
    let once = DesignMatrix(width: 2, values: [-2, 1, -1, 1, 1, 1, 2, 1, 1, 1])
    let single = LogisticRegression.fit(once, labels: [0, 1, 1, 1, 0], .init(lambda: 0))
    expectEqual(fit.coefficients[0] + fit.coefficients[1], single.coefficients[0], within: 1e-4)
  }

  @Test func oneClassGivesTheSmoothedRate() throws {
    var features = FeatureMatrix(names: ["x"])
    for x in 0..<9 { features.append([Double(x)]) }
    let model = try ProbabilityModel.fit(features, labels: [Double](repeating: 0, count: 9))
    for probability in model.probabilities(features) { expectEqual(probability, 0.05, within: 1e-12) }
  }

  @Test func nothingToTrainOnIsAnError() {
    #expect(throws: ModelError.self) { try ProbabilityModel.fit(FeatureMatrix(names: ["x"]), labels: []) }
    #expect(throws: ModelError.self) {
      var features = FeatureMatrix(names: ["x"])
      features.append([1])
      _ = try ProbabilityModel.fit(features, labels: [1], .init(regression: .init(lambda: -1)))
    }
  }

  // MARK: Preprocessing

  @Test func missingValuesBecomeTheMedianAndAnIndicator() {
    var features = FeatureMatrix(names: ["x", "constant", "copy"])
    for x in [1, 3, .nan, 8] { features.append([x, 7, x]) }
    let preprocessing = Preprocessing.fit(features, signedLog: false)
    #expect(preprocessing.outputNames == ["x", "no x"])
    #expect(preprocessing.droppedNames == ["constant", "copy"])
    // Filled: 1 3 3 8, mean 3.75, population variance (2.75² + 2 x .75² + 4.25²)/4 = 6.6875.
    var row = [Double](repeating: 0, count: 2)
    preprocessing.apply(features, row: 2, into: &row)
    expectEqual(row[0], (3 - 3.75) / sqrt(6.6875), within: 1e-12)
    // The indicator is 0 0 1 0: mean 1/4, deviation sqrt(3)/4.
    expectEqual(row[1], 0.75 / (sqrt(3) / 4), within: 1e-12)
  }

  @Test func wildValuesAreCutAtTwelveDeviations() {
    var features = FeatureMatrix(names: ["x"])
    for x in [0.0, 1, 0, 1] { features.append([x]) }
    let preprocessing = Preprocessing.fit(features, signedLog: false)
    var wild = FeatureMatrix(names: ["x"])
    wild.append([.infinity])
    wild.append([-1e300])
    var row = [0.0]
    preprocessing.apply(wild, row: 1, into: &row)
    #expect(row == [-12])
    preprocessing.apply(wild, row: 0, into: &row)
    #expect(row[0].isFinite)
  }

  @Test func contributionsAndInterceptSumToTheLogit() throws {
    var features = FeatureMatrix(names: ["gpa", "score", "method"])
    for row in Self.spector { features.append([row.0, row.1, row.2]) }
    let model = try ProbabilityModel.fit(features, labels: spectorLabels)
    let sum = model.contributions(ofRow: [3, 20, 1]).reduce(model.regression.intercept) { $0 + $1.part }
    var one = FeatureMatrix(names: ["gpa", "score", "method"])
    one.append([3, 20, 1])
    expectEqual(sum, model.logits(one)[0], within: 1e-12)
  }

  @Test(arguments: 0..<3) func aModelIsReadBackAsItWasWritten(kind: Int) throws {
    var features = FeatureMatrix(names: ["gpa", "score", "method"])
    for row in Self.spector { features.append([row.0, row.1 == 12 ? .nan : row.1, row.2]) }
    var model = try ProbabilityModel.fit(features, labels: spectorLabels)
    if kind == 1 { model = model.calibrated(by: .platt(scores: model.logits(features), labels: spectorLabels)) }
    if kind == 2 { model = model.calibrated(by: .isotonic(scores: model.logits(features), labels: spectorLabels)) }
    let stored = try ProbabilityModel(decoding: model.encoded())
    #expect(stored.probabilities(features) == model.probabilities(features))
    #expect(stored.encoded() == model.encoded())
    var scratch: [Double] = []
    let alone = stored.probability(ofRow: [4, 21, 0], scratch: &scratch)
    #expect(alone == model.probabilities(features)[4])
  }

  @Test func anUntrustedModelIsRefused() throws {
    var features = FeatureMatrix(names: ["x"])
    for x in 0..<9 { features.append([Double(x)]) }
    let bytes = try ProbabilityModel.fit(features, labels: [0, 0, 1, 0, 1, 1, 0, 1, 1]).encoded()
    for length in bytes.indices {
      #expect(throws: PayloadError.self) { try ProbabilityModel(decoding: Array(bytes.prefix(length))) }
    }
  }
}
