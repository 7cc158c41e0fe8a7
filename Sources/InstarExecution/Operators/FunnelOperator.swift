import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// FUNNEL: how far users get along a chain of events.
struct FunnelOperator: UserAnalysis {
  private let plan: FunnelPlan
  private let sequence: SequenceProgram
  private let grouping: FunnelGrouping
  private let groups: SharedGroups?
  private let keyNodes: [Int?]
  private let moment: Int64
  private let labels: [String]

  /// What one chunk of users adds up.
  struct State {
    var summary: FunnelAccumulator
    var users: FunnelUsers
    var matcher: SequenceMatcher
    var matches: SequenceMatches
  }

  init(
    _ plan: FunnelPlan, _ builder: inout ProgramBuilder, calendar: Calendar, range: Range<Int64>, moment: Int64
  ) throws {
    self.plan = plan
    self.moment = moment
    let steps = plan.sequence.steps.map { step in step.events.map { builder.add($0) } }
    let without = plan.sequence.without.map { builder.add($0) }
    let keys = builder.keys(of: plan.sequence.same)
    keyNodes = plan.by.map { bucket in
      if case .expression(let expression) = bucket.key { builder.add(expression) } else { nil }
    }
    let entry: SequencePattern.Entry =
      switch plan.entry {
      case .best: .best
      case .first: .first
      case .last: .last
      case .every: .every
      }
    sequence = try SequenceProgram(
      plan.sequence, steps: steps, without: without, keys: keys, program: builder.program, calendar: calendar,
      entry: entry, tolerance: plan.tolerance, during: plan.during.map { $0.from..<$0.to }, cut: plan.cutsAtRange)
    groups = plan.by.isEmpty ? nil : try SharedGroups(plan.by, calendar: calendar, range: range)
    if plan.by.isEmpty {
      grouping = .none
    } else if plan.by.allSatisfy(\.isOfUsers) {
      grouping = .user
    } else {
      switch plan.valueAt {
      case .last: grouping = .lastStep
      case .step(let number): grouping = .step(number - 1)
      }
    }
    labels = plan.sequence.steps.map(\.label)
  }

  func makeState() -> State {
    let matcher = SequenceMatcher(sequence.pattern, now: moment)
    return State(
      summary: FunnelAccumulator(sequence.pattern, grouping: grouping),
      users: FunnelUsers(sequence.pattern, grouping: grouping), matcher: matcher, matches: matcher.makeMatches())
  }

  /// - Parameter users: one byte for each user of the batch; empty means all.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    evaluator.match(sequence, with: &state.matcher, users: users, into: &state.matches)
    let times = evaluator.batch.times
    let codes = groups.map { self.codes($0, evaluator) }
    if plan.perUser {
      let ids = evaluator.batch.users
      state.users.update(state.matches, users: ids.span, times: times.span, groups: codes?.span)
    } else {
      state.summary.update(state.matches, times: times.span, groups: codes?.span)
    }
  }

  /// The group of each user or of each row of the batch.
  private func codes(_ groups: SharedGroups, _ evaluator: BatchEvaluator) -> [UInt32] {
    let batch = evaluator.batch
    if grouping == .user {
      return groups.codes(keyNodes.compactMap { $0.map(evaluator.users) }, count: batch.userCount)
    }
    return evaluator.withSelection(evaluator.allRows) {
      groups.codes(
        keyNodes.map { $0.map(evaluator.events) ?? Vector(.time, .integers(batch.times)) }, count: batch.rowCount)
    }
  }

  // MARK: - Result

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first ?? makeState()
    for state in states.dropFirst() {
      total.summary.merge(state.summary)
      total.users.merge(state.users)
    }
    if plan.perUser { return AnalysisResult(table: perUser(total.users)) }
    let found = total.summary.finish()
    var result = AnalysisResult(
      table: summary(found), incomplete: found.reduce(0) { $0 + $1.steps.count { !$0.isComplete } })
    if let lift = plan.lift {
      result.compare(lift, breakdowns: plan.by.count, others: ["step"], rows: liftRows(result))
    }
    return result
  }

  /// The users of each step among those who entered.
  private func liftRows(_ result: AnalysisResult) -> [LiftColumns.Row] {
    guard case .integers(let users)? = result.table.columns.first(where: { $0.name == "users" })?.values else {
      return []
    }
    return users.indices.map { row in
      let step = row % labels.count
      let entered = Int(users[row - step])
      return step == 0
        ? .init(sample: nil, members: entered) : .init(sample: .share(count: Int(users[row]), of: entered))
    }
  }

  private func summary(_ found: [FunnelGroup]) -> Table {
    var ordered = found
    var keys: [Column] = []
    if let groups {
      let (columns, order) = groups.columns(found.map(\.code))
      ordered = order.map { found[$0] }
      let rows = order.flatMap { position in [Int](repeating: position, count: labels.count) }
      keys = columns.map { Vector($0).gathered(rows).column($0.name, unit: $0.unit, count: rows.count) }
    }
    let steps = ordered.flatMap(\.steps)
    let numbers = ordered.flatMap { $0.steps.indices.map { Int64($0 + 1) } }
    let names = ordered.flatMap { _ in labels }
    func optional(_ values: [Double?]) -> (ColumnValues, [UInt8]) {
      (.reals(values.map { $0 ?? 0 }), values.contains { $0 == nil } ? values.map { $0 == nil ? 0 : 1 } : [])
    }
    let rate = optional(steps.map(\.rate))
    let previous = optional(steps.map(\.ratePrevious))
    let medians = steps.map(\.medianTime)
    let columns =
      keys + [
        Column("step", type: .integer, values: .integers(numbers)),
        Column("event", type: .text, values: .texts(names)),
        Column("users", type: .integer, values: .integers(steps.map { Int64($0.users) })),
        Column("rate", type: .real, values: rate.0, present: rate.1),
        Column("rate_prev", type: .real, values: previous.0, present: previous.1),
        Column("dropped", type: .integer, values: .integers(steps.map { Int64($0.dropped) })),
        Column(
          "median_time", type: .duration, values: .integers(medians.map { $0 ?? 0 }),
          present: medians.contains { $0 == nil } ? medians.map { $0 == nil ? 0 : 1 } : []),
        Column("complete", type: .boolean, values: .booleans(steps.map { $0.isComplete ? 1 : 0 })),
      ]
    return Table(columns: columns, rowCount: steps.count)
  }

  private func perUser(_ rows: FunnelUsers) -> Table {
    func column(_ name: String, _ type: ValueType, _ values: [Int64]) -> Column {
      let missing = values.contains(FunnelUsers.missing)
      return Column(
        name, type: type, values: .integers(values),
        present: missing ? values.map { $0 == FunnelUsers.missing ? 0 : 1 } : [])
    }
    let keys = groups.map { $0.columns(rows.groups).columns } ?? []
    var columns =
      keys + [
        Column("reached", type: .integer, values: .integers(rows.reached.map { Int64($0) })),
        Column("converted", type: .boolean, values: .booleans(rows.converted)),
      ]
    for (step, times) in rows.times.enumerated() { columns.append(column("t\(step + 1)", .time, times)) }
    columns.append(column("time_to_convert", .duration, rows.timeToConvert))
    columns.append(Column("entry_complete", type: .boolean, values: .booleans(rows.entryComplete)))
    return Table(columns: columns, rowCount: rows.users.count, users: rows.users)
  }
}

extension Bucket {
  /// Whether the bucket has one value for each user, whatever the event.
  var isOfUsers: Bool {
    if case .expression(let expression) = key { expression.level <= .user } else { false }
  }
}

extension SequencePlan.Step {
  /// How a table names the step: "purchase", "any order (a, b)", "not purchase".
  var label: String {
    let names = events.map(\.text)
    let name = names.count == 1 ? names[0] : "any order (\(names.joined(separator: ", ")))"
    switch mode {
    case .not: return "not \(name)"
    case .optional: return "\(name) (optional)"
    case .then, .directly: return name
    }
  }
}
