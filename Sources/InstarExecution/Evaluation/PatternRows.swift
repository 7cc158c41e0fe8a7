import InstarColumns
import InstarPlan

/// The events of a batch that match a pattern, before window and ordinal.
struct PatternRows {
  /// All matching rows.
  var all: PatternList
  /// The first row of each occurrence: the same as `all` unless rows of one order are one occurrence.
  var occurrences: PatternList
}

/// Rows in ascending order, with where each user's begin: user `u` has rows `starts[u] ..< starts[u + 1]` of the list.
struct PatternList {
  var rows: [Int]
  var starts: [Int]
  var times: [Int64]
  /// For `(FIRST a)[f]`: whether f holds at the row.
  var holds: [UInt8]?

  /// The position in the batch of the user of each row.
  var owners: [Int] { Self.owners(starts: starts) }

  /// The user of each row, where user `u` has rows `starts[u] ..< starts[u + 1]`.
  static func owners(starts: [Int]) -> [Int] {
    let rows = starts[starts.count - 1]
    return [Int](unsafeUninitializedCapacity: rows) { buffer, count in
      var user = 0
      var row = 0
      while user &+ 1 < starts.count {
        let end = starts[user &+ 1]
        while row < end {
          buffer.initializeElement(at: row, to: user)
          row &+= 1
        }
        user &+= 1
      }
      count = rows
    }
  }
}

extension BatchEvaluator {
  func findRows(of pattern: Int) -> PatternRows {
    let node = program.patterns[pattern]
    var rows: [Int]
    if node.alternatives.count == 1 {
      let only = node.alternatives[0]
      if only.types == nil, only.filter == nil, node.then == nil, !node.occurrences { return everyRow }
      rows = findRows(of: only)
    } else {
      var mask = [Bool](repeating: false, count: batch.rowCount)
      for alternative in node.alternatives {
        for row in findRows(of: alternative) { mask[row] = true }
      }
      rows = mask.indices.filter { mask[$0] }
    }
    let all = list(&rows, then: node.then)
    guard node.occurrences else { return PatternRows(all: all, occurrences: all) }
    var leaders = firstRowsOfOrders(all)
    return PatternRows(all: all, occurrences: leaders.count == all.rows.count ? all : list(&leaders, then: node.then))
  }

  /// All rows of the batch, without a copy of what it holds.
  private var everyRow: PatternRows {
    let list = PatternList(rows: everyPosition, starts: batch.starts, times: batch.times, holds: nil)
    return PatternRows(all: list, occurrences: list)
  }

  private func findRows(of alternative: PatternNode.Alternative) -> [Int] {
    var rows: [Int]
    if let wanted = alternative.types {
      rows = batch.marks(wanted.map(UInt64.init), sets: 1).list()
    } else {
      rows = everyPosition
    }
    guard let filter = alternative.filter, !rows.isEmpty else { return rows }
    let owners = self.owners
    let candidates = EventRows(rows: rows, owners: gather(owners, rows))
    let holds = withSelection(candidates) { events(filter).flags(rows.count) }
    var kept = 0
    for index in rows.indices where holds[index] != 0 {
      rows[kept] = rows[index]
      kept += 1
    }
    rows.removeLast(rows.count - kept)
    return rows
  }

  private func list(_ rows: inout [Int], then: Int?) -> PatternList {
    let starts = listStarts(batch.starts, rows)
    var result = PatternList(rows: rows, starts: starts, times: batch.times(at: rows), holds: nil)
    if let then {
      let owners = result.owners
      result.holds = withSelection(EventRows(rows: rows, owners: owners)) { events(then).flags(rows.count) }
    }
    return result
  }

  /// The first row of each (type, order) of each user. Rows of one order follow each other as a rule, so the last
  /// order is looked at first; a row without an order is an occurrence of its own.
  private func firstRowsOfOrders(_ list: PatternList) -> [Int] {
    guard let position = program.columns.firstIndex(of: .order) else { return list.rows }
    let orders = batch.column(position)
    let (types, owners) = (batch.types, list.owners)
    var result: [Int] = []
    result.reserveCapacity(list.rows.count)
    var seen: Set<UInt64> = []
    var last: UInt64 = .max
    var user = -1
    for (index, row) in list.rows.enumerated() {
      if owners[index] != user {
        user = owners[index]
        seen.removeAll(keepingCapacity: true)
        last = .max
      }
      if !orders.present.isEmpty, orders.present[row] == 0 {
        result.append(row)
        continue
      }
      let key = UInt64(types[row]) << 32 | UInt64(orders.codes[row])
      if key == last { continue }
      last = key
      if seen.insert(key).inserted { result.append(row) }
    }
    return result
  }
}

/// Where the rows of each user begin in a list of ascending rows.
private func listStarts(_ batchStarts: [Int], _ rows: [Int]) -> [Int] {
  [Int](unsafeUninitializedCapacity: batchStarts.count) { starts, count in
    var index = 0
    var user = 0
    while user < batchStarts.count {
      let begin = batchStarts[user]
      while index < rows.count, rows[index] < begin { index &+= 1 }
      starts.initializeElement(at: user, to: index)
      user &+= 1
    }
    count = batchStarts.count
  }
}

extension BatchEvaluator {
  /// For each user the rows of the first or last occurrence: one row, or all rows of its order.
  func edgeRows(of list: PatternList, occurrences: PatternList, first: Bool) -> [Int] {
    let orders = program.columns.firstIndex(of: .order).map { batch.column($0) }
    let types = batch.types
    var result: [Int] = []
    for user in 0..<batch.userCount {
      let from = occurrences.starts[user]
      let to = occurrences.starts[user + 1]
      guard from < to else { continue }
      let at = first ? from : to - 1
      if let holds = occurrences.holds, holds[at] == 0 { continue }
      let leader = occurrences.rows[at]
      guard let orders, orders.present.isEmpty || orders.present[leader] != 0 else {
        result.append(leader)
        continue
      }
      for index in list.starts[user]..<list.starts[user + 1] {
        let row = list.rows[index]
        let isPresent = orders.present.isEmpty || orders.present[row] != 0
        if isPresent, orders.codes[row] == orders.codes[leader], types[row] == types[leader] {
          result.append(row)
        }
      }
    }
    return result
  }

  /// The occurrence that each selected row belongs to, or `nil` where rows are occurrences.
  var occurrencesOfSelection: [UInt64]? {
    guard let position = program.columns.firstIndex(of: .order), program.patterns.contains(where: \.occurrences) else {
      return nil
    }
    let (orders, types) = (batch.column(position), batch.types)
    return selection.rows.map { row in
      // A row without an order is an occurrence of its own; its number cannot meet that of an order.
      if !orders.present.isEmpty, orders.present[row] == 0 { return UInt64(row) | 1 << 63 }
      return UInt64(types[row]) << 32 | UInt64(orders.codes[row])
    }
  }
}
