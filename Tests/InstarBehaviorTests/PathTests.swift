import InstarBehavior
import Testing

/// Nodes are letters: a is 0, b is 1 ...; `A` marks FROM, `Z` TO, `X` the end of a path, `H` a hidden row.
@Suite struct PathTests {
  private func accumulate(
    _ definition: PathDefinition, _ histories: [[(String, Int64)]], sessions: [UInt64] = []
  ) -> PathAccumulator {
    var ids: [UInt32] = []
    var starts = [0]
    var times: [Int64] = []
    var masks: [UInt64] = []
    var nodes: [UInt32] = []
    for (user, history) in histories.enumerated() {
      ids.append(UInt32(user))
      for (name, time) in history {
        times.append(time)
        nodes.append(UInt32(name.utf8.first! - UInt8(ascii: "a")))
        var mask: UInt64 = 0
        if name.contains("A") { mask |= PathDefinition.fromBit }
        if name.contains("Z") { mask |= PathDefinition.toBit }
        if name.contains("X") { mask |= PathDefinition.endBit }
        if name.contains("H") { mask |= SequencePattern.hiddenRow }
        masks.append(mask)
      }
      starts.append(times.count)
    }
    var accumulator = PathAccumulator(definition, perUser: true)
    accumulator.update(
      users: ids.span, starts: starts.span, times: times.span, masks: masks.span, nodes: nodes.span,
      sessions: sessions.span)
    return accumulator
  }

  private func text(_ rows: [PathTransition]) -> [String] {
    let name = { (node: UInt32) in
      node == PathDefinition.left ? "left" : String(UnicodeScalar(UInt8(ascii: "a") + UInt8(node)))
    }
    return rows.map { "\($0.position) \(name($0.from)) \(name($0.to)) \($0.transitions) \($0.users)" }
  }

  @Test func p1TheDropOffEqualsTheListedUsers() throws {
    // A -> B -> leave, and A -> C.
    let accumulator = accumulate(
      PathDefinition(anchor: .from, steps: 3), [[("aA", 0), ("b", 5)], [("aA", 0), ("cZ", 7)]])
    #expect(text(accumulator.finish()) == ["1 a b 1 1", "1 a c 1 1", "2 b left 1 1"])
    let users = try #require(accumulator.perUser)
    #expect(users.users.indices.filter { users.ends[$0] == .left }.map { users.users[$0] } == [0])
  }

  @Test func transitionsAndUsersAreBothCounted() {
    // One user twice from a to b, another once: 3 transitions of 2 users, gaps 1, 3 and 8.
    let rows = accumulate(
      PathDefinition(anchor: .from, steps: 1),
      [[("aA", 0), ("b", 1), ("aA", 10), ("b", 13)], [("aA", 0), ("b", 8)]]
    ).finish()
    #expect(text(rows) == ["1 a b 3 2"])
    #expect(rows[0].medianGap == 3)
    #expect(rows[0].share == 1)
  }

  @Test func collapseWithinWithoutAndHiddenRows() {
    let history: [(String, Int64)] = [("aA", 0), ("b", 1), ("b", 2), ("cH", 3), ("d", 4), ("e", 20)]
    var definition = PathDefinition(anchor: .from, steps: 5, within: 10, collapse: true)
    #expect(text(accumulate(definition, [history]).finish()) == ["1 a b 1 1", "2 b d 1 1", "3 d left 1 1"])
    definition.collapse = false
    #expect(text(accumulate(definition, [history]).finish()).count == 4)
    let ended: [(String, Int64)] = [("aA", 0), ("b", 1), ("dX", 2), ("e", 3)]
    #expect(text(accumulate(definition, [ended]).finish()) == ["1 a b 1 1", "2 b left 1 1"])
  }

  @Test func backwardPathsCountFromTheEnd() throws {
    let accumulator = accumulate(
      PathDefinition(anchor: .to, steps: 2), [[("a", 0), ("b", 1), ("c", 2), ("zZ", 3)], [("c", 0), ("zZ", 9)]])
    #expect(text(accumulator.finish()) == ["-1 c z 2 2", "-2 b c 1 1"])
    let users = try #require(accumulator.perUser)
    #expect(users.paths == [[1, 2, 25], [2, 25]])
  }

  @Test func sameSessionEndsAPath() {
    let history: [(String, Int64)] = [("aA", 0), ("b", 1), ("c", 2)]
    let rows = accumulate(PathDefinition(anchor: .from, steps: 5), [history], sessions: [0, 0, 1]).finish()
    #expect(text(rows) == ["1 a b 1 1", "2 b left 1 1"])
  }

  @Test func whatEntersAPositionLeavesIt() {
    // Every arrival at a node goes on, leaves, or ends its path: arrivals at position p = departures at p + 1 + ends.
    for seed in 0..<100 {
      var random = SeededGenerator(seed: seed)
      let histories = (0..<6).map { _ in
        (0..<Int.random(in: 0...20, using: &random)).map { row in
          (["aA", "b", "c", "d", "eZ"].randomElement(using: &random)!, Int64(row))
        }
      }
      let accumulator = accumulate(PathDefinition(anchor: .from, steps: 4), histories)
      let rows = accumulator.finish()
      let paths = accumulator.perUser?.paths ?? []
      let ends = accumulator.perUser?.ends ?? []
      for position in 1...4 {
        let departures = rows.filter { $0.position == position }.reduce(0) { $0 + $1.transitions }
        let longer = zip(paths, ends).count { path, end in
          path.count > position || (path.count == position && end == .left)
        }
        #expect(departures == longer, "seed \(seed)")
      }
      #expect(rows.allSatisfy { $0.users <= $0.transitions }, "seed \(seed)")
    }
  }
}
