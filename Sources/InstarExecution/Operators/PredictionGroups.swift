import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// PREDICT .. BY: predictions summed up by values of users, beside what came in the newest window that has closed.
struct PredictionGroups {
  let environment: QueryEnvironment
  let plan: PredictPlan
  let model: PredictionModel

  /// - Parameters:
  ///   - users: those of the table that have a prediction, ascending.
  ///   - values: their predictions.
  func run(_ users: [UInt32], _ values: [Double], _ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot) throws
  {
    var builder = environment.reading(model.absences).builder()
    let breakdown = try Breakdown(
      plan.by, &builder, calendar: environment.calendar, range: environment.range)
    let now = try codes(users, environment.moment, breakdown, in: snapshot)
    var sums: [UInt32: Sums] = [:]
    for (code, value) in zip(now, values) { sums[code, default: Sums()].add(value) }
    if let past = try past(in: snapshot) {
      let then = try codes(past.users, past.anchor, breakdown, in: snapshot)
      for (code, label) in zip(then, past.labels) where sums[code] != nil { sums[code]?.addPast(label) }
      let date = TimeFormatter(zone: environment.calendar.zone, precision: .days).text(past.anchor)
      outcome.notes.append("past: what came from \(date) on, of who was in the group then")
    }
    let threshold = environment.settings.privacyThreshold
    let order = breakdown.ordered(Array(sums.keys))
    let shown = order.filter { (sums[$0]?.users ?? 0) >= threshold }
    outcome.suppressedRows += order.count - shown.count
    let rows = shown.map { (sums[$0] ?? Sums()).row }
    let own = Table(rows: rows, columns: Array(plan.columns.dropFirst(plan.by.count)))
    outcome.table = Table(columns: breakdown.columns(shown) + own.columns, rowCount: rows.count)
  }

  private struct Sums {
    var users = 0
    var sum = 0.0
    var pastUsers = 0
    var pastSum = 0.0

    mutating func add(_ value: Double) {
      users += 1
      sum += value
    }

    mutating func addPast(_ label: Double) {
      pastUsers += 1
      pastSum += label
    }

    var row: [Value] {
      [
        .integer(Int64(users)), .real(sum / Double(max(1, users))), .real(sum), .integer(Int64(pastUsers)),
        pastUsers > 0 ? .real(pastSum / Double(pastUsers)) : .missing,
      ]
    }
  }

  /// Who belonged to the population when the newest closed window began, and what came of them; `nil` where no window has
  /// closed, and where events are the anchors: their windows begin at all times.
  private func past(in snapshot: borrowing Snapshot) throws -> (anchor: Int64, users: [UInt32], labels: [Double])? {
    guard model.anchor == nil, let schedule = try? ModelTraining(environment: environment, model: model).schedule()
    else { return nil }
    let anchor = schedule.heldOut
    var then = environment
    then.moment = anchor
    let specification = FeatureSpecification(model, schema: environment.schema)
    let rows = try FeatureScan(environment: then, model: model, specification: specification).run(in: snapshot)
    let labels = try LabelScan(environment: environment, model: model).run(at: [anchor], in: snapshot)[0]
    return (anchor, rows.users, labels.values(of: rows.users))
  }

  /// The group of each of `users`, which ascend, as of a moment.
  private func codes(
    _ users: [UInt32], _ moment: Int64, _ breakdown: Breakdown, in snapshot: borrowing Snapshot
  ) throws -> [UInt32] {
    var then = environment.reading(model.absences)
    then.moment = moment
    var builder = then.builder()
    let reader = breakdown.compiled(plan.by, &builder)
    let context = try ContextBuilder(environment: then).context(builder, in: snapshot)
    let program = builder.program
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = moment
    request.purpose = .predict
    request.isCancelled = environment.isCancelled
    request.users = users
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        (evaluator: BatchEvaluator(program: program, context: context), users: [UInt32](), codes: [UInt32]())
      },
      body: { state, batch in
        state.evaluator.begin(batch)
        state.users += batch.users
        state.codes += reader.codes(state.evaluator)
      })
    var found: [UInt32: UInt32] = [:]
    for state in states { for (user, code) in zip(state.users, state.codes) { found[user] = code } }
    return users.map { user in
      guard let code = found[user] else { preconditionFailure("a user who is known has an event") }
      return code
    }
  }
}
