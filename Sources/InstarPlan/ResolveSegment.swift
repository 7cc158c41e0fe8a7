internal import InstarColumns
internal import InstarSyntax

/// The users that a name stands for.
enum Population {
  /// All users for whom the condition holds; all users without one.
  case condition(Expression?)
  /// The users of an analysis.
  case chain(LogicalPlan)
}

/// Segments: a name in front of a chain, and `IN name` as a condition, perhaps at another moment.
extension Resolution {
  func isNounOfUsers(_ name: String) -> Bool { name == "users" || name == catalog.settings.userNoun }

  /// `IN vip`.
  func membership(in name: Name, in scope: Scope) throws(Failure) -> Expression {
    try checkHistory(scope, name.range)
    try checkUsers(scope, name.range)
    switch try population(name, at: scope.moment) {
    case .condition(let condition): return condition ?? .literal(true)
    case .chain(let plan): return Expression(.chainMember(ChainBox(plan)), type: .boolean, level: .user)
    }
  }

  /// What `SEGMENT name` starts from.
  func segmentSource(_ name: Name) throws(Failure) -> LogicalSource {
    switch try population(name, at: .statement) {
    case .condition(let condition):
      if case .snapshotMember(let snapshot) = condition?.node { return .snapshot(snapshot) }
      return .users(condition)
    case .chain(let plan): return .usersOf(ChainBox(plan))
    }
  }

  func population(_ name: Name, at moment: Moment) throws(Failure) -> Population {
    if isNounOfUsers(name.text) { return .condition(nil) }
    if let entry = session.entries[name.text] { return try population(entry, name, at: moment) }
    if let definition = names.definition(.segment, name.text) {
      return try inlined(definition, at: name.range) { (inner, body) throws(Failure) in
        guard case .segment(_, let pipeline) = body else {
          throw inner.fail(.brokenDefinition, at: nil, "not a definition of a segment")
        }
        return try inner.population(pipeline, at: moment)
      }
    }
    if let snapshot = names.snapshots[name.text] {
      if moment != .statement { warn(.frozenList, "\(name.text) is a frozen list: AT does not change it") }
      return .condition(Expression(.snapshotMember(snapshot.name), type: .boolean, level: .user))
    }
    let suggestion = Suggestions.sentence(for: name.text, among: names.segmentCandidates)
    let other = names.otherUse(of: name.text).map { "\(Names.quoted(name.text)) is \($0.kind); " } ?? ""
    throw fail(
      .unknownSegment, at: name.range, "no segment named \(Names.quoted(name.text))",
      help: suggestion ?? other + "SHOW SEGMENTS lists the names; all users are SEGMENT users")
  }

  /// A chain that only filters users is a condition; any other is a chain of its own.
  private func population(_ tree: Pipeline, at moment: Moment) throws(Failure) -> Population {
    guard let conditions = tree.plainConditions else { return .chain(try chain(tree, at: moment)) }
    var parts: [Expression] = []
    if case .segment(let name) = tree.source?.kind {
      switch try population(name, at: moment) {
      case .condition(let condition): parts += condition.map { [$0] } ?? []
      case .chain(let plan): parts.append(Expression(.chainMember(ChainBox(plan)), type: .boolean, level: .user))
      }
    }
    for condition in conditions {
      parts.append(try self.condition(condition, in: Scope.users.looking(from: moment)))
    }
    return .condition(.joined(parts, .and))
  }

  private func chain(_ tree: Pipeline, at moment: Moment) throws(Failure) -> LogicalPlan {
    switch moment {
    case .statement: break
    case .fixed(let instant): self.moment = instant
    case .row, .user:
      throw fail(
        .analysisAtOwnMoments, at: nil,
        "the segment is an analysis, which has one moment for all users and not one for each row or user",
        help: "give a date: IN name AT @2026-01-01; a segment of conditions follows each row")
    }
    let builder = try pipeline(tree)
    guard builder.scope.hasUser else {
      throw fail(.noUsers, at: nil, "the result has no column user, so it is no set of users")
    }
    return builder.plan
  }

  private func population(
    _ entry: SessionDefinitions.Entry, _ name: Name, at moment: Moment
  ) throws(Failure) -> Population {
    guard !stack.contains(name.text) else {
      throw fail(.recursiveDefinition, at: name.range, "\(name.text) is defined by itself")
    }
    let inner = nested(source: entry.statement, name: name.text, parameters: entry.parameters)
    guard let statement = Parser.parse(entry.statement).statements.first, case .let(let tree) = statement.body else {
      throw fail(.brokenDefinition, at: name.range, "LET \(name.text) cannot be read")
    }
    do {
      let population = try inner.population(tree.pipeline, at: moment)
      adopt(inner)
      return population
    } catch {
      throw fail(
        .brokenDefinition, at: name.range, "LET \(name.text) does not hold here: \(error.diagnostic.message)",
        help: error.diagnostic.help)
    }
  }

  // MARK: Attributes and stages

  func attribute(_ definition: DefinitionEntry, _ name: Word, in scope: Scope) throws(Failure) -> Expression {
    try checkHistory(scope, name.range)
    let inside = Scope.users.looking(from: scope.moment)
    return try inlined(definition, at: name.range) { (inner, body) throws(Failure) in
      guard case .attribute(_, let tree) = body else {
        throw inner.fail(.brokenDefinition, at: nil, "not a definition of an attribute")
      }
      return try inner.expression(tree, in: inside)
    }
  }

  /// The first stage that fits; missing where none does.
  func lifecycle(_ definition: DefinitionEntry, _ name: Word, in scope: Scope) throws(Failure) -> Expression {
    try checkHistory(scope, name.range)
    let inside = Scope.users.looking(from: scope.moment)
    return try inlined(definition, at: name.range) { (inner, body) throws(Failure) in
      guard case .lifecycle(_, let stages) = body else {
        throw inner.fail(.brokenDefinition, at: nil, "not a definition of a life cycle")
      }
      return try inner.stages(stages, in: inside)
    }
  }

  func stages(_ stages: [Stage], in scope: Scope) throws(Failure) -> Expression {
    let branches = try each(stages) { stage throws(Failure) in
      Expression.Branch(
        condition: try condition(stage.condition, in: scope), value: .literal(.text(stage.name.text)))
    }
    return .choice(branches, otherwise: nil, type: .text)
  }
}

extension Pipeline {
  /// The conditions of a chain that only filters users, or `nil` for any other chain.
  var plainConditions: [Syntax.Expression]? {
    switch source?.kind {
    case nil, .segment: break
    default: return nil
    }
    var conditions: [Syntax.Expression] = []
    for step in steps {
      guard case .where(let condition) = step.kind else { return nil }
      conditions.append(condition)
    }
    return conditions
  }
}
