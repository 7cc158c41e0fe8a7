/// The frequent-pattern tree: baskets as paths from the root, most frequent item first, equal beginnings shared.
///
/// Items are local numbers `0 ..< labels.count`, the most frequent first. Node 0 is the root. The nodes of one item are
/// a linked list.
struct PatternTree {
  /// What each local number stands for.
  let labels: [UInt32]
  private var items: [Int32] = [-1]
  private var parents: [Int32] = [-1]
  private var counts: [Int] = [0]
  /// The next node of the same item, or -1.
  private var links: [Int32] = [-1]
  /// The first node of each item, or -1.
  private var heads: [Int32]
  /// The support of each item: how many baskets hold it.
  private(set) var totals: [Int]
  private var children = ChildIndex()

  init(labels: [UInt32]) {
    self.labels = labels
    heads = [Int32](repeating: -1, count: labels.count)
    totals = [Int](repeating: 0, count: labels.count)
  }

  /// Adds the first `length` numbers of `path`, which ascend, as a basket that was seen `count` times.
  mutating func insert(_ path: [UInt32], length: Int, count: Int) {
    var node = 0
    var place = 0
    while place < length {
      let item = Int(path[place])
      node = child(of: node, item: item)
      counts[node] &+= count
      totals[item] &+= count
      place &+= 1
    }
  }

  /// As ``insert(_:length:count:)``, with the path read backwards.
  mutating func insertReversed(_ path: [UInt32], count: Int) {
    var node = 0
    var place = path.count &- 1
    while place >= 0 {
      let item = Int(path[place])
      node = child(of: node, item: item)
      counts[node] &+= count
      totals[item] &+= count
      place &-= 1
    }
  }

  private mutating func child(of node: Int, item: Int) -> Int {
    let next = items.count
    let found = children.find(parent: node, item: item, orInsert: next)
    guard found == next else { return found }
    items.append(Int32(item))
    parents.append(Int32(node))
    counts.append(0)
    links.append(heads[item])
    heads[item] = Int32(next)
    return next
  }

  /// Adds, for each item that lies above nodes of `item`, the baskets that hold both.
  /// - Parameters:
  ///   - sums: indexed by local number, zero on entry.
  ///   - touched: the numbers whose sum is not zero, in no order; emptied first.
  func addCounts(above item: Int, to sums: inout [Int], touched: inout [Int]) {
    touched.removeAll(keepingCapacity: true)
    var node = Int(heads[item])
    while node >= 0 {
      let count = counts[node]
      var parent = Int(parents[node])
      while parent > 0 {
        let other = Int(items[parent])
        if sums[other] == 0 { touched.append(other) }
        sums[other] &+= count
        parent = Int(parents[parent])
      }
      node = Int(links[node])
    }
  }

  /// The tree of what lies above the nodes of `item`.
  /// - Parameters:
  ///   - kept: the local numbers that are frequent there, ascending.
  ///   - numbers: scratch, indexed by local number, -1 on entry and on return.
  func conditional(on item: Int, keeping kept: [Int], numbers: inout [Int32]) -> PatternTree {
    var tree = PatternTree(labels: kept.map { labels[$0] })
    for (number, other) in kept.enumerated() { numbers[other] = Int32(number) }
    var path: [UInt32] = []
    var node = Int(heads[item])
    while node >= 0 {
      path.removeAll(keepingCapacity: true)
      var parent = Int(parents[node])
      while parent > 0 {
        let number = numbers[Int(items[parent])]
        if number >= 0 { path.append(UInt32(number)) }
        parent = Int(parents[parent])
      }
      tree.insertReversed(path, count: counts[node])
      node = Int(links[node])
    }
    for other in kept { numbers[other] = -1 }
    return tree
  }
}

/// The children of tree nodes: an open-addressing table from (node, item) to the child.
private struct ChildIndex {
  /// (node << 32 | item) + 1; 0 is free.
  private var keys = [UInt64](repeating: 0, count: 16)
  private var nodes = [Int32](repeating: 0, count: 16)
  private var used = 0

  /// The child, or `new` after it was put in.
  mutating func find(parent: Int, item: Int, orInsert new: Int) -> Int {
    let key = (UInt64(parent) << 32 | UInt64(item)) &+ 1
    let mask = keys.count &- 1
    var slot = Self.slot(key, mask)
    while keys[slot] != 0 {
      if keys[slot] == key { return Int(nodes[slot]) }
      slot = (slot &+ 1) & mask
    }
    keys[slot] = key
    nodes[slot] = Int32(new)
    used += 1
    if used * 2 > keys.count { grow() }
    return new
  }

  private static func slot(_ key: UInt64, _ mask: Int) -> Int {
    Int(truncatingIfNeeded: (key &* 0x9E37_79B9_7F4A_7C15) >> 20) & mask
  }

  private mutating func grow() {
    let (oldKeys, oldNodes) = (keys, nodes)
    keys = [UInt64](repeating: 0, count: oldKeys.count * 2)
    nodes = [Int32](repeating: 0, count: oldKeys.count * 2)
    let mask = keys.count - 1
    for place in oldKeys.indices where oldKeys[place] != 0 {
      var slot = Self.slot(oldKeys[place], mask)
      while keys[slot] != 0 { slot = (slot &+ 1) & mask }
      keys[slot] = oldKeys[place]
      nodes[slot] = oldNodes[place]
    }
  }
}
