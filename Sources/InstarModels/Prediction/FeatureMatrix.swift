/// One row of features for each (user, anchor) pair, row after row; NaN where a feature has no value.
package struct FeatureMatrix: Sendable {
  package let names: [String]
  package private(set) var values: [Double] = []
  package private(set) var rowCount = 0

  package init(names: [String]) { self.names = names }

  package var columnCount: Int { names.count }

  /// - Precondition: `row` has one number for each name.
  package mutating func append(_ row: [Double]) {
    precondition(row.count == names.count, "one number for each feature")
    values.append(contentsOf: row)
    rowCount += 1
  }

  /// Adds the rows of a matrix of the same features: the next chunk of users.
  package mutating func append(contentsOf other: FeatureMatrix) {
    precondition(other.names == names, "matrices of the same features")
    values.append(contentsOf: other.values)
    rowCount += other.rowCount
  }

  /// Adds some rows of a matrix of the same features.
  package mutating func append(rows: Range<Int>, of other: FeatureMatrix) {
    precondition(other.columnCount == columnCount, "matrices of the same features")
    values.append(contentsOf: other.values[rows.lowerBound * columnCount..<rows.upperBound * columnCount])
    rowCount += rows.count
  }

  package mutating func removeAllRows() {
    values.removeAll(keepingCapacity: true)
    rowCount = 0
  }

  /// The matrix of the columns at `places`, in their order.
  package func columns(_ places: [Int]) -> FeatureMatrix {
    if places == Array(names.indices) { return self }
    var part = FeatureMatrix(names: places.map { names[$0] })
    part.values.reserveCapacity(rowCount * places.count)
    for row in 0..<rowCount {
      for place in places { part.values.append(values[row * columnCount + place]) }
    }
    part.rowCount = rowCount
    return part
  }

  /// This matrix with further columns, each with one number for each row.
  package func adding(_ columns: [[Double]], named more: [String]) -> FeatureMatrix {
    precondition(columns.count == more.count && columns.allSatisfy { $0.count == rowCount }, "whole columns")
    var wider = FeatureMatrix(names: names + more)
    wider.values.reserveCapacity(rowCount * wider.names.count)
    for row in 0..<rowCount {
      wider.values.append(contentsOf: values[row * columnCount..<(row + 1) * columnCount])
      for column in columns { wider.values.append(column[row]) }
    }
    wider.rowCount = rowCount
    return wider
  }

  /// The numbers of a row.
  package func row(_ row: Int) -> [Double] { Array(values[row * columnCount..<(row + 1) * columnCount]) }

  /// The number at (`row`, `column`).
  package subscript(row: Int, column: Int) -> Double { values[row * names.count + column] }
}
