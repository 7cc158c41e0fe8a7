internal import InstarColumns
internal import InstarSyntax

/// Sources: what a chain starts from.
extension Resolution {
  func source(_ tree: Source?) throws(Failure) -> ChainBuilder {
    guard let tree else { return ChainBuilder(self, source: .users(nil), scope: .users) }
    switch tree.kind {
    case .segment(let name): return ChainBuilder(self, source: try segmentSource(name), scope: .users)
    case .events(let references):
      let patterns = try each(references) { reference throws(Failure) in try self.reference(reference) }
      return ChainBuilder(self, source: .events(patterns), scope: Scope(rows: .events, columns: [], hasUser: true))
    case .items(let filter):
      let scope = Scope.item(hasUser: false)
      let condition = try optional(filter) { filter throws(Failure) in try self.condition(filter, in: scope) }
      return ChainBuilder(self, source: .items(condition), scope: Scope(rows: .items, columns: [], hasUser: false))
    case .table(let name):
      guard let table = names.tables[name.text] else { throw unknownTable(name) }
      let hasUser = table.columns.contains { $0.name == "user" && $0.type == .text }
      return ChainBuilder(
        self, source: .table(name.text),
        scope: Scope(rows: .table, columns: table.columns, hasUser: hasUser, maker: "TABLE"))
    case .timeline(let tree):
      let user = try user(tree.subject, of: "TIMELINE")
      try checkPrivacy("TIMELINE", at: tree.subject.range)
      return ChainBuilder(
        self, source: .timeline(user: user, during: try range(tree.during)),
        scope: Scope(rows: .events, columns: [], hasUser: true))
    case .profile(let subject): return try profile(subject)
    case .show(let subject): return try show(subject, at: tree.range)
    case .describe(let tree): return try describe(tree)
    case .compare(let compare): return try self.compare(compare, at: tree.range)
    case .train(let train): return try self.train(train)
    case .evaluate(let evaluate): return try self.evaluate(evaluate, at: tree.range)
    }
  }

  // MARK: Users and items by identifier

  func identifier(_ reference: EntityReference) throws(Failure) -> String {
    switch reference.identifier {
    case .text(let text): return text
    case .integer(let number): return String(number)
    case .parameter(let parameter):
      let value = try value(of: parameter)
      switch value {
      case .text(let text): return text
      case .integer(let number): return String(number)
      default:
        throw mismatch(parameter, value, expected: "the identifier of a \(reference.kind == .user ? "user" : "item")")
      }
    }
  }

  func user(_ reference: EntityReference, of step: String) throws(Failure) -> String {
    guard reference.kind == .user else {
      throw fail(.wrongRows, at: reference.range, "\(step) is about a user", help: "write \(step) USER 'u42'")
    }
    return try identifier(reference)
  }

  private func profile(_ subject: ProfileSubject) throws(Failure) -> ChainBuilder {
    let reference: EntityReference
    switch subject {
    case .segment(let name): return try profile(segment: name)
    case .entity(let entity): reference = entity
    }
    try checkPrivacy("PROFILE", at: reference.range)
    let source = LogicalSource.profile(user: try user(reference, of: "PROFILE"))
    var builder = table(source, [PlanColumn("property", .text), PlanColumn("value", .text)], by: "PROFILE")
    builder.plan.shape = .profile
    return builder
  }

  func table(_ source: LogicalSource, _ columns: [PlanColumn], by maker: String) -> ChainBuilder {
    ChainBuilder(
      self, source: source, scope: Scope(rows: .table, columns: columns, hasUser: false, maker: maker))
  }

  // MARK: What there is

  private func show(_ subject: ShowSubject, at range: SourceRange) throws(Failure) -> ChainBuilder {
    let question: CatalogQuestion
    switch subject {
    case .events: question = .events
    case .segments: question = .segments
    case .attributes: question = .attributes
    case .properties: question = .properties
    case .funnels: question = .funnels
    case .lifecycles: question = .lifecycles
    case .tables: question = .tables
    case .settings: question = .settings
    case .imports: question = .imports
    case .models: question = .models
    case .items: return ChainBuilder(self, source: .items(nil), scope: Scope(rows: .items, columns: [], hasUser: false))
    case .campaigns: question = .campaigns
    case .links:
      try checkPrivacy("SHOW LINKS", at: range)
      question = .links
    case .audit: question = .audit
    case .jobs: question = .jobs
    }
    return table(.catalog(question), question.columns, by: "SHOW")
  }

  private func describe(_ tree: DescribeSource) throws(Failure) -> ChainBuilder {
    let name = tree.name.name
    guard isDescribable(name.text, as: tree.kind) else {
      let candidates =
        names.eventCandidates + names.segmentCandidates + names.userNameCandidates
        + names.propertyCandidates([.item]) + DefinitionKind.allCases.flatMap { names.candidates($0) }
        + names.campaigns.keys.map { NameCandidate($0, "campaign") }
      let kind = tree.kind.map { "\($0.rawValue) " } ?? ""
      throw fail(
        .unknownDefinition, at: name.range, "no \(kind)named \(Names.quoted(name.text))",
        help: Suggestions.sentence(for: name.text, among: candidates))
    }
    let version = try optional(tree.name.version) { number throws(Failure) in try count(number) }
    let question = CatalogQuestion.describe(kind: tree.kind?.rawValue, name: name.text, version: version)
    return table(.catalog(question), question.columns, by: "DESCRIBE")
  }

  private func isDescribable(_ name: String, as kind: Syntax.DefinitionKind?) -> Bool {
    let isScore = BuiltinScore(rawValue: name) != nil
    let isAttribute = BuiltinAttribute(rawValue: name) != nil || names.definition(.attribute, name) != nil
    switch kind {
    case .event: return names.isEvent(name)
    case .segment: return names.definition(.segment, name) != nil || names.snapshots[name] != nil
    case .attribute: return isAttribute || isScore
    case .funnel: return names.definition(.funnel, name) != nil
    case .model: return isScore || names.definition(.model, name) != nil
    case .lifecycle: return names.definition(.lifecycle, name) != nil
    case .table: return names.tables[name] != nil
    case .campaign: return names.campaigns[name] != nil
    case nil:
      return isScore || isAttribute || names.otherUse(of: name) != nil || names.definition(.lifecycle, name) != nil
        || PropertyOwner.allCases.contains { names.property(name, of: $0) != nil }
    }
  }
}

extension CatalogQuestion {
  /// The columns of the answer.
  package var columns: [PlanColumn] {
    switch self {
    case .events: [PlanColumn("event", .text), PlanColumn("events", .integer)]
    case .segments:
      [
        PlanColumn("segment", .text), PlanColumn("kind", .text), PlanColumn("users", .integer),
        PlanColumn("as_of", .time), PlanColumn("definition", .text),
      ]
    case .models:
      [
        PlanColumn("model", .text), PlanColumn("version", .integer), PlanColumn("state", .text),
        PlanColumn("trained_to", .time), PlanColumn("rows", .integer), PlanColumn("positives", .integer),
        PlanColumn("auc", .real), PlanColumn("recency_auc", .real), PlanColumn("data", .text),
        PlanColumn("definition", .text),
      ]
    case .attributes: [PlanColumn("attribute", .text), PlanColumn("type", .text), PlanColumn("definition", .text)]
    case .properties:
      [
        PlanColumn("property", .text), PlanColumn("owner", .text), PlanColumn("type", .text),
        PlanColumn("dated", .boolean),
      ]
    case .funnels: [PlanColumn("funnel", .text), PlanColumn("definition", .text)]
    case .lifecycles: [PlanColumn("lifecycle", .text), PlanColumn("definition", .text)]
    case .settings: [PlanColumn("setting", .text), PlanColumn("value", .text)]
    case .imports:
      [
        PlanColumn("import", .integer), PlanColumn("file", .text), PlanColumn("kind", .text),
        PlanColumn("rows", .integer), PlanColumn("rejected", .integer), PlanColumn("at", .time),
        PlanColumn("dropped", .time),
      ]
    case .tables: [PlanColumn("table", .text), PlanColumn("rows", .integer), PlanColumn("columns", .text)]
    case .describe: [PlanColumn("property", .text), PlanColumn("value", .text)]
    case .links:
      [
        PlanColumn("user", .text), PlanColumn("linked_to", .text), PlanColumn("since", .time),
        PlanColumn("until", .time),
      ]
    case .audit: [PlanColumn("entry", .integer), PlanColumn("at", .time), PlanColumn("text", .text)]
    case .campaigns:
      [
        PlanColumn("campaign", .text), PlanColumn("event", .text), PlanColumn("at", .time),
        PlanColumn("users", .integer), PlanColumn("held_back", .integer), PlanColumn("items", .integer),
      ]
    case .jobs: [PlanColumn("job", .text), PlanColumn("state", .text), PlanColumn("detail", .text)]
    case .items: []
    }
  }
}
