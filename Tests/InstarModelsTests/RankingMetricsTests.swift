import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// Four users and five items, worked out by hand, k = 3.
///
/// ```
/// user  list   relevant      hits at   P    R    hit  RR   AP                   NDCG
/// 0     1 2 3  {1, 3}        1, 3      2/3  1    1    1    (1 + 2/3)/2 = 5/6    (1 + 1/2) / (1 + 1/log2 3)
/// 1     4 1 0  {0, 2, 3, 4}  1, 3      2/3  1/2  1    1    (1 + 2/3)/3 = 5/9    (1 + 1/2) / (1 + 1/log2 3 + 1/2)
/// 2     1 0 2  {2}           3         1/3  1    1    1/3  (1/3)/1              (1/2) / 1
/// 3     (none) {4}                     0    0    0    0    0                    0
/// ```
/// User 4 has no relevant item and does not count.
@Suite struct RankingMetricsTests {
  // Users 0...4 have had: {0}, {1}, {3, 4}, {}, {1}. d = 1, 2, 0, 1, 1; four users have a history.
  private let training = histories([[0], [1], [3, 4], [], [1]], itemCount: 5).preferences()
  private let relevant = UserItems(starts: [0, 2, 6, 7, 8, 8], items: [1, 3, 0, 2, 3, 4, 2, 4])

  private func metrics(similarity: ItemSimilarity? = nil) throws -> RankingMetrics {
    // A model that answers each user by what he had: 0 -> 1 2 3, 1 -> 4 1 0, {3, 4} -> 1 0 2.
    let rows: [[(UInt32, Float)]] = [
      [(1, 3), (2, 2), (3, 1)], [(0, 1), (1, 2), (4, 3)], [], [(0, 2), (1, 3)], [(2, 1)],
    ]
    var starts = [0]
    for row in rows { starts.append(starts[starts.count - 1] + row.count) }
    let matrix = SparseMatrix(
      columnCount: 5, starts: starts, columns: rows.flatMap { $0.map(\.0) }, values: rows.flatMap { $0.map(\.1) })
    let table = ItemTable(source: .cooc, decay: .none, matrix: matrix)
    let interactions = histories([[0], [1], [3, 4], [], [1]], itemCount: 5)
    let recommendations = try Recommender(interactions, chain: [.model(.table(table))])
      .recommend(to: [0, 1, 2, 3, 4], RecommendationRequest(count: 5))
    return RankingMetrics(
      recommendations, relevant: relevant, training: training, cut: 3, similarity: similarity)
  }

  @Test func fourUsersByHand() throws {
    let metrics = try metrics()
    let second = 1 / log2(3.0)
    #expect(metrics.users == [0, 1, 2, 3])
    expectEqual(metrics.perUser(.precision), [2.0 / 3, 2.0 / 3, 1.0 / 3, 0])
    expectEqual(metrics.perUser(.recall), [1, 0.5, 1, 0])
    expectEqual(metrics.perUser(.hitRate), [1, 1, 1, 0])
    expectEqual(metrics.perUser(.reciprocalRank), [1, 1, 1.0 / 3, 0])
    expectEqual(metrics.perUser(.averagePrecision), [5.0 / 6, 5.0 / 9, 1.0 / 3, 0])
    expectEqual(metrics.perUser(.ndcg), [1.5 / (1 + second), 1.5 / (1.5 + second), 0.5, 0])
    expectEqual(metrics.mean(.precision), 5.0 / 12)
    // Recalls 1, 1/2, 1, 0: mean .625, sum of squares around it .6875, so sqrt(.6875/3)/2.
    expectEqual(metrics.standardError(.recall), sqrt(0.6875 / 3) / 2)
  }

  @Test func listsAsAWhole() throws {
    let metrics = try metrics()
    // Shown: item 0 twice, 1 three times, 2 twice, 3 and 4 once. Item 2 was not in training.
    expectEqual(metrics.coverage, 1)
    // -log2(d/4): items 0, 3, 4 give 2, item 1 gives 1, item 2 counts as d = 1.
    expectEqual(metrics.novelty, Double(2 * 2 + 3 * 1 + 2 * 2 + 2 + 2) / 9)
    // Counts of the trained items 1, 1, 2, 3: (-3 - 1 + 2 + 9) / (4 x 7).
    expectEqual(metrics.gini, 7.0 / 28)
    #expect(metrics.intraListDiversity == nil)
  }

  @Test func diversityIsTheMeanOverPairs() throws {
    var documents = ItemDocuments(itemCount: 5)
    for item in [0, 1] as [UInt32] { documents.add(field: "category", value: "a", to: item) }
    let metrics = try metrics(similarity: .content(ContentModel.fit(documents)))
    // 0 and 1 are alike: one pair of three in the lists of users 1 and 2, none in that of user 0.
    expectEqual(metrics.intraListDiversity, (1 + 2.0 / 3 + 2.0 / 3) / 3, within: 1e-6)
  }

  @Test func aModelDoesNotDifferFromItself() throws {
    let metrics = try metrics()
    let none = metrics.difference(from: metrics, .ndcg, seed: 1)
    #expect(none.mean == 0 && none.lower == 0 && none.upper == 0)
  }
}
