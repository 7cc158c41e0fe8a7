import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan

/// PATHS: the ways that users take from an event, or to one.
struct PathsOperator: UserAnalysis {
  private let plan: PathsPlan
  private let definition: PathDefinition
  private let marks: EventMarks
  private let breakdown: Breakdown
  private let names: NodeNames
  private let hasOrders: Bool
  private let threads: Int

  struct State {
    var paths: PathAccumulator
    /// The dictionary of the values of `on`, once a batch has shown it.
    var values: (any TextDictionary)?
  }

  init(_ plan: PathsPlan, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    self.plan = plan
    hasOrders = environment.hasOrders
    threads = environment.threads
    definition = PathDefinition(
      anchor: plan.from == nil ? .to : .from, steps: plan.steps, within: plan.within?.approximateMilliseconds,
      during: plan.during.map { $0.from..<$0.to }, collapse: plan.collapse)
    var bits: [(pattern: Int, bit: UInt64)] = []
    if let from = plan.from { bits.append((builder.add(from), PathDefinition.fromBit)) }
    if let to = plan.to { bits.append((builder.add(to), PathDefinition.toBit)) }
    for event in plan.without { bits.append((builder.add(event), PathDefinition.endBit)) }
    marks = EventMarks(bits, builder, countsOccurrences: true)
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
    names = try NodeNames(plan.on, &builder, environment)
  }

  func makeState() -> State {
    State(paths: PathAccumulator(definition, grouping: breakdown.grouping, perUser: plan.perUser))
  }

  func update(_ state: inout State, _ evaluator: BatchEvaluator, users: [UInt8]) {
    let batch = evaluator.batch
    var (types, masks): ([UInt32], [UInt64]) = ([], [])
    if hasOrders {
      masks = marks.rowMasks(evaluator, users: users)
      evaluator.hideFurtherLines(&masks)
    } else {
      (types, masks) = marks.masks(evaluator, users: users)
    }
    let nodes = names.nodes(evaluator, &state.values)
    let codes = breakdown.codes(evaluator)
    let sessions = plan.sameSession ? evaluator.sessions() : []
    let (ids, starts, times) = (batch.users, batch.starts, batch.times)
    state.paths.update(
      users: ids.span, starts: starts.span, times: times.span, types: types.span, masks: masks.span,
      nodes: nodes.span, groups: codes.span, sessions: sessions.span)
  }

  // MARK: - Result

  func finish(_ states: [State], _ context: EvaluationContext) -> AnalysisResult {
    var total = states.first ?? makeState()
    for state in states.dropFirst() {
      total.paths.merge(state.paths)
      total.values = total.values ?? state.values
    }
    let texts = names.texts(context, total.values)
    if let paths = total.paths.perUser { return AnalysisResult(table: perUser(paths, texts)) }
    return AnalysisResult(table: summary(total.paths, texts))
  }

  private func summary(_ total: PathAccumulator, _ texts: NodeTexts) -> Table {
    var rows: [PathTransition] = []
    var codes: [UInt32] = []
    for group in breakdown.ordered(total.groups) {
      let found = total.finish(
        group: group, top: plan.top, minimumUsers: plan.minimumUsers, rank: texts.rank, threads: threads)
      rows += found
      codes += [UInt32](repeating: group, count: found.count)
    }
    let columns =
      breakdown.columns(codes) + [
        Column("position", type: .integer, values: .integers(rows.map { Int64($0.position) })),
        Column("from", type: .text, values: .texts(rows.map { texts.text($0.from) })),
        Column("to", type: .text, values: .texts(rows.map { texts.text($0.to) })),
        Column("transitions", type: .integer, values: .integers(rows.map { Int64($0.transitions) })),
        Column("users", type: .integer, values: .integers(rows.map { Int64($0.users) })),
        Column("share", type: .real, values: .reals(rows.map(\.share))),
        Column("median_gap", type: .duration, integers: rows.map(\.medianGap)),
      ]
    return Table(columns: columns, rowCount: rows.count)
  }

  private func perUser(_ paths: PathUsers, _ texts: NodeTexts) -> Table {
    let ways = paths.paths.indices.map { row in
      let left = paths.ends[row] == .left ? [PathDefinition.left] : []
      return (paths.paths[row] + left).map(texts.text).joined(separator: " > ")
    }
    let columns =
      breakdown.columns(paths.groups) + [
        Column("path", type: .text, values: .texts(ways)),
        Column("length", type: .integer, values: .integers(paths.paths.map { Int64($0.count) })),
        Column("ended_at", type: .text, values: .texts(paths.paths.map { texts.text($0[$0.count - 1]) })),
      ]
    return Table(columns: columns, rowCount: paths.users.count, users: paths.users)
  }
}

/// What the events of a path are called: their types, or the value of `on`. An event without a value keeps its type.
///
/// Codes below the number of types are types; the others are values.
private struct NodeNames: Sendable {
  private let node: Int?
  /// Numbers values that have no dictionary.
  private let numbers: SharedGroups?

  init(_ on: Expression?, _ builder: inout ProgramBuilder, _ environment: QueryEnvironment) throws {
    node = on.map { builder.add($0) }
    numbers = try on.map { on in
      try SharedGroups(
        [Bucket(.expression(on), name: "on")], calendar: environment.calendar, range: environment.range)
    }
  }

  /// One code for each row of the batch.
  func nodes(_ evaluator: BatchEvaluator, _ values: inout (any TextDictionary)?) -> [UInt32] {
    let types = evaluator.batch.types
    guard let node else { return types }
    let first = UInt32(evaluator.context.eventTypes.count)
    let vector = evaluator.withSelection(evaluator.allRows) { evaluator.events(node).expanded(types.count) }
    let codes: [UInt32]
    if case .codes(let own, let dictionary) = vector.values {
      values = dictionary
      codes = own
    } else {
      codes = numbers?.codes([vector], count: types.count) ?? []
    }
    guard !vector.present.isEmpty else { return codes.map { $0 + first } }
    return types.indices.map { vector.present[$0] != 0 ? codes[$0] + first : types[$0] }
  }

  func texts(_ context: EvaluationContext, _ values: (any TextDictionary)?) -> NodeTexts {
    var texts: [String] = []
    if values == nil, let numbers, case .texts(let own)? = numbers.values { texts = own }
    return NodeTexts(types: context.eventTypes, values: values, texts: texts)
  }
}

/// The texts of the codes of nodes.
private struct NodeTexts {
  let types: any TextDictionary
  let values: (any TextDictionary)?
  let texts: [String]
  private let order: [Int]

  init(types: any TextDictionary, values: (any TextDictionary)?, texts: [String]) {
    self.types = types
    self.values = values
    self.texts = texts
    var order = [Int](repeating: 0, count: texts.count)
    for (rank, place) in texts.indices.sorted(by: { texts[$0] < texts[$1] }).enumerated() { order[place] = rank }
    self.order = order
  }

  func text(_ node: UInt32) -> String {
    if node == PathDefinition.left { return "left" }
    guard Int(node) >= types.count else { return types.text(node) }
    let value = node - UInt32(types.count)
    return values?.text(value) ?? texts[Int(value)]
  }

  /// Equal numbers are ordered by codes, and by texts where codes depend on which worker came first.
  func rank(_ node: UInt32) -> Int {
    guard node != PathDefinition.left, Int(node) >= types.count, values == nil else { return Int(node) }
    return types.count + order[Int(node) - types.count]
  }
}
