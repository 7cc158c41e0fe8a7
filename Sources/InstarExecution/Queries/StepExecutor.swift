import Dispatch
import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// Runs the steps of a chain on the table that arrives.
struct StepExecutor {
  let environment: QueryEnvironment
  var outcome: QueryOutcome

  mutating func run(_ step: LogicalStep, in snapshot: borrowing Snapshot) throws {
    if environment.isCancelled() { throw ScanCancelled() }
    let begin = DispatchTime.now().uptimeNanoseconds
    try apply(step, in: snapshot)
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begin) / 1e6
    outcome.stages.append(StageReport(name: step.verb, rows: outcome.table.rowCount, milliseconds: elapsed))
  }

  private mutating func apply(_ step: LogicalStep, in snapshot: borrowing Snapshot) throws {
    let table = outcome.table
    switch step {
    case .filter(let condition):
      let holds = try vectors([condition], in: snapshot)[0].flags(table.rowCount)
      outcome.table = table.rows(at: holds.indices.filter { holds[$0] != 0 })
    case .add(let new):
      for (item, vector) in zip(new, try vectors(new.map(\.expression), in: snapshot)) {
        outcome.table.columns.append(vector.column(item.name, unit: item.expression.unit, count: table.rowCount))
      }
    case .keep(let kept):
      let all = try vectors(kept.map(\.expression), in: snapshot)
      outcome.table.columns = zip(kept, all).map { item, vector in
        vector.column(item.name, unit: item.expression.unit ?? unit(of: item.expression), count: table.rowCount)
      }
    case .sort(let keys):
      let all = try vectors(keys.map(\.expression), in: snapshot)
      let orders = zip(keys, all).map { RowOrder($1, count: table.rowCount, descending: $0.descending) }
      outcome.table = table.rows(at: RowOrder.positions(orders, count: table.rowCount))
    case .limit(let count, let per): outcome.table = limited(count, per: per)
    case .pivot(let plan): outcome.table = try Pivot(table, plan).pivoted()
    case .join(let name, let keys):
      outcome.table = try Join(table, with: StoredTables.read(name, in: snapshot), named: name, on: keys).joined()
    case .assert(let condition, let message): try assert(condition, message, in: snapshot)
    case .aggregate(let plan): try aggregate(plan, in: snapshot)
    case .funnel, .retention, .sessions, .stickiness, .lifecycle, .rfm, .paths, .cluster, .rules:
      try analyse(step, in: snapshot)
    case .recommend(let plan):
      let recommendation = RecommendOperator(environment: environment, plan: plan)
      try recommendation.run(&outcome, in: snapshot)
    case .predict(let plan):
      try PredictOperator(environment: environment, plan: plan).run(&outcome, in: snapshot)
    case .survival(let plan):
      try SurvivalOperator(environment: environment, plan: plan).run(&outcome, in: snapshot)
    case .forecast(let plan): try ForecastOperator(environment: environment, plan: plan).run(&outcome)
    case .saveDefinition(let entry): outcome.effects.append(.saveDefinition(entry))
    case .saveCampaign(let plan): try CampaignOperator(plan: plan).run(&outcome, in: snapshot)
    case .saveTable(let name): outcome.effects.append(.saveTable(name: name, StoredTables.bytes(table)))
    case .snapshot(let name):
      let users = Array(Set(table.users ?? [])).sorted()
      outcome.effects.append(.snapshot(name: name, users: users, asOf: environment.moment))
    case .export(let path, let options):
      guard let exporter = environment.exporter else { throw StatementRunner.filesBarred("EXPORT") }
      try environment.limits.check(rows: table.rowCount)
      try table.loadTexts()
      let rows = try exporter(exported, path, options, environment.calendar)
      outcome.notes.append("wrote \(rows) rows to \(path)")
      if table.users != nil { outcome.effects.append(.audit("exported \(rows) rows of users")) }
    }
  }

  /// The table as a file has it: with its picture and with where it comes from.
  private var exported: ResultTable {
    var receipt = Receipt()
    StatementRunner.fill(&receipt, environment.schema, environment.settings)
    receipt.statement = environment.statement
    receipt.asOf = environment.moment
    receipt.population = outcome.population
    receipt.models = environment.log.lines
    receipt.notes = outcome.notes + environment.log.notes
    return ResultTable(columns: outcome.table.columns, receipt: receipt, shape: outcome.shape)
  }

  private func unit(of expression: Expression) -> String? {
    if case .column(let position) = expression.node { outcome.table.columns[position].unit } else { nil }
  }

  // MARK: - Expressions

  /// One vector for each expression, with a row for each row of the table.
  private func vectors(_ expressions: [Expression], in snapshot: borrowing Snapshot) throws -> [Vector] {
    let evaluator = try self.evaluator(expressions, in: snapshot)
    return evaluator.nodes.map { evaluator.table.rows($0).expanded(outcome.table.rowCount) }
  }

  private func evaluator(_ expressions: [Expression], in snapshot: borrowing Snapshot) throws
    -> (table: TableEvaluator, nodes: [Int])
  {
    var builder = environment.builder()
    let nodes = expressions.map { builder.add($0) }
    return (try evaluator(&builder, expressions, in: snapshot), nodes)
  }

  /// The evaluator of a program whose parts of users, if any, a scan over the table's users computes first.
  private func evaluator(_ builder: inout ProgramBuilder, _ expressions: [Expression], in snapshot: borrowing Snapshot)
    throws -> TableEvaluator
  {
    let users = outcome.table.users ?? []
    let found = try UserColumns(environment: environment).columns(expressions, for: users, in: snapshot)
    var columns: [Int: Column] = [:]
    for (expression, column) in found { columns[builder.add(expression)] = column }
    var carried: [Int: Column] = [:]
    for (expression, column) in outcome.table.carried { carried[builder.add(expression)] = column }
    var properties: [UInt16: Column] = [:]
    for property in builder.itemProperties { properties[property] = try snapshot.itemProperty(property) }
    return TableEvaluator(
      program: builder.program, table: outcome.table, calendar: environment.calendar, userColumns: columns,
      rowColumns: carried, itemProperties: properties, itemNames: try snapshot.dictionary(DictionaryID.item))
  }

  // MARK: - Steps

  private func limited(_ count: Int, per: Int?) -> Table {
    let table = outcome.table
    guard let per else { return count < table.rowCount ? table.rows(at: Array(0..<count)) : table }
    let keys = GroupKey.bits(of: Vector(table.columns[per]), count: table.rowCount)
    var seen: [UInt64: Int] = [:]
    let kept = (0..<table.rowCount).filter { row in
      seen[keys[row], default: 0] += 1
      return seen[keys[row], default: 0] <= count
    }
    return table.rows(at: kept)
  }

  private mutating func aggregate(_ plan: AggregatePlan, in snapshot: borrowing Snapshot) throws {
    guard plan.noise == nil else {
      throw ExecutionError(
        "E0134", "WITH epsilon bounds what one user adds, and a step before made other rows of the users",
        help: "AGGREGATE WITH epsilon stands behind SEGMENT or EVENTS and their WHERE")
    }
    var builder = environment.builder()
    let countsUsers = outcome.table.users != nil
    let operation = try AggregateOperator(
      plan, &builder, calendar: environment.calendar, range: environment.range(during: plan.during),
      moment: environment.moment, privacyThreshold: environment.settings.privacyThreshold, countsUsers: countsUsers)
    if let during = plan.during, case .integers(let times)? = outcome.table.carried[.timeOfEvent]?.values {
      let from = operation.lowerBound(during.from)
      outcome.table = outcome.table.rows(at: times.indices.filter { times[$0] >= from && times[$0] < during.to })
    }
    let expressions =
      plan.by.compactMap { bucket -> Expression? in
        if case .expression(let expression) = bucket.key { expression } else { nil }
      } + plan.aggregates.flatMap(\.expression.aggregateCalls).compactMap(\.argument)
    let evaluator = try self.evaluator(&builder, expressions, in: snapshot)
    let result = operation.finish(operation.aggregate(outcome.table, evaluator), calendar: environment.calendar)
    outcome.table = result.table
    outcome.suppressedRows += result.suppressed
    outcome.incompletePeriods += result.incomplete
    outcome.notes += result.notes
  }

  /// An analysis of the users of a table: a pass over their events.
  private mutating func analyse(_ step: LogicalStep, in snapshot: borrowing Snapshot) throws {
    var stream = StreamPlan(columnsOfUsers: [])
    stream.sink = .analysis(step)
    var executor = StreamExecutor(environment: environment)
    executor.users = Array(Set(outcome.table.users ?? [])).sorted()
    let analysed = try executor.run(stream, in: snapshot)
    outcome.table = analysed.table
    outcome.notes += analysed.notes
    outcome.incompletePeriods += analysed.incompletePeriods
    outcome.suppressedRows += analysed.suppressedRows
    outcome.notes += analysed.notes
    outcome.stages += analysed.stages
  }

  private func assert(_ condition: Expression, _ message: String, in snapshot: borrowing Snapshot) throws {
    let plan = AggregatePlan(aggregates: [NamedExpression("holds", condition)])
    var copy = self
    try copy.aggregate(plan, in: snapshot)
    guard let column = copy.outcome.table.columns.first, column.count == 1 else {
      preconditionFailure("an aggregate without BY has one row")
    }
    if column[0] != .boolean(true) { throw AssertionFailure(message: message) }
  }
}

/// The condition of an ASSERT did not hold.
package struct AssertionFailure: Error, Sendable {
  /// The statement's own words, or the condition.
  package var message: String
}

extension LogicalStep {
  /// The verb, for EXPLAIN.
  var verb: String {
    switch self {
    case .filter: "WHERE"
    case .add: "ADD"
    case .keep: "KEEP"
    case .sort: "SORT BY"
    case .limit: "LIMIT"
    case .pivot: "PIVOT"
    case .join: "JOIN"
    case .assert: "ASSERT"
    case .aggregate: "AGGREGATE"
    case .funnel: "FUNNEL"
    case .retention: "RETENTION"
    case .sessions: "SESSIONS"
    case .stickiness: "STICKINESS"
    case .lifecycle: "LIFECYCLE"
    case .rfm: "RFM"
    case .paths: "PATHS"
    case .cluster: "CLUSTER"
    case .rules: "RULES"
    case .recommend: "RECOMMEND"
    case .predict: "PREDICT"
    case .survival: "PREDICT TIME TO"
    case .forecast: "FORECAST"
    case .saveDefinition(let entry): "SAVE AS \(entry.kind.rawValue.uppercased())"
    case .saveCampaign: "SAVE AS CAMPAIGN"
    case .saveTable: "SAVE AS TABLE"
    case .snapshot: "SNAPSHOT AS"
    case .export: "EXPORT TO"
    }
  }
}
