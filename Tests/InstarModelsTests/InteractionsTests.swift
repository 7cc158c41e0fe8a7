import InstarColumns
import InstarModels
import Testing

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

@Suite struct InteractionsTests {
  // Types: 0 view (weight 1), 1 purchase (5, consumes), 2 return (-5, revokes), 3 rating (its value), 4 no rule.
  private let catalog = CatalogWeights([
    0: CatalogRule(weight: 1), 1: CatalogRule(weight: 5, effect: .consumes),
    2: CatalogRule(weight: -5, effect: .revokes), 3: CatalogRule(weight: 1, timesValue: true),
  ])

  /// User 1 views and buys item 0, buys and returns item 1, rates item 2 with 4, and has two events that say nothing:
  /// one of a type without a rule and one without an item. User 3 buys item 1 at the moment, which is not seen.
  private func batch() -> EventBatch {
    var items = EventColumnBuffer(type: .text)
    items.codes = [0, 0, 1, 1, 2, 2, 0, 1]
    items.present = [1, 1, 1, 1, 1, 1, 0, 1]
    var values = EventColumnBuffer(type: .real)
    values.reals = [0, 0, 0, 0, 4, 0, 0, 0]
    let batch = EventBatch(columns: [items, values])
    batch.users = [1, 3]
    batch.starts = [0, 7, 8]
    batch.times = [10, 20, 30, 40, 50, 60, 70, 100]
    batch.types = [0, 1, 1, 2, 3, 4, 1, 1]
    return batch
  }

  private func interactions() -> Interactions {
    var builder = InteractionsBuilder(itemCount: 3, catalog: catalog, before: 100)
    builder.append(batch(), itemColumn: 0, valueColumn: 1)
    return builder.finish(userCount: 5)
  }

  @Test func keepsWhatTheCatalogueWeighsBeforeTheMoment() {
    let interactions = interactions()
    #expect(interactions.starts == [0, 0, 5, 5, 5, 5])
    #expect(interactions.items == [0, 0, 1, 1, 2])
    #expect(interactions.weights == [1, 5, 5, -5, 4])
    #expect(interactions.times == [10, 20, 30, 40, 50])
  }

  @Test func sumsWeightsAndDropsWhatCameToNothing() {
    #expect(interactions().preferences().columns == [0, 2])
    #expect(interactions().preferences(.sum(limit: 5)).values == [5, 4])
  }

  @Test func aReturnedItemIsNotConsumedButWasOnce() {
    let interactions = interactions()
    #expect(interactions.consumed(since: .min) == UserItems(starts: [0, 0, 1, 1, 1, 1], items: [0]))
    #expect(interactions.consumed(since: 21).items.isEmpty)
    #expect(interactions.everConsumed() == UserItems(starts: [0, 0, 2, 2, 2, 2], items: [0, 1]))
  }

  @Test func aHistoryHasTheLatestItemFirst() {
    var reader = HistoryReader(itemCount: 3)
    var history = History()
    reader.read(1, of: interactions(), into: &history)
    #expect(history.items == [2, 0])
    #expect(history.strengths == [4, 6])
    #expect(history.times == [50, 20])
    history.weigh(.time(halfLife: 30, moment: 80))
    expectEqual(history.weights, [0.5, 0.25])
    reader.read(9, of: interactions(), into: &history)
    #expect(history.isEmpty)
  }

  @Test func itemsOfOneInstantWeighTheSame() {
    var builder = InteractionsBuilder(itemCount: 4, catalog: CatalogWeights(), before: .max)
    for (item, time) in [(0, 1), (1, 5), (2, 5), (3, 9)] as [(UInt32, Int64)] {
      builder.append(user: 0, item: item, time: time)
    }
    var reader = HistoryReader(itemCount: 4)
    var history = History()
    reader.read(0, of: builder.finish(userCount: 1), into: &history)
    history.weigh(.moment(tau: 1 / log(2)))
    #expect(history.items == [3, 2, 1, 0])
    expectEqual(history.weights, [1, 0.5, 0.5, 0.25])
    history.weigh(.rank(tau: 1 / log(2)))
    expectEqual(history.weights, [1, 0.5, 0.25, 0.125])
  }

  @Test func chunksOfUsersJoinToTheWhole() {
    var first = InteractionsBuilder(itemCount: 4, catalog: CatalogWeights(), before: .max)
    first.append(user: 0, item: 3)
    first.append(user: 2, item: 1)
    var second = InteractionsBuilder(itemCount: 4, catalog: CatalogWeights(), before: .max)
    second.append(user: 3, item: 0)
    first.append(contentsOf: second)
    let joined = first.finish(userCount: 4)
    #expect(joined.starts == [0, 1, 1, 2, 3])
    #expect(joined.items == [3, 1, 0])
  }

  /// A reading of a few users alone knows them by the numbers that they have among all.
  @Test func aReadingMayBeginInTheMiddle() {
    var builder = InteractionsBuilder(itemCount: 4, catalog: CatalogWeights(), before: .max)
    builder.append(user: 5, item: 3, effect: .consumes)
    builder.append(user: 7, item: 1, time: 1, effect: .consumes)
    builder.append(user: 7, item: 0, time: 2)
    let part = builder.finish(users: 5..<8)
    #expect((0...9).map { part.entries(of: $0).count } == [0, 0, 0, 0, 0, 1, 0, 2, 0, 0])
    #expect(part.entries(of: .max).isEmpty)
    let consumed = part.everConsumed()
    #expect((0...9).map { consumed.items[consumed.entries(of: $0)] } == [[], [], [], [], [], [3], [], [1], [], []])
    let all = UserItems(starts: [0, 0, 0, 0, 0, 0, 1, 2, 4], items: [2, 3, 0, 1])
    #expect((4...8).map { consumed.intersection(all).entries(of: $0).count } == [0, 0, 0, 1, 0])
    #expect((4...8).map { all.intersection(consumed).entries(of: $0).count } == [0, 0, 0, 1, 0])
    var reader = HistoryReader(itemCount: 4)
    var history = History()
    reader.read(7, of: part, into: &history)
    #expect(history.items == [0, 1])
  }

  @Test(arguments: 0..<5 as Range<UInt64>) func transposingTwiceChangesNothing(seed: UInt64) {
    let matrix = randomHistories(userCount: 40, itemCount: 30, longest: 12, seed: seed).preferences()
    let transposed = matrix.transposed()
    #expect(transposed.transposed() == matrix, "seed \(seed)")
    for user in 0..<40 {
      for item in 0..<30 as Range<UInt32> {
        #expect(
          matrix.value(row: user, column: item) == transposed.value(row: Int(item), column: UInt32(user)),
          "seed \(seed)")
      }
    }
  }
}
