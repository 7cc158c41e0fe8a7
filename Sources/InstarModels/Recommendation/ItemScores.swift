/// A score for every item, dense, with the list of the items that have one.
///
/// One such accumulator serves one thread: scores are added by item code and cleared through the list, so that a user
/// costs what his candidates cost and not the size of the catalogue.
package struct ItemScores {
  private var values: [Double]
  /// 1 for items with a score, else 0.
  private var inside: [UInt8]
  /// The items with a score, in the order in which they came, and one place more that is free.
  private var list: [UInt32]
  /// The number of items with a score.
  package private(set) var count = 0

  package init(itemCount: Int) {
    values = [Double](repeating: 0, count: itemCount)
    inside = [UInt8](repeating: 0, count: itemCount)
    list = [UInt32](repeating: 0, count: itemCount + 1)
  }

  /// The items with a score, in the order in which they came.
  package var touched: ArraySlice<UInt32> { list[..<count] }

  /// The score of `item`, 0 when it has none.
  @inline(always)
  package subscript(item: UInt32) -> Double { values[Int(item)] }

  /// Adds `score` to that of `item`.
  @inline(always)
  package mutating func add(_ score: Double, to item: UInt32) {
    let index = Int(item)
    values[index] += score
    list[count] = item
    let isNew = 1 &- Int(inside[index])
    count &+= isNew
    inside[index] = 1
  }

  /// Adds `factor` times the entries of one sparse row.
  mutating func add(
    _ factor: Double, times entries: Range<Int>, _ columns: Span<UInt32>, _ weights: Span<Float>
  ) {
    count = Self.scatter(
      factor, columns.extracting(entries), weights.extracting(entries), &values, &inside, &list, count)
  }

  /// Every item is written to the free place of the list, and the list grows by it only if it is new: no branch that
  /// depends on the data.
  private static func scatter(
    _ factor: Double, _ items: Span<UInt32>, _ weights: Span<Float>, _ values: inout [Double],
    _ inside: inout [UInt8], _ list: inout [UInt32], _ count: Int
  ) -> Int {
    precondition(items.count == weights.count)
    var sums = values.mutableSpan
    var marks = inside.mutableSpan
    var places = list.mutableSpan
    var known = count
    var entry = 0
    while entry < items.count {
      let item = items[entry]
      let index = Int(item)
      sums[index] += factor * Double(weights[entry])
      places[known] = item
      known &+= 1 &- Int(marks[index])
      marks[index] = 1
      entry &+= 1
    }
    return known
  }

  /// The greatest score, 0 when no item has a positive one.
  package func greatest() -> Double {
    let (values, list) = (self.values.span, self.list.span)
    var result = 0.0
    var place = 0
    while place < count {
      result = max(result, values[Int(list[place])])
      place &+= 1
    }
    return result
  }

  /// Adds `factor` times all scores of `other`.
  mutating func add(_ factor: Double, times other: ItemScores) {
    let items = other.list.span.extracting(first: other.count)
    count = Self.scatter(factor, items, byItem: other.values.span, &values, &inside, &list, count)
  }

  private static func scatter(
    _ factor: Double, _ items: Span<UInt32>, byItem scores: Span<Double>, _ values: inout [Double],
    _ inside: inout [UInt8], _ list: inout [UInt32], _ count: Int
  ) -> Int {
    var sums = values.mutableSpan
    var marks = inside.mutableSpan
    var places = list.mutableSpan
    var known = count
    var entry = 0
    while entry < items.count {
      let item = items[entry]
      let index = Int(item)
      sums[index] += factor * scores[index]
      places[known] = item
      known &+= 1 &- Int(marks[index])
      marks[index] = 1
      entry &+= 1
    }
    return known
  }

  /// The `capacity` best items of positive score, the best first, without those that are blocked.
  ///
  /// - Parameters:
  ///   - blocked: an item is out whose entry is `stamp`.
  ///   - eligible: an item is out whose entry is false; empty where none is.
  ///   - allowed: an item is out whose entry is not `stamp`; empty where none is.
  /// - Complexity: O(items with a score), and O(log capacity) for each that enters.
  func best(
    _ capacity: Int, blocked: Span<UInt32>, stamp: UInt32, eligible: Span<Bool>, allowed: Span<UInt32>
  ) -> [ScoredItem] {
    let (values, list) = (self.values.span, self.list.span)
    var best = TopItems(capacity: capacity)
    var place = 0
    while place < count {
      let item = list[place]
      let index = Int(item)
      let score = values[index]
      place &+= 1
      // Few scores reach the heap, so that they are looked at first.
      guard score > 0, best.mayHold(score), blocked[index] != stamp else { continue }
      guard eligible.isEmpty || eligible[index], allowed.isEmpty || allowed[index] == stamp else { continue }
      best.offer(item, score)
    }
    return best.takeRanked()
  }

  /// Removes all scores.
  ///
  /// - Complexity: O(items with a score).
  package mutating func clear() {
    let items = list
    Self.clear(items.span.extracting(first: count), &values, &inside)
    count = 0
  }

  private static func clear(_ items: Span<UInt32>, _ values: inout [Double], _ inside: inout [UInt8]) {
    var sums = values.mutableSpan
    var marks = inside.mutableSpan
    var entry = 0
    while entry < items.count {
      let index = Int(items[entry])
      sums[index] = 0
      marks[index] = 0
      entry &+= 1
    }
  }
}
