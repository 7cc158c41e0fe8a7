import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// LIFECYCLE: what users are in each period, by their activity or by the stages of a definition.
struct LifecycleOperator: UserAnalysis {
  private let plan: LifecyclePlan
  /// Of an activity the periods to report are preceded by one more.
  private let periods: PeriodTable
  private let firstReported: Int
  private let breakdown: Breakdown
  private let subject: Subject
  private let moment: Int64

  private enum Subject {
    case activity(EventMarks)
    /// A node of level user for each period: the number of the stage at its end.
    case stages([Int])
  }

  enum State {
    case activity(LifecycleAccumulator)
    case stages(StageAccumulator)
  }

  init(_ plan: LifecyclePlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    moment = environment.moment
    guard let (every, unit) = plan.period.key.units else { preconditionFailure("LIFECYCLE goes by a unit of time") }
    var from = plan.range.from
    switch plan.subject {
    case .activity(let event):
      let index = builder.add(event)
      subject = .activity(EventMarks([(index, 1)], builder, countsOccurrences: false))
      from = environment.calendar.start(of: unit, every: every, containing: from - 1)
      firstReported = 1
    case .stages(_, _, let numbers):
      subject = .stages(numbers.map { builder.add($0) })
      firstReported = 0
    }
    periods = try PeriodTable(unit, every: every, over: from..<plan.range.to, in: environment.calendar)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
  }

  func makeState() -> State {
    switch plan.subject {
    case .activity:
      .activity(
        LifecycleAccumulator(
          periods, dormantAfter: plan.dormantAfter, transitions: plan.hasTransitions, hasGroups: !plan.by.isEmpty,
          perUser: plan.perUser))
    case .stages(_, let names, _):
      .stages(
        StageAccumulator(
          stages: names.count, periods: periods.count, transitions: plan.hasTransitions, perUser: plan.perUser))
    }
  }

  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let codes = breakdown.codes(evaluator)
    switch (state, subject) {
    case (.activity(var accumulator), .activity(let marks)):
      // Taken out while it grows, so that its arrays are not copied.
      state = .stages(StageAccumulator(stages: 0, periods: 0))
      let batch = evaluator.batch
      let (types, masks) = marks.masks(evaluator, users: users)
      let (ids, starts, times) = (batch.users, batch.starts, batch.times)
      accumulator.update(
        users: ids.span, starts: starts.span, times: times.span, types: types.span, masks: masks.span,
        groups: codes.span)
      state = .activity(accumulator)
    case (.stages(var accumulator), .stages(let nodes)):
      state = .stages(StageAccumulator(stages: 0, periods: 0))
      add(nodes, to: &accumulator, evaluator, users, codes)
      state = .stages(accumulator)
    default: preconditionFailure("a state of another analysis")
    }
  }

  /// The stage of each user at the end of each period; before his first event a user has none.
  private func add(
    _ nodes: [Int], to accumulator: inout StageAccumulator, _ evaluator: BatchEvaluator, _ users: [UInt8],
    _ codes: [UInt32]
  ) {
    let batch = evaluator.batch
    let (ids, starts, times) = (batch.users, batch.starts, batch.times)
    let count = batch.userCount
    let stages = nodes.map { node -> (numbers: [Int64], present: [UInt8]) in
      let vector = evaluator.users(node)
      return (vector.integers(count), vector.presence(count))
    }
    let ends = nodes.indices.map { min(periods.period($0).upperBound, periods.range.upperBound) }
    for user in 0..<count where users.isEmpty || users[user] != 0 {
      accumulator.begin(ids[user], group: codes.isEmpty ? 0 : Int(codes[user]))
      let first = times[starts[user]]
      for (period, stage) in stages.enumerated() where first < ends[period] {
        let isPresent = stage.present.isEmpty || stage.present[user] != 0
        accumulator.add(isPresent ? Int(stage.numbers[user]) : nil, period: period)
      }
    }
  }

  // MARK: - Result

  /// One stage of one period, or the passage from one stage to another.
  private struct Row {
    var group: UInt32
    var period = 0
    var from = 0
    var to: Int
    var users: Int
    var share = 0.0
  }

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first ?? makeState()
    for state in states.dropFirst() { total.merge(state) }
    let incomplete = periods.cutPeriods(during: nil, moment: moment)
    if let users = total.perUser { return AnalysisResult(table: perUser(users), incomplete: incomplete) }
    let groups = plan.by.isEmpty ? [0] : breakdown.ordered(total.groups)
    let table =
      plan.hasTransitions
      ? transitions(groups.flatMap { group in total.transitions(group).map { row(group, $0) } })
      : summary(groups.flatMap { rows(total, group: $0) })
    return AnalysisResult(table: table, incomplete: incomplete)
  }

  private func row(_ group: UInt32, _ found: StageTransition) -> Row {
    Row(group: group, from: found.from, to: found.to, users: found.users, share: found.share)
  }

  private func rows(_ total: State, group: UInt32) -> [Row] {
    (firstReported..<max(periods.count, firstReported)).flatMap { period in
      total.users(group, period: period, firstReported).enumerated().map { stage, users in
        Row(group: group, period: period, to: stage, users: users)
      }
    }
  }

  private func summary(_ rows: [Row]) -> Table {
    let (labels, names) = (periods.labels, stageNames)
    let columns =
      breakdown.columns(rows.map(\.group)) + [
        Column(plan.period.name, type: .text, values: .texts(rows.map { labels[$0.period] })),
        Column("stage", type: .text, values: .texts(rows.map { names[$0.to] })),
        Column("users", type: .integer, values: .integers(rows.map { Int64($0.users) })),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func transitions(_ rows: [Row]) -> Table {
    let names = stageNames
    let columns =
      breakdown.columns(rows.map(\.group)) + [
        Column("from", type: .text, values: .texts(rows.map { names[$0.from] })),
        Column("to", type: .text, values: .texts(rows.map { names[$0.to] })),
        Column("users", type: .integer, values: .integers(rows.map { Int64($0.users) })),
        Column("share", type: .real, values: .reals(rows.map(\.share))),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func perUser(_ rows: StageUsers) -> Table {
    let (labels, names) = (periods.labels, stageNames)
    let columns =
      breakdown.columns(rows.groups) + [
        Column(plan.period.name, type: .text, values: .texts(rows.periods.map { labels[Int($0)] })),
        Column("stage", type: .text, values: .texts(rows.stages.map { names[Int($0)] })),
        Column("previous_stage", texts: rows.previousStages.map { $0 < 0 ? nil : names[Int($0)] }),
      ]
    return Table(columns: columns, rowCount: rows.users.count, users: rows.users)
  }

  private var stageNames: [String] {
    switch plan.subject {
    case .activity: LifecycleStage.allCases.map { "\($0)" }
    case .stages(_, let names, _): names
    }
  }
}

extension LifecycleOperator.State {
  fileprivate mutating func merge(_ other: Self) {
    switch (self, other) {
    case (.activity(var own), .activity(let theirs)):
      own.merge(theirs)
      self = .activity(own)
    case (.stages(var own), .stages(let theirs)):
      own.merge(theirs)
      self = .stages(own)
    default: preconditionFailure("states of different analyses")
    }
  }

  fileprivate var perUser: StageUsers? {
    switch self {
    case .activity(let own): own.perUser
    case .stages(let own): own.perUser
    }
  }

  fileprivate var groups: [UInt32] {
    switch self {
    case .activity(let own): own.groups
    case .stages(let own): own.groups
    }
  }

  fileprivate func transitions(_ group: UInt32) -> [StageTransition] {
    switch self {
    case .activity(let own):
      own.finishTransitions(group: group).map {
        StageTransition(from: $0.from.rawValue, to: $0.to.rawValue, users: $0.users, share: $0.share)
      }
    case .stages(let own): own.finishTransitions(group: group)
    }
  }

  /// Users of each stage in one period.
  fileprivate func users(_ group: UInt32, period: Int, _ firstReported: Int) -> [Int] {
    switch self {
    case .activity(let own): own.finish(group: group)[period - firstReported]
    case .stages(let own): own.users(group: group, period: period)
    }
  }
}
