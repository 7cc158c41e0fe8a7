import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Fits against the published estimates for the CDNOW sample: Fader, Hardie and Lee 2005; the vignettes of the R
/// packages BTYD and CLVTools; the tests of pymc-marketing; SciPy 1.17 where nothing is published.
@Suite struct PurchaseModelTests {
  private static let histories = CDNOW.customers.map(\.history)
  private static let bg = try? PurchaseModel.fit(histories, kind: .bgnbd)
  private static let mbg = try? PurchaseModel.fit(histories, kind: .mbgnbd)
  private static let pareto = try? PurchaseModel.fit(histories, kind: .paretonbd)

  private func expectRelative(
    _ value: Double, _ expected: Double, within tolerance: Double, at location: SourceLocation = #_sourceLocation
  ) {
    expectEqual(value, expected, within: tolerance * abs(expected), at: location)
  }

  @Test func sumsOfTheSample() {
    let histories = Self.histories
    #expect(histories.count == 2357)
    #expect(histories.reduce(0) { $0 + $1.frequency } == 2457)
    expectEqual(histories.reduce(0) { $0 + $1.recency }, 16135.57142857143, within: 1e-6)
    expectEqual(histories.reduce(0) { $0 + $1.age }, 77111.28571428571, within: 1e-6)
    #expect(histories.count { $0.frequency == 0 } == 1411)
    #expect(histories.map(\.frequency).max() == 29)
  }

  @Test(arguments: [
    (PurchaseModel.Kind.bgnbd, [0.2425945, 4.4136024, 0.7929221, 2.4259069], -9582.429206673929),
    (.mbgnbd, [0.5248432, 6.1830856, 0.8913594, 1.6140019], -9582.135715553748),
    (.paretonbd, [0.5532770, 10.5776830, 0.6062398, 11.6687308], -9594.976178939542),
  ]) func estimatesForCDNOW(kind: PurchaseModel.Kind, expected: [Double], logLikelihood: Double) throws {
    let model = try PurchaseModel.fit(Self.histories, kind: kind)
    #expect(model.converged && model.userCount == 2357)
    for (value, other) in zip([model.r, model.alpha, model.a, model.b], expected) {
      expectRelative(value, other, within: 1e-5)
    }
    expectEqual(model.logLikelihood, logLikelihood, within: 1e-6)
  }

  /// x, t_x, T, horizon, then P(alive) and expected purchases of BG/NBD, MBG/NBD and Pareto/NBD.
  private static let customers: [[Double]] = [
    [
      26, 30.857142857142858, 31, 52, 0.9688544402406304, 25.75733638483044, 0.9654846493988892, 23.998190893537974,
      0.9978734050318737, 25.455184921188753,
    ],
    [
      2, 30.43, 38.86, 39, 0.7266091624636952, 1.2259068267915978, 0.7061256711791781, 1.262669211806038,
      0.8691156799227583, 1.4550988376765117,
    ],
    [
      1, 1.714285714285714, 38.857142857142854, 39, 0.212391054890528, 0.20341885701150503, 0.17095105634333413,
      0.18894488052383954, 0.1679960665366703, 0.17111435000781142,
    ],
    [
      0, 0, 38.857142857142854, 39, 1, 0.19479363592426138, 0.3897229111135198, 0.15396600721145537,
      0.2951125868939029, 0.10707023841358201,
    ],
    [
      10, 20, 39, 52, 0.03812349968808646, 0.34748377889170196, 0.040108492827241424, 0.351693327250452,
      0.08038722516101118, 0.7058885544393974,
    ],
    [
      25, 20, 39, 52, 1.6304077376531474e-05, 0.0003583938613478819, 2.671806298333678e-05, 0.0005553364888516132,
      0.00014533144721678775, 0.0030900674924318936,
    ],
    [
      23, 39, 39, 39, 0.9685583318120549, 15.685696002421487, 0.9650520781042945, 14.87580627688428, 1,
      15.40705564205148,
    ],
  ]

  @Test func figuresOfSingleCustomers() throws {
    let models = [try #require(Self.bg), try #require(Self.mbg), try #require(Self.pareto)]
    for row in Self.customers {
      let history = PurchaseHistory(frequency: Int(row[0]), recency: row[1], age: row[2])
      for (position, model) in models.enumerated() {
        let (alive, purchases) = (row[4 + 2 * position], row[5 + 2 * position])
        expectRelative(model.probabilityAlive(history), alive, within: 3e-5)
        expectRelative(model.expectedPurchases(history, within: row[3]), purchases, within: 3e-5)
      }
    }
  }

  @Test func figuresOfANewCustomer() throws {
    let weeks = [1.0 / 7, 1, 3, 31.8571, 32, 52, 78]
    let expected: [(PurchaseModel?, [Double])] = [
      (Self.bg, [0.0078136673, 0.0531842888, 0.1506308323, 1.0404891090, 1.0437320106, 1.4440123558, 1.8579583383]),
      (Self.mbg, [0.0077772498, 0.0530603234, 0.1507922185, 1.0334669971, 1.0366056844, 1.4188848310, 1.8036303499]),
      (
        Self.pareto, [0.0074447462, 0.0510063760, 0.1461344445, 1.0529064933, 1.0562681328, 1.4734343226, 1.9098662173]
      ),
    ]
    for (model, values) in expected {
      for (t, value) in zip(weeks, values) {
        expectRelative(try #require(model).expectedPurchasesOfNewUser(within: t), value, within: 1e-5)
      }
    }
  }

  @Test func sumsOverCustomers() throws {
    let expected: [(PurchaseModel?, purchases: Double, alive: Double)] = [
      (Self.bg, 1653.4086931203524, 0.8134398279430245), (Self.mbg, 1576.7282597587784, 0.4487213668149679),
      (Self.pareto, 1665.513207309502, 0.44627716624466285),
    ]
    for (fitted, purchases, alive) in expected {
      let model = try #require(fitted)
      let sum = Self.histories.reduce(0) { $0 + model.expectedPurchases($1, within: 39) }
      expectRelative(sum, purchases, within: 1e-5)
      let mean = Self.histories.reduce(0) { $0 + model.probabilityAlive($1) } / 2357
      expectRelative(mean, alive, within: 1e-5)
    }
  }

  @Test func logLikelihoodOfSingleHistories() {
    // The tests of pymc-marketing: a = .8, b = 2.5, r = .25, alpha = 4, T = 40.
    let bg = PurchaseModel(.bgnbd, r: 0.25, alpha: 4, a: 0.8, b: 2.5)
    let mbg = PurchaseModel(.mbgnbd, r: 0.25, alpha: 4, a: 0.8, b: 2.5)
    let none = PurchaseHistory(frequency: 0, recency: 0, age: 40)
    let many = PurchaseHistory(frequency: 200, recency: 38, age: 40)
    expectEqual(bg.logLikelihood(of: none), -0.5994738181995927, within: 1e-10)
    expectEqual(mbg.logLikelihood(of: none), -0.41792826204498057, within: 1e-10)
    expectEqual(bg.logLikelihood(of: many), 100.79569309270653, within: 1e-8)
    expectEqual(mbg.logLikelihood(of: many), 100.7869097609912, within: 1e-8)
  }

  @Test func theSeriesHasNoPole() {
    // a = 1 divides by zero in the textbook form; the value is the limit, from SciPy at a = 1 ± 1e-6.
    let history = PurchaseHistory(frequency: 2, recency: 30, age: 39)
    func expectation(_ a: Double) -> Double {
      PurchaseModel(.bgnbd, r: 0.25, alpha: 4.4, a: a, b: 2.4).expectedPurchases(history, within: 52)
        / PurchaseModel(.bgnbd, r: 0.25, alpha: 4.4, a: a, b: 2.4).probabilityAlive(history)
    }
    expectEqual(expectation(1), 2.0447231886134225, within: 1e-9)
    expectEqual(expectation(1 + 1e-9), expectation(1), within: 1e-7)
    // 5,000 purchases: the textbook form has lost four digits, 66.23696.
    let busy = PurchaseHistory(frequency: 5000, recency: 3900, age: 3900)
    let model = PurchaseModel(.bgnbd, r: 0.25, alpha: 4.4, a: 0.79, b: 2.4)
    expectEqual(
      model.expectedPurchases(busy, within: 52) / model.probabilityAlive(busy), 66.24742171635718, within: 1e-7)
  }

  /// P(≥ 1 purchase) must agree with a simulation of the model's own story.
  /// Users who are all alike are fitted by a and b without bound: all leave with p = a/(a+b), and the expectation of
  /// (1 - exp(-λpt))/p over the gamma distributed λ is (1 - (1 + pt/(α+T))^-(r+x))/p.
  @Test(arguments: [PurchaseModel.Kind.bgnbd, .mbgnbd]) func usersWhoAreAllAlike(kind: PurchaseModel.Kind) {
    let (r, alpha, p) = (0.99, 2.6, 0.2)
    let model = PurchaseModel(kind, r: r, alpha: alpha, a: 1e8, b: 4e8)
    for (x, recency, age) in [(0, 0.0, 10.0), (2, 8.2, 15.2), (40, 30.0, 31.0)] {
      let history = PurchaseHistory(frequency: x, recency: recency, age: age)
      for t in [0.01, 1.0, 4.0, 52.0, 500.0] {
        let expected = (1 - pow(1 + p * t / (alpha + age), -(r + Double(x)))) / p
        expectRelative(
          model.expectedPurchases(history, within: t), model.probabilityAlive(history) * expected, within: 1e-6)
      }
    }
  }

  /// The expectation of (1 - (1 + pt/(α+T))^-(r+x))/p over p of the beta distribution a, b+x[+1], by the midpoint rule:
  /// with a = 40 the short horizons are summed one way and the long ones the other.
  @Test(arguments: [PurchaseModel.Kind.bgnbd, .mbgnbd]) func bothSumsAreTheIntegral(kind: PurchaseModel.Kind) {
    let (r, alpha, a, b) = (0.8, 5.0, 40.0, 150.0)
    let model = PurchaseModel(kind, r: r, alpha: alpha, a: a, b: b)
    let (x, age) = (3.0, 20.0)
    let history = PurchaseHistory(frequency: Int(x), recency: 12, age: age)
    let stay = b + x + (kind == .mbgnbd ? 1 : 0)
    for t in [1.0, 10, 25, 28, 30, 35, 60, 300] {
      var (sum, weight) = (0.0, 0.0)
      for step in 0..<20_000 {
        let p = (Double(step) + 0.5) / 20_000
        let density = exp((a - 1) * log(p) + (stay - 1) * log1p(-p) + 100)
        weight += density
        sum += density * (1 - pow(1 + p * t / (alpha + age), -(r + x))) / p
      }
      expectRelative(
        model.expectedPurchases(history, within: t), model.probabilityAlive(history) * sum / weight, within: 1e-8)
    }
  }

  @Test(arguments: PurchaseModel.Kind.allCases) func chanceOfAPurchaseIsThatOfTheStory(kind: PurchaseModel.Kind) {
    let seed: UInt64 = 20_261
    var generator = SeededGenerator(seed: seed)
    // With r = 1 and s = 1 gamma variables are exponential, and beta(1, 2) is 1 - sqrt(u).
    let model = PurchaseModel(kind, r: 1, alpha: 5, a: 1, b: kind == .paretonbd ? 20 : 2)
    func exponential(_ rate: Double) -> Double { -log(1 - generator.uniform()) / rate }
    var (bought, predicted) = (0.0, 0.0)
    let runs = 40_000
    for _ in 0..<runs {
      let rate = exponential(5)
      let leaving = 1 - (1 - generator.uniform()).squareRoot()
      let until = kind == .paretonbd ? exponential(exponential(20)) : .infinity
      var (now, last, count, later) = (0.0, 0.0, 0, 0)
      var alive = kind == .mbgnbd ? generator.uniform() >= leaving : true
      while alive {
        now += exponential(rate)
        if now > min(until, 30) { break }
        if now <= 20 { (last, count) = (now, count + 1) } else { later += 1 }
        if kind != .paretonbd { alive = generator.uniform() >= leaving }
      }
      bought += later > 0 ? 1 : 0
      predicted += model.probabilityOfPurchase(PurchaseHistory(frequency: count, recency: last, age: 20), within: 10)
    }
    // Three standard deviations of a share of 40,000.
    expectEqual(bought / Double(runs), predicted / Double(runs), within: 3 * 0.5 / 200, "seed \(seed)")
  }

  // MARK: Edges

  @Test func purchasesOfOneDayCountOnce() {
    let history = PurchaseHistory(purchaseDays: [10, 10, 17, 24, 24, 40], before: 31)
    #expect(history == PurchaseHistory(frequency: 2, recency: 2, age: 3))
    #expect(PurchaseHistory(purchaseDays: [31, 40], before: 31) == nil)
    #expect(PurchaseHistory(purchaseDays: [], before: 31) == nil)
    #expect(PurchaseHistory(purchaseDays: [30], before: 31, daysPerUnit: 1)?.age == 1)
  }

  @Test func historiesOfNoLengthAreAllowed() throws {
    let histories =
      Self.histories + [
        PurchaseHistory(frequency: 0, recency: 0, age: 0), PurchaseHistory(frequency: 3, recency: 5, age: 5),
      ]
    for kind in PurchaseModel.Kind.allCases {
      let model = try PurchaseModel.fit(histories, kind: kind)
      for history in histories.suffix(2) {
        #expect((0...1).contains(model.probabilityAlive(history)))
        #expect(model.expectedPurchases(history, within: 10).isFinite)
        #expect(model.expectedPurchases(history, within: 0) == 0)
        #expect(model.probabilityOfPurchase(history, within: 0) == 0)
      }
    }
  }

  @Test func nothingToFitIsAnError() {
    #expect(throws: ModelError.self) { try PurchaseModel.fit([]) }
    let once = [PurchaseHistory](repeating: PurchaseHistory(frequency: 0, recency: 0, age: 9), count: 50)
    #expect(throws: ModelError.self) { try PurchaseModel.fit(once) }
    let wrong = PurchaseHistory(frequency: 2, recency: 10, age: 9)
    let error = #expect(throws: ModelError.self) { try PurchaseModel.fit(Self.histories + [wrong]) }
    #expect(error?.message.contains("t_x = 10") == true)
  }

  @Test func theUnitOfTimeChangesNothing() throws {
    let days = Self.histories.map {
      PurchaseHistory(frequency: $0.frequency, recency: 7 * $0.recency, age: 7 * $0.age)
    }
    let (weekly, daily) = (try #require(Self.mbg), try PurchaseModel.fit(days))
    expectRelative(daily.alpha, 7 * weekly.alpha, within: 1e-5)
    expectRelative(
      daily.expectedPurchases(days[2000], within: 70),
      weekly.expectedPurchases(Self.histories[2000], within: 10), within: 1e-5)
  }

  @Test func modelsAreReadBackAsTheyWereWritten() throws {
    for model in [try #require(Self.bg), try #require(Self.pareto)] {
      #expect(try PurchaseModel(decoding: model.encoded()) == model)
      expectDamageIsNoticed(model.encoded()) { try PurchaseModel(decoding: $0) }
    }
  }
}
