import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What the wiring of methods adds to their kernels: which columns each sees, averages, closed forms, bytes.
@Suite struct PredictorTests {
  /// Buyers of different habits: who bought more and lately buys again.
  private func rows(_ count: Int, seed: UInt64) -> (features: FeatureMatrix, labels: [Double]) {
    var generator = SeededGenerator(seed: seed)
    var features = FeatureMatrix(names: ["recency", "noise", "season_sin"] + RhythmFeatures.lifetimeNames)
    var labels: [Double] = []
    for _ in 0..<count {
      let repeats = Double(generator.below(6))
      let age = 70 + 200 * generator.uniform()
      let last = repeats > 0 ? age * generator.uniform() : 0
      let recency = age - last
      let mean = 5 + 20 * generator.uniform()
      features.append([
        recency, generator.uniform(), generator.uniform(), repeats, last, age, repeats + 1, mean,
      ])
      labels.append(generator.uniform() < 1 / (1 + recency / (20 + 20 * repeats)) ? 1 : 0)
    }
    return (features, labels)
  }

  @Test func autoIsTheMeanOfTwoLogits() throws {
    let (features, labels) = rows(600, seed: 1)
    let auto = try Predictor.fit(features, labels: labels, .init(method: .auto, isRepeat: true))
    let logistic = try Predictor.fit(features, labels: labels, .init(method: .logistic, isRepeat: true))
    let boosting = try Predictor.fit(features, labels: labels, .init(method: .boosting, isRepeat: true))
    let (p, q) = (logistic.predictions(features), boosting.predictions(features))
    for (row, value) in auto.predictions(features).enumerated() {
      // The mean of logits is the geometric mean of odds.
      let odds = (p[row] / (1 - p[row]) * q[row] / (1 - q[row])).squareRoot()
      expectEqual(value, odds / (1 + odds), within: 1e-9)
    }
    #expect(auto.methodName.hasPrefix("auto"))
    #expect(boosting.importances().contains { $0.feature == "p_active" })
    #expect(!boosting.importances().contains { $0.feature.hasPrefix("season") && $0.weight > 0 })
    #expect(!logistic.importances().contains { $0.feature.hasPrefix("lifetime") })
    #expect(logistic.importances().contains { $0.feature == "season_sin" })
  }

  @Test func tooLittleForTreesIsLogisticAlone() throws {
    let (features, labels) = rows(150, seed: 2)
    let auto = try Predictor.fit(features, labels: labels, .init(method: .auto))
    #expect(auto.methodName == "logistic")
  }

  @Test func oneClassIsAConstantRate() throws {
    let (features, labels) = rows(300, seed: 3)
    let none = try Predictor.fit(features, labels: labels.map { _ in 0 }, .init(method: .auto))
    // (k + 1/2) / (n + 1) with k = 0 of n = 300.
    for value in none.predictions(features) { expectEqual(value, 0.5 / 301, within: 1e-12) }
  }

  /// A closed form answers by the model that it is: probability, complement, number, money.
  @Test(arguments: [Predictor.Method.mbgnbd, .bgnbd, .paretonbd])
  func closedFormsAnswerTheirTasks(method: Predictor.Method) throws {
    // The likelihood of Pareto/NBD is slow where nothing is optimised.
    let (features, _) = rows(method == .paretonbd ? 60 : 400, seed: 4)
    func answers(_ task: Predictor.Task) throws -> [Double] {
      try Predictor.fit(features, labels: [], .init(task: task, method: method, horizon: 28)).predictions(features)
    }
    let buys = try answers(.condition(isAbsence: false))
    let stays = try answers(.condition(isAbsence: true))
    let (count, alive, money) = (try answers(.count), try answers(.alive), try answers(.money))
    for row in buys.indices {
      expectEqual(buys[row] + stays[row], 1, within: 1e-12)
      // Whoever buys at least once is alive, and P(X >= 1) <= E[X].
      #expect(buys[row] <= alive[row] + 1e-12 && buys[row] <= count[row] + 1e-12 && money[row] > 0)
    }
  }

  @Test func aClosedFormWithoutRepeatsIsRefused() {
    var features = FeatureMatrix(names: RhythmFeatures.lifetimeNames)
    for _ in 0..<10 { features.append([0, 0, 50, 1, 9]) }
    #expect(throws: ModelError.self) { try Predictor.fit(features, labels: [], .init(method: .mbgnbd)) }
  }

  @Test(arguments: Predictor.Method.allCases) func bytesGiveTheSameAnswers(method: Predictor.Method) throws {
    let (features, labels) = rows(400, seed: 5)
    let model = try Predictor.fit(features, labels: labels, .init(method: method, isRepeat: true))
    var bytes = model.encoded()
    let again = try Predictor(decoding: bytes)
    #expect(again.predictions(features) == model.predictions(features) && again.encoded() == bytes)
    bytes[bytes.count / 2] ^= 1
    #expect(throws: PayloadError.self) { try Predictor(decoding: bytes) }
  }

  @Test func contributionsOfTwoPartsAddUp() throws {
    let (features, labels) = rows(500, seed: 6)
    let auto = try Predictor.fit(features, labels: labels, .init(method: .auto, isRepeat: true))
    let (first, second) = (features.row(0), features.row(1))
    func sum(_ row: [Double]) -> Double { auto.contributions(ofRow: row).reduce(0) { $0 + $1.part } }
    func logit(_ p: Double) -> Double { log(p / (1 - p)) }
    let p = auto.predictions(features)
    // The start is the same for everybody, so differences of logits are differences of sums.
    expectEqual(sum(first) - sum(second), logit(p[0]) - logit(p[1]), within: 1e-6)
  }
}
