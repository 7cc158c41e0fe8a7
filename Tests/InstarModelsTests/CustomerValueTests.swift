import InstarModels
import Testing

/// Every payload that is cut short or has one bit changed must be refused.
func expectDamageIsNoticed<Model>(
  _ bytes: [UInt8], at location: SourceLocation = #_sourceLocation, _ decode: ([UInt8]) throws -> Model
) {
  let steps = stride(from: 0, to: bytes.count, by: max(1, bytes.count / 200))
  for length in steps {
    #expect(throws: PayloadError.self, sourceLocation: location) { try decode(Array(bytes.prefix(length))) }
    var changed = bytes
    changed[length] ^= 0x10
    #expect(throws: PayloadError.self, sourceLocation: location) { try decode(changed) }
  }
}

@Suite struct CustomerValueTests {
  private static let spend = try? SpendModel.fit(
    counts: CDNOW.customers.map(\.history.frequency), means: CDNOW.customers.map(\.mean))

  @Test func spendOfCDNOW() throws {
    // Fader and Hardie 2013: 6.25, 3.74, 15.44. The likelihood is that of the R package CLVTools, from means that are not
    // rounded to cents; SciPy 1.17 finds the digits.
    let model = try #require(Self.spend)
    #expect(model.converged && model.userCount == 946 && model.excludedCount == 1411)
    expectEqual(model.p, 6.249572, within: 2e-5)
    expectEqual(model.q, 3.744225, within: 2e-5)
    expectEqual(model.v, 15.443521, within: 1e-4)
    expectEqual(model.logLikelihood, -4055.917694802, within: 1e-6)
    expectEqual(model.correlation, 0.11388792, within: 1e-7)
  }

  @Test func spendFromRoundedMeans() throws {
    // The sheet of Fader and Hardie rounds means to cents; SciPy 1.17 on it.
    let means = CDNOW.customers.map { customer in
      let count = max(1, customer.history.frequency)
      return Double((2 * customer.cents + count) / (2 * count)) / 100
    }
    let model = try SpendModel.fit(counts: CDNOW.customers.map(\.history.frequency), means: means)
    expectEqual(model.p, 6.24880353, within: 2e-5)
    expectEqual(model.q, 3.74458820, within: 2e-5)
    expectEqual(model.v, 15.4477437, within: 1e-4)
    expectEqual(model.logLikelihood, -4055.9232435028593, within: 1e-6)
    expectEqual(model.correlation, 0.11388391048600437, within: 1e-9)
  }

  @Test func spendOfSingleCustomers() {
    // The sheet of Fader and Hardie for the first ten customers, at the published parameters.
    let model = SpendModel(p: 6.25, q: 3.74, v: 15.44)
    let expected: [(Int, Double, Double)] = [
      (2, 22.35, 24.6637), (1, 11.77, 18.9169), (0, 0, 35.219), (7, 73.74, 71.4697), (2, 25.55, 27.2884),
    ]
    for (count, mean, value) in expected {
      expectEqual(model.expectedSpend(count: count, mean: mean), value, within: 1e-3)
    }
  }

  @Test func spendWithoutPurchasesIsAnError() {
    #expect(throws: ModelError.self) { try SpendModel.fit(counts: [0, 3, 2], means: [5, -1, 4]) }
  }

  @Test func meansOfTheTailAreHeldFinite() throws {
    // Nearly all users spend 1, few a thousand: unbounded, q would fall below 1 and the population mean would not exist.
    var means = [Double](repeating: 1.03, count: 400)
    for user in stride(from: 0, to: 400, by: 40) { means[user] = 5000 }
    for user in stride(from: 1, to: 400, by: 3) { means[user] = 1.06 }
    let model = try SpendModel.fit(counts: [Int](repeating: 1, count: 400), means: means)
    #expect(model.q > 1 && model.expectedSpend(count: 0, mean: 0).isFinite)
  }

  @Test func valueIsPurchasesTimesSpend() throws {
    let purchases = PurchaseModel(.mbgnbd, r: 0.5248432, alpha: 6.1830856, a: 0.8913594, b: 1.6140019)
    let value = CustomerValue(purchases: purchases, spend: SpendModel(p: 6.25, q: 3.74, v: 15.44))
    let history = PurchaseHistory(frequency: 2, recency: 30.43, age: 38.86)
    expectEqual(value.expected(history, count: 2, mean: 22.35, within: 39), 1.262669 * 24.6637, within: 1e-3)
    // Without discount the periods add up to the whole.
    let periods = value.discounted(history, count: 2, mean: 22.35, periods: 13, periodLength: 3, rate: 0)
    expectEqual(periods, value.expected(history, count: 2, mean: 22.35, within: 39), within: 1e-9)
    let one = value.discounted(history, count: 2, mean: 22.35, periods: 1, periodLength: 39, rate: 0.25)
    expectEqual(one, value.expected(history, count: 2, mean: 22.35, within: 39) / 1.25, within: 1e-9)
  }

  // MARK: Renewals

  @Test(arguments: [
    // Fader and Hardie 2007: customers of a contract, per cent left at the start of years 1 to 8.
    ([100, 63.1, 46.8, 38.2, 32.6, 28.9, 26.2, 24.1], 0.7040773, 1.1820430, -168.02651884632864),
    ([100, 86.9, 74.3, 65.3, 59.3, 55.1, 51.7, 49.1], 0.6680884, 3.8060954, -161.11581473911556),
  ]) func renewals(survivors: [Double], alpha: Double, beta: Double, logLikelihood: Double) throws {
    let model = try RenewalModel.fit(survivors: survivors)
    expectEqual(model.alpha, alpha, within: 1e-5)
    expectEqual(model.beta, beta, within: 1e-5)
    expectEqual(model.logLikelihood, logLikelihood, within: 1e-6)
  }

  @Test func survivalOfRenewals() throws {
    let model = RenewalModel(alpha: 0.704077301945072, beta: 1.182043030740842)
    let expected = [1, 0.6267060538, 0.4738193212, 0.3879739534, 0.3320679102]
    for (renewal, share) in expected.enumerated() { expectEqual(model.survival(renewal), share, within: 1e-9) }
    expectEqual(model.survival(12), 0.17003745195, within: 1e-9)
    expectEqual(model.retentionRate(3), model.survival(3) / model.survival(2), within: 1e-12)
  }

  @Test func renewalsThatCannotBeAreRefused() {
    #expect(throws: ModelError.self) { try RenewalModel.fit(survivors: [100, 50]) }
    #expect(throws: ModelError.self) { try RenewalModel.fit(survivors: [100, 50, 60]) }
    #expect(throws: ModelError.self) { try RenewalModel.fit(survivors: [100, 100, 100]) }
  }

  @Test func modelsAreReadBackAsTheyWereWritten() throws {
    let spend = try #require(Self.spend)
    #expect(try SpendModel(decoding: spend.encoded()) == spend)
    expectDamageIsNoticed(spend.encoded()) { try SpendModel(decoding: $0) }
    let renewals = RenewalModel(alpha: 0.7, beta: 1.2, logLikelihood: -1)
    #expect(try RenewalModel(decoding: renewals.encoded()) == renewals)
    expectDamageIsNoticed(renewals.encoded()) { try RenewalModel(decoding: $0) }
    #expect(throws: PayloadError.self) { try RenewalModel(decoding: spend.encoded()) }
  }
}
