extension Parser {
  mutating func parseDefine() throws(SyntaxError) -> Definition {
    let start = index
    try expect(.define)
    let kind: Definition.Kind
    if at(.segment) {
      kind = try parseDefineSegment()
    } else if at(.event) {
      kind = try parseDefineEvent()
    } else if at(.attribute) {
      kind = try parseDefineAttribute()
    } else if at(.funnel) {
      kind = try parseDefineFunnel()
    } else if at(.model) {
      kind = try parseDefineModel()
    } else if at(.lifecycle) {
      kind = try parseDefineLifecycle()
    } else {
      kind = try parseDefineCatalog()
    }
    return Definition(kind: kind, range: range(from: start))
  }

  /// `kind name AS`.
  private mutating func definitionHead(_ kind: Keyword) throws(SyntaxError) -> Name {
    try expect(kind)
    let name = try parseName(.new)
    try expect(.as)
    return name
  }

  mutating func parseDefineSegment() throws(SyntaxError) -> Definition.Kind {
    let name = try definitionHead(.segment)
    return .segment(name, try parsePipeline())
  }

  mutating func parseDefineEvent() throws(SyntaxError) -> Definition.Kind {
    let name = try definitionHead(.event)
    if accept(.no) {
      let event = try parseEvent()
      return .absence(name, event, try parsePeriods())
    }
    var events = [try parseEvent()]
    while accept(.or) { events.append(try parseEvent()) }
    return .event(name, events)
  }

  mutating func parseDefineAttribute() throws(SyntaxError) -> Definition.Kind {
    let name = try definitionHead(.attribute)
    return .attribute(name, try parseExpression())
  }

  mutating func parseDefineFunnel() throws(SyntaxError) -> Definition.Kind {
    step = StepContext(verb: .funnel, start: index, clauses: [.without, .same, .within], marks: [])
    let name = try definitionHead(.funnel)
    return .funnel(name, try parseSequence())
  }

  mutating func parseDefineModel() throws(SyntaxError) -> Definition.Kind {
    let name = try definitionHead(.model)
    return .model(name, try parseModelDefinition())
  }

  mutating func parseModelDefinition() throws(SyntaxError) -> ModelDefinition {
    let start = index
    var population: Name?
    var condition: Expression?
    if accept(.segment) {
      population = try parseName(.segment)
      condition = at(.where) ? try parseWhere() : nil
    }
    let task: ModelDefinition.Task =
      at(.recommend) ? .recommend(try parseRecommend()) : .predict(try parsePredict())
    return ModelDefinition(population: population, condition: condition, task: task, range: range(from: start))
  }

  mutating func parseDefineLifecycle() throws(SyntaxError) -> Definition.Kind {
    let name = try definitionHead(.lifecycle)
    var stages: [Stage] = []
    repeat { stages.append(try parseStage()) } while at(.stage)
    return .lifecycle(name, stages)
  }

  mutating func parseStage() throws(SyntaxError) -> Stage {
    let start = index
    try expect(.stage)
    let name = try parseName(.new)
    try expect(.when)
    let condition = try parseExpression()
    return Stage(name: name, condition: condition, range: range(from: start))
  }

  mutating func parseDefineCatalog() throws(SyntaxError) -> Definition.Kind {
    try expect(.catalog)
    let interactions = try list { parser throws(SyntaxError) in try parser.parseInteraction() }
    return .catalog(CatalogDefinition(interactions: interactions, options: try optionalOptions()))
  }

  mutating func parseInteraction() throws(SyntaxError) -> Interaction {
    let start = index
    let event = try parseEventName()
    try expect(.weight)
    let weight = try parseSum()
    let effect: Interaction.Effect? = accept(.consumes) ? .consumes : accept(.revokes) ? .revokes : nil
    return Interaction(event: event, weight: weight, effect: effect, range: range(from: start))
  }

  mutating func parseLet() throws(SyntaxError) -> LetStatement {
    try expect(.let)
    let name = try parseName(.new)
    try expect(.equal)
    return LetStatement(name: name, pipeline: try parsePipeline())
  }

  mutating func parsePromote() throws(SyntaxError) -> ModelReference {
    let start = index + 1
    try expect(.promote)
    let name = try parseName(.model)
    let version = try parseVersion()
    return ModelReference(name: name, version: version, range: range(from: start))
  }

  mutating func parseDrop() throws(SyntaxError) -> DropStatement {
    try expect(.drop)
    if accept(.import) { return .import(try parseCount()) }
    let kind = try parseDefinitionKind()
    return .definition(kind, try parseName(.anything))
  }
}
