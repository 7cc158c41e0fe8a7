/// The matcher for all patterns: per user and key it selects the rows the pattern can see, decides with the two passes
/// of ``SequencePasses`` how far attempts get, and reads off the attempt to report.
///
/// Complexity per user of *n* relevant rows and *t* transitions: O(*n* *t*) for entry best, first and last; O(*n* *t* k)
/// for every, *k* steps; sorting by key adds O(*n* log *n*). Two cases cost more, bounded by the rows inside one window
/// for each entry: `THEN NOT` after two or more steps, and events that fit several steps within a tolerance.
struct SequenceSolver: Sendable {
  let pattern: SequencePattern
  let states: SequenceStates
  let now: Int64
  var stream = SequenceStream()
  var passes = SequencePasses()
  private var seen = SequenceStream()
  private var keyOrder: [(key: UInt64, index: Int)] = []
  private var entryRows: [Bool] = []
  private let relevant: UInt64
  private let headBits: UInt64
  let notBit: UInt64

  init(_ pattern: SequencePattern, now: Int64) {
    self.pattern = pattern
    self.now = now
    states = SequenceStates(pattern)
    let ends = pattern.steps.last?.mode == .not
    notBit = ends ? pattern.steps[pattern.steps.count - 1].predicates.reduce(0) { $0 | 1 << UInt64($1) } : 0
    var optional: UInt64 = 0
    for step in pattern.steps where step.mode == .optional { optional |= 1 << UInt64(step.predicates[0]) }
    relevant = states.bits | pattern.without | notBit | optional
    headBits = states.entries.reduce(0) { $0 | $1.bit }
  }

  /// One way through the pattern.
  struct Attempt {
    /// Steps with states that were reached, and whether a final THEN NOT held.
    var level = 0
    var notHeld = false
    var isOpen = false
    /// A stream row for each step with a state.
    var path: [Int] = []
    /// The batch row of each step of the pattern.
    var rows: [Int32] = []
    /// The batch row where the attempt enters.
    var entryRow = 0

    /// Whether the attempt gets further, or as far from an earlier entry.
    func isBetter(than other: Attempt) -> Bool {
      if level != other.level { return level > other.level }
      if notHeld != other.notHeld { return notHeld }
      return entryRow < other.entryRow
    }
  }

  /// Adds the attempts of one user to `matches`.
  mutating func match(
    user: Int, rows: Range<Int>, times: Span<Int64>, masks: Span<UInt64>, keys: Span<UInt64>?,
    deadlines: Span<Int64>?, into matches: inout SequenceMatches
  ) {
    collect(rows, times: times, masks: masks, deadlines: deadlines)
    var attempts: [Attempt] = []
    if let keys, pattern.same {
      forEachKey(keys, into: &attempts)
    } else {
      guard let allowed = soleEntry(in: seen, keys: nil) else { return }
      swap(&stream, &seen)
      solve(allowed, into: &attempts)
    }
    if pattern.entry == .every {
      attempts.sort { $0.entryRow < $1.entryRow }
      for attempt in attempts { append(attempt, isOpen: attempt.isOpen, user: user, into: &matches) }
    } else if var best = attempts.first {
      var isOpen = false
      for attempt in attempts {
        isOpen = isOpen || attempt.isOpen
        if attempt.isBetter(than: best) { best = attempt }
      }
      append(best, isOpen: isOpen, user: user, into: &matches)
    }
  }

  /// Selects the user's rows that the pattern can see.
  private mutating func collect(_ rows: Range<Int>, times: Span<Int64>, masks: Span<UInt64>, deadlines: Span<Int64>?) {
    seen.reset()
    let cut = pattern.cut ? pattern.during?.upperBound ?? Int64.max : Int64.max
    // Below the moment that stands for "unreachable".
    let latest = cut - 1
    var ordinal = 0
    for row in rows where masks[row] & SequencePattern.hiddenRow == 0 && times[row] < cut {
      ordinal += 1
      guard masks[row] & relevant != 0 else { continue }
      let deadline: Int64
      switch pattern.within {
      case .unlimited: deadline = Int64.max
      case .milliseconds(let length): deadline = saturatingSum(times[row], length)
      case .deadlines: deadline = deadlines?[row] ?? Int64.max
      }
      seen.append(time: times[row], mask: masks[row], deadline: min(deadline, latest), ordinal: ordinal, row: row)
    }
    seen.lastOrdinal = ordinal
  }

  /// Solves the rows of each key apart. A row without a key is in no chain.
  private mutating func forEachKey(_ keys: Span<UInt64>, into attempts: inout [Attempt]) {
    guard let allowed = soleEntry(in: seen, keys: keys) else { return }
    keyOrder.removeAll(keepingCapacity: true)
    for index in 0..<seen.count {
      let key = keys[seen.rows[index]]
      if key != SequencePattern.missingKey { keyOrder.append((key, index)) }
    }
    keyOrder.sort { $0.key != $1.key ? $0.key < $1.key : $0.index < $1.index }
    stream.lastOrdinal = seen.lastOrdinal
    var next = 0
    while next < keyOrder.count {
      let key = keyOrder[next].key
      stream.reset()
      while next < keyOrder.count && keyOrder[next].key == key {
        stream.append(keyOrder[next].index, of: seen)
        next += 1
      }
      solve(allowed, into: &attempts)
    }
  }

  /// The batch row of the only entry that counts, −1 when any may; `nil` when the user does not enter at all.
  private func soleEntry(in rows: SequenceStream, keys: Span<UInt64>?) -> Int? {
    var sole: Int?
    for index in 0..<rows.count where mayEnter(rows, index) {
      if let keys, keys[rows.rows[index]] == SequencePattern.missingKey { continue }
      switch pattern.entry {
      case .best, .every: return -1
      case .first: return rows.rows[index]
      case .last: sole = rows.rows[index]
      }
    }
    return sole
  }

  private func mayEnter(_ rows: SequenceStream, _ index: Int) -> Bool {
    rows.masks[index] & headBits != 0 && pattern.during?.contains(rows.times[index]) ?? true
  }

  /// Solves `stream`; `sole` is the batch row of the only entry, or −1.
  private mutating func solve(_ sole: Int, into attempts: inout [Attempt]) {
    stream.findBarriers(pattern.without)
    entryRows.removeAll(keepingCapacity: true)
    var enters = false
    for row in 0..<stream.count {
      let isEntry = mayEnter(stream, row) && (sole < 0 || stream.rows[row] == sole)
      entryRows.append(isEntry)
      enters = enters || isEntry
    }
    guard enters else { return }
    let entries = entryRows
    passes.forward(states, stream, entries: entries)
    let first = attempts.count
    if pattern.entry == .every {
      solveEvery(entries, into: &attempts)
    } else if var attempt = furthestAttempt(entries) {
      attempt.isOpen = !isConverted(attempt) && hasOpenAttempt()
      attempts.append(attempt)
    }
    for index in first..<attempts.count { complete(&attempts[index]) }
  }

  /// Whether every step that is not optional was reached.
  func isConverted(_ attempt: Attempt) -> Bool {
    attempt.level == states.required.count && (notBit == 0 || attempt.notHeld)
  }

  /// The attempt that gets furthest, with the earliest entry and then the earliest steps.
  private mutating func furthestAttempt(_ entries: [Bool]) -> Attempt? {
    var level = furthestLevel()
    if level == states.required.count && notBit != 0 {
      passes.backward(states, stream, level: level - 1, finals: nil)
      for entry in 0..<stream.count where entries[entry] {
        if let attempt = attemptWithNot(from: entry) { return attempt }
      }
    }
    if level == 1 && states.end[0] == 0 {
      let entry = entries.indices.first { passes.deadline(0, $0) != SequencePasses.never }
      return entry.map { Attempt(level: 1, path: [$0], entryRow: stream.rows[$0]) }
    }
    while level > 0 {
      passes.backward(states, stream, level: level - 1, finals: nil)
      for entry in 0..<stream.count where entries[entry] {
        if let path = path(from: entry, level: level - 1) {
          return Attempt(level: level, path: path, entryRow: stream.rows[entry])
        }
      }
      level -= 1
    }
    return nil
  }

  /// An attempt for each entry.
  private mutating func solveEvery(_ entries: [Bool], into attempts: inout [Attempt]) {
    var waiting = entries
    for level in stride(from: furthestLevel(), to: 0, by: -1) {
      passes.backward(states, stream, level: level - 1, finals: nil)
      var found: [(entry: Int, path: [Int])] = []
      for entry in 0..<stream.count where waiting[entry] {
        if let path = path(from: entry, level: level - 1) {
          waiting[entry] = false
          found.append((entry, path))
        }
      }
      for (entry, path) in found {
        var attempt = Attempt(level: level, path: path, entryRow: stream.rows[entry])
        if level == states.required.count && notBit != 0, let held = attemptWithNot(from: entry) { attempt = held }
        attempt.isOpen = !isConverted(attempt) && isOpen(attempt, entry: entry)
        attempts.append(attempt)
      }
    }
  }

  private func furthestLevel() -> Int {
    for level in stride(from: states.required.count, to: 0, by: -1) {
      for row in 0..<stream.count where passes.deadline(states.end[level - 1], row) != SequencePasses.never {
        return level
      }
    }
    return 0
  }

  private func append(_ attempt: Attempt, isOpen: Bool, user: Int, into matches: inout SequenceMatches) {
    let converted = isConverted(attempt)
    var flags: SequenceMatches.Flags = []
    if converted { flags.insert(.converted) }
    if converted || !isOpen { flags.insert(.complete) }
    var reached = attempt.level > 0 ? states.required[attempt.level - 1] + 1 : 0
    if let last = attempt.rows.lastIndex(where: { $0 >= 0 }) { reached = max(reached, last + 1) }
    if attempt.notHeld { reached = pattern.steps.count }
    if matches.count == matches.user.count { matches.reserve(2 * matches.count + 64) }
    let cell = matches.count * matches.stepCount
    matches.append(user: user, reached: reached, flags: flags)
    for (step, row) in attempt.rows.enumerated() { matches.rows[cell + step] = row }
  }
}
