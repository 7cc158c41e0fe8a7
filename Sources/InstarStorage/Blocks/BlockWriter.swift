package import InstarColumns

/// The further columns of a run: their numbers, ascending, and types.
package struct RunColumns: Sendable, Equatable {
  package var numbers: [UInt16]
  package var types: [ValueType]

  /// - Precondition: `numbers` ascend and are above the time and type columns.
  package init(numbers: [UInt16], types: [ValueType]) {
    precondition(numbers.count == types.count, "a type for each column")
    precondition(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 }, "columns ascend")
    precondition(numbers.allSatisfy { $0 > BlockLayout.typeColumn }, "time and type are always there")
    self.numbers = numbers
    self.types = types
  }

  /// A batch with these columns.
  func makeBatch() -> EventBatch { EventBatch(columns: types.map { EventColumnBuffer(type: $0) }) }
}

/// What a run holds, for its record and for the totals of the store.
package struct RunTotals: Sendable, Equatable {
  package var rows = 0
  /// Users with at least one row in the run.
  package var users = 0
  package var firstTime = Int64.max
  package var lastTime = Int64.min
  package var largestUser: UInt32 = 0
  /// Rows, first and last time of each event type, by code.
  package var types: [TypeTotals] = []

  package struct TypeTotals: Sendable, Equatable {
    package var rows = 0
    package var firstTime = Int64.max
    package var lastTime = Int64.min
  }

  package init() {}

  /// Adds all rows of `batch`.
  mutating func add(_ batch: EventBatch) {
    guard let largest = batch.users.last else { return }
    rows += batch.rowCount
    users += batch.userCount
    largestUser = max(largestUser, largest)
    let (times, codes) = (batch.times, batch.types)
    var totals = types
    for row in 0..<times.count {
      let code = Int(codes[row])
      if code >= totals.count { totals.setCount(code + 1, TypeTotals()) }
      let time = times[row]
      totals[code].rows &+= 1
      if time < totals[code].firstTime { totals[code].firstTime = time }
      if time > totals[code].lastTime { totals[code].lastTime = time }
    }
    types = totals
    for type in totals where type.rows > 0 {
      firstTime = min(firstTime, type.firstTime)
      lastTime = max(lastTime, type.lastTime)
    }
  }

  /// Adds the totals of other users.
  package mutating func add(_ other: RunTotals) {
    rows += other.rows
    users += other.users
    firstTime = min(firstTime, other.firstTime)
    lastTime = max(lastTime, other.lastTime)
    largestUser = max(largestUser, other.largestUser)
    if types.count < other.types.count { types.setCount(other.types.count, TypeTotals()) }
    for (code, type) in other.types.enumerated() {
      types[code].rows += type.rows
      types[code].firstTime = min(types[code].firstTime, type.firstTime)
      types[code].lastTime = max(types[code].lastTime, type.lastTime)
    }
  }
}

/// Encodes whole users as the blocks of a run.
package struct BlockWriter: ~Copyable {
  private let run: UInt32
  private let numbers: [UInt16]
  /// The number of the import, once for each row of a full block; empty where the rows carry their own or none.
  private let importNumbers: [Int64]
  private var encoder = ColumnEncoder()

  /// - Parameter importNumber: the import that brings all rows, where `columns` do not say it.
  package init(run: UInt32, columns: RunColumns, importNumber: UInt32? = nil) {
    precondition(
      importNumber == nil || !columns.numbers.contains(BlockLayout.importColumn), "one number for each row")
    self.run = run
    numbers = columns.numbers
    importNumbers = importNumber.map { Array(repeating: Int64($0), count: BlockLayout.rowsPerBlock) } ?? []
  }

  /// Where blocks end in a list of users: `starts` as in a batch; a user of more rows than a block stands alone.
  ///
  /// - Parameter boundary: blocks end where a multiple of this many users begins.
  static func cut(_ users: some RandomAccessCollection<UInt32>, rows: (Int) -> Int, boundary: Int) -> [Range<Int>] {
    var blocks: [Range<Int>] = []
    var first = 0
    var held = 0
    for (place, user) in users.enumerated() {
      let count = rows(place)
      let previous = place > 0 ? Int(users[users.index(users.startIndex, offsetBy: place - 1)]) / boundary : 0
      if place > first, held + count > BlockLayout.rowsPerBlock || Int(user) / boundary != previous {
        blocks.append(first..<place)
        (first, held) = (place, 0)
      }
      held += count
    }
    if first < users.count { blocks.append(first..<users.count) }
    return blocks
  }

  /// Appends the block of the users `range` of `batch`, or the parts of one user who is larger than a block.
  package mutating func write(_ batch: EventBatch, users range: Range<Int>, to blocks: inout EncodedBlocks) {
    let rows = batch.starts[range.lowerBound]..<batch.starts[range.upperBound]
    let users = Array(batch.users[range])
    if rows.count <= BlockLayout.rowsPerBlock {
      let starts = batch.starts[range.lowerBound...range.upperBound].map { $0 - rows.lowerBound }
      write(batch, rows, users: users, starts: starts, part: 0, to: &blocks)
      return
    }
    precondition(range.count == 1, "only one user can be larger than a block")
    var part: UInt16 = 0
    var first = rows.lowerBound
    while first < rows.upperBound {
      let end = min(rows.upperBound, first + BlockLayout.rowsPerBlock)
      write(batch, first..<end, users: users, starts: [0, end - first], part: part, to: &blocks)
      first = end
      part += 1
    }
  }

  private mutating func write(
    _ batch: EventBatch, _ rows: Range<Int>, users: [UInt32], starts: [Int], part: UInt16,
    to blocks: inout EncodedBlocks
  ) {
    var key = BlockKey(run: run, firstUser: users[0], part: part, column: BlockLayout.directoryColumn)
    let (times, types) = (batch.times, batch.types)
    unsafe times.withUnsafeBufferPointer { allTimes in
      unsafe types.withUnsafeBufferPointer { allTypes in
        let times = unsafe UnsafeBufferPointer(rebasing: allTimes[rows])
        let types = unsafe UnsafeBufferPointer(rebasing: allTypes[rows])
        unsafe users.withUnsafeBufferPointer { users in
          unsafe starts.withUnsafeBufferPointer { starts in
            unsafe BlockDirectory.encode(
              users: users, starts: starts, times: times, types: types, key: key, to: &blocks)
          }
        }
        key.column = BlockLayout.timeColumn
        unsafe encoder.encode(.integers(times), present: nil, key: key, to: &blocks)
        key.column = BlockLayout.typeColumn
        unsafe encoder.encode(.codes(types), present: nil, key: key, to: &blocks)
      }
    }
    // The columns of a block lie in the order of their numbers.
    let marked = importNumbers.isEmpty ? nil : numbers.firstIndex { $0 > BlockLayout.importColumn } ?? numbers.count
    for (place, number) in numbers.enumerated() {
      if place == marked { writeImportNumber(rows.count, key, to: &blocks) }
      key.column = number
      write(batch.columns[place], rows, key: key, to: &blocks)
    }
    if marked == numbers.count { writeImportNumber(rows.count, key, to: &blocks) }
  }

  private mutating func writeImportNumber(_ rows: Int, _ key: BlockKey, to blocks: inout EncodedBlocks) {
    var key = key
    key.column = BlockLayout.importColumn
    unsafe importNumbers.withUnsafeBufferPointer { numbers in
      let part = unsafe UnsafeBufferPointer(rebasing: numbers[0..<rows])
      unsafe encoder.encode(.integers(part), present: nil, key: key, to: &blocks)
    }
  }

  private mutating func write(
    _ column: EventColumnBuffer, _ rows: Range<Int>, key: BlockKey, to blocks: inout EncodedBlocks
  ) {
    unsafe column.present.withUnsafeBufferPointer { allPresent in
      let present = unsafe allPresent.isEmpty ? nil : UnsafeBufferPointer(rebasing: allPresent[rows])
      switch column.type {
      case .integer, .time, .duration:
        unsafe column.integers.withUnsafeBufferPointer { values in
          let part = unsafe UnsafeBufferPointer(rebasing: values[rows])
          unsafe encoder.encode(.integers(part), present: present, key: key, to: &blocks)
        }
      case .real:
        unsafe column.reals.withUnsafeBufferPointer { values in
          let part = unsafe UnsafeBufferPointer(rebasing: values[rows])
          unsafe encoder.encode(.reals(part), present: present, key: key, to: &blocks)
        }
      case .text:
        unsafe column.codes.withUnsafeBufferPointer { values in
          let part = unsafe UnsafeBufferPointer(rebasing: values[rows])
          unsafe encoder.encode(.codes(part), present: present, key: key, to: &blocks)
        }
      case .boolean:
        unsafe column.flags.withUnsafeBufferPointer { values in
          let part = unsafe UnsafeBufferPointer(rebasing: values[rows])
          unsafe encoder.encode(.booleans(part), present: present, key: key, to: &blocks)
        }
      }
    }
  }
}
