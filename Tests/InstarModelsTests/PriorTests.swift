import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct PriorTests {
  @Test func popularityCountsUsersAndNotEvents() {
    // Item 1 has three events of one user, item 0 one each of two users, item 2 none.
    let interactions = histories([[0, 1, 1, 1], [0]], itemCount: 3)
    let popular = Popular.fit(interactions)
    #expect(popular.scores == [2, 1, 0])
    #expect(popular.ranking == [0, 1])
    #expect(Popular.fit(interactions, .init(measure: .weights)).scores == [2, 3, 0])
  }

  @Test func equalPopularityGoesByItemCode() {
    #expect(Popular.fit(histories([[2, 1, 0]], itemCount: 3)).ranking == [0, 1, 2])
  }

  @Test func trendHalvesWithEachHalfLife() {
    let day: Int64 = 86_400_000
    var builder = InteractionsBuilder(itemCount: 2, catalog: CatalogWeights(), before: .max)
    builder.append(user: 0, item: 0, time: 0)
    builder.append(user: 0, item: 0, time: 14 * day)
    builder.append(user: 0, item: 1, time: 28 * day)
    let trend = Trend.fit(builder.finish(userCount: 1), .init(halfLifeDays: 14, moment: 28 * day))
    // Item 0: 1/4 + 1/2, item 1: 1.
    expectEqual(trend.scores, [log1p(0.75), log1p(1)])
    #expect(trend.ranking == [1, 0])
  }

  @Test func aPriorIsReadBackAsItWasWritten() throws {
    let popular = Popular.fit(randomHistories(userCount: 30, itemCount: 9, longest: 5, seed: 1))
    #expect(try ItemPrior(decoding: popular.encoded(), source: .popular) == popular)
    #expect(throws: PayloadError.wrongKind(expected: .trend, found: 1)) {
      try ItemPrior(decoding: popular.encoded(), source: .trend)
    }
  }
}
