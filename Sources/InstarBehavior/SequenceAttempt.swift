/// Reading attempts off the passes: the rows of the steps, THEN NOT, optional steps, and what is still open.
extension SequenceSolver {
  /// The earliest rows that lead from `entry` to the end of `level`: one stream row for each step, or `nil`.
  ///
  /// Needs the backward pass of the level.
  func path(from entry: Int, level: Int) -> [Int]? {
    let deadline = stream.deadlines[entry]
    var current: [Int] = []
    for transition in states.entries where stream.masks[entry] & transition.bit != 0 {
      if passes.end(transition.to, entry) <= deadline && stream.times[entry] <= deadline {
        current.append(transition.to)
      }
    }
    guard !current.isEmpty else { return nil }
    if pattern.tolerance > 0 && (states.repeatsBit || stream.masks.contains { isShared($0) }) {
      for state in current {
        var used = [entry]
        if let path = search(state, row: entry, level: level, deadline: deadline, used: &used) { return path }
      }
      return nil
    }
    return earliestPath(current, entry: entry, level: level, deadline: deadline)
  }

  /// Whether a row fits several steps.
  private func isShared(_ mask: UInt64) -> Bool { (mask & states.bits).nonzeroBitCount > 1 }

  /// Each step takes its first row from which the level is still reached: no choice is ever taken back.
  private func earliestPath(_ states: [Int], entry: Int, level: Int, deadline: Int64) -> [Int] {
    var path: [Int] = []
    var current = states
    var row = entry
    while true {
      if self.states.completes[current[0]] >= 0 { path.append(row) }
      if current.contains(self.states.end[level]) { return path }
      var next = stream.count
      var reached: [Int] = []
      for state in current {
        for transition in self.states.outgoing[state] where transition.to <= self.states.end[level] {
          guard let found = firstSuccessor(of: row, by: transition, deadline: deadline, upTo: next) else { continue }
          if found < next { reached.removeAll() }
          next = found
          if !reached.contains(transition.to) { reached.append(transition.to) }
        }
      }
      precondition(next < stream.count, "the backward pass promises a successor")
      current = reached
      row = next
    }
  }

  private func firstSuccessor(
    of row: Int, by transition: SequenceStates.Transition, deadline: Int64, upTo limit: Int
  ) -> Int? {
    for next in stream.successors(of: row, by: transition) where next <= limit {
      if stream.masks[next] & transition.bit != 0 && passes.end(transition.to, next) <= deadline
        && stream.allows(transition, from: row, to: next)
      {
        return next
      }
    }
    return nil
  }

  /// As ``earliestPath``, where steps may go back in time and an event fits several of them: rows already taken are
  /// skipped, and a choice that leads nowhere is taken back.
  private func search(_ state: Int, row: Int, level: Int, deadline: Int64, used: inout [Int]) -> [Int]? {
    let own = states.completes[state] >= 0 ? [row] : []
    if state == states.end[level] { return own }
    var candidates: [(row: Int, state: Int)] = []
    for transition in states.outgoing[state] where transition.to <= states.end[level] {
      for next in stream.successors(of: row, by: transition) {
        if stream.masks[next] & transition.bit != 0 && passes.end(transition.to, next) <= deadline
          && stream.allows(transition, from: row, to: next)
        {
          candidates.append((next, transition.to))
        }
      }
    }
    candidates.sort { $0.row != $1.row ? $0.row < $1.row : $0.state < $1.state }
    for candidate in candidates where !used.contains(candidate.row) {
      used.append(candidate.row)
      if let rest = search(candidate.state, row: candidate.row, level: level, deadline: deadline, used: &used) {
        return own + rest
      }
      used.removeLast()
    }
    return nil
  }

  // MARK: THEN NOT

  /// The attempt from `entry` through all steps after which the excluded event does not follow.
  ///
  /// Needs a backward pass of this stream, and replaces the part inside the window of the entry.
  mutating func attemptWithNot(from entry: Int) -> Attempt? {
    let level = states.required.count - 1
    let last = states.end[level]
    let deadline = stream.deadlines[entry]
    if states.count == 1 {
      guard fate(after: entry, deadline: deadline) == .held else { return nil }
      return Attempt(level: level + 1, notHeld: true, path: [entry], entryRow: stream.rows[entry])
    }
    let window = (pattern.tolerance > 0 ? 0 : entry)..<stream.firstRow(from: saturatingSum(deadline, 1))
    var finals = Array(repeating: false, count: stream.count)
    var any = false
    for row in window where passes.deadline(last, row) != SequencePasses.never {
      finals[row] = fate(after: row, deadline: deadline) == .held
      any = any || finals[row]
    }
    guard any else { return nil }
    passes.backward(states, stream, level: level, finals: finals, rows: window)
    guard let path = path(from: entry, level: level) else { return nil }
    return Attempt(level: level + 1, notHeld: true, path: path, entryRow: stream.rows[entry])
  }

  enum NotFate { case held, broken, open }

  /// What became of THEN NOT after stream row `row`, for an attempt that has until `deadline`.
  func fate(after row: Int, deadline: Int64) -> NotFate {
    guard let step = pattern.steps.last else { return .held }
    var end = deadline
    if let within = step.within { end = min(end, saturatingSum(stream.times[row], within)) }
    let start = saturatingSum(stream.times[row], step.after ?? 0)
    var next = row + 1
    while next < stream.count && stream.times[next] <= end {
      let mask = stream.masks[next]
      if mask & pattern.without != 0 || (mask & notBit != 0 && stream.times[next] >= start) { return .broken }
      next += 1
    }
    return end < now ? .held : .open
  }

  // MARK: What is still open

  /// Whether some attempt can still get further than it is: its window and that of its next step reach to now.
  func hasOpenAttempt() -> Bool {
    for state in 0..<states.count {
      for row in 0..<stream.count {
        let deadline = passes.deadline(state, row)
        if deadline != SequencePasses.never && isOpen(state, row, deadline: deadline) { return true }
      }
    }
    return false
  }

  /// The same for one attempt.
  func isOpen(_ attempt: Attempt, entry: Int) -> Bool {
    if pattern.within != .unlimited { return stream.deadlines[entry] >= now }
    guard let row = attempt.path.last else { return false }
    return isOpen(states.end[attempt.level - 1], row, deadline: Int64.max)
  }

  private func isOpen(_ state: Int, _ row: Int, deadline: Int64) -> Bool {
    if stream.barrierAfter[row] < stream.count { return false }
    if state == states.count - 1 && notBit != 0 { return fate(after: row, deadline: deadline) == .open }
    for transition in states.outgoing[state] {
      if transition.directly && stream.ordinals[row] < stream.lastOrdinal { continue }
      var limit = pattern.within == .unlimited ? nil : Optional(deadline)
      if let within = transition.within { limit = min(limit ?? Int64.max, saturatingSum(stream.times[row], within)) }
      if let limit, limit >= now { return true }
    }
    return false
  }

  // MARK: The rows to report

  /// Gives each step of the pattern its batch row: the path for steps with states, then the optional ones.
  func complete(_ attempt: inout Attempt) {
    attempt.rows = Array(repeating: -1, count: pattern.steps.count)
    var path = Array(repeating: -1, count: pattern.steps.count)
    for (level, row) in attempt.path.enumerated() { path[states.required[level]] = row }
    guard let entry = stream.rows.firstIndex(of: attempt.entryRow) else { return }
    var cursor = attempt.path[0]
    for step in path.indices {
      if path[step] >= 0 {
        cursor = path[step]
      } else if pattern.steps[step].mode == .optional {
        let next = path[(step + 1)...].first { $0 >= 0 }
        guard let row = optionalRow(pattern.steps[step], after: cursor, before: next, entry: entry) else { continue }
        path[step] = row
        cursor = row
      } else {
        break
      }
    }
    for (step, row) in path.enumerated() where row >= 0 {
      attempt.rows[step] = Int32(truncatingIfNeeded: stream.rows[row])
    }
  }

  /// The first row after `cursor` that fits an optional step; before the next step, or inside the window at the end.
  private func optionalRow(_ step: SequencePattern.Step, after cursor: Int, before next: Int?, entry: Int) -> Int? {
    let end = next ?? min(stream.count, stream.barrierAfter[cursor] + 1)
    var row = cursor + 1
    while row < end {
      let gap = stream.times[row] - stream.times[cursor]
      if stream.times[row] > stream.deadlines[entry] { return nil }
      if let within = step.within, gap > within { return nil }
      let bits = step.predicates.reduce(UInt64(0)) { $0 | 1 << UInt64($1) }
      if stream.masks[row] & bits != 0 && gap >= step.after ?? 0 { return row }
      row += 1
    }
    return nil
  }
}
