internal import InstarColumns
internal import Synchronization

/// What trimming old events did.
package struct TrimReport: Sendable, Equatable {
  /// Events that are gone.
  package var events = 0
  /// Events that stay without anything but their user, type and time.
  package var bare = 0
  /// Texts that only they had: orders and values of properties.
  package var texts = 0

  package init(events: Int = 0, bare: Int = 0, texts: Int = 0) {
    self.events = events
    self.bare = bare
    self.texts = texts
  }
}

extension Store {
  /// Removes the events before a moment, but for the first and the last of each user and event type: of these the time
  /// stays, and nothing else. So "when did he first buy" and "when was he last here" keep their answers.
  ///
  /// All of it happens with one commit, which `others` joins; what is cut off before leaves the store as it was. Texts of
  /// orders and properties that nobody has any more are erased, and the bytes that are left behind in the file wiped.
  /// Where there is nothing to remove only `others` is written.
  /// - Parameter boundary: milliseconds since 1970; the event at it stays.
  /// - Complexity: O(events of users with one before the boundary) where there is nothing to do, else O(all events).
  package func trimEvents(
    before boundary: Int64, with others: @escaping @Sendable (borrowing WriteTransaction, TrimReport) throws -> Void
  ) throws -> TrimReport {
    compaction.take()
    defer { compaction.release() }
    try write { try $0.sealRecentEvents() }
    let runs = try settledRuns()
    let found = try trimmed(runs, boundary)
    let done = Mutex(TrimReport())
    guard found.events + found.bare > 0 else {
      try write { try others($0, TrimReport()) }
      return TrimReport()
    }
    let texts = found.texts
    let begun = TrimReport(events: found.events, bare: found.bare)
    _ = try rewrite([runs], dropping: [], filter: TrimFilter(boundary: boundary)) { transaction, rewritten in
      var report = begun
      report.events = rewritten.rows
      var references = TextReferences(texts)
      try references.find(transaction)
      try transaction.eraseTexts(references.unused)
      report.texts = references.unused.count
      try transaction.noteRemoval()
      try others(transaction, report)
      done.withLock { $0 = report }
    }
    _ = try environment.scrub()
    return done.withLock { $0 }
  }

  /// What there is to trim.
  private func trimmed(_ runs: [RunRecord], _ boundary: Int64) throws -> Trimmed {
    guard !runs.isEmpty else { return Trimmed() }
    return try read { snapshot in
      let columns = snapshot.schema.runColumns
      let filter = TrimFilter(boundary: boundary)
      let texts = columns.numbers.indices.filter { columns.types[$0] == .text }.compactMap { place in
        let column = EventColumn(number: columns.numbers[place])
        // An item is a thing of the shop and stays, whoever bought it.
        return column == .item ? nil : (place: place, dictionary: DictionaryID.of(column))
      }
      var request = ScanRequest(columns: columns.numbers.map(EventColumn.init(number:)))
      request.window = .min..<boundary
      request.skipUsersOutside = true
      var statistics = ScanStatistics()
      let parts = try EventScan.run(
        try snapshot.source(of: runs, columns), request, statistics: &statistics, makeState: { _ in Trimmed() }
      ) { found, batch in
        let plan = filter.plan(batch)
        found.events += batch.rowCount - plan.counts.reduce(0, +)
        found.bare += plan.bare.count
        for (place, dictionary) in texts {
          let column = batch.columns[place]
          for row in plan.gone where column.present.isEmpty || column.present[row] != 0 {
            found.texts.insert(TextCode(dictionary: dictionary, code: column.codes[row]))
          }
        }
      }
      return parts.reduce(into: Trimmed()) { $0.add($1) }
    }
  }

  private struct Trimmed: Sendable {
    var events = 0
    var bare = 0
    var texts: Set<TextCode> = []

    mutating func add(_ other: Trimmed) {
      events += other.events
      bare += other.bare
      texts.formUnion(other.texts)
    }
  }
}

/// Leaves of the events before a moment each user's first and last of each type, without their values.
private struct TrimFilter: RowFilter {
  let boundary: Int64

  struct Plan {
    var kept: [Range<Int>] = []
    /// Rows that stay, for each user.
    var counts: [Int]
    /// Rows that stay and have values to lose.
    var bare: [Int] = []
    /// Rows whose values go, the rows that go altogether among them.
    var gone: [Int] = []
  }

  func apply(to batch: EventBatch) {
    let plan = plan(batch)
    let rows = batch.rowCount
    for column in batch.columns.indices where !plan.bare.isEmpty {
      batch.columns[column].materializePresent(rows)
      for row in plan.bare { batch.columns[column].clear(row) }
    }
    batch.keep(plan.kept, rowsPerUser: plan.counts)
  }

  func plan(_ batch: EventBatch) -> Plan {
    let (starts, types) = (batch.starts, batch.types)
    var plan = Plan(counts: Array(repeating: 0, count: batch.userCount))
    var ends = TypeEnds(typeCount: Int(types.max() ?? 0) + 1)
    let presence = batch.columns.map(\.present)
    for user in 0..<batch.userCount {
      let rows = starts[user]..<starts[user + 1]
      let cut = batch.firstRow(atOrAfter: boundary, in: rows)
      if rows.lowerBound < cut {
        ends.mark(types, old: rows.lowerBound..<cut, young: cut..<rows.upperBound)
        for row in rows.lowerBound..<cut {
          let hasValues = presence.contains { $0.isEmpty || $0[row] != 0 }
          if ends.isEnd[row - rows.lowerBound] {
            plan.kept.extend(with: row..<row + 1)
            plan.counts[user] += 1
            if hasValues { plan.bare.append(row) }
          }
          if hasValues { plan.gone.append(row) }
        }
      }
      if cut < rows.upperBound { plan.kept.extend(with: cut..<rows.upperBound) }
      plan.counts[user] += rows.upperBound - cut
    }
    return plan
  }

  /// Which of a user's old rows are the first or the last of their type.
  private struct TypeEnds {
    private(set) var isEnd: [Bool] = []
    private var isFirstSeen: [Bool]
    private var isLastSeen: [Bool]

    init(typeCount: Int) {
      isFirstSeen = Array(repeating: false, count: typeCount)
      isLastSeen = isFirstSeen
    }

    mutating func mark(_ types: [UInt32], old: Range<Int>, young: Range<Int>) {
      isEnd.setCount(max(isEnd.count, old.count), false)
      for row in old { isEnd[row - old.lowerBound] = false }
      for row in young { isLastSeen[Int(types[row])] = true }
      for row in old.reversed() where !isLastSeen[Int(types[row])] {
        isLastSeen[Int(types[row])] = true
        isEnd[row - old.lowerBound] = true
      }
      for row in old where !isFirstSeen[Int(types[row])] {
        isFirstSeen[Int(types[row])] = true
        isEnd[row - old.lowerBound] = true
      }
      for row in old { isFirstSeen[Int(types[row])] = false }
      for row in old.lowerBound..<young.upperBound { isLastSeen[Int(types[row])] = false }
    }
  }
}

extension EventColumnBuffer {
  /// Takes the value of a row away, its bits as well: a block may store them for rows without a value.
  fileprivate mutating func clear(_ row: Int) {
    present[row] = 0
    switch type {
    case .integer, .time, .duration: integers[row] = 0
    case .real: reals[row] = 0
    case .text: codes[row] = 0
    case .boolean: flags[row] = 0
    }
  }
}
