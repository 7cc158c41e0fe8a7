internal import InstarColumns
internal import InstarSyntax

/// Events: names to codes, definitions to their alternatives, filters to conditions on one event.
extension Resolution {
  /// An event with its occurrence: `FIRST purchase[amount > 5]`.
  func reference(_ tree: EventReference) throws(Failure) -> EventPattern {
    var result = EventPattern(alternatives: [], text: text(at: tree.range))
    for alternative in tree.alternatives {
      let pattern = try pattern(alternative)
      result.alternatives += pattern.alternatives
      if let ordinal = pattern.ordinal {
        guard tree.alternatives.count == 1, tree.occurrence == nil else {
          throw fail(
            .sequenceShape, at: alternative.range,
            "\(alternative.name.text) is defined with \(ordinal.rawValue.uppercased()) and cannot be combined",
            help: "define it without \(ordinal.rawValue.uppercased())")
        }
        result.ordinal = ordinal
        result.then = pattern.then
      }
    }
    switch tree.occurrence {
    case .first: result.ordinal = .first
    case .last: result.ordinal = .last
    case .each: result.ordinal = .each
    case nil: break
    }
    if let later = tree.laterFilter {
      result.then = try condition(later, in: .event(tree.alternatives.first?.name.text ?? "event"))
    }
    return result
  }

  func pattern(_ tree: Syntax.EventPattern) throws(Failure) -> EventPattern {
    let filter = try optional(tree.filter) { filter throws(Failure) in
      try condition(filter, in: .event(tree.name.text))
    }
    return try pattern(event: tree.name.text, filter: filter, at: tree.name.range, text: text(at: tree.range))
  }

  /// The events of a name, narrowed by a filter.
  func pattern(
    event name: String, filter: Expression?, at range: SourceRange, text: String? = nil
  ) throws(Failure) -> EventPattern {
    let text = text ?? Names.quoted(name)
    if name == "event" {
      return EventPattern(alternatives: [.init(types: nil, filter: filter)], text: text)
    }
    if let definition = names.definition(.event, name) {
      var pattern = try event(definition, at: range)
      pattern.text = text
      guard let filter else { return pattern }
      for index in pattern.alternatives.indices {
        pattern.alternatives[index].filter = .and(pattern.alternatives[index].filter, filter)
      }
      return pattern
    }
    if let type = names.eventTypes[name] {
      if names.exposureTypes.contains(type.code) { inventions.note(exposure: name) }
      return EventPattern(alternatives: [.init(types: [type.code], filter: filter)], text: text)
    }
    let unknown = unknownEvent(name, at: range)
    guard catalog.settings.unknownEvents == .warn else { throw unknown }
    warn(.unknownEventWarning, "no event named '\(name)': it counts as never having happened")
    return EventPattern(alternatives: [.init(types: [], filter: filter)], text: text)
  }

  func unknownEvent(_ name: String, at range: SourceRange) -> Failure {
    let count = names.eventTypes.count
    guard count > 0 else {
      return fail(
        .unknownEvent, at: range, "no event named '\(name)': the store has no events yet",
        help: "IMPORT EVENTS FROM 'events.csv'")
    }
    let list = "SHOW EVENTS lists \(Names.counted(count, "name"))"
    let suggestion = Suggestions.sentence(for: name, among: names.eventCandidates)
    let other = suggestion == nil ? names.otherUse(of: name).map { "\(Names.quoted(name)) is \($0.kind); " } : nil
    return fail(
      .unknownEvent, at: range, "no event named '\(name)'",
      help: suggestion.map { "\($0) \(list)" } ?? (other ?? "") + list)
  }

  private func event(_ definition: DefinitionEntry, at range: SourceRange) throws(Failure) -> EventPattern {
    try inlined(definition, at: range) { (inner, body) throws(Failure) in
      if case .absence(let name, let event, let span) = body { return try inner.absence(name.text, event, span) }
      guard case .event(let name, let references) = body else {
        throw inner.fail(.brokenDefinition, at: nil, "not a definition of an event")
      }
      let patterns = try inner.each(references) { reference throws(Failure) in try inner.reference(reference) }
      var result = patterns[0]
      for pattern in patterns.dropFirst() {
        guard result.ordinal == nil && pattern.ordinal == nil else {
          throw inner.fail(
            .sequenceShape, at: name.range, "FIRST and LAST cannot be combined with OR",
            help: "write FIRST (a OR b)")
        }
        result.alternatives += pattern.alternatives
      }
      return result
    }
  }

  // MARK: Definitions

  /// Resolves the stored definition with `body`; reports what is wrong in it at the place of use.
  func inlined<T>(
    _ definition: DefinitionEntry, at range: SourceRange,
    _ body: (Resolution, Definition.Kind) throws(Failure) -> T
  ) throws(Failure) -> T {
    let word = Names.quoted(definition.name)
    guard !stack.contains(definition.name) else {
      let chain = (stack.drop { $0 != definition.name } + [definition.name]).joined(separator: " -> ")
      throw fail(.recursiveDefinition, at: range, "\(word) is defined by itself: \(chain)")
    }
    try spend(at: range)
    let inner = nested(source: definition.statement, name: definition.name)
    let parsed = Parser.parse(definition.statement)
    guard let statement = parsed.statements.first, case .define(let tree) = statement.body else {
      throw fail(
        .brokenDefinition, at: range, "the definition of \(word) cannot be read: \(definition.statement)",
        help: "define it again: DEFINE \(definition.kind.rawValue.uppercased()) \(word) AS ..")
    }
    do {
      let result = try body(inner, tree.kind)
      adopt(inner)
      return result
    } catch {
      throw broken(definition, error, at: range)
    }
  }

  private func broken(_ definition: DefinitionEntry, _ failure: Failure, at range: SourceRange) -> Failure {
    let inner = failure.diagnostic
    if inner.code == DiagnosticCode.tooManyDefinitions.rawValue {
      return fail(.tooManyDefinitions, at: range, inner.message, help: inner.help)
    }
    if inner.code == DiagnosticCode.recursiveDefinition.rawValue {
      return fail(.recursiveDefinition, at: range, inner.message)
    }
    // The definition is sound in these cases, and the use of it is not.
    let own = DiagnosticCode(rawValue: inner.code).flatMap {
      [.notAvailable, .analysisAtOwnMoments].contains($0) ? $0 : nil
    }
    return fail(
      own ?? .brokenDefinition, at: range,
      "the definition of \(Names.quoted(definition.name)) does not hold here: \(inner.message)",
      help: inner.help ?? "DESCRIBE \(Names.quoted(definition.name)) prints it")
  }
}
