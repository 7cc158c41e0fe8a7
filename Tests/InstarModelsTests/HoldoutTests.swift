import InstarModels
import Testing

/// Four users, five items; the cut is at 100.
///
/// ```
/// user  before the cut     after the cut             consumed before  relevant
/// 0     buys 0, views 1    buys 1, buys 0 again      0                1       (0 he had)
/// 1     buys 2, returns 2  buys 2, buys 3, returns 3 2                none    (2 he had, 3 he gave back)
/// 2     views 0            views 4, buys 2           none             2       (a view is no success)
/// 3                        buys 0                    none             none    (nothing to learn from)
/// ```
@Suite struct HoldoutTests {
  private let view = CatalogRule.Effect.none
  private let buys = CatalogRule.Effect.consumes
  private let returns = CatalogRule.Effect.revokes

  private func log() -> Interactions {
    let events: [[(item: UInt32, time: Int64, effect: CatalogRule.Effect)]] = [
      [(0, 10, buys), (1, 20, view), (1, 100, buys), (0, 110, buys)],
      [(2, 10, buys), (2, 20, returns), (2, 100, buys), (3, 110, buys), (3, 120, returns)],
      [(0, 99, view), (4, 100, view), (2, 130, buys)],
      [(0, 150, buys)],
    ]
    var builder = InteractionsBuilder(itemCount: 5, catalog: CatalogWeights(), before: .max)
    for (user, list) in events.enumerated() {
      for event in list {
        let weight: Float = event.effect == returns ? -5 : event.effect == buys ? 5 : 1
        builder.append(
          user: UInt32(user), item: event.item, weight: weight, time: event.time, effect: event.effect)
      }
    }
    return builder.finish(userCount: 4)
  }

  @Test func oneCutForAllUsers() {
    let holdout = Holdout(log(), at: 100)
    #expect(holdout.training.starts == [0, 2, 4, 5, 5])
    #expect(holdout.training.items == [0, 1, 2, 2, 0])
    #expect(holdout.relevant == UserItems(starts: [0, 1, 1, 2, 2], items: [1, 2]))
    #expect(holdout.excluded == UserItems(starts: [0, 1, 2, 2, 2], items: [0, 2]))
    #expect(holdout.judged == [0, 2])
    #expect(holdout.newcomers == 1)
  }

  /// Those who were led are not judged, unless too few others are left.
  @Test func someUsersAreNotJudged() {
    let holdout = Holdout(log(), at: 100)
    #expect(holdout.relevant(without: [0, 3], least: 1) == UserItems(starts: [0, 0, 0, 1, 1], items: [2]))
    #expect(holdout.relevant(without: [0, 3], least: 2) == holdout.relevant)
    #expect(holdout.relevant(without: [], least: 9) == holdout.relevant)
  }

  @Test func whatIsKeptMayComeAgain() {
    let holdout = Holdout(log(), at: 100, keepsConsumed: true)
    #expect(holdout.relevant == UserItems(starts: [0, 2, 3, 4, 4], items: [0, 1, 2, 2]))
    #expect(holdout.excluded.items.isEmpty)
  }

  @Test func theLastOfEachUser() {
    // Users 0 and 1 end with an item that user 0 had and that user 1 bought new; user 3 has one entry alone.
    let holdout = Holdout(leavingLastOutOf: log())
    #expect(holdout.training.starts == [0, 3, 6, 8, 9])
    #expect(holdout.relevant == UserItems(starts: [0, 0, 1, 2, 2], items: [3, 2]))
    #expect(holdout.newcomers == 0)
  }

  @Test func withoutConsumptionWhatIsLikedCounts() {
    var builder = InteractionsBuilder(itemCount: 3, catalog: CatalogWeights(), before: .max)
    for (item, weight, time) in [(0, 1, 1), (0, 1, 5), (1, 1, 6), (2, -1, 7)] as [(UInt32, Float, Int64)] {
      builder.append(user: 0, item: item, weight: weight, time: time)
    }
    let holdout = Holdout(builder.finish(userCount: 1), at: 5)
    #expect(holdout.relevant.items == [1], "0 he had, and 2 he disliked")
    #expect(holdout.excluded.items == [0])
  }
}
