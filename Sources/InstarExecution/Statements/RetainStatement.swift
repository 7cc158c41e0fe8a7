import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// RETAIN EVENTS: sets how long events are kept, and trims those that are older.
struct RetainStatement {
  let runner: StatementRunner

  /// - Parameter length: `nil` keeps events for ever from now on.
  func run(_ length: CalendarDuration?) throws -> ResultTable {
    let engine = runner.engine
    guard let length else {
      try engine.store.write { transaction in
        try transaction.setSetting(RetentionSetting.length, nil)
        try transaction.appendAudit("events are kept for ever from now on", at: engine.options.now())
      }
      return runner.message("events are kept for ever", notes: ["what was removed before is gone"])
    }
    let (boundary, report) = try engine.trim(to: length, isNew: true)
    let phrase = RetentionSetting.phrase(length)
    guard let boundary else { return runner.message("events are kept for \(phrase)", notes: ["there are none yet"]) }
    var notes = [
      "\(report.events) events before \(boundary.text) removed",
      "\(report.bare) events that were a user's first or last of their kind keep their time and nothing else",
    ]
    if report.texts > 0 { notes.append("\(report.texts) texts removed that nobody else has") }
    notes.append("the next compaction moves the boundary on")
    if report.events + report.bare > 0 {
      notes.append("models are fitted anew at their next use; versions trained before are stale")
    }
    return runner.message("events are kept for \(phrase)", notes: notes)
  }
}

extension Engine {
  /// Joins all runs into one, after the events that RETAIN keeps no longer are trimmed.
  ///
  /// - Parameter progress: called with a fraction from 0 to 1.
  package func compact(progress: @escaping @Sendable (Double) -> Void = { _ in }) throws {
    let length = try store.read { StoredSettings.settings($0.schema.settings).retention }
    if let length { _ = try trim(to: length, isNew: false) }
    try store.compact { if $0.totalRows > 0 { progress(Double($0.rows) / Double($0.totalRows)) } }
  }

  /// Trims events that are older than `length` at the present moment of the store.
  ///
  /// - Parameter isNew: whether the length is to be set with it.
  /// - Returns: the moment before which events are trimmed, `nil` where there are no events, and what was removed.
  func trim(to length: CalendarDuration, isNew: Bool) throws -> (boundary: TrimBoundary?, report: TrimReport) {
    let now = options.now()
    let (settings, last) = try store.read { snapshot in
      let commit = snapshot.schema.commit
      return (StoredSettings.settings(snapshot.schema.settings), commit.eventCount > 0 ? commit.lastTime : nil)
    }
    guard let last else {
      if isNew { try store.write { try Self.keep(length, in: $0, at: now) } }
      return (nil, TrimReport())
    }
    let present = settings.clock.now(lastEvent: last, systemTime: now)
    let calendar = settings.calendar
    // Whole days are kept: a length of days or more ends where a day of the store begins.
    let exact = calendar.adding(length, times: -1, to: present - 1)
    let isOfDays = length.milliseconds % 86_400_000 == 0
    let moment = isOfDays ? calendar.start(of: .day, containing: exact) : exact
    let boundary = TrimBoundary(moment: moment, text: RetentionSetting.text(of: moment, calendar))
    let report = try store.trimEvents(before: moment) { transaction, report in
      if isNew { try Self.keep(length, in: transaction, at: now) }
      let known = StoredSettings.settings(try transaction.schema.settings).retainedFrom ?? .min
      guard moment > known || report.events + report.bare > 0 else { return }
      try transaction.setSetting(RetentionSetting.boundary, "\(max(moment, known))")
      guard report.events + report.bare > 0 else { return }
      try StoredModels.dropKept(in: transaction)
      try transaction.appendAudit(
        "removed \(report.events) events before \(boundary.text), and the values of \(report.bare) more", at: now)
    }
    return (boundary, report)
  }

  private static func keep(_ length: CalendarDuration, in transaction: borrowing WriteTransaction, at now: Int64)
    throws
  {
    try transaction.setSetting(RetentionSetting.length, RetentionSetting.text(length))
    try transaction.appendAudit("events are kept for \(RetentionSetting.phrase(length))", at: now)
  }
}

/// The moment before which events are trimmed.
struct TrimBoundary {
  /// Milliseconds since 1970.
  var moment: Int64
  /// In local time.
  var text: String
}
