internal import InstarColumns
internal import Synchronization

/// What a rewriting of runs takes out.
protocol RowFilter: Sendable {
  /// Removes rows from `batch`, whole users with all columns of the store, or values from its rows.
  func apply(to batch: EventBatch)
}

/// What a rewriting did.
struct RewriteReport: Sendable {
  /// Rows that are gone.
  var rows = 0
  /// Users who had an event before and have none now.
  var users = 0
}

extension Store {
  /// Writes groups of neighbouring runs anew without what `filter` takes out, each group as one run; runs of
  /// `dropped` go whole. Readers see all of it before or after, never between.
  ///
  /// New blocks go to runs that no scan sees, in transactions of bounded size; the last transaction puts them in the place
  /// of the old ones. What is cut off before leaves the store as it was.
  /// - Parameter others: writes what belongs to the change, in the transaction that makes it visible.
  /// - Precondition: the caller holds the compaction lock, and no run is being merged into the base.
  func rewrite(
    _ groups: [[RunRecord]], dropping dropped: [RunRecord], filter: any RowFilter,
    with others: @escaping @Sendable (borrowing WriteTransaction, RewriteReport) throws -> Void
  ) throws -> RewriteReport {
    var staged: [StagedGroup] = []
    do {
      for runs in groups {
        let id = try stageRun()
        staged.append(StagedGroup(runs: runs, id: id))
        staged[staged.count - 1].totals = try writeMerged(runs, as: id, filter: filter)
      }
      let replacements = staged
      let report = try write { transaction in
        // Recent events are counted with the rows of runs.
        try transaction.sealRecentEvents()
        let before = try transaction.countedTotals()
        for group in replacements { try transaction.replace(group.runs, by: group.id, group.totals) }
        for run in dropped { try transaction.replace([run], by: nil, RunTotals()) }
        let after = try transaction.countedTotals()
        try transaction.replaceTotals(EventTotals(after))
        transaction.noteData(Array("rewrite".utf8))
        let report = RewriteReport(rows: before.rows - after.rows, users: before.users - after.users)
        try others(transaction, report)
        return report
      }
      try removeDeadRuns()
      return report
    } catch {
      for group in staged { try? removeDeadRuns(including: group.id) }
      throw error
    }
  }

  private struct StagedGroup: Sendable {
    var runs: [RunRecord]
    var id: UInt32
    var totals = RunTotals()
  }

  /// Merges `runs`, oldest first, to the staged run `id`.
  func writeMerged(_ runs: [RunRecord], as id: UInt32, filter: (any RowFilter)? = nil) throws -> RunTotals {
    try read { snapshot in
      let columns = snapshot.schema.runColumns
      var merger = RunMerger(source: try snapshot.source(of: runs, columns), columns: columns, run: id)
      merger.filter = filter
      let task = merger
      let collected = Mutex(RunTotals())
      try EncodingPipeline.run(
        tasks: task.taskCount, group: 4 * ScanRequest.processorCount, threads: ScanRequest.processorCount,
        encode: { number in
          let output = try task.merge(task: number)
          collected.withLock { $0.add(output.totals) }
          return output.blocks
        }, write: { try self.writeStaged($0) })
      return collected.withLock { $0 }
    }
  }

  /// The runs of the store when none is half merged into the base: such a merge is ended first.
  ///
  /// - Precondition: the caller holds the compaction lock.
  func settledRuns() throws -> [RunRecord] {
    try removeDeadRuns()
    let runs = try environment.read { try $0.visibleRuns() }
    guard runs.count > 1, runs[1].mergedBelow > 0 else { return runs }
    try mergeIntoBase { _ in }
    return try environment.read { try $0.visibleRuns() }
  }
}

extension WriteTransaction {
  /// Puts the staged run `id` in the place of `runs`; `nil` or a run without rows puts nothing there.
  borrowing func replace(_ runs: [RunRecord], by id: UInt32?, _ totals: RunTotals) throws {
    for run in runs {
      guard try self.run(run.id) == run else { throw Store.otherCompaction(path) }
      var removed = run
      removed.state = .removed
      try put(removed)
    }
    guard let id else { return }
    var record = RunRecord(id: id, state: totals.rows > 0 ? .visible : .removed)
    record.set(totals)
    record.age = runs[0].age
    try put(record)
  }
}
