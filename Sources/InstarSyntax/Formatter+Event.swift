extension Formatter {
  static func pattern(_ pattern: EventPattern) -> String {
    eventName(pattern.name) + filter(pattern.filter)
  }

  static func filter(_ filter: Expression?) -> String {
    filter.map { "[" + expression($0) + "]" } ?? ""
  }

  static func occurrence(_ occurrence: Occurrence) -> String {
    switch occurrence {
    case .first: "FIRST"
    case .last: "LAST"
    case .each: "EACH"
    }
  }

  static func event(_ event: EventReference) -> String {
    var text = event.alternatives.map(pattern).joined(separator: " OR ")
    if event.alternatives.count > 1 { text = "(" + text + ")" }
    if let choice = event.occurrence { text = occurrence(choice) + " " + text }
    return event.laterFilter == nil ? text : "(" + text + ")" + filter(event.laterFilter)
  }

  static func events(_ events: [EventReference]) -> String { list(events, event) }

  static func eventProperty(_ value: EventProperty) -> String {
    pattern(value.event) + "." + path(value.property)
  }

  // MARK: - Sequences

  /// The steps, without the conditions on the chain.
  static func steps(of sequence: EventSequence) -> String {
    sequence.steps.enumerated().map { $0 == 0 ? subject($1.subject) : step($1) }.joined(separator: " ")
  }

  static func sequence(_ sequence: EventSequence) -> String {
    ([steps(of: sequence)] + conditions(sequence.conditions)).joined(separator: " ")
  }

  private static func step(_ step: SequenceStep) -> String {
    var words = ["THEN"]
    if step.isDirect { words.append("DIRECTLY") }
    if step.isOptional { words.append("OPTIONAL") }
    if step.isNegated { words.append("NOT") }
    if let after = step.after { words.append("AFTER " + timeSpan(after)) }
    if let within = step.within { words.append("WITHIN " + timeSpan(within)) }
    return (words + [subject(step.subject)]).joined(separator: " ")
  }

  private static func subject(_ subject: SequenceStep.Subject) -> String {
    switch subject {
    case .event(let value): event(value)
    case .anyOrder(let values): "ANY ORDER (" + events(values) + ")"
    }
  }

  static func conditions(_ conditions: ChainConditions) -> [String] {
    conditions.without.map { "WITHOUT " + event($0) } + conditions.same.map { "SAME " + key($0) }
      + (conditions.within.map { ["WITHIN " + timeSpan($0)] } ?? [])
  }

  private static func key(_ key: CorrelationKey) -> String {
    switch key {
    case .session: "SESSION"
    case .property(let property): name(property)
    }
  }
}
