import InstarColumns

/// A few tens of thousands of records of a file as typed columns.
///
/// ```
/// bytes     u1,view,"a ""b"""\nu2,cart,p7\n ... | a "b" ...      the records, then texts that needed unescaping
/// columns   [0] text      starts 0, 19 ..   lengths 2, 2 ..      slices of `bytes`
///           [1] text      ...
/// ```
///
/// Rejected records are not among the rows; they stand in `rejects`. A chunk is scratch that its worker fills again:
/// bytes and columns are valid until the body that got it returns.
package final class ImportChunk {
  /// The file, as an index into ``ImportSource/files``.
  package internal(set) var file = 0
  /// The place of the chunk in the import, from 0. Rows arrived in the order of (sequence, row).
  package internal(set) var sequence = 0
  /// Lines of all files before this chunk. `firstArrival + row` is an arrival number: unique and ascending in the
  /// order of arrival, with gaps.
  package internal(set) var firstArrival = 0
  /// Records that the chunk holds, rejected ones among them.
  package internal(set) var recordCount = 0
  /// Rows that every column has.
  package internal(set) var rowCount = 0
  /// The columns that were asked for, in the order of the request.
  package internal(set) var columns: [ImportColumn] = []
  package internal(set) var rejects: [ImportReject] = []
  /// What the slices of text columns point into.
  package internal(set) var bytes = UnsafeBufferPointer<UInt8>(start: nil, count: 0)

  package init() {}

  /// The text of a text column's row, or `nil` when it is missing. For messages and tests.
  package func text(column: Int, row: Int) -> String? {
    let column = columns[column]
    guard column.isPresent(row) else { return nil }
    let start = Int(column.starts[row])
    return String(decoding: bytes[start..<start + Int(column.lengths[row])], as: UTF8.self)
  }
}

/// One column of a chunk, in the storage of its type.
///
/// `integers` serves integer and time (milliseconds since 1970), `reals` real, `flags` boolean (one byte, 0 or 1),
/// `starts` and `lengths` text. What stands at a missing row is unspecified, but slices are always within the bytes.
package struct ImportColumn: Sendable {
  package let name: String
  package let type: ValueType
  package internal(set) var integers: [Int64] = []
  package internal(set) var reals: [Double] = []
  package internal(set) var flags: [UInt8] = []
  package internal(set) var starts: [UInt32] = []
  package internal(set) var lengths: [UInt32] = []
  /// Empty when every row has a value; else one byte a row, 1 for present.
  package internal(set) var present: [UInt8] = []

  package init(name: String, type: ValueType) {
    self.name = name
    self.type = type
  }

  package func isPresent(_ row: Int) -> Bool { present.isEmpty || present[row] != 0 }
}

/// A record that was not taken over, and why.
package struct ImportReject: Sendable, Hashable {
  /// The file, as an index into ``ImportSource/files``.
  package var file: Int
  /// The line on which the record begins, from 1.
  package var line: Int
  package var reason: Reason
  /// The column's name where one field is to blame.
  package var column: String?
  /// The offending value or count, shortened: `12abc`, `5 fields instead of 7`.
  package var detail: String
  /// The bytes of the record without its line end.
  package var record: [UInt8]

  /// Reasons that rejects are counted by.
  package enum Reason: String, Sendable, Hashable, CaseIterable {
    case fieldCount = "wrong number of fields"
    case missingValue = "missing value"
    case notInteger = "not a whole number"
    case notReal = "not a number"
    case notBoolean = "not true or false"
    case notTime = "not a time"
    case badUTF8 = "not valid UTF-8"
    case badQuoting = "text after a closing quote"
    case badJSON = "not a JSON object"
  }
}
