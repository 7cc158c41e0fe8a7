import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct FactorTests {
  private let users = randomHistories(userCount: 120, itemCount: 40, longest: 12, seed: 5).preferences()

  /// The vector of a user must zero the gradient of the loss: for all x of the catalogue and his items S,
  /// sum over S of (u.v - 1) v + a0 sum over all of (u.v) v + lambda (|S| + a0 |I|)^nu u = 0.
  ///
  /// Matrices are summed in single precision, so parts of about 1 cancel to within 1e-6.
  @Test(arguments: [1, 0.5, 0]) func aUsersVectorIsTheOptimumOfHisLoss(exponent: Double) {
    let model = ALS.fit(
      users: users, .init(factors: 6, epochs: 3, lambda: 0.01, frequencyExponent: exponent, unseenWeight: 0.2))
    let own: [UInt32] = [1, 4, 7]
    let user = model.vector(ofUserWith: own)
    var gradient = user.map { 0.01 * pow(3 + 0.2 * 40, exponent) * $0 }
    for item in 0..<40 as Range<UInt32> {
      let vector = model.vector(of: item)
      let score = zip(user, vector).reduce(0) { $0 + $1.0 * $1.1 }
      let slope = 0.2 * score + (own.contains(item) ? score - 1 : 0)
      for i in 0..<6 { gradient[i] += slope * vector[i] }
    }
    for part in gradient { expectEqual(part, 0, within: 1e-5) }
  }

  /// Lengths on both sides of a lane of eight, and histories on both sides of a group of four.
  @Test(arguments: [1, 5, 8, 9, 17]) func manyConjugateGradientStepsAreExact(factors: Int) {
    let exact = ALS.fit(users: users, .init(factors: factors, epochs: 2, solver: .exact))
    let steps = ALS.fit(users: users, .init(factors: factors, epochs: 2, solver: .conjugateGradient(steps: 50)))
    for item in 0..<40 as Range<UInt32> { expectEqual(steps.vector(of: item), exact.vector(of: item), within: 1e-4) }
  }

  @Test func itemsOfTwoSeparateCommunitiesDoNotMix() throws {
    // Users of even number know items 0...3, the others 4...7.
    let interactions = histories(
      (0..<40).map { user in
        let base = UInt32(user % 2) * 4
        return (0..<4 as Range<UInt32>).filter { $0 != UInt32(user / 2 % 4) }.map { $0 + base }
      }, itemCount: 8)
    let model = ALS.fit(users: interactions.preferences(), .init(factors: 4, lambda: 0.01))
    var request = RecommendationRequest(count: 1)
    request.excluding = [interactions.everConsumed()]
    request.reasons = .max
    let rows = try Recommender(interactions, chain: [.model(.factors(model))])
      .recommend(to: (0..<40).map { $0 }, request)
    for user in 0..<40 {
      #expect(rows.items[user] == UInt32(user % 2) * 4 + UInt32(user / 2 % 4), "the one missing item of his community")
      let parts = rows.reasons[rows.reasonStarts[user]..<rows.reasonStarts[user + 1]].map(\.part)
      expectEqual(parts.reduce(0, +), rows.scores[user], within: 1e-9)
    }
  }

  @Test func theSameSeedGivesTheSameBytesAndTheyAreReadBack() throws {
    let model = ALS.fit(users: users, .init(factors: 5, epochs: 2))
    let bytes = model.encoded()
    #expect(ALS.fit(users: users, .init(factors: 5, epochs: 2)).encoded() == bytes)
    let read = try FactorModel(decoding: bytes)
    #expect(read.vector(ofUserWith: [1, 2]) == model.vector(ofUserWith: [1, 2]))
    #expect(read.encoded() == bytes)
  }
}
