internal import InstarColumns

/// What ``Store/check(progress:)`` found.
package struct CheckReport: Sendable {
  package var runs = 0
  package var blocks = 0
  package var rows = 0
  package var bytes = 0
  /// One sentence for each thing that is wrong.
  package var problems: [String] = []

  package init() {}

  package var isIntact: Bool { problems.isEmpty }
}

/// How far a check is.
package struct CheckProgress: Sendable {
  package var bytes = 0
}

extension Store {
  /// Verifies the whole store: every block with its checksum, encoding, order of users and times, the totals of runs and of
  /// the store, and the catalog; of an encrypted store also that every value is what was encrypted for its place.
  ///
  /// Reads everything anew, whatever was verified before; changes nothing.
  package func check(progress: (CheckProgress) -> Void = { _ in }) throws -> CheckReport {
    try read { snapshot in
      var report = CheckReport()
      // What was changed in the file cannot be read: the checks below would end at the first such value.
      report.problems = try snapshot.transaction.checkSeals()
      guard report.isIntact else { return report }
      let columns = snapshot.schema.runColumns
      var counted = RunTotals()
      for run in try snapshot.transaction.visibleRuns() {
        let blocks = try snapshot.transaction.blocks(of: run, columns: columns.numbers)
        let check = RunCheck(run, blocks, columns, userCount: snapshot.userCount)
        report.runs += 1
        check.verify(into: &report, progress)
        counted.add(check.totals)
      }
      let recent = try snapshot.recentEvents()
      report.rows += recent.rowCount
      let rows = counted.rows + recent.rowCount
      if report.isIntact, rows != snapshot.schema.commit.eventCount {
        report.problems.append("the store counts \(snapshot.schema.commit.eventCount) events and holds \(rows)")
      }
      report.problems += try snapshot.checkCatalog()
      return report
    }
  }
}

/// Checks the blocks of one run.
private final class RunCheck {
  private let run: RunRecord
  private let blocks: RunBlocks
  private let columns: RunColumns
  private let userCount: Int
  private(set) var totals = RunTotals()

  init(_ run: RunRecord, _ blocks: RunBlocks, _ columns: RunColumns, userCount: Int) {
    self.run = run
    self.blocks = blocks
    self.columns = columns
    self.userCount = userCount
  }

  func verify(into report: inout CheckReport, _ progress: (CheckProgress) -> Void) {
    for block in 0..<blocks.count {
      report.blocks += 1
      report.bytes += blocks.byteCount(of: block)
      progress(CheckProgress(bytes: report.bytes))
    }
    do {
      // A set of its own: nothing counts as verified.
      let cursor = RunCursor(
        .blocks(blocks), columns: columns.numbers.map(EventColumn.init(number:)), types: columns.types,
        verified: VerifiedBlocks())
      try cursor.start(run.mergedBelow..<UInt32.max)
      while let user = cursor.nextUser {
        try cursor.decode()
        checkOrder(cursor.batch, from: cursor.position, user: user, into: &report)
        if cursor.isWhole {
          totals.add(cursor.batch)
        } else {
          let part = columns.makeBatch()
          part.removeAllRows()
          part.appendUsers(cursor.position..<cursor.end, of: cursor.batch)
          totals.add(part)
        }
        try cursor.advance(to: cursor.end)
      }
    } catch {
      report.problems.append("run \(run.id): \(error.rawValue)")
    }
    report.rows += totals.rows
    if run.mergedBelow == 0, report.isIntact, totals.rows != run.rows {
      report.problems.append("run \(run.id) counts \(run.rows) rows and holds \(totals.rows)")
    }
  }

  private func checkOrder(_ batch: EventBatch, from first: Int, user: UInt32, into report: inout CheckReport) {
    if let last = batch.users.last, Int(last) >= userCount {
      report.problems.append("run \(run.id) has events of user \(last), but the store knows \(userCount) users")
    }
    for place in first..<batch.userCount {
      for row in batch.starts[place] + 1..<batch.starts[place + 1] where batch.times[row - 1] > batch.times[row] {
        report.problems.append("run \(run.id): the times of user \(batch.users[place]) are out of order")
        return
      }
    }
  }
}
