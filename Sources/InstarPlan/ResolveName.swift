internal import InstarColumns
internal import InstarSyntax

/// Names. There is one name space; where a name stands decides only whose value it is.
extension Resolution {
  func name(_ path: WordPath, in scope: Scope) throws(Failure) -> Expression {
    if path.names.count == 1, let name = path.names.first { return try self.name(name, in: scope) }
    let dotted = path.text
    if let position = scope.position(of: dotted) { return scope.column(position) }
    if path.names.count == 2, let found = try prefixed(path.names[0], path.names[1], in: scope) { return found }
    if let whole = fileProperty(dotted, in: scope) { return whole }
    let first = path.names[0]
    if names.isEvent(first.text) {
      throw fail(
        .wrongKindOfName, at: path.range, "\(dotted) is many values: one for each \(first.text) of a user",
        help: scope.rows == .events
          ? "of the event at hand write \(path.names[1].text)" : "say which: last(\(dotted)), sum(\(dotted)), ..")
    }
    throw fail(
      .unknownName, at: path.range, "no name \(dotted)",
      help: Suggestions.sentence(for: dotted, among: candidates(in: scope)))
  }

  private func prefixed(_ owner: Word, _ name: Word, in scope: Scope) throws(Failure) -> Expression? {
    switch owner.text {
    case "user" where scope.hasUser: return try userName(name, in: scope)
    case "item" where scope.rows == .events || scope.rows == .items:
      guard let property = names.property(name.text, of: .item) else {
        throw unknownProperty(name, of: "items", among: [.item])
      }
      return itemProperty(property, in: scope)
    case "event" where scope.rows == .events:
      guard let field = eventField(name.text) else { throw unknownProperty(name, of: "events", among: [.event]) }
      return field
    case "property":
      guard let found = fileProperty(name.text, in: scope) else {
        throw unknownProperty(name, of: scope.rowsPhrase, among: PropertyOwner.allCases)
      }
      return found
    default: return nil
    }
  }

  private func name(_ name: Word, in scope: Scope) throws(Failure) -> Expression {
    if let position = scope.position(of: name.text), scope.rows != .users || position > 0 {
      return scope.column(position)
    }
    if let inlined = scope.inlined[name.text] { return inlined }
    switch scope.rows {
    case .events:
      if name.text == "user" { return Expression(.user, type: .text, level: .user) }
      if let field = eventField(name.text) { return field }
      if let property = names.property(name.text, of: .item), names.property(name.text, of: .user) == nil {
        return itemProperty(property, in: scope)
      }
    case .items:
      if let found = itemName(name.text, in: scope) { return found }
      throw unknown(name, in: scope)
    case .users:
      if name.text == "user" { return Expression(.user, type: .text, level: .user) }
    case .table:
      if !scope.hasUser { throw unknown(name, in: scope) }
    }
    guard scope.hasUser else { throw unknown(name, in: scope) }
    return try userName(name, in: scope)
  }

  // MARK: Events and items

  /// A field or property of the event at hand.
  func eventField(_ name: String) -> Expression? {
    let roles = catalog.roles
    switch name {
    case "time": return Expression(.event(.time), type: .time, level: .event)
    case "event": return Expression(.event(.type), type: .text, level: .event)
    case "item" where roles.contains(.item): return Expression(.event(.item), type: .text, level: .event)
    case "order" where roles.contains(.order): return Expression(.event(.order), type: .text, level: .event)
    case "amount" where roles.contains(.amount): return Expression(.event(.amount), type: .real, level: .event)
    case "quantity" where roles.contains(.quantity): return Expression(.event(.quantity), type: .real, level: .event)
    default:
      guard let property = names.property(name, of: .event) else { return nil }
      return Expression(.event(.property(property.id)), type: property.type, level: .event)
    }
  }

  /// A value of an event's own: a field, a property, or a property of its item.
  func eventValue(_ path: WordPath) throws(Failure) -> Expression {
    let dotted = path.text
    if let field = eventField(dotted) { return field }
    let scope = Scope.event("event")
    let isOfItem = path.names.count == 2 && path.names[0].text == "item"
    if let property = names.property(isOfItem ? path.names[1].text : dotted, of: .item) {
      return itemProperty(property, in: scope)
    }
    throw unknownProperty(
      Word(dotted, at: path.range), of: "events", among: [.event, .item])
  }

  private func itemName(_ name: String, in scope: Scope) -> Expression? {
    if name == "item" { return Expression(.item, type: .text, level: .item) }
    return names.property(name, of: .item).map { itemProperty($0, in: scope) }
  }

  private func itemProperty(_ property: PropertyEntry, in scope: Scope) -> Expression {
    let level: Expression.Level = scope.rows == .items ? .item : .event
    return Expression(.itemProperty(property.id), type: property.type, level: level)
  }

  // MARK: Users

  /// A user property has its value at the time of an event row, otherwise where figures look from.
  private func userProperty(_ property: PropertyEntry, in scope: Scope) -> Expression {
    let moment = scope.rows == .events && scope.moment == .statement ? Moment.row : scope.moment
    if !property.isDated && (moment != .statement || tree?.asOf != nil) {
      warn(.undatedProperty, "\(property.name) has no dates: one value stands for all moments")
    }
    return Expression(.userProperty(property.id, at: moment), type: property.type, level: moment.level)
  }

  private func userName(_ name: Word, in scope: Scope) throws(Failure) -> Expression {
    if let definition = names.definition(.lifecycle, name.text) { return try lifecycle(definition, name, in: scope) }
    if let attribute = BuiltinAttribute(rawValue: name.text) { return try builtin(attribute, name, in: scope) }
    if let definition = names.definition(.attribute, name.text) { return try attribute(definition, name, in: scope) }
    if let score = BuiltinScore(rawValue: name.text) { return try builtin(score, name, in: scope) }
    if let property = names.property(name.text, of: .user) { return userProperty(property, in: scope) }
    if let property = names.property(name.text, of: .event) {
      try checkHistory(scope, name.range)
      return last(Expression(.event(.property(property.id)), type: property.type, level: .event), in: scope)
    }
    if let preferred = try preferredValue(name, in: scope) { return preferred }
    throw unknown(name, in: scope)
  }

  private func last(_ value: Expression, in scope: Scope) -> Expression {
    let any = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    let measure = Measure(.last, of: any, value: value, in: .ever, at: scope.moment)
    return .measure(measure, type: value.type)
  }

  /// `top_category`, `top_item`: the value that the user's events have most.
  private func preferredValue(_ name: Word, in scope: Scope) throws(Failure) -> Expression? {
    guard name.text.hasPrefix("top_") else { return nil }
    let wanted = String(name.text.dropFirst(4))
    let value: Expression
    if let field = eventField(wanted), wanted != "time", wanted != "event" {
      value = field
    } else if let property = names.property(wanted, of: .item) {
      value = itemProperty(property, in: .event("event"))
    } else {
      return nil
    }
    try checkHistory(scope, name.range)
    let any = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    return .measure(Measure(.mode, of: any, value: value, in: .ever, at: scope.moment), type: value.type)
  }

  private func builtin(
    _ attribute: BuiltinAttribute, _ name: Word, in scope: Scope
  ) throws(Failure) -> Expression {
    try checkHistory(scope, name.range)
    if attribute.needsAmount && !catalog.roles.contains(.amount) {
      throw fail(
        .roleMissing, at: name.range, "\(name.text) needs the amounts of events, and the store has none",
        help: "import with MAP amount = .., or write a measure of your own: sum(event.property)")
    }
    let any = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    let goal = attribute.needsGoal ? try goalEvent(for: name) : any
    return attribute.expression(goal: goal, at: scope.moment)
  }

  /// The goal event as a pattern.
  private func goalEvent(for name: Word) throws(Failure) -> EventPattern {
    guard let goal = catalog.settings.goalEvent else {
      throw fail(
        .noGoal, at: name.range, "\(name.text) needs a goal event, and none is set",
        help: "SET GOAL EVENT purchase; SHOW EVENTS lists the names")
    }
    return try pattern(event: goal, filter: nil, at: name.range)
  }

  private func builtin(_ score: BuiltinScore, _ name: Word, in scope: Scope) throws(Failure) -> Expression {
    if score == .ltv365 && !catalog.roles.contains(.amount) {
      throw fail(
        .roleMissing, at: name.range, "\(name.text) needs the amounts of events, and the store has none",
        help: "import with MAP amount = ..")
    }
    try checkHistory(scope, name.range)
    _ = try goalEvent(for: name)
    let node = Expression.Node.score(name: name.text, version: nil, at: scope.moment)
    return Expression(node, type: .real, level: scope.moment.level)
  }

  /// Brackets see one event; what needs a user's whole history cannot stand there.
  func checkHistory(_ scope: Scope, _ range: SourceRange) throws(Failure) {
    guard scope.rows == .events, let event = scope.brackets else { return }
    throw fail(
      .historyInBrackets, at: range, "[ ] looks at one event, and this needs the user's history",
      help: "put it in WHERE: EVENTS \(Names.quoted(event)) WHERE \(text(at: range)) ..")
  }

  /// A property as the file has it, even where a built-in name hides it.
  private func fileProperty(_ name: String, in scope: Scope) -> Expression? {
    switch scope.rows {
    case .items: return itemName(name, in: scope)
    case .events:
      if let property = names.property(name, of: .event) {
        return Expression(.event(.property(property.id)), type: property.type, level: .event)
      }
      if let property = names.property(name, of: .item) { return itemProperty(property, in: scope) }
    case .users, .table: break
    }
    guard scope.hasUser, let property = names.property(name, of: .user) else { return nil }
    return userProperty(property, in: scope)
  }

  // MARK: Unknown names

  private func candidates(in scope: Scope) -> [NameCandidate] {
    var candidates = scope.columns.map { NameCandidate($0.name, "column") }
    switch scope.rows {
    case .events:
      candidates +=
        ["time", "event", "item", "order", "amount", "quantity"].filter { eventField($0) != nil }.map {
          NameCandidate($0)
        } + names.propertyCandidates([.event, .item])
    case .items: candidates += [NameCandidate("item")] + names.propertyCandidates([.item])
    case .users, .table: break
    }
    if scope.hasUser { candidates += names.userNameCandidates }
    return candidates
  }

  private func unknown(_ name: Word, in scope: Scope) -> Failure {
    if scope.isOpen {
      return fail(
        .columnsOfPivot, at: name.range, "the columns that PIVOT makes are known only when the statement runs",
        help: "save the table and go on from it: SAVE AS TABLE name; TABLE name ..")
    }
    let suggestion = Suggestions.sentence(for: name.text, among: candidates(in: scope))
    if name.isQuoted && suggestion == nil {
      return fail(
        .quotedName, at: name.range, "\"\(name.text)\" is a name (double quotes), and no such name exists",
        help: "for text write '\(name.text)'")
    }
    if scope.rows == .table, names.property(name.text, of: .event) != nil {
      return fail(
        .filterOfOtherRows, at: name.range,
        "\(scope.rowsPhrase) have no \(name.text), which is a property of events",
        help: "to filter the event write visit[\(Names.quoted(name.text)) = ..]; columns: \(columnList(scope))")
    }
    if let other = names.otherUse(of: name.text) {
      return fail(
        .wrongKindOfName, at: name.range, "\(Names.quoted(name.text)) is \(other.kind) and has no value by itself here",
        help: "write \(other.write)")
    }
    let list = scope.rows == .table && !scope.hasUser ? "columns: \(columnList(scope))" : nil
    return fail(
      .unknownName, at: name.range, "no name \(Names.quoted(name.text)) for \(scope.rowsPhrase)",
      help: suggestion ?? list ?? "SHOW PROPERTIES and SHOW ATTRIBUTES list the names")
  }

  private func columnList(_ scope: Scope) -> String { scope.columns.map(\.name).joined(separator: ", ") }

  private func unknownProperty(_ name: Word, of owner: String, among owners: [PropertyOwner]) -> Failure {
    let roles = ["time", "item", "order", "amount", "quantity"].filter { eventField($0) != nil }
    let fields = owners.contains(.event) ? roles.map { NameCandidate($0) } : []
    return fail(
      .unknownProperty, at: name.range, "\(owner) have no property \(Names.quoted(name.text))",
      help: Suggestions.sentence(for: name.text, among: fields + names.propertyCandidates(owners))
        ?? "SHOW PROPERTIES lists the names")
  }
}

extension Scope {
  /// The column at `position` as an expression.
  func column(_ position: Int) -> Expression {
    let column = columns[position]
    return Expression(.column(position), type: column.type, level: .row, unit: column.unit)
  }
}
