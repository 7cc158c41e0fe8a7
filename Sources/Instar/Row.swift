/// One row of a table: a view, without a copy of its values.
public struct Row: Sendable {
  /// The table that the row is of.
  public let table: ResultTable
  /// The place in the table, from 0.
  public let index: Int

  /// The value in the column called `name`, or `missing` when the table has no such column.
  public subscript(name: String) -> Value { table.column(name)?[index] ?? .missing }

  /// The value in column `position`, from 0.
  public subscript(position: Int) -> Value { table.columns[position][index] }

  public var values: [Value] { table.columns.map { $0[index] } }
}

/// The rows of a table.
public struct Rows: RandomAccessCollection, Sendable {
  let table: ResultTable
  public var startIndex: Int { 0 }
  public var endIndex: Int { table.rowCount }
  public subscript(index: Int) -> Row { Row(table: table, index: index) }
}

extension ResultTable {
  /// The rows, for reading value by value. Columns are faster: ``InstarColumns/Column/reals``.
  public var rows: Rows { Rows(table: self) }

  /// The rows as values of a `Decodable` type, matched by the names of the columns.
  ///
  /// ```swift
  /// struct Recommendation: Decodable {
  ///   var user: String
  ///   var item: String
  ///   var rank: Int
  ///   var score: Double
  /// }
  /// for row in try table.rows(as: Recommendation.self) { print(row.user, row.item) }
  /// ```
  ///
  /// A property `ratePrev` takes the column `ratePrev` or else `rate_prev`. An optional property takes a missing value or
  /// a missing column. A ``Timestamp`` takes a time, a `Duration` a duration, a ``Value`` anything, a `Double` any
  /// number. A type that decodes as a single value takes the first column.
  ///
  /// - Throws: ``InstarError/decodingFailed`` with the row, the column and the types.
  /// - Complexity: O(rows × properties).
  public func rows<Element: Decodable>(as type: Element.Type) throws -> [Element] {
    let names = ColumnNames(self)
    var elements: [Element] = []
    elements.reserveCapacity(rowCount)
    for row in 0..<rowCount {
      elements.append(try RowDecoder.decode(type, RowDecoder(table: self, names: names, row: row)))
    }
    return elements
  }
}

extension Column {
  /// The numbers of a column of integers, times (milliseconds since 1970) or durations (milliseconds); `nil` for others.
  ///
  /// Not copied. At rows without a value (``isPresent(_:)``) the number means nothing.
  public var integers: [Int64]? { if case .integers(let rows) = values { rows } else { nil } }

  /// The numbers of a column of reals; `nil` for others. Not copied. At rows without a value they mean nothing.
  public var reals: [Double]? { if case .reals(let rows) = values { rows } else { nil } }

  /// The texts of a column of text, "" where there is none; `nil` for others.
  ///
  /// - Complexity: O(rows) with an allocation for each text.
  public var texts: [String]? {
    switch values {
    case .texts(let rows): rows
    case .codes(let codes, let dictionary):
      codes.indices.map { isPresent($0) ? dictionary.text(codes[$0]) : "" }
    default: nil
    }
  }
}
