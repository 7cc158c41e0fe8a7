/// A sparse matrix of numbers in compressed rows: row r owns the entries `starts[r] ..< starts[r + 1]`.
///
/// The columns of a row ascend. Users by items, items by items and items by terms are all of this form.
package struct SparseMatrix: Sendable, Equatable {
  package let columnCount: Int
  /// One more than rows, from 0 to the number of entries.
  package let starts: [Int]
  package let columns: [UInt32]
  package let values: [Float]

  /// - Precondition: `starts` ascends from 0 to the number of entries; every column is below `columnCount` and the
  ///   columns of one row ascend.
  package init(columnCount: Int, starts: [Int], columns: [UInt32], values: [Float]) {
    precondition(starts.first == 0 && starts.last == columns.count && columns.count == values.count)
    self.columnCount = columnCount
    self.starts = starts
    self.columns = columns
    self.values = values
  }

  package var rowCount: Int { starts.count - 1 }
  package var entryCount: Int { columns.count }

  /// The positions of the entries of row `row`.
  package func entries(ofRow row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// The value at (`row`, `column`), 0 where there is no entry.
  ///
  /// - Complexity: O(log of the row's entries).
  package func value(row: Int, column: UInt32) -> Float {
    var low = starts[row]
    var high = starts[row + 1]
    while low < high {
      let middle = (low &+ high) / 2
      if columns[middle] < column { low = middle &+ 1 } else { high = middle }
    }
    return low < starts[row + 1] && columns[low] == column ? values[low] : 0
  }

  /// The same square matrix with empty rows and columns up to `count`.
  ///
  /// - Precondition: as many rows as columns.
  package func widened(to count: Int) -> SparseMatrix {
    precondition(rowCount == columnCount, "a square matrix")
    if count <= columnCount { return self }
    let empty = [Int](repeating: columns.count, count: count - rowCount)
    return SparseMatrix(columnCount: count, starts: starts + empty, columns: columns, values: values)
  }

  /// The matrix with rows and columns exchanged.
  ///
  /// - Complexity: O(entries + rows + columns).
  package func transposed() -> SparseMatrix {
    var next = [Int](repeating: 0, count: columnCount + 1)
    for column in columns { next[Int(column) &+ 1] &+= 1 }
    var column = 0
    while column < columnCount {
      next[column &+ 1] &+= next[column]
      column &+= 1
    }
    let transposedStarts = next
    var rows = [UInt32](repeating: 0, count: columns.count)
    var moved = [Float](repeating: 0, count: columns.count)
    var row = 0
    while row < rowCount {
      var entry = starts[row]
      let end = starts[row &+ 1]
      while entry < end {
        let target = Int(columns[entry])
        let position = next[target]
        next[target] = position &+ 1
        rows[position] = UInt32(truncatingIfNeeded: row)
        moved[position] = values[entry]
        entry &+= 1
      }
      row &+= 1
    }
    return SparseMatrix(columnCount: rowCount, starts: transposedStarts, columns: rows, values: moved)
  }

  /// Joins rows that were computed in strides: part p holds rows p, p + parts, p + 2 parts, ... of the result.
  init(columnCount: Int, rowCount: Int, strided parts: [SparseRows]) {
    var starts = [0]
    starts.reserveCapacity(rowCount + 1)
    var columns: [UInt32] = []
    var values: [Float] = []
    let total = parts.reduce(0) { $0 + $1.columns.count }
    columns.reserveCapacity(total)
    values.reserveCapacity(total)
    var row = 0
    while row < rowCount {
      let part = row % parts.count
      let range = parts[part].starts[row / parts.count]..<parts[part].starts[row / parts.count &+ 1]
      columns.append(contentsOf: parts[part].columns[range])
      values.append(contentsOf: parts[part].values[range])
      starts.append(columns.count)
      row &+= 1
    }
    self.init(columnCount: columnCount, starts: starts, columns: columns, values: values)
  }
}

/// Rows of a sparse matrix while one chunk of them is computed.
struct SparseRows: Sendable {
  private(set) var starts = [0]
  private(set) var columns: [UInt32] = []
  private(set) var values: [Float] = []

  /// The positions of the entries of row `row`.
  func entries(ofRow row: Int) -> Range<Int> { starts[row]..<starts[row + 1] }

  /// Adds one row of the `items` with their `values` by item, in any order.
  mutating func append(_ items: [UInt32], _ itemValues: [Float]) {
    for item in items {
      columns.append(item)
      values.append(itemValues[Int(item)])
    }
    starts.append(columns.count)
  }

  /// Adds one row of the `entries`, whose items ascend.
  mutating func append(_ entries: [ScoredItem]) {
    for entry in entries {
      columns.append(entry.item)
      values.append(Float(entry.score))
    }
    starts.append(columns.count)
  }
}
