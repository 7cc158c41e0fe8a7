/// A batch of whole users: what every operator over events sees.
///
/// ```
/// users   3          7     12
/// starts  0          3     4            6        users[i] owns rows starts[i] ..< starts[i + 1]
/// times   10 20 20 | 15  | 11 90                 ascending within a user; ties in order of arrival
/// types   0  1  0  | 2   | 0  0                  codes of the event type dictionary
/// ```
///
/// A user's rows are contiguous, complete and ordered by (time, arrival), whatever runs and recent events they came
/// from. Users ascend from batch to batch within one chunk. The arrays are scratch: valid until the next batch, so
/// kernels take spans of them and keep nothing.
///
/// Users and starts are always there. A scan leaves the other columns to its ``EventRowSource`` until they are asked
/// for: a column that nobody reads is not decoded, and of a few rows only these are.
package final class EventBatch {
  package var users: [UInt32] = []
  package var starts: [Int] = [0]
  private var loadedTimes: [Int64] = []
  private var loadedTypes: [UInt32] = []
  private var loadedColumns: [EventColumnBuffer]

  /// Who decodes what is pending; nobody once everything is there.
  private weak var source: (any EventRowSource)?
  private var timesArePending = false
  private var typesArePending = false
  private var pendingColumns: [Bool]

  package init(columns: [EventColumnBuffer] = []) {
    loadedColumns = columns
    pendingColumns = Array(repeating: false, count: columns.count)
  }

  package var userCount: Int { users.count }
  package var rowCount: Int { timesArePending ? starts[starts.count - 1] : loadedTimes.count }

  // MARK: Whole columns

  package var times: [Int64] {
    get {
      loadTimes()
      return loadedTimes
    }
    _modify {
      loadTimes()
      yield &loadedTimes
    }
  }

  package var types: [UInt32] {
    get {
      loadTypes()
      return loadedTypes
    }
    _modify {
      loadTypes()
      yield &loadedTypes
    }
  }

  /// The columns that the scan asked for, in its order. Decodes all of them; ``column(_:)`` decodes one.
  package var columns: [EventColumnBuffer] {
    get {
      loadColumns()
      return loadedColumns
    }
    _modify {
      loadColumns()
      yield &loadedColumns
    }
  }

  package func column(_ position: Int) -> EventColumnBuffer {
    loadColumn(position)
    return loadedColumns[position]
  }

  /// How many columns there are beside time and type.
  package var columnCount: Int { loadedColumns.count }

  // MARK: Some rows

  /// The times of `rows`.
  package func times(at rows: [Int]) -> [Int64] {
    if timesArePending, isFew(rows), let some = source?.times(of: self, at: rows) { return some }
    return gather(times, rows)
  }

  /// Column `position` of `rows`.
  package func column(_ position: Int, at rows: [Int]) -> EventColumnBuffer {
    if pendingColumns.count > position, pendingColumns[position], isFew(rows),
      let some = source?.column(position, of: self, at: rows)
    {
      return some
    }
    let all = column(position)
    var some = EventColumnBuffer(type: all.type)
    switch all.type {
    case .integer, .time, .duration: some.integers = gather(all.integers, rows)
    case .real: some.reals = gather(all.reals, rows)
    case .text: some.codes = gather(all.codes, rows)
    case .boolean: some.flags = gather(all.flags, rows)
    }
    if !all.present.isEmpty { some.present = gather(all.present, rows) }
    return some
  }

  /// Whether decoding single rows is cheaper than decoding all.
  private func isFew(_ rows: [Int]) -> Bool { rows.count < rowCount / 3 }

  /// The rows of each of `sets` sets of event types.
  ///
  /// - Parameter masks: for each type a mask; bit *s* says that the type is in set *s*. A type beyond them is in none.
  package func marks(_ masks: [UInt64], sets: Int) -> RowMarks {
    var marks = RowMarks(rows: rowCount, sets: sets)
    if typesArePending, let source, source.mark(&marks, masks, of: self) { return marks }
    marks.fill(types, masks)
    return marks
  }

  // MARK: Loading

  /// Leaves all rows to `source`. Users and starts are there already.
  package func expectRows(from source: any EventRowSource) {
    self.source = source
    timesArePending = true
    typesArePending = true
    for position in pendingColumns.indices { pendingColumns[position] = true }
  }

  /// Has everything decoded that is still pending, as is needed before rows are moved.
  package func loadRows() {
    loadTimes()
    loadTypes()
    loadColumns()
  }

  private func loadTimes() {
    guard timesArePending else { return }
    let rows = starts[starts.count - 1]
    timesArePending = false
    source?.loadTimes(into: &loadedTimes, count: rows)
  }

  private func loadTypes() {
    guard typesArePending else { return }
    typesArePending = false
    source?.loadTypes(into: &loadedTypes, count: starts[starts.count - 1])
  }

  private func loadColumns() {
    for position in pendingColumns.indices { loadColumn(position) }
  }

  private func loadColumn(_ position: Int) {
    guard position < pendingColumns.count, pendingColumns[position] else { return }
    pendingColumns[position] = false
    source?.loadColumn(position, into: &loadedColumns[position], count: starts[starts.count - 1])
  }
}

/// What decodes the rows of a batch when they are asked for.
///
/// Errors are the source's to keep: it fills in zeros, and whoever leads the scan asks it before the result is used.
package protocol EventRowSource: AnyObject {
  func loadTimes(into times: inout [Int64], count: Int)
  func loadTypes(into types: inout [UInt32], count: Int)
  func loadColumn(_ position: Int, into buffer: inout EventColumnBuffer, count: Int)

  /// The times of ascending `rows`, or `nil` where the source can only give all.
  func times(of batch: EventBatch, at rows: [Int]) -> [Int64]?
  /// Column `position` of `rows`, or `nil` where the source can only give all.
  func column(_ position: Int, of batch: EventBatch, at rows: [Int]) -> EventColumnBuffer?
  /// Fills `marks` as ``EventBatch/marks(_:sets:)`` says, or returns false where the types are to be decoded for it.
  func mark(_ marks: inout RowMarks, _ masks: [UInt64], of batch: EventBatch) -> Bool
}

/// Sets of the rows of a batch, one bit each: bit *r* % 64 of word *r* / 64 of a set stands for row *r*.
package struct RowMarks: Sendable {
  package let rows: Int
  package let sets: Int
  /// Words of one set: one more than the rows need, so that 64 bits can be read from any row on.
  package let stride: Int
  /// Set by set.
  package var words: [UInt64]

  package init(rows: Int, sets: Int) {
    self.rows = rows
    self.sets = sets
    stride = (rows + 63) / 64 + 1
    words = Array(repeating: 0, count: stride * sets)
  }

  /// Marks every row by the mask of its type.
  mutating func fill(_ types: [UInt32], _ masks: [UInt64]) {
    precondition(types.count == rows, "a type for each row")
    var row = 0
    while row < rows {
      let type = Int(types[row])
      var rest = type < masks.count ? masks[type] : 0
      while rest != 0 {
        words[rest.trailingZeroBitCount &* stride &+ row &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: row & 63)
        rest &= rest &- 1
      }
      row &+= 1
    }
  }

  /// The rows of a set, ascending.
  package func list(_ set: Int = 0) -> [Int] {
    let (from, to) = (set * stride, (set + 1) * stride)
    var total = 0
    for word in from..<to { total &+= words[word].nonzeroBitCount }
    return unsafe [Int](unsafeUninitializedCapacity: total) { buffer, count in
      var found = 0
      var word = from
      while word < to {
        var rest = words[word]
        let first = (word &- from) &<< 6
        while rest != 0 {
          unsafe buffer.initializeElement(at: found, to: first &+ rest.trailingZeroBitCount)
          found &+= 1
          rest &= rest &- 1
        }
        word &+= 1
      }
      count = found
    }
  }
}

private func gather<Element>(_ values: [Element], _ positions: [Int]) -> [Element] {
  unsafe [Element](unsafeUninitializedCapacity: positions.count) { buffer, count in
    var row = 0
    while row < positions.count {
      unsafe buffer.initializeElement(at: row, to: values[positions[row]])
      row &+= 1
    }
    count = positions.count
  }
}
