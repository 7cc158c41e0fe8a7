extension Formatter {
  /// The verb with its subject, then the clauses.
  static func parts(of step: Step) -> [String] {
    switch step.kind {
    case .where(let condition): ["WHERE " + expression(condition)]
    case .add(let values): ["ADD " + list(values, assignment)]
    case .keep(let values): ["KEEP " + list(values, expression)]
    case .sort(let keys): ["SORT BY " + list(keys) { expression($0.value) + ($0.isDescending ? " DESC" : "") }]
    case .limit(let step): ["LIMIT " + count(step.count) + (step.per.map { " PER " + name($0) } ?? "")]
    case .pivot(let column): ["PIVOT " + name(column)]
    case .assert(let step): ["ASSERT " + expression(step.condition) + (step.message.map { ", " + text($0) } ?? "")]
    case .join(let step): ["JOIN " + name(step.table) + " ON " + names(step.keys)]
    case .save(let step): ["SAVE AS " + kind(step.kind) + " " + name(step.name)] + with(step.options)
    case .snapshot(let name): ["SNAPSHOT AS " + self.name(name)]
    case .export(let step): ["EXPORT TO " + text(step.file)] + with(step.options)
    case .aggregate(let step): parts(of: step)
    case .funnel(let step): parts(of: step)
    case .retention(let step): parts(of: step)
    case .paths(let step): parts(of: step)
    case .stickiness(let step): parts(of: step)
    case .lifecycle(let step): parts(of: step)
    case .sessions(let step): parts(of: step)
    case .rfm(let step): parts(of: step)
    case .cluster(let step): parts(of: step)
    case .rules(let step): parts(of: step)
    case .recommend(let step): parts(of: step)
    case .predict(let step): parts(of: step)
    case .forecast(let step): ["FORECAST " + timeSpan(step.length)] + using(step.methods) + with(step.options)
    }
  }

  static func kind(_ kind: DefinitionKind) -> String { kind.rawValue.uppercased() }

  // MARK: - Analysis

  private static func parts(of step: AggregateStep) -> [String] {
    ["AGGREGATE " + list(step.values, namedExpression)] + by(step.by) + during(step.during) + with(step.options)
  }

  private static func parts(of step: FunnelStep) -> [String] {
    let subject =
      switch step.subject {
      case .saved(let name): ["FUNNEL OF " + self.name(name)]
      case .sequence(let value): ["FUNNEL " + steps(of: value)] + conditions(value.conditions)
      }
    return subject + by(step.by) + during(step.during) + with(step.options) + perUser(step.isPerUser)
  }

  private static func parts(of step: RetentionStep) -> [String] {
    let subject = "RETENTION FROM " + event(step.birth) + " RETURN " + event(step.returning)
    let periods = step.periods.map { ["FOR " + timeSpan($0)] } ?? []
    return [subject] + conditions(step.conditions) + by(step.by) + periods + during(step.during) + using(step.methods)
      + with(step.options) + perUser(step.isPerUser)
  }

  private static func parts(of step: PathsStep) -> [String] {
    let subject = "PATHS" + (step.from.map { " FROM " + event($0) } ?? "") + (step.to.map { " TO " + event($0) } ?? "")
    return [subject] + conditions(step.conditions) + by(step.by) + during(step.during) + with(step.options)
      + perUser(step.isPerUser)
  }

  private static func parts(of step: StickinessStep) -> [String] {
    let subject = "STICKINESS OF " + event(step.event) + " " + plural(step.unit) + " PER " + singular(step.period)
    return [subject] + by(step.by) + during(step.during) + with(step.options) + perUser(step.isPerUser)
  }

  private static func parts(of step: LifecycleStep) -> [String] {
    let subject =
      switch step.subject {
      case .event(let value): "LIFECYCLE OF " + event(value)
      case .saved(let name): "LIFECYCLE " + self.name(name)
      }
    return [subject] + by(step.by) + during(step.during) + (step.hasTransitions ? ["TRANSITIONS"] : [])
      + with(step.options) + perUser(step.isPerUser)
  }

  private static func parts(of step: SessionsStep) -> [String] {
    ["SESSIONS"] + conditions(step.conditions) + by(step.by) + during(step.during) + with(step.options)
      + perUser(step.isPerUser)
  }

  private static func parts(of step: RFMStep) -> [String] {
    ["RFM OF " + eventProperty(step.value)] + (step.into.map { [into($0)] } ?? []) + by(step.by)
      + during(step.during) + with(step.options)
  }

  private static func parts(of step: ClusterStep) -> [String] {
    ["CLUSTER " + into(step.into), "ON " + list(step.features, expression)] + by(step.by) + during(step.during)
      + using(step.methods) + with(step.options) + perUser(step.isPerUser)
  }

  private static func parts(of step: RulesStep) -> [String] {
    ["RULES OF " + eventProperty(step.value)] + conditions(step.conditions) + by(step.by) + during(step.during)
      + with(step.options) + perUser(step.isPerUser)
  }
}
