internal import InstarColumns
internal import InstarSyntax

/// Campaigns: SAVE AS CAMPAIGN, EVALUATE CAMPAIGN, and their names.
extension Resolution {
  // MARK: SAVE AS CAMPAIGN

  func saveCampaign(_ tree: SaveStep, _ step: Step, in builder: inout ChainBuilder) throws(Failure) {
    let name = tree.name.text
    try checkSet(builder, tree.name.range)
    if let known = names.campaigns[name] {
      throw fail(
        .nameTaken, at: tree.name.range,
        "the campaign \(Names.quoted(name)) was shown to \(Names.counted(known.shown, "user"))",
        help: "take another name, or DROP CAMPAIGN \(Names.quoted(name)), which takes its exposures with it")
    }
    try checkFree(name, for: nil, at: tree.name.range)
    let options = try Options(tree.options, of: "SAVE AS CAMPAIGN", allowed: ["control", "seed", "event"], in: self)
    let event = try options.word("event") ?? CampaignPlan.event
    try checkExposure(event, at: step.range)
    let plan = CampaignPlan(
      name: name, event: event, control: try options.number("control", in: 0...0.99) ?? 0,
      seed: UInt64(try options.whole("seed", in: 0...Int(Int32.max)) ?? 1), time: try exposureTime(at: step.range),
      items: items(of: builder))
    if builder.scope.rows == .events { builder.materialize() }
    builder.append(.saveCampaign(plan))
    builder.isStored = true
  }

  /// Exposures have a name of their own: what counts the events of the log must not count them.
  private func checkExposure(_ event: String, at range: SourceRange) throws(Failure) {
    guard !names.exposureEvents.contains(event) else { return }
    let own = names.eventTypes[event]?.count ?? 0
    guard own > 0 || event == "event" || names.definition(.event, event) != nil else { return }
    let other = event == CampaignPlan.event ? "shown" : CampaignPlan.event
    throw fail(
      .nameTaken, at: range,
      own > 0
        ? "the store has events named \(Names.quoted(event)) of its own (\(Names.counted(own, "event")))"
        : "\(Names.quoted(event)) means other events",
      help: "record what is shown under another name: WITH event = \(other)")
  }

  /// Now, the instant of the last event that the statement sees; with AS OF the moment that it names.
  private func exposureTime(at range: SourceRange) throws(Failure) -> Int64 {
    guard tree?.asOf != nil else { return lastMoment }
    guard moment <= presentMoment else {
      throw fail(
        .momentAheadOfStatement, at: range, "nobody has been shown anything at a moment that has not come",
        help: "leave AS OF out")
    }
    return moment
  }

  private func items(of builder: ChainBuilder) -> CampaignPlan.Items {
    var items = CampaignPlan.Items.none
    for step in builder.plan.steps {
      switch step {
      case .recommend(let plan):
        switch plan.subject {
        case .itemsForUsers, .itemsForUser: items = .ofRows
        case .usersForItem(let item): items = .one(item)
        case .itemsLikeItem, .usersLikeSegment, .usersLikeUser: items = .none
        }
      case .aggregate, .funnel, .retention, .sessions, .stickiness, .lifecycle, .rfm, .paths, .cluster, .rules, .pivot:
        items = .none
      default: break
      }
    }
    let hasRank = builder.scope.position(of: "rank").map { builder.scope.columns[$0].type == .integer } ?? false
    return items == .ofRows && !hasRank ? .none : items
  }

  // MARK: SAVE AS EVENT

  /// `EVENTS a[..] WHERE .. SAVE AS EVENT name` is DEFINE EVENT with the conditions in the brackets.
  func saveEvent(_ tree: SaveStep, _ step: Step, of pipeline: Pipeline, in builder: inout ChainBuilder) throws(Failure)
  {
    _ = try Options(tree.options, of: "SAVE AS EVENT", allowed: [], in: self)
    guard case .events(var references)? = pipeline.source?.kind else {
      throw fail(
        .wrongRows, at: step.range,
        "an event is kept by what tells it from others, and the chain does not begin with EVENTS",
        help:
          "EVENTS purchase[amount > 100] SAVE AS EVENT \(Names.quoted(tree.name.text)); SAVE AS TABLE keeps any table")
    }
    for earlier in pipeline.steps.prefix(while: { $0 != step }) {
      guard case .where(let condition) = earlier.kind else {
        throw fail(
          .wrongRows, at: earlier.range, "an event is kept by its conditions, and this step is none",
          help: "only WHERE may stand before SAVE AS EVENT; SAVE AS TABLE keeps any table")
      }
      references = references.map { $0.narrowed(by: condition) }
    }
    let definition = Definition(kind: .event(tree.name, references), range: step.range)
    let wasStored = isStored
    defer { isStored = wasStored }
    var entry = try define(definition, at: step.range)
    entry.statement = canonical { statement in
      statement.body = .define(definition)
      (statement.asOf, statement.explain) = (nil, nil)
    }
    builder.append(.saveDefinition(entry))
  }

  // MARK: EVALUATE CAMPAIGN

  func campaignTrial(_ wanted: [Name], _ tree: EvaluateSource, at range: SourceRange) throws(Failure) -> ChainBuilder {
    let campaigns = try each(wanted) { name throws(Failure) in try campaign(name) }
    _ = try Options(tree.options, of: "EVALUATE CAMPAIGN", allowed: [], in: self)
    let plan = CampaignTrial(
      campaigns: campaigns.map(\.name), outcome: try outcome(tree.against, at: range),
      during: try self.range(tree.during), hasItems: campaigns.contains(where: \.hasItems))
    return table(.campaignTrial(plan), plan.columns, by: "EVALUATE")
  }

  /// What is judged: the condition of AGAINST, or that the goal event happens.
  private func outcome(_ against: Syntax.Expression?, at range: SourceRange) throws(Failure) -> PredictionModel {
    if let against { return try future(against, of: everybody) }
    guard let goal = catalog.settings.goalEvent, names.isEvent(goal) else {
      throw fail(
        .noGoal, at: range, "EVALUATE CAMPAIGN judges by the goal event, and none is set",
        help: "say what counts: AGAINST did purchase IN NEXT \(CampaignTrial.days) DAYS; or SET GOAL EVENT purchase")
    }
    let target = "did \(Formatter.quotedName(goal)) IN NEXT \(CampaignTrial.days) DAYS"
    useDefault("against = \(target)")
    let definition = DefinitionEntry(
      kind: .model, name: "the outcome", statement: "DEFINE MODEL outcome AS PREDICT \(target);")
    return try inlined(definition, at: range) { (inner, body) throws(Failure) in
      guard case .model(_, let tree) = body, case .predict(let step) = tree.task,
        case .condition(let condition) = step.target
      else { preconditionFailure("the engine's own sentence is a model of a condition") }
      return try inner.future(condition, of: inner.everybody)
    }
  }

  private var everybody: ChainBox { ChainBox(ChainBuilder(self, source: .users(nil), scope: .users).plan) }

  /// The campaign of a name.
  func campaign(_ name: Name) throws(Failure) -> CampaignEntry {
    if let known = names.campaigns[name.text] { return known }
    throw fail(
      .unknownDefinition, at: name.range, "no campaign named \(Names.quoted(name.text))",
      help: Suggestions.sentence(for: name.text, among: names.campaigns.keys.map { NameCandidate($0, "campaign") })
        ?? "SEGMENT users WHERE .. SAVE AS CAMPAIGN \(Names.quoted(name.text)) makes one")
  }

  /// Models learn from what users did, and not from what they were shown.
  func checkNoExposure(_ expression: Expression, in place: String, at range: SourceRange) throws(Failure) {
    guard expression.mentions(names.exposureTypes) else { return }
    throw fail(
      .modelPopulation, at: range, "\(place) cannot speak of exposures: models learn from what users did by themselves",
      help: "keep the users first: SEGMENT users WHERE .. SNAPSHOT AS name; SEGMENT name PREDICT ..")
  }
}

extension EventReference {
  /// Those of the events for which `condition` holds too.
  fileprivate func narrowed(by condition: Syntax.Expression) -> EventReference {
    var result = self
    if occurrence == nil {
      for index in result.alternatives.indices {
        result.alternatives[index].filter = result.alternatives[index].filter.joined(condition)
      }
    } else {
      result.laterFilter = laterFilter.joined(condition)
    }
    return result
  }
}

extension Optional where Wrapped == Syntax.Expression {
  fileprivate func joined(_ other: Syntax.Expression) -> Syntax.Expression {
    guard let self else { return other }
    var result = other
    result.kind = .and([self, other])
    return result
  }
}
