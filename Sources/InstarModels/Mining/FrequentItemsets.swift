/// The sets of items that at least so many baskets hold, found by FP-growth.
///
/// J. Han, J. Pei, Y. Yin: *Mining frequent patterns without candidate generation*, SIGMOD 2000. Two passes over the
/// baskets: one counts items, one builds a tree of the frequent ones; the sets then grow from the tree alone, each from
/// the conditional tree of its rarest item. No candidate is made that does not occur.
///
/// Complexity: O(items of all baskets) for the tree, and for each frequent set the size of its conditional tree.
package struct FrequentItemsets: Sendable {
  /// Set `s` is `items[starts[s] ..< starts[s + 1]]`, ascending codes.
  package private(set) var starts: [Int] = [0]
  package private(set) var items: [UInt32] = []
  /// How many baskets hold each set.
  package private(set) var counts: [Int] = []

  package var count: Int { counts.count }

  /// The items of one set, ascending.
  package func set(_ index: Int) -> ArraySlice<UInt32> { items[starts[index]..<starts[index + 1]] }

  /// - Parameters:
  ///   - minimumCount: at least 1.
  ///   - maximumLength: the most items of a set, at least 1.
  package init(of baskets: Baskets, minimumCount: Int, maximumLength: Int) {
    precondition(minimumCount >= 1 && maximumLength >= 1, "a frequent set has an item and a basket")
    let (tree, codes) = Self.tree(of: baskets, minimumCount: minimumCount)
    var growth = Growth(minimumCount: minimumCount, maximumLength: maximumLength, codes: codes)
    growth.grow(tree)
    (starts, items, counts) = (growth.starts, growth.items, growth.counts)
  }

  /// The tree of all baskets, and the code of each of its labels.
  private static func tree(of baskets: Baskets, minimumCount: Int) -> (PatternTree, codes: [UInt32]) {
    let (items, starts) = (baskets.items, baskets.starts)
    var counts = [Int](repeating: 0, count: Int(items.max() ?? 0) + 1)
    for item in items { counts[Int(item)] &+= 1 }
    let frequent = counts.indices.filter { counts[$0] >= minimumCount }
      .sorted { (counts[$1], $0) < (counts[$0], $1) }
    var ranks = [Int32](repeating: -1, count: counts.count)
    for (rank, item) in frequent.enumerated() { ranks[item] = Int32(rank) }
    var tree = PatternTree(labels: Array(0..<UInt32(frequent.count)))
    var path = [UInt32](repeating: 0, count: frequent.count)
    var basket = 0
    while basket < baskets.count {
      var length = 0
      var row = starts[basket]
      while row < starts[basket &+ 1] {
        let rank = ranks[Int(items[row])]
        if rank >= 0 {
          // Insertion sort: baskets are short.
          var place = length
          while place > 0, path[place &- 1] > UInt32(rank) {
            path[place] = path[place &- 1]
            place &-= 1
          }
          path[place] = UInt32(rank)
          length &+= 1
        }
        row &+= 1
      }
      tree.insert(path, length: length, count: 1)
      basket &+= 1
    }
    return (tree, frequent.map { UInt32($0) })
  }
}

/// The recursion: sets grow from the suffix, the rarest item first.
private struct Growth {
  let minimumCount: Int
  let maximumLength: Int
  let codes: [UInt32]
  var starts: [Int] = [0]
  var items: [UInt32] = []
  var counts: [Int] = []
  private var suffix: [UInt32] = []
  private var sums: [Int]
  private var numbers: [Int32]
  private var touched: [Int] = []

  init(minimumCount: Int, maximumLength: Int, codes: [UInt32]) {
    self.minimumCount = minimumCount
    self.maximumLength = maximumLength
    self.codes = codes
    sums = [Int](repeating: 0, count: codes.count)
    numbers = [Int32](repeating: -1, count: codes.count)
  }

  mutating func grow(_ tree: PatternTree) {
    for item in stride(from: tree.labels.count - 1, through: 0, by: -1) {
      suffix.append(codes[Int(tree.labels[item])])
      emit(count: tree.totals[item])
      if suffix.count < maximumLength, item > 0 { extend(tree, item) }
      suffix.removeLast()
    }
  }

  /// The sets with one item more than the suffix, and those that grow from them.
  private mutating func extend(_ tree: PatternTree, _ item: Int) {
    tree.addCounts(above: item, to: &sums, touched: &touched)
    var kept: [Int] = []
    let isLast = suffix.count + 1 == maximumLength
    for other in touched {
      if sums[other] >= minimumCount {
        if isLast {
          suffix.append(codes[Int(tree.labels[other])])
          emit(count: sums[other])
          suffix.removeLast()
        } else {
          kept.append(other)
        }
      }
      sums[other] = 0
    }
    guard !kept.isEmpty else { return }
    kept.sort()
    grow(tree.conditional(on: item, keeping: kept, numbers: &numbers))
  }

  private mutating func emit(count: Int) {
    let begin = items.count
    items.append(contentsOf: suffix)
    items[begin...].sort()
    starts.append(items.count)
    counts.append(count)
  }
}
