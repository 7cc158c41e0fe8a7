internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// Statements that manage the store.
extension Resolution {
  func management(_ body: StatementBody, at range: SourceRange) throws(Failure) -> LogicalStatement {
    switch body {
    case .pipeline(let tree): return .query(try pipeline(tree).plan)
    case .define(let tree): return .define(try define(tree, at: range))
    case .let(let tree):
      try checkFree(tree.name.text, for: .segment, at: tree.name.range)
      guard try pipeline(tree.pipeline).scope.hasUser else {
        throw fail(.noUsers, at: tree.name.range, "LET names a set of users, and this result has no column user")
      }
      return .let_(name: tree.name.text, statement: canonical())
    case .set(let setting): return .set(try self.setting(setting))
    case .import(let tree): return .importFiles(try self.import(tree))
    case .drop(let tree): return try drop(tree, at: range)
    case .forget(.entity(let reference)): return .forget(users: [try user(reference, of: "FORGET")])
    case .forget(.segment(let name)):
      let builder = ChainBuilder(self, source: try segmentSource(name), scope: .users)
      return .forgetSegment(builder.plan)
    case .exportUser(let tree):
      return .exportUser(user: try user(tree.entity, of: "EXPORT"), path: try text(tree.file))
    case .run(let tree):
      return .run(path: try text(tree.file), parameters: try constants(tree.options, of: "RUN"))
    case .promote(let reference): return .promote(try modelName(reference))
    case .redact(let tree): return .redact(try redact(tree))
    case .retain(let tree): return .retain(try retention(tree))
    case .consent(let tree): return .consent(try consent(tree, isGiven: true))
    case .withdraw(let tree): return .consent(try consent(tree, isGiven: false))
    case .link(let tree): return try link(tree, at: range)
    case .unlink(let reference): return .unlink(user: try user(reference, of: "UNLINK"), since: lastMoment)
    }
  }

  // MARK: DROP

  private func drop(_ tree: DropStatement, at range: SourceRange) throws(Failure) -> LogicalStatement {
    switch tree {
    case .import(let number): return .dropImport(try count(number))
    case .definition(let kind, let name):
      switch kind {
      case .table:
        guard names.tables[name.text] != nil else { throw unknownTable(name) }
        return .dropTable(name: name.text)
      case .campaign: return .dropCampaign(name: try campaign(name).name)
      case .segment, .event, .attribute, .funnel, .model, .lifecycle:
        guard let own = DefinitionKind(rawValue: kind.rawValue) else {
          preconditionFailure("every kind of the language but tables and campaigns is a definition")
        }
        let isSnapshot = own == .segment && names.snapshots[name.text] != nil
        guard isSnapshot || names.definition(own, name.text) != nil else {
          throw fail(
            .unknownDefinition, at: name.range, "no \(kind.rawValue) named \(Names.quoted(name.text))",
            help: Suggestions.sentence(for: name.text, among: names.candidates(own)))
        }
        return .dropDefinition(own, name: name.text)
      }
    }
  }

  // MARK: SET

  private func setting(_ tree: Setting) throws(Failure) -> SettingChange {
    switch tree.kind {
    case .timezone(let name):
      let name = try text(name)
      do { return .timeZone(try Zone.named(name).name) } catch {
        throw fail(.optionValue, at: tree.range, error.message)
      }
    case .weekStart(let name):
      guard let day = Weekday(name: name.text) else {
        throw fail(.optionValue, at: name.range, "\(name.text) is no day of the week", help: "monday to sunday")
      }
      return .weekStart(day.name)
    case .clock(.named(let name)):
      switch name.text.lowercased() {
      case "last_event": return .clock(.lastEvent)
      case "system": return .clock(.system)
      default: throw fail(.optionValue, at: name.range, "the clock is last_event, system or a date with @")
      }
    case .clock(.fixed(let point)): return .clock(.fixed(try instant(point)))
    case .privacyThreshold(let number): return .privacyThreshold(try count(number))
    case .privacyBudget(let number):
      let budget = try count(number)
      guard budget <= 1_000_000 else {
        throw fail(
          .optionValue, at: number.range, "the privacy budget is at most 1,000,000", help: "10 is the default")
      }
      return .privacyBudget(budget)
    case .limit(let name, let number):
      guard let resource = StatementLimits.Resource(rawValue: name.text.lowercased()) else {
        throw fail(
          .optionValue, at: name.range, "a statement can be limited in rows, seconds and megabytes",
          help: "SET LIMIT rows 100000")
      }
      return .limit(resource, try count(number))
    case .unknownEvents(let name):
      guard let choice = Settings.UnknownEvents(rawValue: name.text.lowercased()) else {
        throw fail(.optionValue, at: name.range, "unknown events are an error or a warning", help: "error or warn")
      }
      return .unknownEvents(choice)
    case .goalEvent(let name):
      guard names.eventTypes[name.text] != nil || names.definition(.event, name.text) != nil else {
        throw unknownEvent(name.text, at: name.range)
      }
      return .goalEvent(name.text)
    case .userNoun(let name): return .noun(plural: name.text, for: .user)
    case .itemNoun(let name): return .noun(plural: name.text, for: .item)
    case .futureLimit(let span):
      let length = try duration(span)
      guard length.isFixed else {
        throw fail(.optionValue, at: span.range, "the future limit has a fixed length", help: "write days")
      }
      return .futureLimit(milliseconds: length.milliseconds)
    case .consentRequired(let purposes): return .consentRequired(Set(purposes.map(\.rawValue)))
    }
  }

  // MARK: IMPORT

  private func `import`(_ tree: ImportStatement) throws(Failure) -> ImportPlan {
    let kind: ImportPlan.Kind
    switch tree.target {
    case .events: kind = .events
    case .users: kind = .users
    case .items: kind = .items
    case .table(let name):
      if names.tables[name.text] == nil { try checkFree(name.text, for: nil, at: name.range) }
      kind = .table(name.text)
    }
    let mappings = try each(tree.mappings) { mapping throws(Failure) in
      ImportPlan.Mapping(target: mapping.name.text, source: try fileExpression(mapping.value))
    }
    for (position, mapping) in mappings.enumerated()
    where mappings[..<position].contains(where: { $0.target == mapping.target }) {
      throw fail(
        .repeatedColumn, at: tree.mappings[position].range, "\(mapping.target) is mapped twice")
    }
    return ImportPlan(
      kind: kind, path: try text(tree.file), mappings: mappings, options: try constants(tree.options, of: "IMPORT"))
  }
}
