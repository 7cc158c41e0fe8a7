import InstarModels
import Testing

/// The terms of WHY are the parts of the very score that ranked the item.
@Suite struct ReasonTests {
  private static func chains(_ interactions: Interactions) -> [(String, Rung)] {
    var documents = ItemDocuments(itemCount: interactions.itemCount)
    for item in 0..<UInt32(interactions.itemCount) {
      documents.add(field: "category", value: "c\(item % 4)", to: item)
      documents.add(field: "brand", value: "b\(item % 7)", to: item)
    }
    return [
      ("hybrid", .hybrid(.shipped(interactions))),
      ("next", .model(.table(Next.fit(interactions)))), ("taste", .model(.table(Taste.fit(interactions)))),
      ("cooc", .model(.table(CoOccurrence.fit(interactions)))),
      ("content", .model(.content(ContentModel.fit(documents)))),
      ("als", .model(.factors(ALS.fit(users: interactions.preferences(), .init(factors: 4, epochs: 3))))),
      ("userknn", .model(.neighbours(UserNeighbours(interactions, neighbours: 6)))),
      ("popular", .model(.prior(Popular.fit(interactions)))),
    ]
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func theySumToTheScore(seed: UInt64) throws {
    let interactions = randomHistories(userCount: 60, itemCount: 30, longest: 9, seed: seed)
    var request = RecommendationRequest(count: 5)
    request.reasons = 1000
    for (name, rung) in Self.chains(interactions) {
      for remind in [0, 0.5] {
        request.remind = remind
        let rows = try Recommender(interactions, chain: [rung]).recommend(to: Array(0..<60), request)
        #expect(rows.rowCount > 0, "\(name), seed \(seed)")
        for row in 0..<rows.rowCount {
          let reasons = rows.reasons[rows.reasonStarts[row]..<rows.reasonStarts[row + 1]]
          let sum = reasons.reduce(0) { $0 + $1.part }
          expectEqual(sum, rows.scores[row], within: 1e-5, "\(name), row \(row), seed \(seed)")
        }
      }
    }
  }
}
