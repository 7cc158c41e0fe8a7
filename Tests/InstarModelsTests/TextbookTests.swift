import InstarModels
import Testing

/// Fits that textbooks print. The expected values are those of R 4.2.2: `glm`, and `survival` 3.5.3.
@Suite struct TextbookTests {
  // MARK: Logistic regression

  @Test func birthsOfLowWeight() {
    let births = TextbookData.births
    #expect(births.count == 189)
    let rows = births.flatMap { row -> [Double] in
      [row[1], row[2], row[3] == 2 ? 1 : 0, row[3] == 3 ? 1 : 0] + row[4...] + [1]
    }
    let fit = LogisticRegression.fit(
      DesignMatrix(width: 10, values: rows), labels: births.map { $0[0] }, .init(lambda: 0))
    #expect(fit.converged)
    expectEqual(fit.intercept, 0.48062321, within: 1e-6)
    expectEqual(
      fit.coefficients,
      [
        -0.029549027, -0.015424284, 1.2722597978, 0.8804959258, 0.9388457016, 0.5433370311, 1.8633028704, 0.7676481457,
        0.0653018348,
      ], within: 1e-6)
    expectEqual(2 * fit.loss, 201.28479506, within: 1e-7)
    // Of the constant alone: 234.672.
    let constant = LogisticRegression.fit(
      DesignMatrix(width: 1, values: births.map { _ in 1 }), labels: births.map { $0[0] }, .init(lambda: 0))
    expectEqual(2 * constant.loss, 234.67199619, within: 1e-7)
  }

  /// Two kinds of iris that nearly separate.
  @Test func nearlySeparableIris() {
    let rows = (50..<150).flatMap { row -> [Double] in Array(Iris.values[row * 4..<row * 4 + 4]) + [1] }
    let fit = LogisticRegression.fit(
      DesignMatrix(width: 5, values: rows), labels: (0..<100).map { $0 < 50 ? 0 : 1 }, .init(lambda: 0))
    #expect(fit.converged && fit.iterations <= 12)
    expectEqual(fit.intercept, -42.637804, within: 1e-4)
    expectEqual(fit.coefficients, [-2.465220, -6.680887, 9.429385, 18.286137], within: 1e-4)
    expectEqual(2 * fit.loss, 11.89855, within: 1e-4)
  }

  // MARK: Survival

  private let durations = TextbookData.veterans.map { $0[2] }
  private let observed = TextbookData.veterans.map { $0[3] == 1 }

  @Test func hazardsOfVeterans() throws {
    var features = FeatureMatrix(names: ["trt", "small", "adeno", "large", "karno", "diagtime", "age", "prior"])
    for row in TextbookData.veterans {
      features.append([row[0], row[1] == 1 ? 1 : 0, row[1] == 2 ? 1 : 0, row[1] == 3 ? 1 : 0] + row[4...])
    }
    let model = try CoxModel.fit(features, durations: durations, observed: observed)
    #expect(model.rowCount == 137 && model.eventCount == 128)
    expectEqual(
      model.coefficients,
      [
        0.2946028215, 0.8615604628, 1.196066374, 0.4012916543, -0.03281532619, 8.132051305e-05, -0.008706474946,
        0.00715936019,
      ], within: 1e-8)
    expectEqual(
      model.standardErrors,
      [
        0.2075496036, 0.275284474, 0.3009169945, 0.2826886383, 0.005507756886, 0.009136062248, 0.00930029912,
        0.02323053841,
      ], within: 1e-8)
    expectEqual(model.logLikelihood, -474.39711171, within: 1e-7)
    expectEqual(model.concordance, 0.73602908, within: 1e-8)
  }

  @Test func curveOfVeterans() throws {
    let curve = try SurvivalCurve.fit(durations: durations, observed: observed)
    let times = [1.0, 10, 30, 80, 100, 200, 365, 500]
    expectEqual(
      times.map { curve.survival(at: $0) },
      [
        0.9854014599, 0.897810219, 0.700435007, 0.4939910049, 0.4179945072, 0.2053028434, 0.09004510676, 0.0360180427,
      ], within: 1e-9)
    expectEqual(curve.quantile(0.5), 80, within: 1e-12)
  }

  @Test func groupsOfVeterans() throws {
    let cells = try LogRankTest.run(
      durations: durations, observed: observed, groups: TextbookData.veterans.map { Int($0[1]) }, groupCount: 4)
    expectEqual(cells.statistic, 25.4037003458, within: 1e-7)
    expectEqual(cells.expected, [47.65467767, 30.10207933, 15.69376461, 34.54947839], within: 1e-7)
    expectEqual(cells.observed, [31, 45, 26, 26], within: 1e-12)
    let treatments = try LogRankTest.run(
      durations: durations, observed: observed, groups: TextbookData.veterans.map { Int($0[0]) - 1 }, groupCount: 2)
    expectEqual(treatments.statistic, 0.0082273432, within: 1e-9)
  }
}
