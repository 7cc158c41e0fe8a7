import InstarBehavior
import Testing

@Suite struct FunnelTests {
  /// Four users of a THEN b THEN c within 10 seconds, now at 30 s.
  ///
  /// | user | events | reached |
  /// |---|---|---|
  /// | 0 | a 0, b 2, c 6 | 3 |
  /// | 1 | a 0, b 4 | 2, closed |
  /// | 2 | a 25 | 1, open |
  /// | 3 | b 1 | not in the funnel |
  private let histories: [[(String, Int64)]] = [
    [("a", 0), ("b", 2), ("c", 6)], [("a", 0), ("b", 4)], [("a", 25)], [("b", 1)],
  ]

  private struct Batch {
    var users: [UInt32] = []
    var starts = [0]
    var times: [Int64] = []
    var masks: [UInt64] = []

    init(_ histories: [[(String, Int64)]]) {
      for (user, history) in histories.enumerated() {
        users.append(UInt32(10 + user))
        for (name, time) in history {
          times.append(time * second)
          masks.append(History.mask(name))
        }
        starts.append(times.count)
      }
    }
  }

  private func matches(_ pattern: SequencePattern, _ batch: Batch) -> SequenceMatches {
    var matcher = SequenceMatcher(pattern, now: 30 * second)
    var matches = matcher.makeMatches()
    matcher.match(starts: batch.starts.span, times: batch.times.span, masks: batch.masks.span, into: &matches)
    return matches
  }

  @Test func summary() throws {
    let pattern = try SequencePattern(steps: steps("abc"), within: .milliseconds(10 * second))
    let batch = Batch(histories)
    var accumulator = FunnelAccumulator(pattern)
    accumulator.update(matches(pattern, batch), times: batch.times.span)
    let rows = accumulator.finish()[0].steps
    #expect(rows.map(\.users) == [3, 2, 1])
    let rates: [Double?] = [1, 2.0 / 3, 1.0 / 3]
    #expect(rows.map(\.rate) == rates)
    let previous: [Double?] = [1, 2.0 / 3, 0.5]
    #expect(rows.map(\.ratePrevious) == previous)
    #expect(rows.map(\.dropped) == [0, 1, 1])
    // From a to b 2 and 4 seconds, from b to c 4 seconds.
    let medians: [Int64?] = [nil, 3 * second, 4 * second]
    #expect(rows.map(\.medianTime) == medians)
    #expect(rows.map(\.isComplete) == [true, false, false])
  }

  @Test func perUser() throws {
    let pattern = try SequencePattern(steps: steps("abc"), within: .milliseconds(10 * second))
    let batch = Batch(histories)
    var users = FunnelUsers(pattern)
    users.update(matches(pattern, batch), users: batch.users.span, times: batch.times.span)
    #expect(users.users == [10, 11, 12])
    #expect(users.reached == [3, 2, 1])
    #expect(users.converted == [1, 0, 0])
    #expect(users.times[0] == [0, 0, 25 * second])
    #expect(users.times[1] == [2 * second, 4 * second, FunnelUsers.missing])
    #expect(users.times[2] == [6 * second, FunnelUsers.missing, FunnelUsers.missing])
    #expect(users.timeToConvert == [6 * second, FunnelUsers.missing, FunnelUsers.missing])
    #expect(users.entryComplete == [1, 1, 0])
  }

  @Test func groupsByUserAndByTheRowOfAStep() throws {
    let pattern = try SequencePattern(steps: steps("abc"), within: .milliseconds(10 * second))
    let batch = Batch(histories)
    let found = matches(pattern, batch)
    var byUser = FunnelAccumulator(pattern, grouping: .user)
    byUser.update(found, times: batch.times.span, groups: [5, 2, 5, 5].span)
    #expect(byUser.finish().map(\.code) == [2, 5])
    #expect(byUser.finish().map { $0.steps.map(\.users) } == [[1, 1, 0], [2, 1, 1]])
    // Rows 0 ... 6; the value at the second step, or where a user did not get there at the last before it.
    var byRow = FunnelAccumulator(pattern, grouping: .step(1))
    byRow.update(found, times: batch.times.span, groups: [0, 1, 0, 0, 2, 3, 0].span)
    #expect(byRow.finish().map(\.code) == [1, 2, 3])
  }

  @Test func mergedChunksEqualOnePass() throws {
    let pattern = try SequencePattern(steps: steps("abc"), within: .milliseconds(10 * second))
    var whole = FunnelAccumulator(pattern)
    let all = Batch(histories)
    whole.update(matches(pattern, all), times: all.times.span)
    var first = FunnelAccumulator(pattern)
    var rest = FunnelAccumulator(pattern)
    let one = Batch(Array(histories[..<1]))
    let others = Batch(Array(histories[1...]))
    first.update(matches(pattern, one), times: one.times.span)
    rest.update(matches(pattern, others), times: others.times.span)
    first.merge(rest)
    #expect(first.finish() == whole.finish())
  }

  @Test func optionalStepsCountThoseWhoTookThem() throws {
    // a THEN OPTIONAL b THEN c: one user with b, one without, one with b but no c.
    let pattern = try SequencePattern(steps: [.init(0), .init(1, .optional), .init(2)])
    let batch = Batch([[("a", 0), ("b", 1), ("c", 2)], [("a", 0), ("c", 2)], [("a", 0), ("b", 3)]])
    var accumulator = FunnelAccumulator(pattern)
    accumulator.update(matches(pattern, batch), times: batch.times.span)
    let rows = accumulator.finish()[0].steps
    #expect(rows.map(\.users) == [3, 2, 2])
    #expect(rows.map(\.dropped) == [0, 0, 1])
    let previous: [Double?] = [1, 2.0 / 3, 2.0 / 3]
    #expect(rows.map(\.ratePrevious) == previous)
  }

  @Test func everyCountsEntries() throws {
    let pattern = try SequencePattern(steps: steps("ab"), within: .milliseconds(10 * second), entry: .every)
    let batch = Batch([[("a", 0), ("a", 1), ("b", 5), ("a", 8)]])
    var accumulator = FunnelAccumulator(pattern)
    accumulator.update(matches(pattern, batch), times: batch.times.span)
    #expect(accumulator.finish()[0].steps.map(\.users) == [3, 2])
  }
}

@Suite struct MedianTests {
  @Test func medians() {
    #expect(median([]) == nil)
    #expect(median([7]) == 7)
    #expect(median([3, 1]) == 2)
    #expect(median([-3, -4]) == -4)
    #expect(median([5, 1, 9, 1, 1]) == 1)
    #expect(median([Int64.min, Int64.max, 0]) == 0)
    #expect(median([Int64.max, Int64.max]) == Int64.max)
  }

  @Test func ranksEqualSorting() {
    for seed in 0..<200 {
      var random = SeededGenerator(seed: seed)
      let bound = [Int64(3), 1_000, 1 << 40, .max].randomElement(using: &random)!
      let values = (0..<Int.random(in: 1...200, using: &random)).map { _ in
        Int64.random(in: -bound...bound, using: &random)
      }
      let rank = Int.random(in: 0..<values.count, using: &random)
      #expect(value(atRank: rank, in: values) == values.sorted()[rank], "seed \(seed)")
    }
  }

  @Test func mediansOfManyValuesEqualSorting() {
    // Drawn evenly, ascending, of few kinds, and with the middle where a sample by places does not look.
    for seed in 0..<40 {
      var random = SeededGenerator(seed: seed)
      let count = Int.random(in: 500...20_000, using: &random)
      let bound = [Int64(2), 5_000, Int64.max / 2].randomElement(using: &random)!
      var values = (0..<count).map { _ in Int64.random(in: 0...bound, using: &random) }
      switch seed % 4 {
      case 0: break
      case 1: values.sort()
      case 2: for place in 0..<count where place % 20 != 0 { values[place] = bound }
      default: for place in 0..<1_024 where place * count / 1_024 < count { values[place * count / 1_024] = 0 }
      }
      let zeros = [0, count / 3, 2 * count].randomElement(using: &random)!
      let sorted = ([Int64](repeating: 0, count: zeros) + values).sorted()
      let (lower, upper) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
      let cut = Int.random(in: 0...count, using: &random)
      let found = median(ofLists: [Array(values[..<cut]), [], Array(values[cut...])], zeros: zeros)
      #expect(found == lower + (upper - lower) / 2, "seed \(seed)")
    }
  }
}
