internal import InstarColumns
internal import Synchronization

/// What taking back an import did.
package struct ImportRemovalReport: Sendable, Equatable {
  /// Events and dated values of users that are gone.
  package var events = 0
  package var values = 0
  /// Users who have no event any more.
  package var users = 0
  /// Runs that held nothing but the import, and runs that were written anew without it.
  package var runsDropped = 0
  package var runsRewritten = 0
}

extension Store {
  /// Takes back what the import `number` brought: its events, and the dated values of users that no later import
  /// replaced. What was replaced by it holds again. Names and texts keep their codes.
  ///
  /// All of it is gone with one commit, which `others` joins; what is cut off before leaves the store as it was. The bytes
  /// that it leaves behind in the file are wiped.
  /// - Complexity: O(rows) to find the runs of the import, and O(rows of those runs that others share).
  package func removeImport(
    _ number: UInt32, with others: @escaping @Sendable (borrowing WriteTransaction, ImportRemovalReport) throws -> Void
  ) throws -> ImportRemovalReport {
    compaction.take()
    defer { compaction.release() }
    var shared: [[RunRecord]] = []
    var own: [RunRecord] = []
    for run in try settledRuns() {
      let rows = try rowsOfImport(number, in: run)
      guard rows.own > 0 else { continue }
      if rows.others > 0 { shared.append([run]) } else { own.append(run) }
    }
    var report = ImportRemovalReport(runsDropped: own.count, runsRewritten: shared.count)
    let filter = ImportFilter(number: Int64(number), place: try read { $0.schema.runColumns.importPlace })
    let begun = report
    let values = Mutex(0)
    let rewritten = try rewrite(shared, dropping: own, filter: filter) { transaction, rewritten in
      var report = begun
      report.events = rewritten.rows
      report.users = rewritten.users
      report.values = try transaction.removeValues(ofImport: number)
      values.withLock { $0 = report.values }
      try transaction.noteRemoval()
      try others(transaction, report)
    }
    report.events = rewritten.rows
    report.users = rewritten.users
    report.values = values.withLock { $0 }
    _ = try environment.scrub()
    return report
  }

  /// How many rows of a run the import brought, and how many others did.
  private func rowsOfImport(_ number: UInt32, in run: RunRecord) throws -> (own: Int, others: Int) {
    try read { snapshot in
      guard snapshot.schema.marksImports else { return (0, run.rows) }
      let source = try snapshot.source(
        of: [run], RunColumns(numbers: [BlockLayout.importColumn], types: [.integer]))
      var statistics = ScanStatistics()
      let wanted = Int64(number)
      let parts = try EventScan.run(
        source, ScanRequest(columns: [.importNumber]), statistics: &statistics,
        makeState: { _ in (own: 0, others: 0) }
      ) { counts, batch in
        let (numbers, present) = (batch.columns[0].integers, batch.columns[0].present)
        var own = 0
        var row = 0
        while row < numbers.count {
          own &+= numbers[row] == wanted && (present.isEmpty || present[row] != 0) ? 1 : 0
          row &+= 1
        }
        counts.own += own
        counts.others += batch.rowCount - own
      }
      return parts.reduce((own: 0, others: 0)) { ($0.own + $1.own, $0.others + $1.others) }
    }
  }
}

extension RunColumns {
  /// The place of the numbers of imports among the columns, or `nil` where rows have none.
  fileprivate var importPlace: Int? { numbers.firstIndex(of: BlockLayout.importColumn) }
}

extension WriteTransaction {
  /// Has models that were trained on what is gone show as stale.
  borrowing func noteRemoval() throws(StorageError) {
    try changes.update(.totals, self) { $0.commit.erasures += 1 }
  }
}

/// Leaves out the rows of one import.
private struct ImportFilter: RowFilter {
  let number: Int64
  /// The column that holds the numbers.
  let place: Int?

  func apply(to batch: EventBatch) {
    guard let place else { return }
    let (numbers, present) = (batch.columns[place].integers, batch.columns[place].present)
    let starts = batch.starts
    var kept: [Range<Int>] = []
    var counts = [Int](repeating: 0, count: batch.userCount)
    for user in 0..<batch.userCount {
      for row in starts[user]..<starts[user + 1]
      where numbers[row] != number || (!present.isEmpty && present[row] == 0) {
        kept.extend(with: row..<row + 1)
        counts[user] += 1
      }
    }
    batch.keep(kept, rowsPerUser: counts)
  }
}
