package import InstarColumns

/// Decoded events in the order of a run: by user, then time, then arrival.
///
/// Recent events take this form once a commit and are shared by all scans of that commit; blocks on their way to the
/// store take it too.
package struct SortedRows: Sendable {
  package var users: [UInt32] = []
  package var starts: [Int] = [0]
  package var times: [Int64] = []
  package var types: [UInt32] = []
  /// The further columns by number, ascending; a column that is absent has no value in any row.
  package var columnNumbers: [UInt16] = []
  package var columns: [EventColumnBuffer] = []

  package init() {}

  package var rowCount: Int { times.count }

  /// The column with number `number`, or one without any value.
  func column(_ number: UInt16, type: ValueType) -> EventColumnBuffer {
    if let place = columnNumbers.firstIndex(of: number) { return columns[place] }
    var empty = EventColumnBuffer(type: type)
    empty.setCount(rowCount)
    empty.markMissing(0..<rowCount)
    return empty
  }
}
