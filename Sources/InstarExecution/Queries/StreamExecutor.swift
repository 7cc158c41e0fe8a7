import Dispatch
import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// Runs the streaming part of a chain: one pass over the batches of users.
struct StreamExecutor {
  var environment: QueryEnvironment
  /// Only these users, ascending; `nil` means all.
  var users: [UInt32]?

  func run(_ plan: StreamPlan, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    switch plan.sink {
    case .collect: try collect(plan, in: snapshot)
    case .aggregate(let aggregate):
      if let noise = aggregate.noise {
        try self.aggregate(plan, aggregate, with: noise, in: snapshot)
      } else {
        try self.aggregate(plan, aggregate, in: snapshot)
      }
    case .analysis(let step): try analyse(plan, step, in: snapshot)
    }
  }

  // MARK: - Sinks

  private struct Collected {
    var evaluator: BatchEvaluator
    var columns: [ColumnBuilder]
    var users: [UInt32] = []
    var items: [UInt32] = []
  }

  private func collect(_ plan: StreamPlan, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    var builder = environment.builder()
    let selection = RowSelection(plan, &builder, missing: environment.missing)
    let wanted = plan.columns + plan.carried.map { NamedExpression("", $0) }
    let nodes = wanted.map { builder.add($0.expression) }
    let isEvents = if case .events = plan.rows { true } else { false }
    let itemColumn = isEvents && environment.schema.eventColumns.contains(.item) ? builder.column(.item) : nil
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    let report = try scan(
      program, in: snapshot,
      makeState: { _ in
        Collected(
          evaluator: BatchEvaluator(program: program, context: context),
          columns: wanted.map { ColumnBuilder($0.name, type: $0.expression.type, unit: $0.expression.unit) })
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        if isEvents {
          let events = selection.selectedEvents(state.evaluator, in: nil)
          let evaluator = state.evaluator
          let vectors = evaluator.withSelection(events) { nodes.map(evaluator.events) }
          for index in vectors.indices { state.columns[index].append(vectors[index], rows: events.count) }
          state.users += gather(batch.users, events.owners)
          if let itemColumn { state.items += evaluator.batch.column(itemColumn, at: events.rows).codes }
        } else {
          let users = selection.selectedUsers(state.evaluator)
          for (index, node) in nodes.enumerated() {
            state.columns[index].append(state.evaluator.users(node).gathered(users), rows: users.count)
          }
          state.users += gather(batch.users, users)
        }
      })
    var columns = wanted.map { ColumnBuilder($0.name, type: $0.expression.type, unit: $0.expression.unit) }
    var users: [UInt32] = []
    var items: [UInt32] = []
    for state in report.states {
      for index in columns.indices { columns[index].append(state.columns[index]) }
      users += state.users
      items += state.items
    }
    let finished = columns.map { $0.finish() }
    var table = Table(
      columns: Array(finished.prefix(plan.columns.count)), rowCount: users.count, users: users,
      items: itemColumn == nil ? nil : items)
    for (expression, column) in zip(plan.carried, finished.dropFirst(plan.columns.count)) {
      table.carried[expression] = column
    }
    return outcome(
      table, report.stage(isEvents ? "SCAN events" : "SCAN users", rows: users.count), population: users.count)
  }

  private func aggregate(_ plan: StreamPlan, _ aggregate: AggregatePlan, in snapshot: borrowing Snapshot) throws
    -> QueryOutcome
  {
    struct State {
      var evaluator: BatchEvaluator
      var groups: GroupedAggregation.State
      var rows = 0
    }
    var builder = environment.builder()
    let selection = RowSelection(plan, &builder, missing: environment.missing)
    let range = environment.range(during: aggregate.during)
    let aggregation = try AggregateOperator(
      aggregate, &builder, calendar: environment.calendar, range: range, moment: environment.moment,
      privacyThreshold: environment.settings.privacyThreshold, countsUsers: true)
    let during = aggregate.during.map {
      TimeRange(from: aggregation.lowerBound($0.from), to: min($0.to, environment.moment))
    }
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    let isEvents = if case .events = plan.rows { true } else { false }
    // An absence follows from events of other types and of times before it.
    let seesMore = !environment.absences.isEmpty
    let report = try scan(
      program, types: isEvents && !seesMore ? plan.eventTypes : nil,
      window: seesMore ? nil : during.map { $0.from..<max($0.from, $0.to) }, in: snapshot,
      makeState: { _ in
        State(evaluator: BatchEvaluator(program: program, context: context), groups: aggregation.makeState())
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        if isEvents {
          let events = selection.selectedEvents(state.evaluator, in: during)
          aggregation.update(&state.groups, state.evaluator, events: events)
          state.rows += events.count
        } else {
          let users = selection.selectedUsers(state.evaluator)
          aggregation.update(&state.groups, state.evaluator, users: users)
          state.rows += users.count
        }
      })
    let result = aggregation.finish(report.states.map(\.groups), calendar: environment.calendar)
    let rows = report.states.reduce(0) { $0 + $1.rows }
    var outcome = outcome(result.table, report.stage("AGGREGATE", rows: result.table.rowCount), population: rows)
    outcome.suppressedRows = result.suppressed
    outcome.incompletePeriods = result.incomplete
    outcome.notes += result.notes
    return outcome
  }

  /// AGGREGATE WITH epsilon. Nothing exact about the users leaves it: neither their number nor who misses a value.
  private func aggregate(
    _ plan: StreamPlan, _ aggregate: AggregatePlan, with noise: NoisePlan, in snapshot: borrowing Snapshot
  ) throws -> QueryOutcome {
    struct State {
      var evaluator: BatchEvaluator
      var figures: NoisyFigures.State
    }
    let keys = aggregate.by.compactMap { bucket in if case .expression(let key) = bucket.key { key } else { nil } }
    guard !(plan.filters + aggregate.aggregates.map(\.expression) + keys).contains(where: \.dependsOnOthers) else {
      throw ExecutionError(
        "E0134", "WITH epsilon bounds what one user adds, and here a user's part depends on other users",
        help: "ask without lists, saved analyses and scores")
    }
    var builder = environment.builder()
    let selection = RowSelection(plan, &builder, missing: MissingValues())
    let figures = try NoisyFigures(aggregate, noise, &builder, calendar: environment.calendar)
    let during = aggregate.during.map { TimeRange(from: $0.from, to: min($0.to, environment.moment)) }
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    let isEvents = if case .events = plan.rows { true } else { false }
    let report = try scan(
      program, in: snapshot,
      makeState: { _ in
        State(evaluator: BatchEvaluator(program: program, context: context), figures: figures.makeState())
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        if isEvents {
          let events = selection.selectedEvents(state.evaluator, in: during)
          figures.update(&state.figures, state.evaluator, events: events)
        } else {
          figures.update(&state.figures, state.evaluator, users: selection.selectedUsers(state.evaluator))
        }
      })
    let seed = try snapshot.noiseSeed(for: environment.question)
    var random = SecretRandom(seed: seed)
    let table = figures.table(report.states.map(\.figures), using: &random)
    var outcome = outcome(table, report.stage("AGGREGATE", rows: table.rowCount), population: 0)
    // The seed stands for the question and its data; what the ledger keeps must not give it away.
    let question = SHA256.digest(seed)
    let (spent, isPaid) = try PrivacyLedger.spent(on: question, in: snapshot)
    let total = PrivacyLedger.text(isPaid ? spent : spent + noise.epsilon)
    let budget = PrivacyLedger.text(PrivacyLedger.budget(environment.schema))
    outcome.notes.append(
      "differential privacy: epsilon \(PrivacyLedger.text(noise.epsilon))\(isPaid ? ", paid before" : ""); "
        + "\(total) of \(budget) spent in all; the bounds hold the true figure in 95 of 100 cases")
    outcome.effects.append(.spend(epsilon: noise.epsilon, question: question))
    return outcome
  }

  /// The analysis of a step, over the users that the conditions leave.
  private func analyse(_ plan: StreamPlan, _ step: LogicalStep, in snapshot: borrowing Snapshot) throws -> QueryOutcome
  {
    let environment = self.environment
    switch step {
    case .funnel(let funnel):
      return try analyse(plan, step, in: snapshot) {
        try FunnelOperator(
          funnel, &$0, calendar: environment.calendar, range: environment.range, moment: environment.moment)
      }
    case .retention(let retention):
      return try analyse(plan, step, in: snapshot) {
        try RetentionOperator(
          retention, &$0, calendar: environment.calendar, range: environment.range, moment: environment.moment)
      }
    case .sessions(let sessions):
      return try analyse(plan, step, in: snapshot) { try SessionsOperator(sessions, &$0, environment) }
    case .stickiness(let stickiness):
      return try analyse(plan, step, in: snapshot) { try StickinessOperator(stickiness, &$0, environment) }
    case .lifecycle(let lifecycle):
      return try analyse(plan, step, in: snapshot) { try LifecycleOperator(lifecycle, &$0, environment) }
    case .rfm(let rfm): return try analyse(plan, step, in: snapshot) { try RFMOperator(rfm, &$0, environment) }
    case .paths(let paths): return try analyse(plan, step, in: snapshot) { try PathsOperator(paths, &$0, environment) }
    case .cluster(let cluster):
      return try ClusterOperator(environment: environment, plan: cluster, users: users).run(plan, in: snapshot)
    case .rules(let rules): return try analyse(plan, step, in: snapshot) { try RulesOperator(rules, &$0, environment) }
    default: preconditionFailure("no analysis of users: \(step.verb)")
    }
  }

  private struct Analysed<Operation: UserAnalysis> {
    var evaluator: BatchEvaluator
    var state: Operation.State
    var users = 0
  }

  private func analyse<Operation: UserAnalysis>(
    _ plan: StreamPlan, _ step: LogicalStep, in snapshot: borrowing Snapshot,
    make: (inout ProgramBuilder) throws -> Operation
  ) throws -> QueryOutcome {
    var builder = environment.builder()
    let selection = RowSelection(plan, &builder, missing: environment.missing)
    let operation = try make(&builder)
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    let everyone = selection.userConditions.isEmpty
    let report = try scan(
      program, in: snapshot,
      makeState: { _ in
        Analysed<Operation>(
          evaluator: BatchEvaluator(program: program, context: context), state: operation.makeState())
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        let users = everyone ? [] : selection.users(state.evaluator)
        state.users += everyone ? batch.userCount : users.reduce(0) { $0 + Int($1) }
        operation.update(&state.state, state.evaluator, users: users)
      })
    let result = try operation.finish(report.states.map(\.state), context)
    let (shown, hidden) = result.table.suppressed(below: environment.settings.privacyThreshold)
    var outcome = outcome(
      try withUserColumn(shown, after: step.breakdowns.count, in: snapshot),
      report.stage(step.verb, rows: shown.rowCount),
      population: report.states.reduce(0) { $0 + $1.users })
    outcome.incompletePeriods = result.incomplete
    outcome.notes += result.notes
    outcome.suppressedRows = hidden
    return outcome
  }

  /// Puts the column `user` after the breakdowns of a table that has users and no such column.
  func withUserColumn(_ table: Table, after breakdowns: Int, in snapshot: borrowing Snapshot) throws -> Table {
    guard let users = table.users, !table.columns.contains(where: { $0.name == "user" }) else { return table }
    var result = table
    let names = try snapshot.dictionary(DictionaryID.user)
    result.columns.insert(Column("user", type: .text, values: .codes(users, names)), at: breakdowns)
    return result
  }

  // MARK: - Scan

  private struct Report<State> {
    var states: [State]
    var statistics: ScanStatistics
    var milliseconds: Double
    var columns: [String]

    func stage(_ name: String, rows: Int) -> StageReport {
      StageReport(name: name, rows: rows, milliseconds: milliseconds, statistics: statistics, columns: columns)
    }
  }

  private func scan<State>(
    _ program: Program, types: [UInt32]? = nil, window: Range<Int64>? = nil, in snapshot: borrowing Snapshot,
    makeState: @Sendable (Int) -> State, body: @Sendable (inout State, EventBatch) throws -> Void
  ) throws -> Report<State> {
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.isCancelled = environment.isCancelled
    request.users = users
    request.includesExposures = !environment.exposureTypes.isEmpty
    if let types {
      request.types = types
      request.dropOtherTypes = true
    }
    if let window {
      request.window = window
      request.skipUsersOutside = true
    }
    var statistics = ScanStatistics()
    let begin = DispatchTime.now().uptimeNanoseconds
    let states = try snapshot.scan(request, statistics: &statistics, makeState: makeState, body: body)
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    let names = ["users", "time", "event"] + program.columns.map(name)
    return Report(states: states, statistics: statistics, milliseconds: elapsed, columns: names)
  }

  private func name(_ column: EventColumn) -> String {
    switch column {
    case .item: "item"
    case .order: "order"
    case .amount: "amount"
    case .quantity: "quantity"
    case .importNumber: "import"
    case .property(let number): environment.schema.properties[Int(number)].name
    }
  }

  private func outcome(_ table: Table, _ stage: StageReport, population: Int) -> QueryOutcome {
    var result = QueryOutcome(table: table)
    result.population = population
    result.stages = [stage]
    return result
  }
}

extension StreamPlan {
  /// The types of the events that are meant, or `nil` where any may be, or where other events of the user matter too.
  var eventTypes: [UInt32]? {
    guard case .events(let patterns) = rows else { return nil }
    var types: Set<UInt32> = []
    for alternative in patterns.flatMap(\.alternatives) {
      guard let own = alternative.types else { return nil }
      types.formUnion(own)
    }
    guard filters.allSatisfy(\.speaksOfRowAlone), bucketsSpeakOfRowAlone else { return nil }
    return types.sorted()
  }

  private var bucketsSpeakOfRowAlone: Bool {
    guard case .aggregate(let plan) = sink else { return false }
    return plan.by.allSatisfy { bucket in
      if case .expression(let expression) = bucket.key { expression.speaksOfRowAlone } else { true }
    } && plan.aggregates.allSatisfy { $0.expression.speaksOfRowAlone }
  }
}

extension Expression {
  /// Whether the value follows from the row and the user's properties, without other events of the user.
  var speaksOfRowAlone: Bool {
    !contains { part in
      switch part.node {
      case .measure, .sequence: true
      default: false
      }
    }
  }
}
