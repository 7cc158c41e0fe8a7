import InstarModels
import Testing

@Suite struct RecommenderTests {
  /// A table that is given and not learned: `entries` are (source, target, value).
  private func table(
    _ entries: [(UInt32, UInt32, Float)], itemCount: Int, source: RecommendationSource = .next
  ) -> ItemTable {
    var starts = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for row in 0..<UInt32(itemCount) {
      for entry in entries.filter({ $0.0 == row }).sorted(by: { $0.1 < $1.1 }) {
        columns.append(entry.1)
        values.append(entry.2)
      }
      starts.append(columns.count)
    }
    let matrix = SparseMatrix(columnCount: itemCount, starts: starts, columns: columns, values: values)
    return ItemTable(source: source, decay: .none, matrix: matrix)
  }

  /// User 0 has item 0, which speaks for 1 (.9), 2 (.8), 3 (.5) and 4 (.4); users 1 and 2 know items 5 and 6 only by
  /// popularity; user 3 is new.
  private func recommender() -> Recommender {
    let interactions = histories([[0], [5, 6], [5], []], itemCount: 7)
    let next = table([(0, 1, 0.9), (0, 2, 0.8), (0, 3, 0.5), (0, 4, 0.4)], itemCount: 7)
    return Recommender(
      interactions, chain: [.model(.table(next)), .model(.prior(Popular.fit(interactions)))])
  }

  @Test func ranksByScoreAndFillsFromTheNextRung() throws {
    var request = RecommendationRequest(count: 6)
    request.excluding = [recommender().interactions.everConsumed()]
    let rows = try recommender().recommend(to: [0], request)
    #expect(rows.items == [1, 2, 3, 4, 5, 6])
    #expect(rows.sources == [.next, .next, .next, .next, .popular, .popular])
    expectEqual(rows.scores, [0.9, 0.8, 0.5, 0.4, 2, 1], within: 1e-6)
  }

  @Test func aNewUserGetsWhatIsPopular() throws {
    let rows = try recommender().recommend(to: [3], RecommendationRequest(count: 2))
    #expect(rows.items == [5, 0])
    #expect(rows.sources == [.popular, .popular])
  }

  @Test func everythingConsumedGivesNoRow() throws {
    let interactions = histories([[0, 1]], itemCount: 2)
    let recommender = Recommender(interactions, chain: [.model(.prior(Popular.fit(interactions)))])
    var request = RecommendationRequest(count: 10)
    request.excluding = [interactions.everConsumed()]
    #expect(try recommender.recommend(to: [0], request).rowCount == 0)
  }

  @Test func anEmptyCatalogueGivesNoRow() throws {
    let interactions = histories([[]], itemCount: 0)
    let chain: [Rung] = [
      .hybrid(HybridModel.shipped(interactions)),
      .model(.content(ContentModel.fit(ItemDocuments(itemCount: 0)))), .model(.prior(Popular.fit(interactions))),
    ]
    #expect(try Recommender(interactions, chain: chain).recommend(to: [0], .init(count: 3)).rowCount == 0)
  }

  @Test func oneUserWithOneItemGetsNothingNew() throws {
    let interactions = histories([[0]], itemCount: 1)
    var request = RecommendationRequest(count: 3)
    request.excluding = [interactions.everConsumed()]
    let chain: [Rung] = [
      .hybrid(HybridModel.shipped(interactions)),
      .model(.prior(Popular.fit(interactions))),
    ]
    #expect(try Recommender(interactions, chain: chain).recommend(to: [0], request).rowCount == 0)
  }

  /// M2 of the conformance corpus: nine tenths of the catalogue consumed, ten rows asked for, ten remain.
  @Test func filtersComeBeforeTheCut() throws {
    let interactions = histories([Array(0..<90), Array(0..<100)], itemCount: 100)
    let chain: [Rung] = [
      .hybrid(HybridModel.shipped(interactions)),
      .model(.prior(Popular.fit(interactions))),
    ]
    var request = RecommendationRequest(count: 10)
    request.excluding = [interactions.everConsumed()]
    let rows = try Recommender(interactions, chain: chain).recommend(to: [0], request)
    #expect(rows.items.sorted() == Array(90..<100))
  }

  @Test func anItemFilterThatLeavesThreeGivesThree() throws {
    var request = RecommendationRequest(count: 10)
    request.eligible = [false, true, false, false, true, true, false]
    let rows = try recommender().recommend(to: [0], request)
    #expect(rows.items == [1, 4, 5])
  }

  @Test func onlyRestrictsToTheUsersOwnSet() throws {
    var request = RecommendationRequest(count: 5)
    request.only = UserItems(starts: [0, 2], items: [2, 6])
    let rows = try recommender().recommend(to: [0, 1], request)
    #expect(rows.items == [2, 6])
    #expect(rows.users == [0, 0], "user 1 has no set, so nothing may be shown to him")
  }

  @Test func atMostOnePerGroup() throws {
    var request = RecommendationRequest(count: 3)
    request.excluding = [recommender().interactions.everConsumed()]
    request.groups = [9, 7, 7, 8, RecommendationRequest.ungrouped, 8, 6]
    request.groupLimit = 1
    let rows = try recommender().recommend(to: [0], request)
    #expect(rows.items == [1, 3, 4])
    request.count = 10
    let all = try recommender().recommend(to: [0], request)
    #expect(all.items == [1, 3, 4, 6], "5 is of the group of 3, which another rung has used up")
  }

  @Test func marginalRelevanceTradesScoreForDifference() throws {
    // Scores .9 .8 .5 .4 scale to 1, .8, .2, 0. Items 1 and 2 are alike (.9), all others differ. With lambda .5 the
    // second pick is 3 (.1 - 0) and not 2 (.4 - .45); the third 4 (0 - 0) and not 2 (.4 - .45).
    let interactions = histories([[0]], itemCount: 5)
    let next = table([(0, 1, 0.9), (0, 2, 0.8), (0, 3, 0.5), (0, 4, 0.4)], itemCount: 5)
    let alike = table([(1, 2, 0.9)], itemCount: 5, source: .cooc)
    let recommender = Recommender(interactions, chain: [.model(.table(next))], similarity: .table(alike))
    var request = RecommendationRequest(count: 3)
    request.diversity = 0.5
    #expect(try recommender.recommend(to: [0], request).items == [1, 3, 4])
    request.diversity = 0.2
    #expect(try recommender.recommend(to: [0], request).items == [1, 2, 3])
  }

  @Test func aDeterminantalChoiceAvoidsCopies() throws {
    // Scores scale to 1, .9, .5, 0; items 1 and 2 are copies. With lambda .5 the rest of 2 is 1 - .95^2 = .0975, so its
    // value .45 + .5 ln .0975 = -.71 falls behind that of 3, .25, and of 4, 0. With lambda .9: .81 - .23 = .58 beats .45.
    let interactions = histories([[0]], itemCount: 5)
    let next = table([(0, 1, 1), (0, 2, 0.95), (0, 3, 0.75), (0, 4, 0.5)], itemCount: 5)
    let alike = table([(1, 2, 0.95)], itemCount: 5, source: .cooc)
    let recommender = Recommender(interactions, chain: [.model(.table(next))], similarity: .table(alike))
    var request = RecommendationRequest(count: 3)
    request.reranking = .dpp
    request.diversity = 0.5
    #expect(try recommender.recommend(to: [0], request).items == [1, 3, 4])
    request.diversity = 0.1
    #expect(try recommender.recommend(to: [0], request).items == [1, 2, 3])
  }

  @Test func aPriorSpeaksOnlyWhereAnotherModelDoes() throws {
    // User 0 has a history that leads to item 1; user 1 has none. Trend likes item 2 most.
    let interactions = histories([[0], [], [2], [2]], itemCount: 4)
    let next = table([(0, 1, 1)], itemCount: 4)
    let fusion = HybridModel([
      .init(.prior(Popular.fit(interactions)), weight: 0.5), .init(.table(next), weight: 1),
    ])
    let recommender = Recommender(
      interactions, chain: [.hybrid(fusion), .model(.prior(Popular.fit(interactions)))])
    var request = RecommendationRequest(count: 2)
    request.excluding = [interactions.everConsumed()]
    let rows = try recommender.recommend(to: [0, 1], request)
    #expect(rows.items == [1, 2, 2, 0])
    #expect(rows.sources == [.hybrid, .hybrid, .popular, .popular])
    expectEqual(rows.scores, [1, 0.5, 2, 1], within: 1e-6)
  }

  @Test func diversityWithoutSimilarityIsRefused() {
    var request = RecommendationRequest(count: 3)
    request.diversity = 0.3
    #expect(throws: ModelError.self) { try recommender().recommend(to: [0], request) }
  }

  @Test func theFusionWeighsModelsByTheirBestItem() throws {
    // next gives 1: 4, 2: 2, scaled 1 and .5; taste gives 2: 10, 3: 5, scaled 1 and .5, times .4.
    let interactions = histories([[0]], itemCount: 4)
    let next = table([(0, 1, 4), (0, 2, 2)], itemCount: 4)
    let taste = table([(0, 2, 10), (0, 3, 5)], itemCount: 4, source: .taste)
    let recommender = Recommender(
      interactions,
      chain: [.hybrid(HybridModel([.init(.table(next), weight: 1), .init(.table(taste), weight: 0.4)]))])
    let rows = try recommender.recommend(to: [0], RecommendationRequest(count: 5))
    #expect(rows.items == [1, 2, 3])
    expectEqual(rows.scores, [1, 0.9, 0.2], within: 1e-6)
    #expect(rows.sources == [.hybrid, .hybrid, .hybrid])
  }

  @Test func itemsOfTheHistoryAreRemindedOf() throws {
    let interactions = histories([[0]], itemCount: 7)
    let next = table([(0, 1, 0.9), (0, 2, 0.8)], itemCount: 7)
    var request = RecommendationRequest(count: 3)
    request.remind = 0.95
    let rows = try Recommender(interactions, chain: [.model(.table(next))]).recommend(to: [0], request)
    #expect(rows.items == [1, 0, 2])
    expectEqual(rows.scores[1], 0.95 * 0.9, within: 1e-6)
  }

  @Test func likeAnItemLeavesTheItemOut() throws {
    let rows = try recommender().recommend(like: [0], RecommendationRequest(count: 2))
    #expect(rows.items == [1, 2])
    #expect(rows.users == [Recommendations.nobody, Recommendations.nobody])
  }

  // MARK: Reasons and invariants

  private func fullRecommender(seed: UInt64) -> Recommender {
    let interactions = randomHistories(userCount: 600, itemCount: 80, longest: 15, seed: seed)
    var documents = ItemDocuments(itemCount: 80)
    for item in 0..<80 as Range<UInt32> { documents.add(field: "category", value: "\(item % 9)", to: item) }
    let content = ContentModel.fit(documents)
    let hybrid = HybridModel([
      .init(.table(Next.fit(interactions)), weight: 1), .init(.table(Taste.fit(interactions)), weight: 0.4),
      .init(.content(content), weight: 0.2), .init(.prior(Popular.fit(interactions)), weight: 0.1),
    ])
    return Recommender(
      interactions,
      chain: [.hybrid(hybrid), .model(.content(content)), .model(.prior(Popular.fit(interactions)))],
      similarity: .content(content))
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func reasonsSumToTheScore(seed: UInt64) throws {
    var request = RecommendationRequest(count: 8)
    request.reasons = .max
    request.remind = seed == 0 ? 0.5 : 0
    let rows = try fullRecommender(seed: seed).recommend(to: Array(0..<600), request)
    #expect(rows.rowCount == 600 * 8)
    for row in 0..<rows.rowCount {
      let parts = rows.reasons[rows.reasonStarts[row]..<rows.reasonStarts[row + 1]].map(\.part)
      expectEqual(parts.reduce(0, +), rows.scores[row], within: 1e-9, "seed \(seed), row \(row)")
      #expect(parts == parts.sorted(by: >), "seed \(seed), row \(row)")
    }
  }

  @Test(arguments: 0..<3 as Range<UInt64>) func usersTogetherGetWhatEachGetsAlone(seed: UInt64) throws {
    let recommender = fullRecommender(seed: seed)
    var request = RecommendationRequest(count: 5)
    request.excluding = [recommender.interactions.everConsumed()]
    request.groups = (0..<80).map { $0 % 9 }
    request.groupLimit = 2
    request.diversity = seed == 1 ? 0.3 : 0
    let together = try recommender.recommend(to: Array(0..<600), request)
    var alone: [UInt32] = []
    for user in 0..<600 as Range<UInt32> { alone += try recommender.recommend(to: [user], request).items }
    #expect(together.items == alone, "seed \(seed)")
    let consumed = recommender.interactions.everConsumed()
    for row in 0..<together.rowCount {
      let own = consumed.items[consumed.entries(of: together.users[row])]
      #expect(!own.contains(together.items[row]), "seed \(seed), row \(row)")
    }
  }

  /// The best five are the first five of all, ties and what may not be shown among them.
  @Test(arguments: 0..<5 as Range<UInt64>) func aShortListBeginsALongOne(seed: UInt64) throws {
    let interactions = randomHistories(userCount: 40, itemCount: 30, longest: 8, seed: seed)
    // Counts of users make many ties.
    let counts = CoOccurrence.Configuration(sourceExponent: 0, userExponent: 0, targetExponent: 0)
    let recommender = Recommender(interactions, chain: [.model(.table(CoOccurrence.fit(interactions, counts)))])
    var generator = SeededGenerator(seed: seed)
    var request = RecommendationRequest(count: 30)
    request.excluding = [interactions.touched()]
    request.eligible = (0..<30).map { _ in generator.below(3) > 0 }
    for user in 0..<40 as Range<UInt32> {
      request.count = 30
      let all = try recommender.recommend(to: [user], request)
      request.count = 5
      let first = try recommender.recommend(to: [user], request)
      #expect(first.items == Array(all.items.prefix(5)), "seed \(seed), user \(user)")
      #expect(first.scores == Array(all.scores.prefix(5)), "seed \(seed), user \(user)")
    }
  }

  @Test func requestsThatCannotBeMetAreRefused() {
    let recommender = recommender()
    #expect(throws: ModelError.self) { try recommender.recommend(to: [0], RecommendationRequest(count: 0)) }
    var request = RecommendationRequest(count: 1)
    request.diversity = 1.5
    #expect(throws: ModelError.self) { try recommender.recommend(to: [0], request) }
    request = RecommendationRequest(count: 1)
    request.groupLimit = 0
    #expect(throws: ModelError.self) { try recommender.recommend(to: [0], request) }
  }
}
