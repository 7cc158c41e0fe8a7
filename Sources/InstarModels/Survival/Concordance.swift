/// The share of pairs whose order of risk agrees with their order of events: the C-index of Harrell (1982).
///
/// A pair counts when the shorter duration ended in an event; a censoring of the same duration is the longer one. Two
/// events at one time do not count. Equal risks count half.
///
/// - Returns: `nil` when no pair counts.
/// - Complexity: O(*n* log *n*).
package func concordance(risks: [Double], durations: [Double], observed: [Bool]) -> Double? {
  precondition(risks.count == durations.count && risks.count == observed.count, "one risk for each duration")
  let distinct = Array(Set(risks)).sorted()
  var ranks: [Double: Int] = [:]
  for (rank, risk) in distinct.enumerated() { ranks[risk] = rank }
  // Walks from the longest duration down; the tree holds the risks of those that lasted longer.
  let order = durations.indices.sorted { durations[$0] > durations[$1] }
  var tree = CountTree(size: distinct.count)
  var (agreeing, pairs) = (0.0, 0.0)
  var start = 0
  while start < order.count {
    var end = start
    while end < order.count && durations[order[end]] == durations[order[start]] { end += 1 }
    let group = order[start..<end]
    for row in group where !observed[row] { tree.insert(ranks[risks[row]] ?? 0) }
    for row in group where observed[row] {
      let rank = ranks[risks[row]] ?? 0
      let below = tree.count(below: rank)
      let equal = tree.count(below: rank + 1) - below
      agreeing += Double(below) + Double(equal) / 2
      pairs += Double(tree.total)
    }
    for row in group where observed[row] { tree.insert(ranks[risks[row]] ?? 0) }
    start = end
  }
  return pairs > 0 ? agreeing / pairs : nil
}

/// Counts by rank with sums over prefixes (Fenwick 1994).
private struct CountTree {
  private var sums: [Int]
  private(set) var total = 0

  init(size: Int) { sums = [Int](repeating: 0, count: size + 1) }

  mutating func insert(_ rank: Int) {
    total += 1
    var i = rank + 1
    while i < sums.count {
      sums[i] += 1
      i += i & -i
    }
  }

  func count(below rank: Int) -> Int {
    var (i, count) = (rank, 0)
    while i > 0 {
      count += sums[i]
      i -= i & -i
    }
    return count
  }
}
