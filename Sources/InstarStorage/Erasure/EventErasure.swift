internal import InstarColumns

extension Store {
  /// Removes all events of a user from the blocks of all runs and from the recent events.
  ///
  /// Only the blocks that hold the user are written anew, in one transaction, which also corrects the totals.
  /// - Returns: the number of events removed.
  /// - Complexity: O(blocks of the user), and one pass over the types of all events for the totals.
  @discardableResult
  package func eraseEvents(of user: UInt32) throws -> Int {
    try write { transaction in
      try transaction.sealRecentEvents()
      let columns = try transaction.schema.runColumns
      var removed = 0
      for run in try transaction.visibleRuns() { removed += try transaction.erase(user, from: run, columns) }
      if removed > 0 {
        try transaction.replaceTotals(EventTotals(try transaction.countedTotals()))
        transaction.noteData(Array("erase".utf8))
      }
      return removed
    }
  }

  /// Erases a user: hides him at once, then removes his events, properties and name, and notes it in the audit.
  ///
  /// An erasure that was cut off is completed by calling this again, or by ``resumeErasures()``.
  /// - Returns: the number of events removed, or `nil` when the store does not know the user.
  package func eraseUser(named name: String, at moment: Int64) throws -> Int? {
    let user = try read { try $0.dictionary(DictionaryID.user).code(of: name) }
    guard let user else { return nil }
    try write { try $0.addTombstone(user: user) }
    return try completeErasure(of: user, at: moment)
  }

  /// Completes erasures that were cut off.
  package func resumeErasures(at moment: Int64) throws {
    for user in try read({ try $0.tombstones() }) { _ = try completeErasure(of: user, at: moment) }
  }

  private func completeErasure(of user: UInt32, at moment: Int64) throws -> Int {
    let removed = try eraseEvents(of: user)
    try write { transaction in
      try transaction.eraseUser(user)
      try transaction.removeTombstone(user: user)
      try transaction.appendAudit("erased user \(user): \(removed) events", at: moment)
    }
    return removed
  }
}

extension WriteTransaction {
  /// Writes the block of `run` that holds `user` without him; returns the number of rows removed.
  fileprivate borrowing func erase(_ user: UInt32, from run: RunRecord, _ columns: RunColumns) throws -> Int {
    guard user >= run.mergedBelow else { return 0 }
    let blocks = try blocks(of: run, columns: columns.numbers)
    guard let users = blocks.usersOfBlock(holding: user) else { return 0 }
    var source = ScanSource(
      runs: [blocks], columnTypes: columns.types, userCount: Int(run.largestUser) + 1, rowCount: run.rows)
    let before = try RunMerger(source: source, columns: columns, run: run.id).merge(users: users).totals
    source.hiddenUsers = [user]
    let output = try RunMerger(source: source, columns: columns, run: run.id).merge(users: users)
    guard output.totals.rows < before.rows else { return 0 }
    try removeBlocks(of: run.id, users: users)
    try put(output.blocks, output.blocks.entries.indices)
    var record = run
    record.rows -= before.rows - output.totals.rows
    record.users -= 1
    try put(record)
    return before.rows - output.totals.rows
  }

  /// The totals of all runs, counted.
  fileprivate borrowing func countedTotals() throws -> RunTotals {
    var runs: [RunBlocks] = []
    for run in try visibleRuns() { runs.append(try blocks(of: run, columns: [])) }
    let commit = try schema.commit
    let source = ScanSource(runs: runs, userCount: commit.userCount, rowCount: commit.eventCount)
    var statistics = ScanStatistics()
    let parts = try EventScan.run(
      source, ScanRequest(), statistics: &statistics, makeState: { _ in RunTotals() }, body: { $0.add($1) })
    return parts.reduce(into: RunTotals()) { $0.add($1) }
  }
}

extension RunBlocks {
  /// The users of the block that would hold `user`, up to the first of the next block.
  fileprivate func usersOfBlock(holding user: UInt32) -> Range<UInt32>? {
    guard count > 0, keys[0].firstUser <= user else { return nil }
    let first = block(at: user)
    var next = first + 1
    while next < count, keys[next].firstUser == keys[first].firstUser { next += 1 }
    return keys[first].firstUser..<(next < count ? keys[next].firstUser : .max)
  }
}
