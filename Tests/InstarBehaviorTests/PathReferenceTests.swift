import InstarBehavior
import Testing

/// Paths of random histories against the definition in docs/reference/paths.md, written down as plainly as it reads.
@Suite struct PathReferenceTests {
  private struct Event {
    var time: Int64
    var node: UInt32
    var mask: UInt64
    var session: UInt64
    var isHidden: Bool { mask & SequencePattern.hiddenRow != 0 }
  }

  private struct Transition: Hashable {
    var group: UInt32
    var position: Int
    var from: UInt32
    var to: UInt32
  }

  private struct Figures: Equatable {
    var gaps: [Int64] = []
    var users: Set<Int> = []
  }

  @Test(arguments: 0..<60) func transitionsEqualThePlainDefinition(seed: Int) {
    var random = SeededGenerator(seed: seed)
    let nodeCount = [3, 14, 15, 16, 60].randomElement(using: &random)!
    let scale = [Int64(10), 1 << 31, 1 << 33].randomElement(using: &random)!
    var definition = PathDefinition(
      anchor: Bool.random(using: &random) ? .from : .to, steps: [1, 3, 15, 20].randomElement(using: &random)!)
    if Bool.random(using: &random) { definition.within = 6 * scale }
    if Bool.random(using: &random) { definition.during = 5 * scale..<40 * scale }
    definition.collapse = Bool.random(using: &random)
    let (hasGroups, hasSessions) = (Bool.random(using: &random), Bool.random(using: &random))
    let byType = !hasSessions && Bool.random(using: &random)
    let typeMasks = (0..<nodeCount).map { _ in mask(&random, hides: false) }
    let histories = (0..<60).map { _ in
      var time: Int64 = 0
      return (0..<Int.random(in: 1...30, using: &random)).map { _ -> Event in
        time += Int64.random(in: 0...3 * scale, using: &random)
        let node = UInt32.random(in: 0..<UInt32(nodeCount), using: &random)
        return Event(
          time: time, node: node, mask: byType ? typeMasks[Int(node)] : mask(&random, hides: true),
          session: UInt64(time / (8 * scale)))
      }
    }
    let groups = histories.indices.map { _ in UInt32.random(in: 0..<3, using: &random) }

    var expected: [Transition: Figures] = [:]
    for (user, history) in histories.enumerated() {
      for path in paths(history, definition, hasSessions) {
        add(path, of: user, group: hasGroups ? groups[user] : 0, definition, to: &expected)
      }
    }

    // Several batches, and two accumulators that are merged.
    var parts = [0, 1].map { _ in PathAccumulator(definition, grouping: hasGroups ? .user : .none) }
    for first in stride(from: 0, to: histories.count, by: 15) {
      let users = first..<first + 15
      let events = histories[users].flatMap { $0 }
      var starts = [0]
      for user in users { starts.append(starts[starts.count - 1] + histories[user].count) }
      let (ids, times, nodes) = (users.map { UInt32($0) }, events.map(\.time), events.map(\.node))
      let masks = byType ? typeMasks : events.map(\.mask)
      let types = byType ? nodes : []
      let (codes, sessions) = (hasGroups ? Array(groups[users]) : [], hasSessions ? events.map(\.session) : [])
      parts[first < 30 ? 0 : 1].update(
        users: ids.span, starts: starts.span, times: times.span, types: types.span, masks: masks.span,
        nodes: nodes.span, groups: codes.span, sessions: sessions.span)
    }
    parts[0].merge(parts[1])

    #expect(parts[0].groups == Set(expected.keys.map(\.group)).sorted(), "seed \(seed)")
    var found = 0
    for group in parts[0].groups {
      for row in parts[0].finish(group: group) {
        let key = Transition(group: group, position: abs(row.position), from: row.from, to: row.to)
        let figures = expected[key]
        #expect(row.transitions == figures?.gaps.count, "seed \(seed)")
        #expect(row.users == figures?.users.count, "seed \(seed)")
        let hasGap = row.to != PathDefinition.left
        #expect(row.medianGap == (hasGap ? middle(figures?.gaps ?? []) : nil), "seed \(seed)")
        found += 1
      }
    }
    #expect(found == expected.count, "seed \(seed)")
  }

  private func mask(_ random: inout SeededGenerator, hides: Bool) -> UInt64 {
    var mask: UInt64 = 0
    if Int.random(in: 0..<3, using: &random) == 0 { mask |= PathDefinition.fromBit }
    if Int.random(in: 0..<5, using: &random) == 0 { mask |= PathDefinition.toBit }
    if Int.random(in: 0..<12, using: &random) == 0 { mask |= PathDefinition.endBit }
    if hides, Int.random(in: 0..<8, using: &random) == 0 { mask |= SequencePattern.hiddenRow }
    return mask
  }

  /// The events of each path in order; a path at whose end the user left ends with `nil`.
  private func paths(_ history: [Event], _ definition: PathDefinition, _ hasSessions: Bool) -> [[Event?]] {
    var result: [[Event?]] = []
    var free = 0
    for (row, anchor) in history.enumerated() where row >= free && !anchor.isHidden {
      let bit = definition.anchor == .from ? PathDefinition.fromBit : PathDefinition.toBit
      guard anchor.mask & bit != 0, definition.during?.contains(anchor.time) ?? true else { continue }
      // The events that may belong to it, from the anchor on.
      let others = definition.anchor == .from ? Array(history[(row + 1)...]) : history[free..<row].reversed()
      let candidates = others.prefix { event in
        abs(event.time - anchor.time) <= definition.within ?? .max && event.mask & PathDefinition.endBit == 0
          && (!hasSessions || event.session == anchor.session)
      }
      var path: [Event] = [anchor]
      var isOpen = true
      var taken = row
      for (offset, event) in candidates.enumerated() where isOpen && !event.isHidden {
        if definition.anchor == .to, path.count > definition.steps { break }
        if !definition.collapse || event.node != path[path.count - 1].node { path.append(event) }
        guard definition.anchor == .from else { continue }
        taken = row + 1 + offset
        isOpen = event.mask & PathDefinition.toBit == 0 && path.count <= definition.steps
      }
      free = taken + 1
      switch definition.anchor {
      case .from: result.append(path + (isOpen ? [nil] : []))
      case .to: result.append(path.reversed())
      }
    }
    return result
  }

  private func add(
    _ path: [Event?], of user: Int, group: UInt32, _ definition: PathDefinition,
    to figures: inout [Transition: Figures]
  ) {
    for place in 1..<max(path.count, 1) {
      guard let from = path[place - 1] else { continue }
      let key = Transition(
        group: group, position: definition.anchor == .from ? place : path.count - place, from: from.node,
        to: path[place]?.node ?? PathDefinition.left)
      figures[key, default: Figures()].gaps.append((path[place]?.time ?? from.time) - from.time)
      figures[key, default: Figures()].users.insert(user)
    }
  }

  private func middle(_ values: [Int64]) -> Int64 {
    let sorted = values.sorted()
    let (lower, upper) = (sorted[(sorted.count - 1) / 2], sorted[sorted.count / 2])
    return lower + (upper - lower) / 2
  }
}
