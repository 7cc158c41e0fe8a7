internal import InstarColumns
internal import InstarSyntax

/// DEFINE: the definition is resolved once to see that it holds, and stored as text.
extension Resolution {
  func define(_ tree: Definition, at range: SourceRange) throws(Failure) -> DefinitionEntry {
    isStored = true
    let statement = canonical()
    switch tree.kind {
    case .segment(let name, let pipeline):
      let inner = try own(name, .segment)
      guard try inner.pipeline(pipeline).scope.hasUser else {
        throw fail(
          .noUsers, at: name.range, "a segment is a set of users, and this result has no column user",
          help: "PER USER gives one row for each user")
      }
      return DefinitionEntry(kind: .segment, name: name.text, statement: statement)
    case .event(let name, let references):
      let inner = try own(name, .event)
      if let type = names.eventTypes[name.text] {
        throw taken(name, "is an event of the store (\(Names.counted(type.count, "event")))")
      }
      let patterns = try each(references) { reference throws(Failure) in try inner.reference(reference) }
      if patterns.count > 1, patterns.contains(where: { $0.ordinal != nil }) {
        throw fail(
          .sequenceShape, at: name.range, "FIRST and LAST cannot be combined with OR", help: "write FIRST (a OR b)")
      }
      return DefinitionEntry(kind: .event, name: name.text, statement: statement)
    case .absence(let name, let event, let span):
      let inner = try own(name, .event)
      if let type = names.eventTypes[name.text] {
        throw taken(name, "is an event of the store (\(Names.counted(type.count, "event")))")
      }
      _ = try inner.absence(name.text, event, span)
      return DefinitionEntry(kind: .event, name: name.text, statement: statement)
    case .attribute(let name, let value):
      let inner = try own(name, .attribute)
      _ = try inner.expression(value, in: .users)
      return DefinitionEntry(kind: .attribute, name: name.text, statement: statement)
    case .funnel(let name, let sequence):
      let inner = try own(name, .funnel)
      _ = try inner.sequence(sequence)
      return DefinitionEntry(kind: .funnel, name: name.text, statement: statement)
    case .model(let name, let tree):
      let inner = try own(name, .model)
      switch tree.task {
      case .predict: _ = try inner.model(tree)
      case .recommend(let step): _ = try inner.recommendationModel(step, tree)
      }
      return DefinitionEntry(kind: .model, name: name.text, statement: statement)
    case .lifecycle(let name, let stages):
      let inner = try own(name, .lifecycle)
      _ = try inner.stages(stages, in: .users)
      return DefinitionEntry(kind: .lifecycle, name: name.text, statement: statement)
    case .catalog(let catalog):
      _ = try interactions(catalog)
      return DefinitionEntry(kind: .catalog, name: "catalog", statement: statement)
    }
  }

  /// A resolution in which the name is being defined, so that a use of it inside is found.
  private func own(_ name: Name, _ kind: DefinitionKind) throws(Failure) -> Resolution {
    try checkFree(name.text, for: kind, at: name.range)
    let inner = nested(source: source, name: name.text, parameters: parameters)
    inner.isStored = true
    return inner
  }

  private func taken(_ name: Name, _ by: String) -> Failure {
    fail(.nameTaken, at: name.range, "\(Names.quoted(name.text)) \(by)", help: "take another name")
  }

  /// There is one name space: a name that something of another kind has cannot be taken.
  /// - Parameter kind: the kind that may be replaced; `nil` for none.
  func checkFree(_ name: String, for kind: DefinitionKind?, at range: SourceRange) throws(Failure) {
    var holder: String?
    let isOwnStage = kind == .lifecycle && name == BuiltinAttribute.stage.rawValue
    if BuiltinAttribute(rawValue: name) != nil && !isOwnStage { holder = "is a built-in attribute" }
    if BuiltinScore(rawValue: name) != nil && kind != .model { holder = "is a built-in score" }
    if ["users", "items", "user", "item", "event", "time", "property"].contains(name) {
      holder = "is a word of the language"
    }
    for other in DefinitionKind.allCases where other != kind && other != .catalog {
      if names.definition(other, name) != nil { holder = "is \(other.article) \(other.rawValue)" }
    }
    if names.snapshots[name] != nil { holder = "is a snapshot" }
    if names.tables[name] != nil { holder = "is a table" }
    if names.campaigns[name] != nil { holder = "is a campaign" }
    if kind != .event {
      for owner in PropertyOwner.allCases where names.property(name, of: owner) != nil {
        holder = "is a property of \(owner.rawValue)s"
      }
    }
    guard let holder else { return }
    throw fail(
      .nameTaken, at: range, "\(Names.quoted(name)) \(holder), and a name has one meaning", help: "take another name")
  }
}

extension DefinitionKind {
  var article: String { self == .event || self == .attribute ? "an" : "a" }
}
