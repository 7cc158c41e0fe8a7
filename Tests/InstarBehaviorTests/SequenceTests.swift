import InstarBehavior
import Testing

/// Single rules of sequences, each on a history small enough to check by eye.
@Suite struct SequenceTests {
  private func rows(_ pattern: SequencePattern, _ history: History, now: Int64 = 1 << 50) -> [Int] {
    run(pattern, history, now: now).first?.rows ?? []
  }

  @Test func theEarliestEntryAmongTheFurthestThenTheEarliestSteps() throws {
    // The a at 0 is too early for c at 12; those at 5 and 6 both get there, with either b.
    let pattern = try SequencePattern(steps: steps("abc"), within: .milliseconds(7))
    #expect(rows(pattern, History([("a", 0), ("a", 5), ("a", 6), ("b", 8), ("b", 9), ("c", 12)])) == [1, 3, 5])
  }

  @Test func withinIsInclusive() throws {
    let pattern = try SequencePattern(steps: steps("ab"), within: .milliseconds(7 * day))
    #expect(run(pattern, History([("a", 0), ("b", 7 * day)])).first?.converted == true)
    #expect(run(pattern, History([("a", 0), ("b", 7 * day + 1)])).first?.converted == false)
  }

  @Test func gapsBoundTheDistanceToTheStepBefore() throws {
    // trial THEN AFTER 7 DAYS WITHIN 14 DAYS subscribe.
    let pattern = try SequencePattern(steps: [.init(0), .init(1, after: 7, within: 14)])
    #expect(rows(pattern, History([("a", 0), ("b", 6), ("b", 7)])) == [0, 2])
    #expect(rows(pattern, History([("a", 0), ("b", 6), ("b", 15)])) == [0, -1])
  }

  @Test func aGapMayNeedALaterEarlierStep() throws {
    // b must be followed by c within 2: only the second b is, though the first comes earlier.
    let pattern = try SequencePattern(steps: [.init(0), .init(1), .init(2, within: 2)])
    #expect(rows(pattern, History([("a", 0), ("b", 1), ("b", 8), ("c", 9)])) == [0, 2, 3])
  }

  @Test func withoutEndsTheAttemptNotTheUser() throws {
    var pattern = try SequencePattern(steps: steps("ab"), without: History.mask("x"))
    #expect(rows(pattern, History([("a", 0), ("x", 1), ("b", 2)])) == [0, -1])
    #expect(rows(pattern, History([("a", 0), ("x", 1), ("a", 2), ("b", 3)])) == [2, 3])
    // a THEN b WITHOUT a: the last a before b.
    pattern.without = History.mask("a")
    #expect(rows(pattern, History([("a", 0), ("a", 2), ("b", 3)])) == [1, 2])
  }

  @Test func thenNotHoldsOnceItsWindowHasClosed() throws {
    let pattern = try SequencePattern(steps: [.init(0), .init(1, .not)], within: .milliseconds(10))
    let open = try #require(run(pattern, History([("a", 0)]), now: 10).first)
    #expect(!open.converted && !open.complete)
    let held = try #require(run(pattern, History([("a", 0)]), now: 11).first)
    #expect(held.converted && held.reached == 2 && held.rows == [0, -1])
    let broken = try #require(run(pattern, History([("a", 0), ("b", 10)]), now: 20).first)
    #expect(!broken.converted && broken.complete)
    // A second a whose window stays free counts.
    #expect(run(pattern, History([("a", 0), ("b", 10), ("a", 20)]), now: 40).first?.rows == [2, -1])
  }

  @Test func anyOrderNeedsAnEventForEach() throws {
    let pattern = try SequencePattern(steps: [.anyOrder([0, 1]), .init(2)])
    #expect(rows(pattern, History([("b", 0), ("a", 1), ("c", 2)])) == [1, 2])
    #expect(run(pattern, History([("a", 0), ("a", 1), ("c", 2)])).isEmpty)
    // One event that fits both stands for one of them.
    #expect(run(pattern, History([("ab", 0), ("c", 1)])).isEmpty)
    #expect(rows(pattern, History([("ab", 0), ("b", 1), ("c", 2)])) == [1, 2])
  }

  @Test func optionalStepsDecideNothing() throws {
    let pattern = try SequencePattern(steps: [.init(0), .init(1, .optional), .init(2)])
    #expect(rows(pattern, History([("a", 0), ("c", 1), ("b", 2), ("c", 3)])) == [0, -1, 1])
    #expect(rows(pattern, History([("a", 0), ("b", 1), ("c", 2)])) == [0, 1, 2])
  }

  @Test func toleranceNeverUsesAnEventTwice() throws {
    // a THEN b THEN a: b may lie before the first a, but each a is one step.
    let pattern = try SequencePattern(steps: steps("aba"), tolerance: 5)
    #expect(run(pattern, History([("a", 100), ("b", 100)])).first?.reached == 2)
    #expect(run(pattern, History([("b", 98), ("a", 100), ("a", 102)])).first?.reached == 3)
  }

  @Test func hiddenRowsAreNoEvents() throws {
    let pattern = try SequencePattern(steps: [.init(0), .init(1, .directly)])
    var history = History([("a", 0), ("-", 0), ("b", 1)])
    #expect(run(pattern, history).first?.reached == 1)
    history.masks[1] = SequencePattern.hiddenRow
    #expect(run(pattern, history).first?.reached == 2)
  }

  @Test func deadlinesStandForLengthsThatVary() throws {
    let pattern = try SequencePattern(steps: steps("ab"), within: .deadlines)
    let history = History([("a", 0), ("b", 5)])
    #expect(run(pattern, history, deadlines: [4, 9]).first?.reached == 1)
    #expect(run(pattern, history, deadlines: [5, 9]).first?.reached == 2)
  }

  @Test func patternsThatMeanNothingAreRefused() {
    #expect(throws: SequencePatternError.noSteps) { try SequencePattern(steps: []) }
    #expect(throws: SequencePatternError.firstStep) { try SequencePattern(steps: [.init(0, .directly)]) }
    #expect(throws: SequencePatternError.notBeforeEnd) {
      try SequencePattern(steps: [.init(0), .init(1, .not), .init(2)], within: .milliseconds(5))
    }
    #expect(throws: SequencePatternError.notWithoutWindow) { try SequencePattern(steps: [.init(0), .init(1, .not)]) }
    #expect(throws: SequencePatternError.emptyGap(step: 2)) {
      try SequencePattern(steps: [.init(0), .init(1, after: 5, within: 4)])
    }
    #expect(throws: SequencePatternError.anyOrderTooLong) {
      try SequencePattern(steps: [.anyOrder([0, 1, 2, 3, 4, 5, 6])])
    }
    #expect(throws: SequencePatternError.directlyAfterOptional) {
      try SequencePattern(steps: [.init(0), .init(1, .optional), .init(2, .directly)])
    }
  }
}

/// What must not change, or only one way, when a log or a pattern does.
@Suite struct SequenceInvariantTests {
  private func history(_ random: inout SeededGenerator) -> History {
    var time: Int64 = 0
    return History(
      (0..<25).map { _ in
        time += Int64.random(in: 0...5, using: &random)
        return (["a", "b", "c"].randomElement(using: &random)!, time)
      })
  }

  @Test func eventsOutsideThePatternChangeNothing() throws {
    for seed in 0..<500 {
      var random = SeededGenerator(seed: seed)
      let plain = history(&random)
      var padded = History()
      for row in 0..<plain.count {
        padded.times += [plain.times[row], plain.times[row]]
        padded.masks += [plain.masks[row], History.mask("z")]
        padded.keys += [0, 0]
      }
      for gap in [nil, 9] as [Int64?] {
        let pattern = try SequencePattern(
          steps: [.init(0), .init(1, within: gap), .init(2)], within: .milliseconds(Int64(seed % 30)))
        let before = run(pattern, plain)
        let after = run(pattern, padded)
        #expect(before.map(\.reached) == after.map(\.reached), "seed \(seed)")
        let doubled: [[Int]] = before.map { outcome in outcome.rows.map { $0 < 0 ? -1 : 2 * $0 } }
        #expect(doubled == after.map(\.rows), "seed \(seed)")
      }
    }
  }

  @Test func aLongerWindowNeverReachesLess() throws {
    for seed in 0..<500 {
      var random = SeededGenerator(seed: seed)
      let log = history(&random)
      var last = 0
      for within in [0, 2, 5, 10, 20, 40] as [Int64] {
        let pattern = try SequencePattern(steps: steps("abcab"), within: .milliseconds(within))
        let reached = run(pattern, log).first?.reached ?? 0
        #expect(reached >= last, "seed \(seed)")
        last = reached
      }
    }
  }

  @Test func bestReachesAtLeastWhatAnyEntryReaches() throws {
    for seed in 0..<500 {
      var random = SeededGenerator(seed: seed)
      let log = history(&random)
      var pattern = try SequencePattern(steps: steps("abca"), within: .milliseconds(12))
      let best = run(pattern, log).first?.reached ?? 0
      pattern.entry = .every
      #expect(run(pattern, log).map(\.reached).max() ?? 0 == best, "seed \(seed)")
      for entry in [SequencePattern.Entry.first, .last] {
        pattern.entry = entry
        #expect(run(pattern, log).first?.reached ?? 0 <= best, "seed \(seed)")
      }
    }
  }

  @Test func shiftingAllTimesShiftsNothingElse() throws {
    for seed in 0..<200 {
      var random = SeededGenerator(seed: seed)
      let log = history(&random)
      var shifted = log
      for row in 0..<log.count { shifted.times[row] += 86_400_000 * 365 }
      let pattern = try SequencePattern(steps: [.init(0), .init(1, after: 2), .init(2)], within: .milliseconds(20))
      #expect(run(pattern, log).map(\.rows) == run(pattern, shifted).map(\.rows), "seed \(seed)")
    }
  }
}
