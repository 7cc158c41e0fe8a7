/// Which baskets a rule speaks of, and whose they are.
package struct RuleOccurrences: Sendable {
  private let baskets: Baskets
  /// The baskets of item `i` are `lists[starts[i] ..< starts[i + 1]]`, ascending.
  private var starts: [Int]
  private var lists: [Int32]

  package init(_ baskets: Baskets) {
    self.baskets = baskets
    let items = baskets.items
    starts = [Int](repeating: 0, count: Int(items.max() ?? 0) + 2)
    for item in items { starts[Int(item) + 1] += 1 }
    for item in 1..<starts.count { starts[item] += starts[item - 1] }
    var next = starts
    lists = [Int32](repeating: 0, count: items.count)
    for basket in 0..<baskets.count {
      for row in baskets.starts[basket]..<baskets.starts[basket + 1] {
        lists[next[Int(items[row])]] = Int32(basket)
        next[Int(items[row])] += 1
      }
    }
  }

  /// The baskets that hold every item of the rule, ascending; where the baskets are ordered, those in which all of the
  /// antecedent had come before the consequent came for the last time.
  ///
  /// Complexity: the baskets of the rarest item, times the items of a basket.
  package func baskets(of rule: AssociationRule) -> [Int] {
    let all = rule.antecedent + [rule.consequent]
    let rarest = all.min { length($0) < length($1) } ?? rule.consequent
    return lists[starts[Int(rarest)]..<starts[Int(rarest) + 1]].compactMap { basket in
      holds(Int(basket), rule) ? Int(basket) : nil
    }
  }

  /// How many users the baskets belong to.
  package func users(of found: [Int]) -> Int {
    var users = 0
    var last: UInt32?
    for basket in found where baskets.owners[basket] != last {
      users += 1
      last = baskets.owners[basket]
    }
    return users
  }

  private func length(_ item: UInt32) -> Int { starts[Int(item) + 1] - starts[Int(item)] }

  private func holds(_ basket: Int, _ rule: AssociationRule) -> Bool {
    guard let consequent = row(of: rule.consequent, in: basket) else { return false }
    for item in rule.antecedent {
      guard let row = row(of: item, in: basket) else { return false }
      if baskets.isOrdered, baskets.firstTimes[row] >= baskets.lastTimes[consequent] { return false }
    }
    return true
  }

  private func row(of item: UInt32, in basket: Int) -> Int? {
    var low = baskets.starts[basket]
    var high = baskets.starts[basket + 1]
    let end = high
    while low < high {
      let middle = (low + high) / 2
      if baskets.items[middle] < item { low = middle + 1 } else { high = middle }
    }
    return low < end && baskets.items[low] == item ? low : nil
  }
}
