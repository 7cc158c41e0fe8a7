import InstarBehavior

/// The definition of a valid attempt, tried on every choice of rows: slow, and plain enough to be believed.
struct ReferenceMatcher {
  let pattern: SequencePattern
  let history: History
  let now: Int64

  private struct Partial {
    /// Rows in the order the pattern takes them, those of an ANY ORDER one by one.
    var taken: [Int] = []
    /// The row that ends each step that is neither optional nor THEN NOT.
    var ends: [Int] = []
    /// Events of the current ANY ORDER that are still missing.
    var missing: [Int] = []
  }

  private var required: [Int] {
    pattern.steps.indices.filter { pattern.steps[$0].mode == .then || pattern.steps[$0].mode == .directly }
  }

  private var last: SequencePattern.Step? { pattern.steps.last?.mode == .not ? pattern.steps.last : nil }

  func outcomes() -> [Outcome] {
    let entries = (0..<history.count).filter { row in
      pattern.steps[0].predicates.contains { has(row, $0) }
        && !(pattern.during.map { !$0.contains(time(row)) } ?? false)
        && isVisible(row) && (!pattern.same || history.keys[row] != SequencePattern.missingKey)
    }
    switch pattern.entry {
    case .best: return best(entries).map { [$0] } ?? []
    case .first: return entries.first.flatMap { best([$0]) }.map { [$0] } ?? []
    case .last: return entries.last.flatMap { best([$0]) }.map { [$0] } ?? []
    case .every: return entries.compactMap { best([$0]) }
    }
  }

  private func best(_ entries: [Int]) -> Outcome? {
    var candidates: [(rank: Int, rows: [Int], partial: Partial)] = []
    var isOpen = false
    for entry in entries {
      walk(entry) { partial in
        isOpen = isOpen || canGoOn(partial)
        guard !partial.ends.isEmpty, partial.missing.isEmpty else { return }
        var rank = partial.ends.count * 2
        if partial.ends.count == required.count && last != nil && fate(partial) == .held { rank += 1 }
        candidates.append((rank, partial.taken, partial))
      }
    }
    guard
      let winner = candidates.min(by: {
        $0.rank != $1.rank ? $0.rank > $1.rank : $0.rows.lexicographicallyPrecedes($1.rows)
      })
    else { return nil }
    return outcome(winner.partial, held: winner.rank % 2 == 1, isOpen: isOpen)
  }

  /// Visits every valid beginning of an attempt.
  private func walk(_ entry: Int, _ visit: (Partial) -> Void) {
    for member in pattern.steps[required[0]].predicates where has(entry, member) {
      var partial = Partial()
      guard deadline(entry) >= time(entry) else { continue }
      take(entry, member, of: required[0], &partial)
      extend(partial, visit)
    }
  }

  private func take(_ row: Int, _ member: Int, of step: Int, _ partial: inout Partial) {
    if partial.missing.isEmpty { partial.missing = pattern.steps[step].predicates }
    if let place = partial.missing.firstIndex(of: member) { partial.missing.remove(at: place) }
    partial.taken.append(row)
    if partial.missing.isEmpty { partial.ends.append(row) }
  }

  private func extend(_ partial: Partial, _ visit: (Partial) -> Void) {
    visit(partial)
    guard partial.ends.count < required.count else { return }
    let step = required[partial.ends.count]
    let members = partial.missing.isEmpty ? pattern.steps[step].predicates : partial.missing
    for row in 0..<history.count where isVisible(row) && !partial.taken.contains(row) {
      guard mayFollow(row, partial, pattern.steps[step], inside: !partial.missing.isEmpty) else { continue }
      for member in Set(members) where has(row, member) {
        var next = partial
        take(row, member, of: step, &next)
        extend(next, visit)
      }
    }
  }

  private func mayFollow(_ row: Int, _ partial: Partial, _ step: SequencePattern.Step, inside: Bool) -> Bool {
    guard let previous = partial.taken.last, time(row) <= deadline(partial.taken[0]) else { return false }
    if pattern.same && history.keys[row] != history.keys[partial.taken[0]] { return false }
    let gap = time(row) - time(previous)
    if inside {
      if row < previous { return false }
    } else {
      if let after = step.after, gap < after { return false }
      if let within = step.within, gap > within { return false }
      if step.mode == .directly && row != nextVisible(previous) { return false }
      let tolerant = pattern.tolerance > 0 && step.after == nil && step.mode == .then
      if row < previous && !(tolerant && gap >= -pattern.tolerance) { return false }
    }
    return !(min(row, previous) + 1..<max(row, previous)).contains { isBarrier($0, for: partial.taken[0]) }
  }

  private enum Fate { case held, broken, open }

  private func fate(_ partial: Partial) -> Fate {
    guard let last, let row = partial.ends.last else { return .broken }
    let end = min(deadline(partial.taken[0]), last.within.map { time(row) + $0 } ?? Int64.max)
    for next in row + 1..<max(history.count, row + 1) where isVisible(next) && time(next) <= end {
      if isBarrier(next, for: partial.taken[0]) { return .broken }
      if pattern.same && history.keys[next] != history.keys[partial.taken[0]] { continue }
      if time(next) >= time(row) + (last.after ?? 0) && last.predicates.contains(where: { has(next, $0) }) {
        return .broken
      }
    }
    return end < now ? .held : .open
  }

  /// Whether one more event, at some moment from now on, could follow; a chain without any limit counts as settled.
  private func canGoOn(_ partial: Partial) -> Bool {
    guard let previous = partial.taken.last else { return false }
    let entry = partial.taken[0]
    if (previous + 1..<max(history.count, previous + 1)).contains(where: { isBarrier($0, for: entry) && isVisible($0) })
    {
      return false
    }
    if partial.ends.count == required.count { return last != nil && fate(partial) == .open }
    let step = pattern.steps[required[partial.ends.count]]
    let inside = !partial.missing.isEmpty
    if !inside && step.mode == .directly && nextVisible(previous) != nil { return false }
    let limits = [
      pattern.within == .unlimited ? nil : deadline(entry), inside ? nil : step.within.map { time(previous) + $0 },
    ]
    guard let limit = limits.compactMap({ $0 }).min() else { return false }
    return limit >= now
  }

  private func outcome(_ partial: Partial, held: Bool, isOpen: Bool) -> Outcome {
    var rows = Array(repeating: -1, count: pattern.steps.count)
    for (level, row) in partial.ends.enumerated() { rows[required[level]] = row }
    var cursor = partial.ends[0]
    for (index, step) in pattern.steps.enumerated() {
      if rows[index] >= 0 {
        cursor = rows[index]
      } else if step.mode == .optional {
        let next = rows[(index + 1)...].first { $0 >= 0 }
        guard let row = optionalRow(step, cursor, next, partial.taken[0]) else { continue }
        rows[index] = row
        cursor = row
      } else {
        break
      }
    }
    let converted = partial.ends.count == required.count && (last == nil || held)
    return Outcome(
      reached: held ? pattern.steps.count : (rows.lastIndex { $0 >= 0 } ?? -1) + 1, converted: converted,
      complete: converted || !isOpen, rows: rows)
  }

  private func optionalRow(_ step: SequencePattern.Step, _ cursor: Int, _ next: Int?, _ entry: Int) -> Int? {
    for row in cursor + 1..<max(next ?? history.count, cursor + 1) where isVisible(row) {
      guard !pattern.same || history.keys[row] == history.keys[entry], time(row) <= deadline(entry) else { continue }
      let gap = time(row) - time(cursor)
      if has(row, step.predicates[0]) && gap >= step.after ?? 0 && gap <= step.within ?? Int64.max
        && !(cursor + 1..<row).contains(where: { isBarrier($0, for: entry) })
      {
        return row
      }
    }
    return nil
  }

  private func has(_ row: Int, _ predicate: Int) -> Bool { history.masks[row] & (1 << UInt64(predicate)) != 0 }
  private func time(_ row: Int) -> Int64 { history.times[row] }

  private func isVisible(_ row: Int) -> Bool {
    if history.masks[row] & SequencePattern.hiddenRow != 0 { return false }
    return !(pattern.cut && time(row) >= pattern.during?.upperBound ?? Int64.max)
  }

  private func isBarrier(_ row: Int, for entry: Int) -> Bool {
    history.masks[row] & pattern.without != 0 && (!pattern.same || history.keys[row] == history.keys[entry])
  }

  private func nextVisible(_ row: Int) -> Int? { (row + 1..<max(history.count, row + 1)).first(where: isVisible) }

  private func deadline(_ entry: Int) -> Int64 {
    let cut = pattern.cut ? (pattern.during?.upperBound ?? Int64.max) - 1 : Int64.max
    guard case .milliseconds(let length) = pattern.within else { return cut }
    return min(cut, time(entry) + length)
  }
}
