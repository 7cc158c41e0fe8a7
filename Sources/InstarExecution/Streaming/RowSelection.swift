import InstarColumns
import InstarPlan

/// Which rows of a batch the statement speaks of: users or events for which all conditions hold.
struct RowSelection {
  enum Rows {
    case users
    /// Positions of patterns in the program.
    case events([Int])
  }

  var rows: Rows
  /// Nodes of level user, cheapest first.
  var userConditions: [Int]
  /// Nodes of level event.
  var eventConditions: [Int]
  /// Nodes that the conditions on users compare, and where the users without a value of them are counted.
  private var compared: [Int] = []
  private let missing: MissingValues

  init(_ plan: StreamPlan, _ builder: inout ProgramBuilder, missing: MissingValues) {
    self.missing = missing
    switch plan.rows {
    case .users: rows = .users
    case .events(let patterns): rows = .events(patterns.map { builder.add($0) })
    }
    userConditions = []
    eventConditions = []
    for filter in plan.filters {
      let node = builder.add(filter)
      if filter.level <= .user {
        userConditions.append(node)
        compared += filter.comparedParts.filter { $0.level == .user && $0.mayBeMissing }.map { builder.add($0) }
      } else {
        eventConditions.append(node)
      }
    }
  }

  /// One byte for each user of the batch, 1 where the conditions on users hold.
  func users(_ evaluator: BatchEvaluator) -> [UInt8] {
    var mask = [UInt8](repeating: 1, count: evaluator.batch.userCount)
    for condition in userConditions {
      let holds = evaluator.users(condition).flags(mask.count)
      var user = 0
      while user < mask.count {
        mask[user] &= holds[user]
        user &+= 1
      }
    }
    countMissing(evaluator)
    return mask
  }

  private func countMissing(_ evaluator: BatchEvaluator) {
    var known: [UInt8] = []
    for node in compared {
      let present = evaluator.users(node).presence(evaluator.batch.userCount)
      if present.isEmpty { continue }
      if known.isEmpty { known = present } else { for user in known.indices { known[user] &= present[user] } }
    }
    if !known.isEmpty { missing.add(known.count { $0 == 0 }) }
  }

  /// The positions in the batch of the users that are meant.
  func selectedUsers(_ evaluator: BatchEvaluator) -> [Int] {
    let mask = users(evaluator)
    let selected = mask.indices.filter { mask[$0] != 0 }
    if selected.count < mask.count { evaluator.restrict(to: mask) }
    return selected
  }

  /// The events that are meant.
  func selectedEvents(_ evaluator: BatchEvaluator, in range: TimeRange?) -> EventRows {
    guard case .events(let patterns) = rows else { preconditionFailure("rows of users are no events") }
    var selection = matching(patterns, evaluator)
    if !userConditions.isEmpty {
      let (mask, owners) = (users(evaluator), selection.owners)
      selection = selection.filtered { mask[owners[$0]] != 0 }
    }
    if let range {
      let times = evaluator.batch.times(at: selection.rows)
      selection = selection.filtered { times[$0] >= range.from && times[$0] < range.to }
    }
    for condition in eventConditions where selection.count > 0 {
      let current = selection
      let holds = evaluator.withSelection(current) { evaluator.events(condition).flags(current.count) }
      selection = selection.filtered { holds[$0] != 0 }
    }
    return selection
  }

  private func matching(_ patterns: [Int], _ evaluator: BatchEvaluator) -> EventRows {
    if patterns.count == 1 { return rows(of: patterns[0], evaluator) }
    var mask = [Bool](repeating: false, count: evaluator.batch.rowCount)
    for pattern in patterns {
      for row in rows(of: pattern, evaluator).rows { mask[row] = true }
    }
    let rows = mask.indices.filter { mask[$0] }
    return EventRows(rows: rows, owners: gather(evaluator.owners, rows))
  }

  /// The rows of one pattern; with FIRST or LAST the rows of that one occurrence of each user.
  private func rows(of pattern: Int, _ evaluator: BatchEvaluator) -> EventRows {
    if evaluator.program.patterns[pattern].isEveryEvent { return evaluator.allRows }
    let found = evaluator.rows(of: pattern)
    let list = found.all
    let ordinal = evaluator.program.patterns[pattern].ordinal
    guard ordinal == .first || ordinal == .last else {
      return EventRows(rows: list.rows, owners: OwnerList(starts: list.starts))
    }
    let edges = evaluator.edgeRows(of: list, occurrences: found.occurrences, first: ordinal == .first)
    return EventRows(rows: edges, owners: gather(evaluator.owners, edges))
  }
}

extension Expression {
  /// The operands of the comparisons, lists and text tests in a condition.
  fileprivate var comparedParts: [Expression] {
    switch node {
    case .binary(.equal, let left, let right), .binary(.notEqual, let left, let right),
      .binary(.less, let left, let right), .binary(.lessOrEqual, let left, let right),
      .binary(.greater, let left, let right), .binary(.greaterOrEqual, let left, let right):
      [left, right]
    case .oneOf(let operand, _), .textTest(_, let operand, _): [operand]
    default: children.flatMap(\.comparedParts)
    }
  }
}

extension Expression {
  /// False for a number of events, which is 0 where there are none.
  fileprivate var mayBeMissing: Bool {
    guard case .measure(let measure) = node, measure.function == .count || measure.function == .rows else {
      return true
    }
    if case .user = measure.moment { return true }
    return false
  }
}

extension EventRows {
  /// The selected rows at whose position `keeps` holds.
  func filtered(_ keeps: (Int) -> Bool) -> EventRows {
    let (rows, owners) = (self.rows, self.owners)
    var (keptRows, keptOwners): ([Int], [Int]) = ([], [])
    keptRows.reserveCapacity(count)
    keptOwners.reserveCapacity(count)
    var position = 0
    while position < rows.count {
      if keeps(position) {
        keptRows.append(rows[position])
        keptOwners.append(owners[position])
      }
      position &+= 1
    }
    return EventRows(rows: keptRows, owners: keptOwners)
  }
}
