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
  var owners: [Int]
  var starts: [Int]
  var times: [Int64]
  /// For `(FIRST a)[f]`: whether f holds at the row.
  var holds: [UInt8]?
}

extension BatchEvaluator {
  func findRows(of pattern: Int) -> PatternRows {
    let node = program.patterns[pattern]
    var rows: [Int]
    if node.alternatives.count == 1 {
      rows = findRows(of: node.alternatives[0])
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

  private func findRows(of alternative: PatternNode.Alternative) -> [Int] {
    var rows: [Int]
    if let wanted = alternative.types {
      rows = rowsOfTypes(batch.types, wanted)
    } else {
      rows = Array(0..<batch.rowCount)
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
    let owners = gather(self.owners, rows)
    var starts = [Int](repeating: 0, count: batch.userCount + 1)
    var index = 0
    var user = 0
    while user < batch.userCount {
      starts[user] = index
      let end = batch.starts[user &+ 1]
      while index < rows.count, rows[index] < end { index &+= 1 }
      user &+= 1
    }
    starts[batch.userCount] = rows.count
    var result = PatternList(rows: rows, owners: owners, starts: starts, times: gather(batch.times, rows), holds: nil)
    if let then {
      result.holds = withSelection(EventRows(rows: rows, owners: owners)) { events(then).flags(rows.count) }
    }
    return result
  }

  /// The first row of each (type, order) of each user. Rows of one order follow each other as a rule, so the last
  /// order is looked at first; a row without an order is an occurrence of its own.
  private func firstRowsOfOrders(_ list: PatternList) -> [Int] {
    guard let position = program.columns.firstIndex(of: .order) else { return list.rows }
    let orders = batch.columns[position]
    var result: [Int] = []
    result.reserveCapacity(list.rows.count)
    var seen: Set<UInt64> = []
    var last: UInt64 = .max
    var user = -1
    for (index, row) in list.rows.enumerated() {
      if list.owners[index] != user {
        user = list.owners[index]
        seen.removeAll(keepingCapacity: true)
        last = .max
      }
      if !orders.present.isEmpty, orders.present[row] == 0 {
        result.append(row)
        continue
      }
      let key = UInt64(batch.types[row]) << 32 | UInt64(orders.codes[row])
      if key == last { continue }
      last = key
      if seen.insert(key).inserted { result.append(row) }
    }
    return result
  }
}

/// The positions of the types that `wanted` marks: branch-free compaction, one pass.
func rowsOfTypes(_ types: [UInt32], _ wanted: [UInt8]) -> [Int] {
  [Int](unsafeUninitializedCapacity: types.count + 1) { buffer, count in
    var found = 0
    var row = 0
    while row < types.count {
      // The slot past the last match is written and not counted.
      buffer.initializeElement(at: found, to: row)
      found &+= Int(wanted[Int(types[row])])
      row &+= 1
    }
    count = found
  }
}

extension BatchEvaluator {
  /// For each user the rows of the first or last occurrence: one row, or all rows of its order.
  func edgeRows(of list: PatternList, occurrences: PatternList, first: Bool) -> [Int] {
    let orders = program.columns.firstIndex(of: .order).map { batch.columns[$0] }
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
        if isPresent, orders.codes[row] == orders.codes[leader], batch.types[row] == batch.types[leader] {
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
    let orders = batch.columns[position]
    return selection.rows.map { row in
      // A row without an order is an occurrence of its own; its number cannot meet that of an order.
      if !orders.present.isEmpty, orders.present[row] == 0 { return UInt64(row) | 1 << 63 }
      return UInt64(batch.types[row]) << 32 | UInt64(orders.codes[row])
    }
  }
}
