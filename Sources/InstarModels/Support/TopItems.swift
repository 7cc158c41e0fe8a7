/// An item with its score.
package struct ScoredItem: Sendable, Hashable {
  package var item: UInt32
  package var score: Double

  package init(item: UInt32, score: Double) {
    self.item = item
    self.score = score
  }

  /// Whether this item comes before `other` in a ranking: the higher score, and of equal scores the lower code.
  @inline(always)
  package func ranksBefore(_ other: ScoredItem) -> Bool {
    score > other.score || (score == other.score && item < other.item)
  }
}

/// The best `capacity` of the items that were offered: a heap with the worst kept item on top.
struct TopItems {
  let capacity: Int
  private var heap: [ScoredItem] = []

  init(capacity: Int) {
    self.capacity = capacity
    heap.reserveCapacity(capacity)
  }

  var count: Int { heap.count }

  /// Whether an item of this score could still enter.
  @inline(always)
  func mayHold(_ score: Double) -> Bool { heap.count < capacity || (capacity > 0 && score >= heap[0].score) }

  /// - Complexity: O(log capacity) when the item enters, O(1) when it does not.
  @inline(always)
  mutating func offer(_ item: UInt32, _ score: Double) {
    let candidate = ScoredItem(item: item, score: score)
    if heap.count < capacity {
      heap.append(candidate)
      siftUp()
    } else if capacity > 0 && candidate.ranksBefore(heap[0]) {
      heap[0] = candidate
      siftDown()
    }
  }

  /// Empties the heap and returns its items, the best first.
  mutating func takeRanked() -> [ScoredItem] {
    defer { heap.removeAll(keepingCapacity: true) }
    return heap.sorted { $0.ranksBefore($1) }
  }

  /// Empties the heap and returns its items by ascending code: the order of a sparse row.
  mutating func takeByItem() -> [ScoredItem] {
    defer { heap.removeAll(keepingCapacity: true) }
    return heap.sorted { $0.item < $1.item }
  }

  private mutating func siftUp() {
    var child = heap.count &- 1
    while child > 0 {
      let parent = (child &- 1) / 2
      if heap[child].ranksBefore(heap[parent]) { return }
      heap.swapAt(child, parent)
      child = parent
    }
  }

  private mutating func siftDown() {
    var parent = 0
    while true {
      var worst = 2 &* parent &+ 1
      if worst >= heap.count { return }
      let right = worst &+ 1
      if right < heap.count && heap[worst].ranksBefore(heap[right]) { worst = right }
      if heap[parent].ranksBefore(heap[worst]) {
        heap.swapAt(parent, worst)
        parent = worst
      } else {
        return
      }
    }
  }
}
