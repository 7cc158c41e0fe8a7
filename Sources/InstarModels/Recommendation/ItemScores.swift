/// A score for every item, dense, with the list of the items that have one.
///
/// One such accumulator serves one thread: scores are added by item code and cleared through the list, so that a user
/// costs what his candidates cost and not the size of the catalogue.
package struct ItemScores {
  private var values: [Double]
  private var inside: [Bool]
  /// The items with a score, in the order in which they came.
  package private(set) var touched: [UInt32] = []

  package init(itemCount: Int) {
    values = [Double](repeating: 0, count: itemCount)
    inside = [Bool](repeating: false, count: itemCount)
  }

  /// The score of `item`, 0 when it has none.
  @inline(always)
  package subscript(item: UInt32) -> Double { values[Int(item)] }

  /// Adds `score` to that of `item`.
  @inline(always)
  package mutating func add(_ score: Double, to item: UInt32) {
    let index = Int(item)
    values[index] += score
    if !inside[index] {
      inside[index] = true
      touched.append(item)
    }
  }

  /// Adds `factor` times the entries of one sparse row.
  @inline(always)
  mutating func add(
    _ factor: Double, times entries: Range<Int>, _ columns: Span<UInt32>, _ weights: Span<Float>
  ) {
    var entry = entries.lowerBound
    while entry < entries.upperBound {
      let index = Int(columns[entry])
      values[index] += factor * Double(weights[entry])
      if !inside[index] {
        inside[index] = true
        touched.append(columns[entry])
      }
      entry &+= 1
    }
  }

  /// The greatest score, 0 when no item has a positive one.
  package func greatest() -> Double {
    var result = 0.0
    for item in touched { result = max(result, values[Int(item)]) }
    return result
  }

  /// Removes all scores.
  ///
  /// - Complexity: O(touched items).
  package mutating func clear() {
    for item in touched {
      values[Int(item)] = 0
      inside[Int(item)] = false
    }
    touched.removeAll(keepingCapacity: true)
  }
}
