import InstarModels
import Testing

@Suite struct HybridTuningTests {
  /// Every user has item 0; a good model names the item that he turns to next, a bad one names item 9.
  private func table(_ target: UInt32, source: RecommendationSource) -> ItemTable {
    let starts = [0] + [Int](repeating: 1, count: 10)
    return ItemTable(
      source: source, decay: .none,
      matrix: SparseMatrix(columnCount: 10, starts: starts, columns: [target], values: [1]))
  }

  @Test func theWeightGoesToTheModelThatKnows() throws {
    let training = histories([[0], [0], [0], [1, 9, 5]], itemCount: 10)
    let relevant = UserItems(starts: [0, 1, 2, 3, 3], items: [5, 5, 5])
    let start = HybridModel([
      .init(.table(table(9, source: .next)), weight: 1), .init(.table(table(5, source: .taste)), weight: 0.4),
    ])
    let tuned = HybridTuning.tune(start, training, relevant: relevant, excluding: [training.everConsumed()])
    let rows = try Recommender(training, chain: [.hybrid(tuned)]).recommend(to: [0], RecommendationRequest(count: 1))
    #expect(rows.items == [5])
  }

  @Test func coverageBelowTheFloorIsNoChoice() {
    // The starting weights show items 9 and 5; a weight of 0 for the first would show 5 alone, half of that.
    let training = histories([[0], [0], [0], [1, 9, 5]], itemCount: 10)
    let relevant = UserItems(starts: [0, 1, 2, 3, 3], items: [5, 5, 5])
    let start = HybridModel([
      .init(.table(table(9, source: .next)), weight: 1), .init(.table(table(5, source: .taste)), weight: 0.4),
    ])
    let tuned = HybridTuning.tune(
      start, training, relevant: relevant, excluding: [training.everConsumed()], .init(coverageFloor: 0.9))
    #expect(tuned.components.allSatisfy { $0.weight > 0 })
  }
}
