import InstarBehavior
import Testing

/// The conformance cases of funnels: one user each, with the step he reaches.
@Suite struct FunnelConformanceTests {
  private func reached(
    _ names: String, _ history: History, within: Int64? = nil, entry: SequencePattern.Entry = .best,
    tolerance: Int64 = 0
  ) throws -> Int {
    let pattern = try SequencePattern(
      steps: steps(names), within: within.map { .milliseconds($0) } ?? .unlimited, entry: entry, tolerance: tolerance)
    return run(pattern, history).first?.reached ?? 0
  }

  @Test func f1RepeatedStepsDoNotLoseTheChain() throws {
    // a install, b start, c login, d end.
    let history = History(
      [("a", 0), ("b", 5), ("c", 10), ("a", 15), ("b", 20), ("a", 25), ("b", 30), ("c", 35), ("d", 40)]
        .map { ($0, $1 * second) })
    #expect(try reached("abcd", history, within: 60 * second) == 4)
  }

  @Test func f2AnEarlierEventIsNoLaterStep() throws {
    #expect(try reached("ab", History([("b", 99), ("a", 100)]), within: hour) == 1)
  }

  @Test func f3TiesKeepTheOrderOfArrival() throws {
    #expect(try reached("ab", History([("a", 100), ("b", 100)]), within: hour) == 2)
    #expect(try reached("ab", History([("b", 100), ("a", 100)]), within: hour) == 1)
    #expect(try reached("ab", History([("b", 100), ("a", 100)]), within: hour, tolerance: second) == 2)
  }

  @Test func f4OneEventIsOneStep() throws {
    #expect(try reached("aa", History([("a", 100)])) == 1)
    #expect(try reached("aa", History([("a", 100)]), tolerance: second) == 1)
  }

  @Test func f5EqualEventsAtOneMomentAreDifferentEvents() throws {
    #expect(try reached("aaa", History([("a", 100), ("a", 100), ("a", 300)])) == 3)
  }

  @Test func f6BestEntryLooksBeyondTheFirst() throws {
    let history = History([("a", 0), ("a", 30), ("b", 45), ("c", 75)].map { ($0, 13 * hour + $1 * minute) })
    #expect(try reached("abc", history, within: hour) == 3)
    #expect(try reached("abc", history, within: hour, entry: .first) == 2)
  }

  @Test func f7ARepeatedStepIsAnOtherEvent() throws {
    #expect(try reached("abcd", History([("a", 1), ("b", 2), ("c", 3), ("b", 4), ("d", 5)])) == 4)
  }

  @Test func f8DirectlyAllowsNothingInBetween() throws {
    let pattern = try SequencePattern(steps: [.init(0), .init(1), .init(2, .directly)])
    let outcome = run(pattern, History([("a", 1), ("b", 2), ("d", 3), ("c", 4)]))
    #expect(outcome.first?.reached == 2)
  }

  @Test func f9ConversionMayFinishAfterTheRange() throws {
    // 2026-07-31 and 2026-08-10; the range is July 2026.
    let july = 1_782_864_000_000 as Int64
    let august = 1_785_542_400_000 as Int64
    let pattern = try SequencePattern(
      steps: steps("ab"), within: .milliseconds(14 * day), during: july..<august)
    let outcome = run(pattern, History([("a", august - day), ("b", august + 9 * day)]))
    #expect(outcome == [Outcome(reached: 2, converted: true, complete: true, rows: [0, 1])])
    var cut = pattern
    cut.cut = true
    #expect(run(cut, History([("a", august - day), ("b", august + 9 * day)])).first?.reached == 1)
  }

  @Test func f10AnOpenWindowIsCountedAndFlagged() throws {
    let pattern = try SequencePattern(steps: steps("ab"), within: .milliseconds(14 * day))
    let outcome = run(pattern, History([("a", 100 * day)]), now: 102 * day)
    #expect(outcome == [Outcome(reached: 1, converted: false, complete: false, rows: [0, -1])])
    // The window ends 14 days after the entry, that moment included.
    #expect(run(pattern, History([("a", 100 * day)]), now: 114 * day).first?.complete == false)
    #expect(run(pattern, History([("a", 100 * day)]), now: 114 * day + 1).first?.complete == true)
  }

  @Test func f11SameKeepsTheKey() throws {
    // a upload, b sent; document 1 is uploaded, document 2 sent, document 1 sent.
    let pattern = try SequencePattern(steps: steps("ab"), same: true)
    let outcome = run(pattern, History([("a", 1), ("b", 2), ("b", 3)], keys: [1, 2, 1]))
    #expect(outcome == [Outcome(reached: 2, converted: true, complete: true, rows: [0, 2])])
  }
}
