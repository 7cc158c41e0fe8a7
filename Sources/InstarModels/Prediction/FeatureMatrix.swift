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

  /// The number at (`row`, `column`).
  package subscript(row: Int, column: Int) -> Double { values[row * names.count + column] }
}
