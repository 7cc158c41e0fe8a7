internal import InstarColumns

extension WriteTransaction {
  /// The most blocks that one transaction of an erasure writes anew.
  private static var blocksPerErasure: Int { 256 }

  /// Removes events of `users` from the blocks of all runs and from the recent events, and corrects the totals.
  ///
  /// Only blocks that hold one of the users are written anew, and no more than a transaction should write: the caller
  /// goes on in another one until ``ErasedRows/isComplete``.
  /// - Parameter users: ascending.
  /// - Complexity: O(blocks of the users), and one pass over the types of all events for the totals.
  borrowing func eraseEvents(of users: [UInt32]) throws -> ErasedRows {
    try sealRecentEvents()
    let columns = try schema.runColumns
    var erased = ErasedRows()
    for run in try visibleRuns() {
      let limit = Self.blocksPerErasure - erased.blocks
      guard limit > 0 else {
        erased.isComplete = false
        break
      }
      try erase(users, from: run, columns, limit: limit, &erased)
    }
    if erased.rows > 0 {
      try replaceTotals(EventTotals(try countedTotals()))
      noteData(Array("erase".utf8))
    }
    return erased
  }

  /// Writes the blocks of `run` that hold one of `users` without them.
  private borrowing func erase(
    _ users: [UInt32], from run: RunRecord, _ columns: RunColumns, limit: Int, _ erased: inout ErasedRows
  ) throws {
    let blocks = try blocks(of: run, columns: columns.numbers)
    var source = ScanSource(
      runs: [blocks], columnTypes: columns.types, userCount: Int(run.largestUser) + 1, rowCount: run.rows)
    var outputs: [(users: Range<UInt32>, output: RunMerger.Output)] = []
    var record = run
    var place = users.lowerBound(run.mergedBelow)
    while place < users.count {
      guard let range = blocks.usersOfBlock(holding: users[place]) else { break }
      let next = max(place + 1, users.lowerBound(range.upperBound))
      let group = Array(users[place..<next])
      place = next
      let texts = try RowTexts.of(group, in: source, columns, within: range)
      guard texts.rows > 0 else { continue }
      guard outputs.count < limit else {
        erased.isComplete = false
        break
      }
      source.hiddenUsers = group
      outputs.append((range, try RunMerger(source: source, columns: columns, run: run.id).merge(users: range)))
      source.hiddenUsers = []
      record.rows -= texts.rows
      record.users -= texts.users
      erased.add(texts)
    }
    // Pointers into the map hold until the first change, so all blocks are read before any is written.
    for (range, output) in outputs {
      try removeBlocks(of: run.id, users: range)
      try put(output.blocks, output.blocks.entries.indices)
    }
    if !outputs.isEmpty { try put(record) }
  }

  /// The totals of all runs, counted.
  borrowing func countedTotals() throws -> RunTotals {
    var statistics = ScanStatistics()
    let parts = try EventScan.run(
      try wholeSource(RunColumns(numbers: [], types: [])), ScanRequest(), statistics: &statistics,
      makeState: { _ in RunTotals() }, body: { $0.add($1) })
    return parts.reduce(into: RunTotals()) { $0.add($1) }
  }

  /// All runs with `columns`, as this transaction sees them. Recent events are not among them.
  borrowing func wholeSource(_ columns: RunColumns) throws -> ScanSource {
    var runs: [RunBlocks] = []
    for run in try visibleRuns() { runs.append(try blocks(of: run, columns: columns.numbers)) }
    let commit = try schema.commit
    return ScanSource(
      runs: runs, columnTypes: columns.types, userCount: try termCount(DictionaryID.user), rowCount: commit.eventCount)
  }
}

/// What a step of an erasure took out.
struct ErasedRows {
  var rows = 0
  var blocks = 0
  /// Whether nothing of the users is left in any block.
  var isComplete = true
  /// The texts that occurred in the rows, which perhaps nobody else has.
  var texts: Set<TextCode> = []

  mutating func add(_ other: RowTexts) {
    rows += other.rows
    blocks += 1
    texts.formUnion(other.texts)
  }
}

/// A text by its dictionary and code.
struct TextCode: Hashable, Comparable {
  var dictionary: UInt16
  var code: UInt32

  static func < (left: TextCode, right: TextCode) -> Bool {
    (left.dictionary, left.code) < (right.dictionary, right.code)
  }
}

/// The rows of some users in one block: how many, and which texts they name.
struct RowTexts {
  var rows = 0
  var users = 0
  var texts: Set<TextCode> = []

  static func of(_ users: [UInt32], in source: ScanSource, _ columns: RunColumns, within range: Range<UInt32>) throws
    -> RowTexts
  {
    var request = ScanRequest(columns: columns.numbers.map(EventColumn.init(number:)), threads: 1)
    request.users = users
    let reader = ChunkReader(source, request)
    try reader.start(range)
    var found = RowTexts()
    while let batch = try reader.next() {
      found.rows += batch.rowCount
      found.users += batch.userCount
      found.texts.formUnion(batch.types.map { TextCode(dictionary: DictionaryID.eventType, code: $0) })
      for (place, number) in columns.numbers.enumerated() where columns.types[place] == .text {
        let (codes, present) = (batch.columns[place].codes, batch.columns[place].present)
        let dictionary = DictionaryID.of(EventColumn(number: number))
        for row in codes.indices where present.isEmpty || present[row] != 0 {
          found.texts.insert(TextCode(dictionary: dictionary, code: codes[row]))
        }
      }
    }
    return found
  }
}

extension DictionaryID {
  /// The dictionary of an event column that holds text.
  static func of(_ column: EventColumn) -> UInt16 {
    switch column {
    case .item: item
    case .order: order
    case .property(let id): property(id)
    case .amount, .quantity, .importNumber: preconditionFailure("a column of numbers has no dictionary")
    }
  }
}

extension RunBlocks {
  /// The users of the block that would hold `user`, up to the first of the next block.
  fileprivate func usersOfBlock(holding user: UInt32) -> Range<UInt32>? {
    guard count > 0 else { return nil }
    if keys[0].firstUser > user { return user..<keys[0].firstUser }
    let first = block(at: user)
    var next = first + 1
    while next < count, keys[next].firstUser == keys[first].firstUser { next += 1 }
    return keys[first].firstUser..<(next < count ? keys[next].firstUser : .max)
  }
}
