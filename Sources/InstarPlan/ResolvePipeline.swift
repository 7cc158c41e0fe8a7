internal import InstarColumns
internal import InstarSyntax

/// Chains: the source, then each step on the rows that the one before made.
extension Resolution {
  func pipeline(_ tree: Pipeline) throws(Failure) -> ChainBuilder {
    var builder = try source(tree.source)
    for step in tree.steps {
      // Who narrows, sorts or names the rows of RFM wants to read them, not their number in a grid.
      if builder.plan.shape == .rfm { builder.plan.shape = .table }
      try resolve(step, of: tree, in: &builder)
    }
    builder.finish()
    try checkNeighbours(at: tree.range)
    return builder
  }

  private func resolve(_ step: Step, of tree: Pipeline, in builder: inout ChainBuilder) throws(Failure) {
    switch step.kind {
    case .where(let condition): builder.append(.filter(try self.condition(condition, in: builder.scope)))
    case .add(let assignments): try add(assignments, in: &builder)
    case .keep(let expressions): try keep(expressions, in: &builder)
    case .sort(let keys): try sort(keys, in: &builder)
    case .limit(let limit): try self.limit(limit, in: &builder)
    case .pivot(let name): try pivot(name, in: &builder)
    case .assert(let tree): try assert(tree, in: &builder)
    case .join(let tree): try join(tree, at: step.range, in: &builder)
    case .save(let save): try self.save(save, step, of: tree, in: &builder)
    case .snapshot(let name): try snapshot(name, at: step.range, in: &builder)
    case .export(let export): try self.export(export, at: step.range, in: &builder)
    case .aggregate(let tree): try aggregate(tree, at: step.range, in: &builder)
    case .funnel(let tree): try funnel(tree, at: step.range, in: &builder)
    case .retention(let tree): try retention(tree, at: step.range, in: &builder)
    case .recommend(let tree): try recommend(tree, at: step.range, in: &builder)
    case .paths(let tree): try paths(tree, at: step.range, in: &builder)
    case .stickiness(let tree): try stickiness(tree, at: step.range, in: &builder)
    case .lifecycle(let tree): try lifecycle(tree, at: step.range, in: &builder)
    case .sessions(let tree): try sessions(tree, at: step.range, in: &builder)
    case .rfm(let tree): try rfm(tree, at: step.range, in: &builder)
    case .cluster(let tree): try cluster(tree, at: step.range, in: &builder)
    case .rules(let tree): try rules(tree, at: step.range, in: &builder)
    case .predict(let tree): try predict(tree, at: step.range, in: &builder)
    case .forecast(let tree): try forecast(tree, at: step.range, in: &builder)
    }
  }

  // MARK: Columns

  private func add(_ assignments: [Assignment], in builder: inout ChainBuilder) throws(Failure) {
    for assignment in assignments {
      let name = assignment.name.text
      guard builder.scope.position(of: name) == nil else { throw repeated(name, at: assignment.name.range) }
      var scope = builder.scope
      scope.allowsRowFunctions = true
      let value = try expression(assignment.value, in: scope)
      if value.level <= .user { builder.scope.added[name] = value }
      builder.append(columns: [NamedExpression(name, value)])
    }
  }

  private func keep(_ trees: [Syntax.Expression], in builder: inout ChainBuilder) throws(Failure) {
    var scope = builder.scope
    scope.allowsRowFunctions = true
    var columns: [NamedExpression] = []
    for tree in trees {
      let column = NamedExpression(columnName(tree), try expression(tree, in: scope))
      guard !columns.contains(where: { $0.name == column.name }) else { throw repeated(column.name, at: tree.range) }
      columns.append(column)
    }
    builder.append(.keep(columns))
    let keepsUser = builder.scope.hasUser && columns.contains { $0.name == "user" }
    builder.becomeTable(
      columns.map { PlanColumn($0.name, $0.expression.type, unit: $0.expression.unit) }, hasUser: keepsUser, by: "KEEP")
  }

  private func repeated(_ name: String, at range: SourceRange) -> Failure {
    fail(
      .repeatedColumn, at: range, "the table has a column \(Names.quoted(name)) already",
      help: "give it another name")
  }

  func checkDistinct(_ columns: [PlanColumn], at range: SourceRange) throws(Failure) {
    var seen: Set<String> = []
    for column in columns where !seen.insert(column.name).inserted {
      throw fail(
        .repeatedColumn, at: range, "two columns would be named \(Names.quoted(column.name))",
        help: "name one with AS: .. AS \(column.name)_2")
    }
  }

  /// The name of a column that has none of its own: the last name of a path, `sum_amount` for `sum(amount)`.
  func columnName(_ tree: Syntax.Expression) -> String {
    switch tree.kind {
    case .path(let path): return path.names[path.names.count - 1].text
    case .at(let operand, _): return columnName(operand)
    case .inSegment(let name): return "in_\(name.text)"
    case .call(let call):
      let function = call.function.text.lowercased()
      guard let argument = call.arguments.first else { return function }
      switch argument {
      case .expression(let value):
        guard case .path = value.kind else { return Formatter.format(tree) }
        return "\(function)_\(columnName(value))"
      case .event(let event):
        return "\(function)_\(event.property?.names.last?.text ?? event.event.name.text)"
      }
    default: return Formatter.format(tree)
    }
  }

  // MARK: Order

  private func sort(_ keys: [InstarSyntax.SortKey], in builder: inout ChainBuilder) throws(Failure) {
    var scope = builder.scope
    scope.allowsRowFunctions = true
    let resolved = try each(keys) { key throws(Failure) in
      SortKey(try expression(key.value, in: scope), descending: key.isDescending)
    }
    builder.append(.sort(resolved))
  }

  private func limit(_ tree: LimitStep, in builder: inout ChainBuilder) throws(Failure) {
    let number = try count(tree.count)
    let per = try optional(tree.per) { name throws(Failure) in try builder.column(name) }
    builder.append(.limit(number, per: per))
  }

  // MARK: Checks and joins

  private func assert(_ tree: AssertStep, in builder: inout ChainBuilder) throws(Failure) {
    var scope = builder.scope
    scope.allowsAggregates = true
    let condition = try self.condition(tree.condition, in: scope)
    guard condition.isAggregated else {
      throw fail(
        .notAnAggregate, at: tree.condition.range, "ASSERT judges all rows together",
        help: "use aggregates: users() > 100, min(amount) >= 0")
    }
    let message = try optional(tree.message) { message throws(Failure) in try text(message) }
    builder.append(.assert(condition, message: message ?? "not true: \(text(at: tree.condition.range))"))
  }

  private func join(_ tree: JoinStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    guard let table = names.tables[tree.table.text] else { throw unknownTable(tree.table) }
    builder.materialize()
    for key in tree.keys {
      guard let left = builder.scope.position(of: key.text) else {
        throw fail(
          .unknownName, at: key.range, "the rows have no column \(Names.quoted(key.text))",
          help: "columns: \(builder.scope.columns.map(\.name).joined(separator: ", "))")
      }
      guard let right = table.columns.first(where: { $0.name == key.text }) else {
        throw fail(
          .unknownName, at: key.range, "the table \(table.name) has no column \(Names.quoted(key.text))",
          help: "columns: \(table.columns.map(\.name).joined(separator: ", "))")
      }
      _ = try common(right.type, builder.scope.columns[left].type, at: key.range)
    }
    builder.append(.join(table: table.name, on: tree.keys.map(\.text)))
    let keys = Set(tree.keys.map(\.text))
    let columns = builder.scope.columns + table.columns.filter { !keys.contains($0.name) }
    try checkDistinct(columns, at: range)
    builder.scope.columns = columns
  }

  func unknownTable(_ name: Name) -> Failure {
    fail(
      .unknownDefinition, at: name.range, "no table named \(Names.quoted(name.text))",
      help: Suggestions.sentence(for: name.text, among: names.tables.keys.map { NameCandidate($0, "table") })
        ?? "SHOW TABLES lists the names")
  }

  // MARK: Keeping results

  private func save(
    _ tree: SaveStep, _ step: Step, of pipeline: Pipeline, in builder: inout ChainBuilder
  ) throws(Failure) {
    let name = tree.name.text
    try checkEffects(step.range)
    switch tree.kind {
    case .segment:
      _ = try Options(tree.options, of: "SAVE AS SEGMENT", allowed: [], in: self)
      try checkSet(builder, tree.name.range)
      try checkFree(name, for: .segment, at: tree.name.range)
      try checkNoParameters(from: pipeline.range.lowerBound, to: step.range.lowerBound)
      let chain = canonical { statement in
        var saved = pipeline
        saved.steps = Array(pipeline.steps.prefix { $0 != step })
        statement.body = .pipeline(saved)
        (statement.asOf, statement.explain) = (nil, nil)
      }
      let statement = "DEFINE SEGMENT \(Formatter.quotedName(name)) AS \(chain)"
      builder.append(.saveDefinition(DefinitionEntry(kind: .segment, name: name, statement: statement)))
      builder.isStored = true
    case .table:
      _ = try Options(tree.options, of: "SAVE AS TABLE", allowed: [], in: self)
      builder.materialize()
      builder.append(.saveTable(name: name))
    case .campaign: try saveCampaign(tree, step, in: &builder)
    case .event: try saveEvent(tree, step, of: pipeline, in: &builder)
    case .attribute, .funnel, .model, .lifecycle:
      throw fail(
        .wrongKindOfName, at: step.range, "SAVE AS keeps a SEGMENT, an EVENT, a TABLE or a CAMPAIGN",
        help: "DEFINE \(tree.kind.rawValue.uppercased()) \(Names.quoted(name)) AS ..")
    }
  }

  private func snapshot(_ name: Name, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkEffects(range)
    try checkSet(builder, name.range)
    if let snapshot = names.snapshots[name.text] {
      throw fail(
        .nameTaken, at: name.range,
        "the snapshot \(Names.quoted(name.text)) exists (\(Names.counted(snapshot.users, "user")))",
        help: "snapshots never change: take another name, or DROP SEGMENT \(Names.quoted(name.text))")
    }
    try checkFree(name.text, for: .segment, at: name.range)
    builder.append(.snapshot(name: name.text))
    builder.isStored = true
  }

  private func export(_ tree: ExportStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    try checkEffects(range)
    if builder.scope.hasUser { try checkPrivacy("EXPORT", at: range) }
    builder.materialize()
    builder.append(.export(path: try text(tree.file), options: try constants(tree.options, of: "EXPORT")))
  }

  /// A definition and LET say what is meant; only a statement of its own keeps or writes it.
  private func checkEffects(_ range: SourceRange) throws(Failure) {
    if case .pipeline = tree?.body { return }
    throw fail(
      .wrongRows, at: range, "a definition keeps and writes nothing", help: "define it first, then keep its result")
  }

  func checkSet(_ builder: ChainBuilder, _ range: SourceRange) throws(Failure) {
    guard !builder.scope.hasUser else { return }
    throw fail(
      .noUsers, at: range, "only a table with the column user is a set of users",
      help: "PER USER gives one row for each user; SAVE AS TABLE keeps any table")
  }

  private func checkNoParameters(from start: Int, to end: Int) throws(Failure) {
    guard let place = usedParameters.first(where: { $0.lowerBound >= start && $0.upperBound <= end }) else { return }
    throw fail(
      .parameterInDefinition, at: place, "\(text(at: place)) has a value only in this run, and a definition is kept",
      help: "write the value in its place")
  }
}
