import Dispatch
import InstarCalendar
import InstarColumns
import InstarImport
import InstarPlan
import InstarStorage

/// IMPORT: sniffs the files, maps their columns, and brings the rows into the store, all or nothing.
struct ImportStatement {
  let runner: StatementRunner
  let catalog: StoreCatalog
  /// Milliseconds since 1970.
  let now: Int64

  func run(_ plan: ImportPlan) throws -> ResultTable {
    guard runner.engine.options.allowsFiles else { throw StatementRunner.filesBarred("IMPORT") }
    let begin = DispatchTime.now().uptimeNanoseconds
    try check(plan.options)
    let pseudonyms = try Pseudonyms(plan.options)
    if pseudonyms != nil, plan.kind != .events, plan.kind != .users {
      throw ExecutionError(
        "E0727", "pseudonymise renames users, and items and tables are imported as they are",
        help: "leave it out, or import events or users")
    }
    let source = try ImportSource(plan.path)
    let zoneName = if case .text(let name)? = plan.options["timezone"] { name } else { catalog.settings.timeZone }
    let zone = try self.zone(zoneName)
    let calendar = Calendar(zone: zone, weekStart: catalog.settings.calendar.weekStart)
    let layout = try FileLayout(plan, source, kind: plan.rowKind, calendar: calendar, zoneName: zoneName)
    if plan.options["dry_run"] == .boolean(true) {
      return report([("mode", "dry run, nothing stored")], layout, rejects: [])
    }
    let rejects = try RejectLog(files: source.files.map(\.name), path: rejectPath(plan))
    var options = ImportReader.Options()
    options.zone = zone
    let reader = ImportReader(source, format: layout.format, requests: layout.requests, options: options)
    let watch = ProgressWatch(reader, control: runner.control, name: plan.path)
    defer { watch.stop() }
    let counts: [(String, String)]
    switch plan.kind {
    case .events: counts = try events(plan, reader, layout, rejects, watch, pseudonyms)
    case .users: counts = try PropertyImport(self, .user, layout, rejects, pseudonyms).run(plan, reader)
    case .items: counts = try PropertyImport(self, .item, layout, rejects).run(plan, reader)
    case .table(let name): counts = try TableImport(self, layout, rejects).run(plan, reader, into: name)
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e9
    let rows = reader.progress.rows + reader.progress.rejects
    let head = [("rows read", "\(rows)")]
    let tail = [("rejected", "\(rejects.total)"), ("seconds", "\((seconds * 100).rounded() / 100)")]
    return report(head + counts + tail, layout, rejects: rejects.lines)
  }

  private static let optionNames = [
    "timezone", "on_duplicate", "event", "dry_run", "rejects", "delimiter", "header", "time_format",
    "pseudonymise", "key_file",
  ]

  private func check(_ options: [String: Value]) throws {
    for name in options.keys.sorted() where !Self.optionNames.contains(name) {
      let help = "IMPORT has \(Self.optionNames.joined(separator: ", "))"
      throw ExecutionError("E0724", "IMPORT has no option '\(name)'", help: help)
    }
  }

  private func zone(_ name: String) throws -> Zone {
    do { return try Zone.named(name) } catch {
      throw ExecutionError("E0725", error.message, help: "use an IANA name, as 'Europe/Istanbul'")
    }
  }

  private func rejectPath(_ plan: ImportPlan) -> String? {
    if case .text(let path)? = plan.options["rejects"] { path } else { nil }
  }

  // MARK: - Events

  private func events(
    _ plan: ImportPlan, _ reader: ImportReader, _ layout: FileLayout, _ rejects: RejectLog, _ watch: ProgressWatch,
    _ pseudonyms: Pseudonyms?
  ) throws -> [(String, String)] {
    let store = runner.engine.store
    var duplicates = LoadPlan.Duplicates.keep
    switch plan.options["on_duplicate"] {
    case nil, .text("keep")?: break
    case .text("skip")?: duplicates = .skip
    default:
      throw ExecutionError(
        "E0726", "on_duplicate is keep or skip", help: "WITH on_duplicate = skip leaves repeated rows out")
    }
    let threads = runner.engine.options.threads
    let number = try store.read { try ImportRecords.nextNumber(in: $0) }
    let loading = try EventImport.Loading(
      layout, store, duplicates: duplicates, threads: threads, importNumber: number)
    let intake = try EventImport(
      layout, loading, latest: now + catalog.settings.futureLimit, rejects: rejects, pseudonyms: pseudonyms)
    let control = runner.control
    _ = try reader.read(
      workers: threads, makeState: { _ in () },
      body: { _, chunk in
        if control.isCancelled { throw ScanCancelled() }
        try intake.add(chunk)
      })
    watch.storing()
    var entry = try entry(plan, reader, rejects)
    entry.number = number
    entry.content = .events
    let report = try intake.finish(entry, control: control)
    var lines = [
      ("events stored", "\(report.rows)"), ("users", "\(report.users)"), ("new users", "\(report.newUsers)"),
    ]
    if report.duplicates > 0 { lines.append(("duplicates skipped", "\(report.duplicates)")) }
    if report.rows > 0 {
      let time = TimeFormatter(zone: layout.calendar.zone)
      lines.append(("first event", time.text(report.firstTime)))
      lines.append(("last event", time.text(report.lastTime)))
    }
    if let goal = try guessGoal() { lines.append(("goal event", "\(goal) (guessed; SET GOAL EVENT changes it)")) }
    return lines
  }

  /// The goal by the names of the events, where no statement has set one.
  private func guessGoal() throws -> String? {
    let (schema, goal) = try runner.engine.store.read { snapshot in
      (snapshot.schema, StoredSettings.settings(snapshot.schema.settings).goalEvent)
    }
    guard goal == nil else { return nil }
    let types = schema.eventTypes.map { EventTypeEntry(code: $0.code, name: $0.name, count: $0.count) }
    guard let guess = GoalGuess.name(among: types) else { return nil }
    try runner.engine.store.write { try $0.setSetting("goal_event", guess) }
    return guess
  }

  // MARK: - Report

  /// Ends the reading: the file of rejects is written before anything is stored, so that an import whose rejects found
  /// no room is not there.
  ///
  /// - Returns: the import's line in the list of imports, for the transaction that stores its rows.
  func entry(_ plan: ImportPlan, _ reader: ImportReader, _ rejects: RejectLog) throws -> ImportEntry {
    if runner.control.isCancelled { throw ScanCancelled() }
    try rejects.finish()
    return ImportEntry(
      file: plan.path, kind: plan.rowKind.rawValue, rows: reader.progress.rows, rejected: rejects.total, at: now)
  }

  func report(_ counts: [(String, String)], _ layout: FileLayout, rejects: [String]) -> ResultTable {
    let lines = counts + layout.lines.map { ("mapping", $0) }
    var receipt = Receipt()
    receipt.notes = layout.format.notes + rejects
    return ResultTable(
      columns: [
        Column("import", type: .text, values: .texts(lines.map(\.0))),
        Column("value", type: .text, values: .texts(lines.map(\.1))),
      ], receipt: receipt, shape: .message)
  }
}

extension ImportPlan {
  var rowKind: RowKind {
    switch kind {
    case .events: .events
    case .users: .users
    case .items: .items
    case .table: .table
    }
  }
}

/// Passes the reader's progress on and hands cancellation to it, ten times a second.
final class ProgressWatch {
  private let timer: any DispatchSourceTimer
  private let control: StatementControl
  private let name: String

  init(_ reader: ImportReader, control: StatementControl, name: String) {
    self.control = control
    self.name = name
    let timer = DispatchSource.makeTimerSource(queue: .global())
    timer.schedule(deadline: .now() + .milliseconds(100), repeating: .milliseconds(100))
    timer.setEventHandler {
      if control.isCancelled { reader.cancel() }
      let progress = reader.progress
      let fraction = progress.total > 0 ? min(1, Double(progress.bytes) / Double(progress.total)) : nil
      control.onProgress?(.init(activity: "reading \(name)", fraction: fraction, detail: "\(progress.rows) rows"))
    }
    timer.resume()
    self.timer = timer
  }

  /// Says that the files are read and the rows are being written.
  func storing() {
    timer.cancel()
    control.onProgress?(.init(activity: "storing \(name)", fraction: nil, detail: ""))
  }

  func stop() { timer.cancel() }
}
