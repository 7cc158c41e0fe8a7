import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// SESSIONS: the events of each user, cut where more than a gap passes.
struct SessionsOperator: UserAnalysis {
  private let plan: SessionsPlan
  private let periods: PeriodTable?
  private let definition: SessionDefinition
  private let breakdown: Breakdown
  /// Events of any type, where lines of one order are one event.
  private let anyEvent: Int?
  private let during: Range<Int64>?
  private let moment: Int64

  init(_ plan: SessionsPlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    moment = environment.moment
    during = plan.during.map { $0.from..<$0.to }
    periods = try plan.period?.key.units.map { every, unit throws in
      try PeriodTable(unit, every: every, over: environment.range(during: plan.during), in: environment.calendar)
    }
    definition = SessionDefinition(gap: plan.gap, periods: periods, during: during)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
    let any = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    anyEvent = environment.hasOrders ? builder.add(any) : nil
  }

  func makeState() -> SessionAccumulator {
    SessionAccumulator(definition, grouping: breakdown.grouping, perUser: plan.perUser)
  }

  func update(_ state: inout SessionAccumulator, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    let codes = breakdown.codes(evaluator)
    let events = anyEvent.map { evaluator.marks(of: $0) } ?? []
    let (ids, starts, times) = (batch.users, batch.starts, batch.times)
    state.update(
      users: ids.span, starts: starts.span, times: times.span, groups: codes.span, selected: users.span,
      events: events.span)
  }

  // MARK: - Result

  func finish(_ states: [SessionAccumulator], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first ?? makeState()
    for state in states.dropFirst() { total.merge(state) }
    let incomplete = periods?.cutPeriods(during: during, moment: moment) ?? 0
    if plan.perUser, let users = total.perUser { return AnalysisResult(table: perUser(users), incomplete: incomplete) }
    return AnalysisResult(table: summary(total.finish()), incomplete: incomplete)
  }

  private func summary(_ found: [SessionPeriod]) -> Table {
    var places: [UInt32: Range<Int>] = [:]
    for (place, row) in found.enumerated() {
      places[row.group] = (places[row.group]?.lowerBound ?? place)..<place + 1
    }
    let rows = breakdown.ordered(found.map(\.group)).flatMap { found[places[$0] ?? 0..<0] }
    let columns =
      breakdown.columns(rows.map(\.group)) + periodColumn(rows.map(\.period)) + [
        Column("sessions", type: .integer, values: .integers(rows.map { Int64($0.sessions) })),
        Column("users", type: .integer, values: .integers(rows.map { Int64($0.users) })),
        Column("events", type: .integer, values: .integers(rows.map { Int64($0.events) })),
        Column("median_length", type: .duration, integers: rows.map(\.medianLength)),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func perUser(_ rows: SessionUsers) -> Table {
    let columns =
      breakdown.columns(rows.groups) + periodColumn(rows.periods.map { Int($0) }) + [
        Column("sessions", type: .integer, values: .integers(rows.sessions.map { Int64($0) })),
        Column("median_length", type: .duration, values: .integers(rows.medianLengths())),
      ]
    return Table(columns: columns, rowCount: rows.users.count, users: rows.users)
  }

  private func periodColumn(_ indices: [Int]) -> [Column] {
    guard let periods, let name = plan.period?.name else { return [] }
    let labels = periods.labels
    return [Column(name, type: .text, values: .texts(indices.map { labels[$0] }))]
  }
}

extension BatchEvaluator {
  /// 1 for each row that is the first line of an occurrence of the pattern.
  func marks(of pattern: Int) -> [UInt8] {
    var marks = [UInt8](repeating: 0, count: batch.rowCount)
    for row in rows(of: pattern).occurrences.rows { marks[row] = 1 }
    return marks
  }
}
