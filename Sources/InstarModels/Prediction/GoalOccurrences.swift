/// The occurrences of the goal event in a slice of one user's events: one for each order, or one for each event where
/// there are no orders.
///
/// Rows of one user, type and order are one occurrence, at the time of its first row and with the sum of its amounts.
package struct GoalOccurrences {
  package private(set) var times: [Int64] = []
  /// 0 where no row of the occurrence has an amount.
  package private(set) var amounts: [Double] = []
  private var codes: [UInt32] = []
  private var order: [UInt64] = []

  package init() {}

  package var count: Int { times.count }

  /// Replaces the occurrences by those in the given rows.
  ///
  /// - Parameters:
  ///   - times: ascending.
  ///   - amounts, orders: empty when the store has no such column.
  ///   - amountsPresent, ordersPresent: empty when every row has a value, else one byte a row, 1 for present. A row
  ///     without an order is an occurrence of its own.
  /// - Complexity: O(*n*) for rows whose order codes ascend, else O(*n* log *n*).
  package mutating func collect(
    goal: UInt32, times rows: Span<Int64>, types: Span<UInt32>, amounts rowAmounts: Span<Double>,
    amountsPresent: Span<UInt8>, orders: Span<UInt32>, ordersPresent: Span<UInt8>
  ) {
    precondition(types.count == rows.count, "one type for each time")
    times.removeAll(keepingCapacity: true)
    amounts.removeAll(keepingCapacity: true)
    codes.removeAll(keepingCapacity: true)
    var newestOrder: UInt32?
    var ascending = true
    var row = 0
    while row < rows.count {
      defer { row &+= 1 }
      guard types[row] == goal else { continue }
      let hasAmount = !rowAmounts.isEmpty && (amountsPresent.isEmpty || amountsPresent[row] != 0)
      let amount = hasAmount ? rowAmounts[row] : 0
      let hasOrder = !orders.isEmpty && (ordersPresent.isEmpty || ordersPresent[row] != 0)
      if hasOrder, let newest = newestOrder, orders[row] == newest {
        if let position = codes.lastIndex(of: newest) { amounts[position] += amount }
        continue
      }
      times.append(rows[row])
      amounts.append(amount)
      codes.append(hasOrder ? orders[row] : .max)
      if hasOrder {
        if let newest = newestOrder, orders[row] < newest { ascending = false }
        newestOrder = orders[row]
      }
    }
    if !ascending { joinSplitOrders() }
  }

  /// Joins occurrences of one order that other orders interrupt.
  private mutating func joinSplitOrders() {
    order.removeAll(keepingCapacity: true)
    for (position, code) in codes.enumerated() where code != .max {
      order.append(UInt64(code) << 32 | UInt64(position))
    }
    order.sort()
    var first = 0
    var removed = [Bool](repeating: false, count: times.count)
    for key in order {
      let position = Int(truncatingIfNeeded: key & 0xFFFF_FFFF)
      if codes[position] == codes[first], position != first, !removed[first], first < position {
        amounts[first] += amounts[position]
        removed[position] = true
      } else {
        first = position
      }
    }
    var kept = 0
    for position in times.indices where !removed[position] {
      times[kept] = times[position]
      amounts[kept] = amounts[position]
      kept += 1
    }
    times.removeLast(times.count - kept)
    amounts.removeLast(amounts.count - kept)
  }
}
