import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage
import InstarSyntax

/// One statement on its way: resolve, plan, run, and write what it leaves behind.
struct StatementRunner {
  let engine: Engine
  let source: String
  let parameters: [String: Value]
  let session: Session
  let control: StatementControl
  /// How many files that RUN opened surround this statement.
  var depth = 0
  /// The statement in canonical form.
  private(set) var words = ""

  func run(_ statement: Statement) throws -> ResultTable {
    var runner = self
    runner.words = Formatter.format(statement)
    return try runner.runWithinLimits(statement)
  }

  private func runWithinLimits(_ statement: Statement) throws -> ResultTable {
    let watch = LimitWatch(try engine.store.read { limits($0) }, control)
    do { return try run(statement, watch) } catch {
      if let excess = watch.excess { throw excess }
      throw error
    }
  }

  /// What the statement may take: the narrower limits of the store and of the application.
  private func limits(_ snapshot: borrowing Snapshot) -> StatementLimits {
    StoredSettings.settings(snapshot.schema.settings).limits.narrowed(by: engine.options.limits)
  }

  private func run(_ statement: Statement, _ watch: LimitWatch) throws -> ResultTable {
    let now = engine.options.now()
    let reading = try engine.store.read { snapshot in
      let catalog = try StoreCatalog(snapshot)
      let logical = try resolve(statement, catalog, now: now)
      return Reading(
        catalog: catalog, schema: snapshot.schema, logical: logical, answer: try answer(logical, catalog, in: snapshot))
    }
    var table: ResultTable
    switch reading.answer {
    case .outcome(let outcome, let plan, let log):
      try watch.verify()
      try write(outcome.effects, log.payloads, now: now)
      table = result(outcome, plan, log)
    case .table(let explanation): table = explanation
    case nil: table = try run(reading.logical, reading.catalog, now: now)
    }
    Self.fill(&table.receipt, reading.schema, reading.catalog.settings)
    table.receipt.statement = words
    if table.receipt.asOf == 0 {
      table.receipt.asOf = reading.catalog.settings.clock.now(lastEvent: reading.catalog.lastEvent, systemTime: now)
    }
    return table
  }

  /// What a statement found in the one snapshot that it reads.
  private struct Reading {
    var catalog: StoreCatalog
    var schema: Schema
    var logical: LogicalStatement
    var answer: Answer?
  }

  private enum Answer {
    case outcome(QueryOutcome, LogicalPlan, ModelLog)
    case table(ResultTable)
  }

  private func resolve(_ statement: Statement, _ catalog: StoreCatalog, now: Int64) throws -> LogicalStatement {
    let resolved = Resolver.resolve(
      statement, source: source, in: catalog, parameters: parameters, session: session.definitions, systemTime: now)
    switch resolved {
    case .success(let logical): return logical
    case .failure(let failure): throw failure
    }
  }

  /// The answer of a statement that asks, `nil` for one that changes something.
  ///
  /// It comes from the snapshot that the names and the moment of the plan were taken from: in a later one the moment
  /// would cut a commit in two.
  private func answer(
    _ statement: LogicalStatement, _ catalog: StoreCatalog, in snapshot: borrowing Snapshot
  ) throws -> Answer? {
    switch statement {
    case .query(let plan):
      let (outcome, log) = try outcome(of: plan, in: snapshot)
      // What the store holds can always be listed: the limit itself is among it.
      if case .catalog = plan.source {} else { try limits(snapshot).check(rows: outcome.table.rowCount) }
      return .outcome(outcome, plan, log)
    case .explain(let plan, let analyze, _):
      return .table(try Explanation(runner: self, catalog: catalog).table(plan, analyze: analyze, in: snapshot))
    default: return nil
    }
  }

  private func run(_ statement: LogicalStatement, _ catalog: StoreCatalog, now: Int64) throws -> ResultTable {
    switch statement {
    case .importFiles(let plan): try ImportStatement(runner: self, catalog: catalog, now: now).run(plan)
    case .run(let path, let parameters): try RunStatement(runner: self).run(path, parameters)
    case .forget(let users): try ForgetStatement(runner: self).run(users: users)
    case .forgetSegment(let plan): try ForgetStatement(runner: self).run(members: plan)
    case .exportUser(let user, let path): try ExportUserStatement(runner: self).run(user: user, path: path)
    case .link(let user, let target, let since):
      try LinkStatement(runner: self).link(user, to: target, since: since)
    case .unlink(let user, let since): try LinkStatement(runner: self).unlink(user, since: since)
    case .redact(let plan): try RedactStatement(runner: self).run(plan)
    case .retain(let length): try RetainStatement(runner: self).run(length)
    case .consent(let plan): try ConsentStatement(runner: self).run(plan)
    case .dropImport(let number): try DropImportStatement(runner: self).run(number)
    case .define, .let_, .set, .dropDefinition, .dropTable, .dropCampaign, .promote:
      try ManagementStatement(runner: self, catalog: catalog).run(statement)
    case .query, .explain: preconditionFailure("a statement that asks was answered from its snapshot")
    }
  }

  // MARK: - Queries

  /// The outcome of a chain, before its effects are written.
  func outcome(of plan: LogicalPlan) throws -> (QueryOutcome, ModelLog) {
    try engine.store.read { try outcome(of: plan, in: $0) }
  }

  /// The outcome of a chain on a snapshot, before its effects are written.
  func outcome(of plan: LogicalPlan, in snapshot: borrowing Snapshot) throws -> (QueryOutcome, ModelLog) {
    if !engine.options.allowsFiles, plan.writesFiles { throw Self.filesBarred("EXPORT") }
    let improved = Optimizer.standard.optimize(plan)
    let log = ModelLog()
    let environment = self.environment(snapshot, moment: plan.moment, log: log)
    var outcome = try QueryExecutor(environment: environment).run(improved, in: snapshot)
    outcome.notes += try ScanNotes.lines(plan, in: snapshot)
    try outcome.table.loadTexts()
    return (outcome, log)
  }

  func environment(_ snapshot: borrowing Snapshot, moment: Int64, log: ModelLog) -> QueryEnvironment {
    let settings = StoredSettings.settings(snapshot.schema.settings)
    let control = self.control
    let commit = snapshot.schema.commit
    let present = settings.clock.now(lastEvent: commit.eventCount > 0 ? commit.lastTime : nil, systemTime: moment - 1)
    var environment = QueryEnvironment(
      schema: snapshot.schema, settings: settings, calendar: settings.calendar, moment: moment,
      threads: engine.options.threads, isCancelled: { control.isCancelled }, models: engine.models, present: present,
      aging: engine.options.aging, exporter: engine.options.exporter, log: log)
    environment.statement = words
    environment.limits = limits(snapshot)
    environment.keepsModels = !engine.store.isReadOnly && moment == present
    return environment
  }

  func result(_ outcome: QueryOutcome, _ plan: LogicalPlan, _ log: ModelLog) -> ResultTable {
    var receipt = Receipt()
    receipt.asOf = plan.moment
    receipt.population = outcome.population
    receipt.suppressedRows = outcome.suppressedRows
    receipt.usersWithMissingValues = outcome.usersWithMissingValues
    receipt.incompletePeriods = outcome.incompletePeriods
    receipt.defaults = plan.defaults
    receipt.models = log.lines
    receipt.notes = outcome.notes + log.notes
    return ResultTable(columns: outcome.table.columns, receipt: receipt, shape: outcome.shape)
  }

  /// Writes what steps left behind, all or nothing.
  private func write(_ effects: [QueryOutcome.Effect], _ payloads: [ModelLog.Payload], now: Int64) throws {
    let effects = engine.store.isReadOnly ? effects.filter { !$0.isRecord } : effects
    guard !effects.isEmpty else {
      // Keeping models is a convenience; a store that cannot take them answers all the same.
      if !payloads.isEmpty {
        try? engine.store.write { transaction in
          for payload in payloads { try transaction.putObject(.other, payload.name, payload.bytes) }
        }
      }
      return
    }
    try engine.store.write { transaction in
      for payload in payloads { try transaction.putObject(.other, payload.name, payload.bytes) }
      for effect in effects {
        switch effect {
        case .saveDefinition(let entry):
          try transaction.putObject(ObjectKind(entry.kind), entry.name, Array(entry.statement.utf8))
        case .campaign(let campaign, let exposures): try transaction.putCampaign(campaign, exposures)
        case .saveTable(let name, let bytes): try transaction.putObject(.other, StoredTables.object(name), bytes)
        case .snapshot(let name, let users, let asOf):
          try transaction.putObject(.snapshot, name, StoredSnapshots.bytes(users: users, asOf: asOf))
        case .modelVersion(let name, let bytes, let promoted):
          try ModelVersions.put(name, bytes, promoted: promoted, in: transaction)
        case .spend(let epsilon, let question):
          try PrivacyLedger.spend(epsilon, on: question, at: now, in: transaction)
        case .audit(let text): try transaction.appendAudit(text, at: now)
        }
      }
    }
  }

  /// What a receipt says of the store.
  static func fill(_ receipt: inout Receipt, _ schema: Schema, _ settings: Settings) {
    receipt.engineVersion = Engine.version
    receipt.formatVersion = Int(schema.formatVersion)
    receipt.dataHash = schema.commit.digestText
    receipt.timeZone = settings.timeZone
    receipt.weekStart = settings.weekStart
  }

  static func filesBarred(_ verb: String) -> ExecutionError {
    ExecutionError(
      "E0502", "\(verb) reads or writes a file, and files are not allowed here",
      help: "open the database with files allowed, or leave --safe out")
  }

  /// A result of one line that says what was done.
  func message(_ text: String, notes: [String] = []) -> ResultTable {
    var receipt = Receipt()
    receipt.notes = notes
    return ResultTable(
      columns: [Column("message", type: .text, values: .texts([text]))], receipt: receipt, shape: .message)
  }
}

extension Engine {
  /// The version of the engine, as the receipt and `--version` say it.
  package static let version = "0.1.0"
}

extension LogicalPlan {
  var writesFiles: Bool {
    steps.contains { step in
      if case .export = step { true } else { false }
    }
  }
}

extension StatementRunner {
  /// The plan of a query that the engine asks in the language itself.
  func plan(of text: String) throws -> LogicalPlan {
    let catalog = try engine.store.read { try StoreCatalog($0) }
    guard let tree = Parser.parse(text).statements.first else {
      preconditionFailure("the engine's own sentence parses")
    }
    switch Resolver.resolve(tree, source: text, in: catalog, systemTime: engine.options.now()) {
    case .success(.query(let plan)): return plan
    case .success: preconditionFailure("the engine's own sentence is a query")
    case .failure(let failure): throw failure
    }
  }
}
