import InstarBehavior
import Testing

@Suite struct PurchaseCycleTests {
  private func cycle(_ users: [[Int64]], moment: Int64) -> PurchaseCycle {
    var cycle = PurchaseCycle()
    for days in users {
      let times = days.map { $0 * 86_400_000 }
      cycle.add(times.span, moment: moment * 86_400_000)
    }
    return cycle
  }

  /// Closed gaps 10 and 20, open ones 5, 30 and 40. At risk at 10: four of five, S = 3/4; at 20: three, S = 3/4 x 2/3 =
  /// 1/2. Half have come back within 20 days; of the closed gaps alone half within 10.
  @Test func byHand() {
    let users: [[Int64]] = [[60, 70, 90], [65], [55]]
    let cycle = cycle(users, moment: 95)
    #expect(cycle.count == 2 && cycle.median == 20 && cycle.medianOfClosed == 10)
  }

  /// Six who never came back, one who did after three days.
  @Test func fewerThanHalf() {
    let cycle = cycle([[0, 3]] + (0..<6).map { _ in [0] }, moment: 100)
    #expect(cycle.median == nil && cycle.medianOfClosed == 3)
    #expect(PurchaseCycle().median == nil && PurchaseCycle().medianOfClosed == nil)
  }

  /// Nobody is waited for: the censored median is the median.
  @Test func withoutOpenGapsThatMatter() {
    let days: [Int64] = [0, 1, 3, 6, 10, 15]
    #expect(cycle([days], moment: 15).median == 3)
  }

  /// Four are watched at 4 days, one of them closes; at 30 only the other gap of the two is left.
  @Test func merged() {
    var left = cycle([[0, 4], [1]], moment: 9)
    left.merge(cycle([[0, 30]], moment: 31))
    var right = cycle([[0, 30]], moment: 31)
    right.merge(cycle([[0, 4], [1]], moment: 9))
    #expect(left.median == right.median && left.count == 2 && left.median == 30)
  }
}
