import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// STICKINESS: on how many days of a week users are active.
struct StickinessOperator: UserAnalysis {
  private let plan: StickinessPlan
  private let inner: PeriodTable
  private let outer: PeriodTable
  private let marks: EventMarks
  private let breakdown: Breakdown
  private let during: Range<Int64>?
  private let moment: Int64

  init(_ plan: StickinessPlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    moment = environment.moment
    during = plan.during.map { $0.from..<$0.to }
    let range = environment.range(during: plan.during)
    inner = try PeriodTable(plan.unit, over: range, in: environment.calendar)
    outer = try PeriodTable(plan.outer, over: range, in: environment.calendar)
    let event = builder.add(plan.event)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
    // Lines of one order are of one day.
    marks = EventMarks([(event, 1)], builder, countsOccurrences: false)
  }

  func makeState() -> StickinessAccumulator {
    StickinessAccumulator(inner, per: outer, grouping: breakdown.grouping, perUser: plan.perUser)
  }

  func update(_ state: inout StickinessAccumulator, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    let (types, masks) = marks.masks(evaluator, users: users)
    let codes = breakdown.codes(evaluator)
    let (ids, starts, times) = (batch.users, batch.starts, batch.times)
    state.update(
      users: ids.span, starts: starts.span, times: times.span, types: types.span, masks: masks.span, groups: codes.span)
  }

  // MARK: - Result

  func finish(_ states: [StickinessAccumulator], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first ?? makeState()
    for state in states.dropFirst() { total.merge(state) }
    let incomplete = outer.cutPeriods(during: during, moment: moment)
    if let users = total.perUser { return AnalysisResult(table: perUser(users), incomplete: incomplete) }
    let groups = plan.by.isEmpty ? [0] : breakdown.ordered(total.groups)
    let table = plan.series.map { series(total, groups, name: $0) } ?? summary(total, groups)
    return AnalysisResult(table: table, incomplete: incomplete)
  }

  private func summary(_ total: StickinessAccumulator, _ groups: [UInt32]) -> Table {
    let found = groups.map { ($0, total.finish(group: $0, cumulative: plan.cumulative)) }
    let codes = found.flatMap { group, rows in [UInt32](repeating: group, count: rows.count) }
    let rows = found.flatMap(\.1)
    let columns =
      breakdown.columns(codes) + [
        Column(plan.countName, type: .integer, values: .integers(rows.map { Int64($0.days) })),
        Column("users", type: .integer, values: .integers(rows.map { Int64($0.users) })),
        Column("share", reals: rows.map(\.share)),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func series(_ total: StickinessAccumulator, _ groups: [UInt32], name: String) -> Table {
    let found = groups.map { ($0, total.series(group: $0)) }
    let codes = found.flatMap { group, rows in [UInt32](repeating: group, count: rows.count) }
    let rows = found.flatMap(\.1)
    let labels = outer.labels
    let columns =
      breakdown.columns(codes) + [
        Column(name, type: .text, values: .texts(found.flatMap { _ in labels })),
        Column("active", type: .integer, values: .integers(rows.map { Int64($0.active) })),
        Column("mean_\(plan.countName)", reals: rows.map(\.meanDays)),
        Column("ratio", reals: rows.map(\.ratio)),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func perUser(_ rows: StickinessUsers) -> Table {
    let columns = breakdown.columns(rows.groups) + [Column(plan.countName, type: .real, values: .reals(rows.days))]
    return Table(columns: columns, rowCount: rows.users.count, users: rows.users)
  }
}
