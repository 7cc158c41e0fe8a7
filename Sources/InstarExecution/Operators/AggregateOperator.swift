import InstarCalendar
import InstarColumns
import InstarPlan

/// AGGREGATE over users, events or the rows of a table: what to ask of each batch, and how groups become a table.
struct AggregateOperator {
  /// One call per distinct aggregate of the statement; the outer expressions refer to them by position.
  private let calls: [AggregateCall]
  private let aggregation: GroupedAggregation
  private let plan: AggregatePlan
  private let keyNodes: [Int?]
  private let argumentNodes: [Int?]
  private let periods: PeriodTable?
  private let trailing: TrailingStretches?
  private let comparison: MeanComparison?
  private let moment: Int64
  private let threshold: Int
  /// The hidden `users()` that the privacy threshold looks at.
  private let userCall: Int?

  /// - Parameters:
  ///   - range: the times that rows can have, for calendar buckets.
  ///   - countsUsers: whether rows have users, so that the privacy threshold applies.
  init(
    _ plan: AggregatePlan, _ builder: inout ProgramBuilder, calendar: Calendar, range: Range<Int64>, moment: Int64,
    privacyThreshold: Int, countsUsers: Bool
  ) throws {
    self.plan = plan
    self.moment = moment
    threshold = privacyThreshold
    var calls: [AggregateCall] = []
    for call in plan.aggregates.flatMap(\.expression.aggregateCalls) where !calls.contains(call) { calls.append(call) }
    if privacyThreshold > 0, countsUsers {
      userCall = calls.count
      calls.append(AggregateCall(.users))
    } else {
      userCall = nil
    }
    if let lift = plan.lift, let figure = plan.comparedMean {
      comparison = MeanComparison(lift, of: figure, calls: &calls)
    } else {
      comparison = nil
    }
    self.calls = calls
    var keys: [GroupedAggregation.Key] = []
    var keyNodes: [Int?] = []
    var periods: PeriodTable?
    for bucket in plan.by {
      switch bucket.key {
      case .period(let unit): try add(unit, 1)
      case .every(let count, let unit): try add(unit, count)
      case .expression(let expression):
        keys.append(.expression(type: expression.type, unit: expression.unit))
        keyNodes.append(builder.add(expression))
      }
    }
    func add(_ unit: PeriodUnit, _ count: Int) throws {
      let table = try PeriodTable(unit, every: count, over: range, in: calendar)
      keys.append(.period(table))
      keyNodes.append(nil)
      if periods == nil { periods = table }
    }
    self.periods = periods
    trailing = plan.trailing.flatMap { length in periods.map { TrailingStretches(length, $0) } }
    self.keyNodes = keyNodes
    argumentNodes = calls.map { call in call.argument.map { builder.add($0) } }
    aggregation = GroupedAggregation(
      keys: keys, calls: calls, types: calls.map { $0.resultType })
  }

  func makeState() -> GroupedAggregation.State { aggregation.makeState() }

  /// Adds users of the batch.
  func update(_ state: inout GroupedAggregation.State, _ evaluator: BatchEvaluator, users: [Int]) {
    let rows = { (node: Int) in evaluator.users(node).gathered(users) }
    aggregation.update(
      &state,
      .init(
        count: users.count,
        keys: keyNodes.map { $0.map(rows) ?? Vector.missing(.time) }, arguments: argumentNodes.map { $0.map(rows) },
        users: gather(evaluator.batch.users, users), occurrences: nil))
  }

  /// The first instant whose events count for a range that begins at `instant`: earlier with WITH trailing.
  func lowerBound(_ instant: Int64) -> Int64 { trailing?.lowerBound.map { min($0, instant) } ?? instant }

  /// Adds the selected events of the batch.
  func update(_ state: inout GroupedAggregation.State, _ evaluator: BatchEvaluator, events chosen: EventRows) {
    guard chosen.count > 0 else { return }
    var events = chosen
    let needsTimes = keyNodes.contains { $0 == nil }
    var instants = needsTimes ? evaluator.batch.times(at: events.rows) : []
    if let trailing {
      let spread = trailing.spread(instants)
      events = EventRows(
        rows: gather(events.rows, spread.positions), owners: gather(events.owners, spread.positions), repeats: true)
      instants = spread.instants
    }
    evaluator.withSelection(events) {
      let times = needsTimes ? Vector(.time, .integers(instants)) : Vector.missing(.time)
      let users = evaluator.batch.users
      let occurrences = calls.contains { $0.function == .count } ? evaluator.occurrencesOfSelection : nil
      let needsUsers = occurrences != nil || calls.contains { $0.function == .users }
      aggregation.update(
        &state,
        .init(
          count: events.count, keys: keyNodes.map { $0.map(evaluator.events) ?? times },
          arguments: argumentNodes.map { $0.map(evaluator.events) },
          users: needsUsers ? gather(users, events.owners) : [], occurrences: occurrences))
    }
  }

  /// Aggregates the rows of a table at once.
  func aggregate(_ table: Table, _ evaluator: TableEvaluator) -> [GroupedAggregation.State] {
    var state = makeState()
    // A table of users may hold a user in several rows that are not neighbours; users() needs them sorted.
    var order = table.users.map { users in users.indices.sorted { (users[$0], $0) < (users[$1], $1) } }
    var instants: [Int64]?
    if let trailing, case .integers(let times)? = table.carried[.timeOfEvent]?.values {
      let rows = order ?? Array(times.indices)
      let spread = trailing.spread(gather(times, rows))
      order = gather(rows, spread.positions)
      instants = spread.instants
    }
    let count = order?.count ?? table.rowCount
    let rows = { (node: Int) -> Vector in
      let vector = evaluator.rows(node).expanded(table.rowCount)
      return order.map { vector.gathered($0) } ?? vector
    }
    let users = table.users.flatMap { users in order.map { gather(users, $0) } }
    let times =
      instants.map { Vector(.time, .integers($0)) }
      ?? table.carried[.timeOfEvent].map { column in order.map { Vector(column).gathered($0) } ?? Vector(column) }
    aggregation.update(
      &state,
      .init(
        count: count, keys: keyNodes.map { $0.map(rows) ?? times ?? Vector.missing(.time) },
        arguments: argumentNodes.map { $0.map(rows) },
        users: users ?? [UInt32](repeating: 0, count: count), occurrences: nil))
    return [state]
  }

  // MARK: - Result

  struct Result {
    var table: Table
    var suppressed: Int
    var incomplete: Int
    var notes: [String] = []
  }

  /// The table: buckets first, then the aggregates, then `complete` where a bucket is a calendar period.
  func finish(_ states: [GroupedAggregation.State], calendar: Calendar) -> Result {
    let state = aggregation.merge(states)
    let groups = aggregation.groupCount(state)
    var keys = keyNodes.indices.map { aggregation.keyVector(state, $0) }
    var values = calls.indices.map { aggregation.result(state, $0) }
    var count = groups
    densify(&keys, &values, &count)
    // After the empty periods are there, so that none of them stands in for a hidden one.
    let suppressed = suppress(&keys, &values, &count)
    let order = RowOrder.positions(keys.map { RowOrder($0, count: count, descending: false) }, count: count)
    keys = keys.map { $0.gathered(order) }
    values = values.map { $0.expanded(count).gathered(order) }
    return assemble(keys, values, count, calendar, suppressed)
  }

  /// Takes out rows of too few users and returns their number. A row that speaks of nobody hides nothing.
  private func suppress(_ keys: inout [Vector], _ values: inout [Vector], _ count: inout Int) -> Int {
    guard let userCall else { return 0 }
    var texts = [TextNumbers](repeating: TextNumbers(), count: keys.count)
    let bits = keys.indices.map { GroupKey.bits(of: keys[$0], count: count, texts: &texts[$0]) }
    let hidden = Suppression(threshold: threshold).hidden(users: values[userCall].integers(count), keys: bits)
    let kept = (0..<count).filter { !hidden[$0] }
    let suppressed = count - kept.count
    guard suppressed > 0 else { return 0 }
    keys = keys.map { $0.gathered(kept) }
    values = values.map { $0.expanded(count).gathered(kept) }
    count = kept.count
    return suppressed
  }

  /// Adds a row of zeros for each period without rows, within each combination of the other keys.
  private func densify(_ keys: inout [Vector], _ values: inout [Vector], _ count: inout Int) {
    guard let periods, let position = keyNodes.firstIndex(where: { $0 == nil }), periods.count > 1 else { return }
    let others = keys.indices.filter { $0 != position }
    var texts = [TextNumbers](repeating: TextNumbers(), count: keys.count)
    let bits = keys.indices.map { GroupKey.bits(of: keys[$0], count: count, texts: &texts[$0]) }
    var combinations: [[UInt64]: Int] = [:]
    var order: [[UInt64]] = []
    for row in 0..<count {
      let combination = others.map { bits[$0][row] }
      if combinations[combination] == nil {
        combinations[combination] = row
        order.append(combination)
      }
    }
    if others.isEmpty, order.isEmpty, count == 0 { order = [[]] }
    guard order.count * periods.count <= Self.densestRows else { return }
    var present: Set<[UInt64]> = []
    for row in 0..<count { present.insert(others.map { bits[$0][row] } + [bits[position][row]]) }
    var sources: [Int] = []
    var indices: [Int64] = []
    for combination in order {
      for index in 0..<periods.count where !present.contains(combination + [UInt64(index)]) {
        sources.append(combinations[combination] ?? 0)
        indices.append(Int64(index))
      }
    }
    guard !indices.isEmpty else { return }
    for key in keys.indices {
      var builder = ColumnBuilder("", type: keys[key].type, unit: nil)
      builder.append(keys[key], rows: count)
      builder.append(
        key == position ? Vector(.integer, .integers(indices)) : keys[key].gathered(sources), rows: indices.count)
      keys[key] = Vector(builder.finish())
    }
    for call in calls.indices {
      var builder = ColumnBuilder("", type: values[call].type, unit: nil)
      builder.append(values[call], rows: count)
      builder.append(empty(calls[call], type: values[call].type), rows: indices.count)
      values[call] = Vector(builder.finish())
    }
    count += indices.count
  }

  /// Above this many rows empty periods stay out.
  private static let densestRows = 1_000_000

  /// What an aggregate says of no rows: counts and sums are zero, the others have no value.
  private func empty(_ call: AggregateCall, type: ValueType) -> Vector {
    switch call.function {
    case .count, .rows, .users, .distinct: Vector(constant: .integer(0), type: .integer)
    case .sum: Vector(constant: type == .real ? .real(0) : .integer(0), type: type)
    case .avg, .min, .max, .median, .quantile: Vector.missing(type)
    }
  }

  private func assemble(
    _ keys: [Vector], _ values: [Vector], _ count: Int, _ calendar: Calendar, _ suppressed: Int
  ) -> Result {
    var columns: [Column] = []
    var complete: [UInt8]?
    var incomplete = 0
    for (position, bucket) in plan.by.enumerated() {
      switch aggregation.keys[position] {
      case .period(let table):
        let indices = keys[position].integers(count)
        columns.append(Column(bucket.name, type: .text, values: .texts(indices.map { table.label(Int($0)) })))
        let whole = (0..<table.count).map { index -> UInt8 in isComplete(table, index) ? 1 : 0 }
        complete = indices.map { whole[Int($0)] }
        incomplete = whole.count { $0 == 0 }
      case .expression(type: _, let unit): columns.append(keys[position].column(bucket.name, unit: unit, count: count))
      }
    }
    // The outer expressions over the aggregates, as `sum(amount) / count()`.
    let inner = Table(
      columns: calls.indices.map { values[$0].column("\($0)", count: count) }, rowCount: count)
    var builder = ProgramBuilder(moment: moment, eventTypeCount: 0, hasOrders: false)
    let nodes = plan.aggregates.map { item in builder.add(item.expression.replacingAggregates(calls)) }
    let evaluator = TableEvaluator(program: builder.program, table: inner, calendar: calendar)
    for (item, node) in zip(plan.aggregates, nodes) {
      columns.append(evaluator.rows(node).column(item.name, unit: item.expression.unit, count: count))
    }
    if let complete { columns.append(Column("complete", type: .boolean, values: .booleans(complete))) }
    var result = Result(table: Table(columns: columns, rowCount: count), suppressed: suppressed, incomplete: incomplete)
    if let comparison {
      let (added, notes) = comparison.columns(Array(columns.prefix(plan.by.count)), values, count: count)
      result.table.columns += added
      result.notes = notes
    }
    return result
  }

  /// A period is complete when the data cover it: it has ended by the moment, and DURING does not cut it.
  private func isComplete(_ table: PeriodTable, _ index: Int) -> Bool {
    let period = table.period(index)
    // A trailing stretch reaches back beyond the range, so that only its end can be cut.
    let isCut = plan.during.map { trailing == nil && period.lowerBound < $0.from || period.upperBound > $0.to } ?? false
    if isCut { return false }
    return period.upperBound <= moment
  }
}

extension AggregateCall {
  /// The type of the value of each group.
  var resultType: ValueType {
    switch function {
    case .count, .rows, .users, .distinct: .integer
    case .avg, .median, .quantile: .real
    case .sum, .min, .max: argument?.type ?? .integer
    }
  }
}

extension Expression {
  /// The expression with each aggregate replaced by the column of its call.
  func replacingAggregates(_ calls: [AggregateCall]) -> Expression {
    rewritten { part in
      guard case .aggregate(let call) = part.node, let index = calls.firstIndex(of: call) else { return nil }
      return Expression(.column(index), type: part.type, level: .row, unit: part.unit)
    }
  }
}
