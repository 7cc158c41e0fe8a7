internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  /// `PIVOT event`: after an AGGREGATE without that bucket the bucket is added, so that `BY DAY PIVOT event` says it all.
  func pivot(_ name: Name, in builder: inout ChainBuilder) throws(Failure) {
    if builder.scope.position(of: name.text) == nil { try addBucket(name, in: &builder) }
    let position = try builder.column(name)
    let columns = builder.scope.columns
    let others = columns.indices.filter { $0 != position }
    let grouped = builder.scope.keyColumns
    let keys = others.filter { grouped.isEmpty ? $0 != others.last : grouped.contains(columns[$0].name) }
    let plan = PivotPlan(
      column: position, keys: keys, values: others.filter { !keys.contains($0) },
      known: knownValues(position, in: builder))
    guard !plan.values.isEmpty else {
      throw fail(
        .wrongRows, at: name.range, "PIVOT needs a column of values beside \(Names.quoted(name.text))",
        help: "columns: \(columns.map(\.name).joined(separator: ", "))")
    }
    builder.append(.pivot(plan))
    let kept = keys.map { columns[$0] }
    let spread = (plan.known ?? []).flatMap { value in
      plan.values.map {
        PlanColumn(plan.name(value.label, of: columns[$0].name), columns[$0].type, unit: columns[$0].unit)
      }
    }
    try checkDistinct(kept + spread, at: name.range)
    let hasUser = builder.scope.hasUser && kept.contains { $0.name == "user" }
    builder.becomeTable(kept + spread, hasUser: hasUser, by: "PIVOT")
    builder.scope.isOpen = plan.known == nil
  }

  private func addBucket(_ name: Name, in builder: inout ChainBuilder) throws(Failure) {
    guard case .aggregate(var plan) = builder.plan.steps.last, let before = builder.beforeAggregate else { return }
    let value = try self.name(WordPath([Word(name)], at: name.range), in: before)
    plan.by.append(Bucket(.expression(value), name: name.text))
    builder.plan.steps[builder.plan.steps.count - 1] = .aggregate(plan)
    builder.becomeTable(plan, after: before)
  }

  /// The values of the column where the plan knows them: the event types of the source, true and false.
  private func knownValues(_ position: Int, in builder: ChainBuilder) -> [Value]? {
    if builder.scope.columns[position].type == .boolean { return [false, true] }
    guard
      case .aggregate(let plan) = builder.plan.steps.last(where: { step in
        if case .aggregate = step { true } else { false }
      }), let bucket = plan.by.first(where: { $0.name == builder.scope.columns[position].name }),
      case .expression(let value) = bucket.key, value.node == .event(.type),
      case .events(let patterns) = builder.plan.source
    else { return nil }
    let types = patterns.flatMap { $0.alternatives.map(\.types) }
    guard !types.contains(nil) else { return nil }
    let names = Dictionary(catalog.eventTypes.map { ($0.code, $0.name) }, uniquingKeysWith: { first, _ in first })
    var known: [Value] = []
    for code in types.compactMap({ $0 }).joined() {
      guard let name = names[code], !known.contains(.text(name)) else { continue }
      known.append(.text(name))
    }
    return known
  }
}

extension Value {
  /// The value as a column's name.
  package var label: String {
    switch self {
    case .missing: "missing"
    case .boolean(let flag): "\(flag)"
    case .integer(let number), .time(let number), .duration(let number): "\(number)"
    case .real(let number): "\(number)"
    case .text(let text): text
    }
  }
}
