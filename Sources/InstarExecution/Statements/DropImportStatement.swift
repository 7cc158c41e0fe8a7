import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// DROP IMPORT: takes back what one import brought.
struct DropImportStatement {
  let runner: StatementRunner

  func run(_ number: Int) throws -> ResultTable {
    let store = runner.engine.store
    let record = try store.read { snapshot in
      let records = try ImportRecords.all(in: snapshot)
      guard let record = records.first(where: { $0.number == number }) else {
        throw ExecutionError(
          "E0136", "no import \(number)",
          help: records.isEmpty ? "nothing was imported yet" : "SHOW IMPORTS lists them, 1 to \(records.count)")
      }
      try check(record, in: snapshot)
      return record
    }
    let now = runner.engine.options.now()
    let report = try store.removeImport(UInt32(number)) { transaction, report in
      var dropped = record
      dropped.dropped = now
      try transaction.putObject(.imported, "\(number)", dropped.bytes)
      try StoredModels.dropKept(in: transaction)
      try transaction.appendAudit("dropped import \(number): \(Self.counts(report))", at: now)
    }
    return runner.message("dropped import \(number), \(record.file)", notes: notes(report))
  }

  /// Refuses what cannot be taken back, and says what to do instead.
  private func check(_ record: ImportRecord, in snapshot: borrowing Snapshot) throws {
    let number = record.number
    func refuse(_ reason: String, _ help: String) -> ExecutionError {
      ExecutionError("E0137", "import \(number) cannot be dropped: \(reason)", help: help)
    }
    if let dropped = record.dropped {
      let settings = StoredSettings.settings(snapshot.schema.settings)
      throw refuse(
        "it was dropped \(TimeFormatter(zone: settings.calendar.zone).text(dropped))", "SHOW IMPORTS tells")
    }
    switch record.content {
    case .events, .datedValues: return
    case .unknown:
      throw refuse(
        "the version that made it did not number its rows",
        "import into a new store without \(record.file)")
    case .unmarked where record.kind == "table":
      throw refuse("a table has a statement of its own", "DROP TABLE name removes it")
    case .unmarked:
      throw refuse(
        "values without a date take the place of earlier ones, which are not kept",
        "import the right values: they take the place of these")
    }
  }

  private static func counts(_ report: ImportRemovalReport) -> String {
    var parts: [String] = []
    if report.events > 0 || report.values == 0 { parts.append("\(report.events) events") }
    if report.values > 0 { parts.append("\(report.values) dated values") }
    return parts.joined(separator: ", ")
  }

  private func notes(_ report: ImportRemovalReport) -> [String] {
    var notes = ["\(Self.counts(report)) removed"]
    if report.users > 0 { notes.append("\(report.users) users have no event any more and count nowhere") }
    if report.runsRewritten > 0 { notes.append("blocks that it shared with other imports were written anew") }
    notes.append("names, titles and definitions stay; FORGET USER erases a name")
    notes.append("models are fitted anew at their next use; versions trained before are stale")
    return notes
  }
}
