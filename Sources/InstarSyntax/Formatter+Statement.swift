extension Formatter {
  static func parts(of body: StatementBody) -> FormattedLines {
    switch body {
    case .pipeline(let pipeline): FormattedLines(lines: lines(of: pipeline))
    case .define(let definition): parts(of: definition)
    case .let(let statement): prefixed("LET " + name(statement.name) + " =", lines(of: statement.pipeline))
    case .promote(let reference): one("PROMOTE " + model(reference))
    case .drop(.definition(let kind, let name)): one("DROP " + self.kind(kind) + " " + self.name(name))
    case .drop(.import(let number)): one("DROP IMPORT " + count(number))
    case .set(let setting): one("SET " + text(of: setting))
    case .import(let statement): FormattedLines(lines: [parts(of: statement)])
    case .forget(let value): one("FORGET " + subject(value))
    case .redact(let statement): one("REDACT " + names(statement.properties) + " OF " + owner(statement.owner))
    case .retain(let statement): one("RETAIN EVENTS FOR " + (statement.length.map(timeSpan) ?? "EVER"))
    case .consent(let value): one("CONSENT " + consent(value, "TO"))
    case .withdraw(let value): one("WITHDRAW " + consent(value, "FROM"))
    case .link(let value): one("LINK " + entity(value.entity) + " TO " + text(value.target) + since(value.since))
    case .unlink(let value): one("UNLINK " + entity(value))
    case .exportUser(let value): one("EXPORT " + entity(value.entity) + " TO " + text(value.file))
    case .run(let value): FormattedLines(lines: [["RUN " + text(value.file)] + with(value.options)])
    }
  }

  private static func one(_ text: String) -> FormattedLines { FormattedLines(lines: [[text]]) }

  /// Puts words in front of the first line.
  private static func prefixed(_ words: String, _ lines: [[String]]) -> FormattedLines {
    var lines = lines
    lines[0].insert(words, at: 0)
    return FormattedLines(lines: lines)
  }

  static func lines(of pipeline: Pipeline) -> [[String]] {
    (pipeline.source.map { [parts(of: $0)] } ?? []) + pipeline.steps.map { parts(of: $0) }
  }

  // MARK: - Definitions

  private static func parts(of definition: Definition) -> FormattedLines {
    switch definition.kind {
    case .segment(let name, let pipeline): prefixed(head("SEGMENT", name), lines(of: pipeline))
    case .event(let name, let events):
      one(head("EVENT", name) + " " + events.map(event).joined(separator: " OR "))
    case .absence(let name, let event, let length):
      one(head("EVENT", name) + " NO " + self.event(event) + " FOR " + timeSpan(length))
    case .attribute(let name, let value): one(head("ATTRIBUTE", name) + " " + expression(value))
    case .funnel(let name, let value): one(head("FUNNEL", name) + " " + sequence(value))
    case .model(let name, let model): prefixed(head("MODEL", name), lines(of: model))
    case .lifecycle(let name, let stages):
      FormattedLines(lines: [[head("LIFECYCLE", name)]] + stages.map { [stage($0)] }, isAlwaysBroken: true)
    case .catalog(let catalog):
      FormattedLines(lines: [["DEFINE CATALOG " + list(catalog.interactions, interaction)] + with(catalog.options)])
    }
  }

  private static func head(_ kind: String, _ name: Name) -> String { "DEFINE \(kind) \(self.name(name)) AS" }

  private static func stage(_ stage: Stage) -> String {
    "STAGE " + name(stage.name) + " WHEN " + expression(stage.condition)
  }

  private static func interaction(_ interaction: Interaction) -> String {
    let effect =
      switch interaction.effect {
      case .consumes: " CONSUMES"
      case .revokes: " REVOKES"
      case nil: ""
      }
    return eventName(interaction.event) + " WEIGHT " + sum(interaction.weight) + effect
  }

  // MARK: - Management

  private static func text(of setting: Setting) -> String {
    switch setting.kind {
    case .timezone(let zone): "TIMEZONE " + text(zone)
    case .weekStart(let day): "WEEK START " + name(day)
    case .clock(.named(let clock)): "CLOCK " + name(clock)
    case .clock(.fixed(let point)): "CLOCK " + timePoint(point)
    case .privacyThreshold(let number): "PRIVACY THRESHOLD " + count(number)
    case .privacyBudget(let number): "PRIVACY BUDGET " + count(number)
    case .unknownEvents(let reaction): "UNKNOWN EVENTS " + name(reaction)
    case .goalEvent(let event): "GOAL EVENT " + eventName(event)
    case .userNoun(let noun): "NOUN users " + name(noun)
    case .itemNoun(let noun): "NOUN items " + name(noun)
    case .futureLimit(let span): "FUTURE LIMIT " + timeSpan(span)
    case .limit(let resource, let number): "LIMIT " + name(resource) + " " + count(number)
    case .consentRequired(let purposes):
      "CONSENT REQUIRED FOR " + (purposes.isEmpty ? "NOTHING" : list(purposes, \.rawValue))
    }
  }

  private static func parts(of statement: ImportStatement) -> [String] {
    let target =
      switch statement.target {
      case .events: "EVENTS"
      case .users: "USERS"
      case .items: "ITEMS"
      case .table(let name): "TABLE " + self.name(name)
      }
    let mappings = statement.mappings.isEmpty ? [] : ["MAP " + list(statement.mappings, assignment)]
    return ["IMPORT \(target) FROM " + text(statement.file)] + mappings + with(statement.options)
  }

  private static func owner(_ owner: RedactStatement.Owner) -> String {
    switch owner {
    case .users: "users"
    case .named(let name): self.name(name)
    }
  }

  private static func consent(_ value: ConsentStatement, _ word: String) -> String {
    entity(value.user) + " \(word) " + list(value.purposes, \.rawValue) + since(value.since)
  }
}
