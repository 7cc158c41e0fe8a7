/// G = X'X of a 0/1 matrix of users by items: how many users each pair of items shares.
///
/// Up to ``denseLimit`` items the counts of all pairs are kept, 4 bytes each. Beyond that only pairs that occur, each
/// once and 8 bytes long, and the neighbourhood of each item is chosen while its counts are at hand. Every count is
/// kept: leaving out small ones would make the blocks indefinite.
package struct Gram: Sendable {
  package static let denseLimit = 6000

  let itemCount: Int
  private let chunkCount: Int
  private let neighbours: Int
  private let degrees: [Double]
  /// Row i holds the counts of i with all items; empty when the pairs are sparse.
  private let dense: [[Float]]
  /// Rows i, i + chunkCount, ... of part i: the counts with items beyond i, and the best neighbours.
  private let sparse: [SparsePart]

  private struct SparsePart: Sendable {
    var beyond = SparseRows()
    var best = SparseRows()
  }

  /// - Parameter neighbours: the size of a neighbourhood.
  init(users: SparseMatrix, items: SparseMatrix, neighbours: Int, denseLimit: Int) {
    let count = items.rowCount
    let chunkCount = max(1, min(64, count / 16))
    let degrees = (0..<count).map { Double(items.entries(ofRow: $0).count) }
    if count <= denseLimit {
      let parts = concurrentChunks(chunkCount) { chunk in
        stride(from: chunk, to: count, by: chunkCount).map { Self.denseRow($0, users, items) }
      }
      dense = (0..<count).map { parts[$0 % chunkCount][$0 / chunkCount] }
      sparse = []
    } else {
      dense = []
      sparse = concurrentChunks(chunkCount) { chunk in
        Self.sparsePart(users, items, degrees, neighbours, from: chunk, stride: chunkCount)
      }
    }
    itemCount = count
    self.chunkCount = chunkCount
    self.neighbours = neighbours
    self.degrees = degrees
  }

  private static func denseRow(_ item: Int, _ users: SparseMatrix, _ items: SparseMatrix) -> [Float] {
    var row = [Float](repeating: 0, count: items.rowCount)
    let columns = users.columns.span
    for entry in items.entries(ofRow: item) {
      let others = users.entries(ofRow: Int(items.columns[entry]))
      var other = others.lowerBound
      while other < others.upperBound {
        row[Int(columns[other])] += 1
        other &+= 1
      }
    }
    return row
  }

  private static func sparsePart(
    _ users: SparseMatrix, _ items: SparseMatrix, _ degrees: [Double], _ neighbours: Int, from first: Int, stride: Int
  ) -> SparsePart {
    var counts = [Float](repeating: 0, count: items.rowCount)
    var touched: [UInt32] = []
    var best = TopItems(capacity: neighbours)
    var part = SparsePart()
    let columns = users.columns.span
    var item = first
    while item < items.rowCount {
      for entry in items.entries(ofRow: item) {
        let others = users.entries(ofRow: Int(items.columns[entry]))
        var other = others.lowerBound
        while other < others.upperBound {
          let index = columns[other]
          if counts[Int(index)] == 0 { touched.append(index) }
          counts[Int(index)] += 1
          other &+= 1
        }
      }
      for index in touched where Int(index) != item {
        best.offer(index, Double(counts[Int(index)]) / degrees[Int(index)].squareRoot())
      }
      part.best.append(best.takeByItem().map { ScoredItem(item: $0.item, score: Double(counts[Int($0.item)])) })
      part.beyond.append(touched.filter { Int($0) > item }, counts)
      for index in touched { counts[Int(index)] = 0 }
      touched.removeAll(keepingCapacity: true)
      item &+= stride
    }
    return part
  }

  /// The items with the greatest cosine to `target`, by ascending code, each with the count that it shares with it.
  func neighbourhood(of target: Int) -> [ScoredItem] {
    if dense.isEmpty {
      let best = sparse[target % chunkCount].best
      return best.entries(ofRow: target / chunkCount).map {
        ScoredItem(item: best.columns[$0], score: Double(best.values[$0]))
      }
    }
    let row = dense[target]
    var best = TopItems(capacity: neighbours)
    var item = 0
    while item < row.count {
      if row[item] > 0 && item != target {
        best.offer(UInt32(truncatingIfNeeded: item), Double(row[item]) / degrees[item].squareRoot())
      }
      item &+= 1
    }
    return best.takeByItem().map { ScoredItem(item: $0.item, score: Double(row[Int($0.item)])) }
  }

  /// The lower triangle of the counts among `items`, row-major with `items.count` columns.
  ///
  /// - Parameters:
  ///   - items: by ascending code.
  ///   - places: scratch, -1 for every item, and again so on return.
  func block(_ items: [ScoredItem], _ places: inout [Int32]) -> [Double] {
    let order = items.count
    var block = [Double](repeating: 0, count: order * order)
    if !dense.isEmpty {
      for row in 0..<order {
        let counts = dense[Int(items[row].item)]
        for column in 0...row { block[row * order + column] = Double(counts[Int(items[column].item)]) }
      }
      return block
    }
    for place in 0..<order { places[Int(items[place].item)] = Int32(place) }
    for column in 0..<order { fillColumn(column, Int(items[column].item), order, places, &block) }
    for item in items { places[Int(item.item)] = -1 }
    return block
  }

  /// Fills what lies on and below the diagonal: the counts of `item` with the items beyond it that have a place.
  private func fillColumn(_ column: Int, _ item: Int, _ order: Int, _ places: [Int32], _ block: inout [Double]) {
    block[column * order + column] = degrees[item]
    let beyond = sparse[item % chunkCount].beyond
    let (items, counts) = (beyond.columns.span, beyond.values.span)
    let entries = beyond.entries(ofRow: item / chunkCount)
    var entry = entries.lowerBound
    while entry < entries.upperBound {
      let row = Int(places[Int(items[entry])])
      if row >= 0 { block[row &* order &+ column] = Double(counts[entry]) }
      entry &+= 1
    }
  }
}
