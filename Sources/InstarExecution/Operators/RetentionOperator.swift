import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// RETENTION: of those who were born in a period, how many came back at which age.
struct RetentionOperator: UserAnalysis {
  private let plan: RetentionPlan
  private let definition: RetentionDefinition
  private let birth: Int
  private let returning: Int
  private let without: [Int]
  private let keys: SequenceProgram?
  private let valueNode: Int?
  private let groups: SharedGroups?
  private let keyNodes: [Int?]
  private let grouping: Grouping
  /// Masks by event type, where types alone decide.
  private let typeMasks: [UInt64]?

  struct State {
    var accumulator: RetentionAccumulator
  }

  init(
    _ plan: RetentionPlan, _ builder: inout ProgramBuilder, calendar: Calendar, range: Range<Int64>, moment: Int64
  ) throws {
    self.plan = plan
    birth = builder.add(plan.birth.withoutOrdinal)
    returning = builder.add(plan.returning)
    without = plan.without.map { builder.add($0) }
    if plan.same.isEmpty {
      keys = nil
    } else {
      let columns = builder.keys(of: plan.same)
      keys = try SequenceProgram(
        SequencePlan(steps: [.init(events: [plan.birth])], same: plan.same), steps: [[birth]], without: [],
        keys: columns,
        program: builder.program, calendar: calendar)
    }
    valueNode = plan.measure?.argument.map { builder.add($0) }
    keyNodes = plan.by.map { bucket in
      if case .expression(let expression) = bucket.key { builder.add(expression) } else { nil }
    }
    groups = plan.by.isEmpty ? nil : try SharedGroups(plan.by, calendar: calendar, range: range)
    grouping = groups == nil ? .none : plan.by.allSatisfy(\.isOfUsers) ? .user : .row
    // Cohort periods reach from the first event to the moment.
    let periods = try PeriodTable(plan.unit, over: range.isEmpty ? moment - 1..<moment : range, in: calendar)
    definition = RetentionDefinition(
      periods: periods, lastAge: plan.periods, birth: plan.birth.ordinal == .each ? .each : .first,
      clock: plan.method.clock, criterion: plan.criterion.kernel, during: plan.during.map { $0.from..<$0.to },
      same: !plan.same.isEmpty, within: plan.within,
      estimatesReturn: plan.estimatesReturn, now: moment)
    typeMasks = Self.masks(
      birth: birth, returning: returning, without: without, builder.program, typeCount: builder.eventTypeCount)
  }

  private static func masks(birth: Int, returning: Int, without: [Int], _ program: Program, typeCount: Int) -> [UInt64]?
  {
    var masks = [UInt64](repeating: 0, count: typeCount)
    let marked =
      [(birth, RetentionDefinition.birthBit), (returning, RetentionDefinition.returnBit)]
      + without.map { ($0, RetentionDefinition.withoutBit) }
    for (index, bit) in marked {
      let pattern = program.patterns[index]
      guard !pattern.occurrences, pattern.ordinal == nil, pattern.then == nil else { return nil }
      for alternative in pattern.alternatives {
        guard alternative.filter == nil else { return nil }
        guard let types = alternative.types else {
          for type in masks.indices { masks[type] |= bit }
          continue
        }
        for type in types.indices where types[type] != 0 { masks[type] |= bit }
      }
    }
    return masks
  }

  func makeState() -> State {
    State(
      accumulator: RetentionAccumulator(
        definition, grouping: grouping, hasMeasure: plan.measure != nil, perUser: plan.perUser))
  }

  /// - Parameter users: one byte for each user of the batch; empty means all.
  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    let ofTypes = users.isEmpty ? typeMasks : nil
    let masks = ofTypes ?? self.masks(evaluator, users)
    let types = ofTypes.map(evaluator.types) ?? []
    let (starts, times, ids) = (batch.starts, batch.times, batch.users)
    let keys = self.keys.flatMap { evaluator.keys($0) } ?? []
    let codes = groups.map { self.codes($0, evaluator) } ?? []
    let values = measureValues(evaluator) ?? []
    state.accumulator.update(
      users: ids.span, starts: starts.span, times: times.span, types: types.span, masks: masks.span,
      groups: codes.span, keys: keys.span, values: values.span)
  }

  private func masks(_ evaluator: BatchEvaluator, _ users: [UInt8]) -> [UInt64] {
    let batch = evaluator.batch
    var masks: [UInt64]
    if let typeMasks {
      masks = batch.types.map { typeMasks[Int($0)] }
    } else {
      masks = [UInt64](repeating: 0, count: batch.rowCount)
      for row in evaluator.rows(of: birth).occurrences.rows { masks[row] |= RetentionDefinition.birthBit }
      // A measure adds up every line of an order; users are counted once anyway.
      for row in evaluator.rows(of: returning).all.rows { masks[row] |= RetentionDefinition.returnBit }
      for pattern in without {
        for row in evaluator.rows(of: pattern).occurrences.rows { masks[row] |= RetentionDefinition.withoutBit }
      }
    }
    if !users.isEmpty {
      let starts = batch.starts
      for user in users.indices where users[user] == 0 {
        for row in starts[user]..<starts[user + 1] { masks[row] = 0 }
      }
    }
    return masks
  }

  /// What each row adds to the measure; a missing value adds nothing.
  private func measureValues(_ evaluator: BatchEvaluator) -> [Double]? {
    guard plan.measure != nil else { return nil }
    let count = evaluator.batch.rowCount
    guard let valueNode else { return [Double](repeating: 1, count: count) }
    let vector = evaluator.withSelection(evaluator.allRows) { evaluator.events(valueNode) }
    var values = vector.reals(count)
    for row in 0..<count where !vector.isPresent(row) { values[row] = 0 }
    return values
  }

  private func codes(_ groups: SharedGroups, _ evaluator: BatchEvaluator) -> [UInt32] {
    let batch = evaluator.batch
    if case .user = grouping {
      return groups.codes(keyNodes.compactMap { $0.map(evaluator.users) }, count: batch.userCount)
    }
    return evaluator.withSelection(evaluator.allRows) {
      groups.codes(
        keyNodes.map { $0.map(evaluator.events) ?? Vector(.time, .integers(batch.times)) }, count: batch.rowCount)
    }
  }

  // MARK: - Result

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first?.accumulator ?? makeState().accumulator
    for state in states.dropFirst() { total.merge(state.accumulator) }
    if plan.perUser, let members = total.members { return AnalysisResult(table: perUser(members)) }
    let result = total.finish()
    return plan.estimatesReturn ? estimates(result) : summary(result)
  }

  /// One row for each cohort and age that has begun; the average over cohorts stands last.
  private func summary(_ result: RetentionTable) -> AnalysisResult {
    var rows = Rows()
    let codes = Array(Set(result.cohorts.map(\.group))).sorted()
    let (keyColumns, order) = groups?.columns(codes) ?? ([], [Int](codes.indices))
    for position in order {
      let code = codes[position]
      for cohort in result.cohorts where cohort.group == code {
        let label = definition.periods.label(cohort.period)
        for (age, cell) in cohort.cells.enumerated() where cell.hasBegun {
          rows.append(position, label, cohort.size, age, cell.users, cell.rate, cell.measure, cell.isComplete)
          rows.compared.append(.init(sample: cohort.sample(age: age), members: age == 0 ? cohort.size : 0))
        }
      }
      let size = result.cohorts.filter { $0.group == code }.reduce(0) { $0 + $1.size }
      for (age, cell) in result.average(group: code, weighted: plan.weightedAverage).enumerated() {
        guard let cell else { continue }
        rows.append(position, "average", size, age, nil, cell.rate, cell.measure, true)
        rows.compared.append(.init(sample: averageIsOfMembers ? result.together(group: code, age: age) : nil))
      }
    }
    let keys = keyColumns.map { Vector($0).gathered(rows.positions).column($0.name, unit: $0.unit, count: rows.count) }
    var analysis = AnalysisResult(
      table: Table(columns: keys + rows.columns(measures: plan.measure != nil), rowCount: rows.count),
      incomplete: rows.incomplete)
    if let lift = plan.lift {
      analysis.compare(lift, breakdowns: plan.by.count, others: ["cohort", "age"], rows: rows.compared)
    }
    return analysis
  }

  /// Whether the average row is that of its members, each counted once.
  private var averageIsOfMembers: Bool { plan.weightedAverage && plan.birth.ordinal != .each }

  // MARK: - Estimate

  /// One row for each cohort and age at which anybody is at risk; the estimate over all members of a group stands last.
  private func estimates(_ result: RetentionTable) -> AnalysisResult {
    var rows = Rows()
    var points: [ProductLimit.Point] = []
    let codes = Array(Set(result.cohorts.map(\.group))).sorted()
    let (keyColumns, order) = groups?.columns(codes) ?? ([], [Int](codes.indices))
    func append(_ position: Int, _ label: String, _ size: Int, _ counts: ProductLimit.Counts) {
      var before = 0
      for (age, point) in ProductLimit(counts).points.enumerated() {
        // Complete as long as nobody was censored: all are at risk or have returned.
        let isComplete = point.atRisk + before == size
        rows.append(position, label, size, age, point.events, point.happened, nil, isComplete)
        points.append(point)
        before = point.events
      }
    }
    for position in order {
      let cohorts = result.cohorts.filter { $0.group == codes[position] }
      for cohort in cohorts {
        if let counts = cohort.counts { append(position, definition.periods.label(cohort.period), cohort.size, counts) }
      }
      append(position, "average", cohorts.reduce(0) { $0 + $1.size }, result.counts(group: codes[position]))
    }
    let keys = keyColumns.map { Vector($0).gathered(rows.positions).column($0.name, unit: $0.unit, count: rows.count) }
    let curve = [
      Column("at_risk", type: .integer, values: .integers(points.map { Int64($0.atRisk) })),
      Column("low", reals: points.map(\.low)), Column("high", reals: points.map(\.high)),
    ]
    var analysis = AnalysisResult(
      table: Table(columns: keys + rows.columns(measures: false) + curve, rowCount: rows.count))
    if let test = ProductLimit.logRank(codes.map { result.counts(group: $0) }) {
      analysis.notes.append(
        "log-rank test of \(plan.by.map(\.name).joined(separator: ", ")): chi-square \(Self.digits(test.statistic)) with "
          + "\(test.freedom) \(test.freedom == 1 ? "degree" : "degrees") of freedom, p = \(Self.digits(test.p))")
    }
    return analysis
  }

  /// Three decimal places.
  private static func digits(_ number: Double) -> String {
    let thousandths = Int((number * 1000).rounded())
    let rest = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
  }

  // MARK: - Rows

  private struct Rows {
    var positions: [Int] = []
    private var labels: [String] = []
    private var sizes: [Int64] = []
    private var ages: [Int64] = []
    private var users: [Int?] = []
    private var rates: [Double?] = []
    private var measures: [Double?] = []
    private var complete: [UInt8] = []
    var incomplete = 0
    /// What WITH baseline compares.
    var compared: [LiftColumns.Row] = []

    var count: Int { labels.count }

    mutating func append(
      _ position: Int, _ label: String, _ size: Int, _ age: Int, _ users: Int?, _ rate: Double?, _ measure: Double?,
      _ isComplete: Bool
    ) {
      positions.append(position)
      labels.append(label)
      sizes.append(Int64(size))
      ages.append(Int64(age))
      self.users.append(users)
      rates.append(rate)
      measures.append(measure)
      complete.append(isComplete ? 1 : 0)
      if !isComplete { incomplete += 1 }
    }

    func columns(measures hasMeasure: Bool) -> [Column] {
      var columns = [
        Column("cohort", type: .text, values: .texts(labels)),
        Column("size", type: .integer, values: .integers(sizes)),
        Column("age", type: .integer, values: .integers(ages)),
        Column(
          "users", type: .integer, values: .integers(users.map { Int64($0 ?? 0) }),
          present: presence(users.map { $0 != nil })),
        Column("rate", type: .real, values: .reals(rates.map { $0 ?? 0 }), present: presence(rates.map { $0 != nil })),
      ]
      if hasMeasure {
        columns.append(
          Column(
            "measure", type: .real, values: .reals(measures.map { $0 ?? 0 }),
            present: presence(measures.map { $0 != nil })))
      }
      columns.append(Column("complete", type: .boolean, values: .booleans(complete)))
      return columns
    }

    private func presence(_ known: [Bool]) -> [UInt8] { known.contains(false) ? known.map { $0 ? 1 : 0 } : [] }
  }

  private func perUser(_ members: RetentionMembers) -> Table {
    let keys = groups.map { $0.columns(members.groups).columns } ?? []
    let columns =
      keys + [
        Column("cohort", type: .text, values: .texts(members.cohorts.map { definition.periods.label(Int($0)) })),
        Column("birth", type: .time, values: .integers(members.births)),
        Column(
          "\(plan.unit.rawValue)s_active", type: .integer, values: .integers(members.periodsActive.map { Int64($0) })),
        Column(
          "last_age", type: .integer, values: .integers(members.lastAges.map { Int64($0) }),
          present: members.lastAges.contains { $0 < 0 } ? members.lastAges.map { $0 < 0 ? 0 : 1 } : []),
      ]
    return Table(columns: columns, rowCount: members.users.count, users: members.users)
  }
}

extension EventPattern {
  /// The events themselves; the kernel finds the first on its own.
  var withoutOrdinal: EventPattern {
    var copy = self
    copy.ordinal = nil
    return copy
  }
}

extension RetentionPlan.Method {
  var clock: RetentionDefinition.Clock {
    switch self {
    case .rolling: .rolling
    case .calendar: .calendar
    case .activity: .activity
    }
  }
}

extension RetentionPlan.Criterion {
  var kernel: RetentionDefinition.Criterion {
    switch self {
    case .on: .on
    case .onOrAfter: .onOrAfter
    case .onOrBefore: .onOrBefore
    case .streak: .streak
    }
  }
}
