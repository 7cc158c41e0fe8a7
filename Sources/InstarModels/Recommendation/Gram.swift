/// G = X'X of a matrix of users by items: how many users each pair of items shares where the entries of X are 1, and how
/// recently where they decay.
///
/// Up to ``denseLimit`` items the counts of all pairs are kept, 4 bytes each: on dense data blocks without their small
/// counts are indefinite. Beyond that each item keeps the ``pairLimit`` counts with the greatest cosine, 8 bytes each,
/// and a pair counts where either of the two kept it.
package struct Gram: Sendable {
  package static let denseLimit = 6000
  package static let pairLimit = 500

  let itemCount: Int
  private let chunkCount: Int
  private let neighbours: Int
  /// The diagonal.
  private let degrees: [Double]
  /// Row i holds the counts of i with all items; empty when the pairs are sparse.
  private let dense: [[Float]]
  /// Rows i, i + chunkCount, ... of part i: the counts that item i keeps.
  private let sparse: [SparseRows]

  /// - Parameter neighbours: the size of a neighbourhood.
  init(users: SparseMatrix, items: SparseMatrix, neighbours: Int, denseLimit: Int) {
    let count = items.rowCount
    let chunkCount = max(1, min(64, count / 16))
    let degrees = (0..<count).map { item in
      items.values[items.entries(ofRow: item)].reduce(0.0) { $0 + Double($1) * Double($1) }
    }
    let kept = max(Self.pairLimit, neighbours)
    if count <= denseLimit {
      let parts = concurrentChunks(chunkCount) { chunk in
        stride(from: chunk, to: count, by: chunkCount).map { Self.denseRow($0, users, items) }
      }
      dense = (0..<count).map { parts[$0 % chunkCount][$0 / chunkCount] }
      sparse = []
    } else {
      dense = []
      sparse = concurrentChunks(chunkCount) { chunk in
        Self.sparseRows(users, items, degrees, kept, from: chunk, stride: chunkCount)
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
    let values = users.values.span
    for entry in items.entries(ofRow: item) {
      let others = users.entries(ofRow: Int(items.columns[entry]))
      let weight = items.values[entry]
      var other = others.lowerBound
      while other < others.upperBound {
        row[Int(columns[other])] += weight * values[other]
        other &+= 1
      }
    }
    return row
  }

  private static func sparseRows(
    _ users: SparseMatrix, _ items: SparseMatrix, _ degrees: [Double], _ kept: Int, from first: Int, stride: Int
  ) -> SparseRows {
    var counts = [Float](repeating: 0, count: items.rowCount)
    var touched: [UInt32] = []
    var best = TopItems(capacity: kept)
    var rows = SparseRows()
    let columns = users.columns.span
    let values = users.values.span
    var item = first
    while item < items.rowCount {
      for entry in items.entries(ofRow: item) {
        let others = users.entries(ofRow: Int(items.columns[entry]))
        let weight = items.values[entry]
        var other = others.lowerBound
        while other < others.upperBound {
          let index = columns[other]
          if counts[Int(index)] == 0 { touched.append(index) }
          counts[Int(index)] += weight * values[other]
          other &+= 1
        }
      }
      for index in touched where Int(index) != item {
        best.offer(index, Double(counts[Int(index)]) / degrees[Int(index)].squareRoot())
      }
      rows.append(best.takeByItem().map { ScoredItem(item: $0.item, score: Double(counts[Int($0.item)])) })
      for index in touched { counts[Int(index)] = 0 }
      touched.removeAll(keepingCapacity: true)
      item &+= stride
    }
    return rows
  }

  /// The items with the greatest cosine to `target`, by ascending code, each with the count that it shares with it.
  func neighbourhood(of target: Int) -> [ScoredItem] {
    if dense.isEmpty {
      let rows = sparse[target % chunkCount]
      var best = TopItems(capacity: neighbours)
      let entries = rows.entries(ofRow: target / chunkCount)
      for entry in entries {
        best.offer(rows.columns[entry], Double(rows.values[entry]) / degrees[Int(rows.columns[entry])].squareRoot())
      }
      let chosen = best.takeByItem()
      var entry = entries.lowerBound
      return chosen.map { item in
        while rows.columns[entry] != item.item { entry += 1 }
        return ScoredItem(item: item.item, score: Double(rows.values[entry]))
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

  /// Fills what the counts of `item` say on and below the diagonal.
  private func fillColumn(_ column: Int, _ item: Int, _ order: Int, _ places: [Int32], _ block: inout [Double]) {
    block[column * order + column] = degrees[item]
    let kept = sparse[item % chunkCount]
    let (items, counts) = (kept.columns.span, kept.values.span)
    let entries = kept.entries(ofRow: item / chunkCount)
    var entry = entries.lowerBound
    while entry < entries.upperBound {
      let row = Int(places[Int(items[entry])])
      if row >= 0 { block[max(row, column) &* order &+ min(row, column)] = Double(counts[entry]) }
      entry &+= 1
    }
  }
}
