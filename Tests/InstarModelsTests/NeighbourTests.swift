import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Users 0: {0, 1}, 1: {0, 1, 2}, 2: {1, 3}, 3: {4}, 4: {0, 1}.
///
/// The cosines to user 0 are 2/sqrt(6), 1/2, 0 and 1; user 4, with the same items, is left out.
@Suite struct NeighbourTests {
  private let interactions = histories([[0, 1], [0, 1, 2], [1, 3], [4], [0, 1]], itemCount: 5)

  private func recommend(
    neighbours: Int, reasons: Int = 0, decay: RecencyDecay = .none
  ) throws -> Recommendations {
    var request = RecommendationRequest(count: 5)
    request.excluding = [interactions.everConsumed()]
    request.reasons = reasons
    return try Recommender(
      interactions,
      chain: [.model(.neighbours(UserNeighbours(interactions, neighbours: neighbours, decay: decay)))]
    ).recommend(to: [0], request)
  }

  @Test func itemsOfTheMostSimilar() throws {
    let rows = try recommend(neighbours: 5)
    #expect(rows.items == [2, 3])
    expectEqual(rows.scores, [2 / sqrt(6), 0.5], within: 1e-6)
    #expect(rows.sources == [.userknn, .userknn])
    #expect(try recommend(neighbours: 1).items == [2])
  }

  /// The latest item weighs 1 and the one before e^-1, and user 0 is no neighbour of his own.
  @Test func theLatestItemsCountMost() throws {
    let rows = try recommend(neighbours: 5, decay: .moment(tau: 1))
    let length = sqrt(1 + exp(-2))
    #expect(rows.items == [2, 3])
    expectEqual(rows.scores, [(1 + exp(-1)) / (length * sqrt(3)), 1 / (length * sqrt(2))], within: 1e-6)
  }

  @Test func reasonsAreTheCommonItems() throws {
    let rows = try recommend(neighbours: 5, reasons: 9)
    let first = rows.reasons[rows.reasonStarts[0]..<rows.reasonStarts[1]]
    #expect(first.map(\.item) == [0, 1])
    expectEqual(first.map(\.part), [1 / sqrt(6), 1 / sqrt(6)], within: 1e-6)
    let second = rows.reasons[rows.reasonStarts[1]..<rows.reasonStarts[2]]
    #expect(second.map(\.item) == [1])
  }
}
