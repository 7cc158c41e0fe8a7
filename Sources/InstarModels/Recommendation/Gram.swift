/// G = X'X of a 0/1 matrix of users by items: how many users each pair of items shares.
///
/// Up to ``denseLimit`` items all pairs are kept, 4 bytes each; beyond that only the pairs that occur. Every count is
/// kept: leaving out small ones would make the blocks indefinite.
package struct Gram: Sendable {
  package static let denseLimit = 6000

  let itemCount: Int
  private let degrees: [Double]
  /// Row i holds the counts of i with all items; empty when the pairs are sparse.
  private let dense: [[Float]]
  private let sparse: SparseMatrix

  init(users: SparseMatrix, items: SparseMatrix, denseLimit: Int) {
    itemCount = items.rowCount
    degrees = (0..<items.rowCount).map { Double(items.entries(ofRow: $0).count) }
    let count = itemCount
    let chunkCount = max(1, min(64, count / 16))
    if count <= denseLimit {
      let parts = concurrentChunks(chunkCount) { chunk in
        stride(from: chunk, to: count, by: chunkCount).map { Self.denseRow($0, users, items) }
      }
      dense = (0..<count).map { parts[$0 % chunkCount][$0 / chunkCount] }
      sparse = SparseMatrix(columnCount: 0, starts: [0], columns: [], values: [])
    } else {
      let parts = concurrentChunks(chunkCount) { chunk in
        Self.sparseRows(users, items, from: chunk, stride: chunkCount)
      }
      dense = []
      sparse = SparseMatrix(columnCount: count, rowCount: count, strided: parts)
    }
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

  private static func sparseRows(
    _ users: SparseMatrix, _ items: SparseMatrix, from first: Int, stride: Int
  ) -> SparseRows {
    var counts = [Float](repeating: 0, count: items.rowCount)
    var touched: [UInt32] = []
    var rows = SparseRows()
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
      touched.sort()
      rows.append(touched.map { ScoredItem(item: $0, score: Double(counts[Int($0)])) })
      for index in touched { counts[Int(index)] = 0 }
      touched.removeAll(keepingCapacity: true)
      item &+= stride
    }
    return rows
  }

  /// The number of users that both items share.
  func count(_ first: Int, _ second: Int) -> Double {
    dense.isEmpty ? Double(sparse.value(row: first, column: UInt32(second))) : Double(dense[first][second])
  }

  /// Offers the items that share a user with `target` by their cosine, up to the factor that all have in common.
  func offerNeighbours(of target: Int, to best: inout TopItems) {
    if dense.isEmpty {
      for entry in sparse.entries(ofRow: target) {
        offer(sparse.columns[entry], Double(sparse.values[entry]), target, &best)
      }
    } else {
      let row = dense[target]
      var item = 0
      while item < row.count {
        if row[item] > 0 { offer(UInt32(truncatingIfNeeded: item), Double(row[item]), target, &best) }
        item &+= 1
      }
    }
  }

  @inline(always)
  private func offer(_ item: UInt32, _ count: Double, _ target: Int, _ best: inout TopItems) {
    if Int(item) != target { best.offer(item, count / degrees[Int(item)].squareRoot()) }
  }

  /// The lower triangle of the counts among `items`, row-major with `items.count` columns.
  ///
  /// - Parameter places: scratch, -1 for every item, and again so on return.
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
    for row in 0..<order {
      for entry in sparse.entries(ofRow: Int(items[row].item)) {
        let column = Int(places[Int(sparse.columns[entry])])
        if column >= 0 && column <= row { block[row * order + column] = Double(sparse.values[entry]) }
      }
    }
    for item in items { places[Int(item.item)] = -1 }
    return block
  }
}
