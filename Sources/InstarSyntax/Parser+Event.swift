extension Parser {
  mutating func parseEvents() throws(SyntaxError) -> [EventReference] {
    try list { parser throws(SyntaxError) in try parser.parseEvent() }
  }

  mutating func parseEvent() throws(SyntaxError) -> EventReference {
    let start = index
    let occurrence = parseOccurrence()
    guard at(.leftParenthesis) else {
      let pattern = try parsePattern()
      return EventReference(
        occurrence: occurrence, alternatives: [pattern], laterFilter: nil, range: range(from: start))
    }
    index += 1
    if occurrence == nil, let inner = parseOccurrence() {
      return try chosenEvent(inner, from: start)
    }
    let first = try parsePattern()
    return try alternatives(to: first, occurrence, from: start)
  }

  /// The rest of `(FIRST purchase)[..]`, behind `FIRST`.
  private mutating func chosenEvent(_ occurrence: Occurrence, from start: Int) throws(SyntaxError) -> EventReference {
    let pattern = try parsePattern()
    return try chosenEvent(occurrence, pattern, from: start)
  }

  private mutating func chosenEvent(
    _ occurrence: Occurrence, _ pattern: EventPattern, from start: Int
  ) throws(SyntaxError) -> EventReference {
    try expect(.rightParenthesis)
    let filter = try parseFilter()
    return EventReference(
      occurrence: occurrence, alternatives: [pattern], laterFilter: filter, range: range(from: start))
  }

  /// The rest of `(a OR b)`, behind `a`.
  private mutating func alternatives(
    to first: EventPattern, _ occurrence: Occurrence?, from start: Int
  ) throws(SyntaxError) -> EventReference {
    var patterns = [first]
    repeat {
      try expect(.or)
      patterns.append(try parsePattern())
    } while !at(.rightParenthesis)
    index += 1
    return EventReference(occurrence: occurrence, alternatives: patterns, laterFilter: nil, range: range(from: start))
  }

  /// `nil` if no FIRST, LAST or EACH stands here.
  mutating func parseOccurrence() -> Occurrence? {
    if accept(.first) { return .first }
    if accept(.last) { return .last }
    return accept(.each) ? .each : nil
  }

  mutating func parsePattern() throws(SyntaxError) -> EventPattern {
    let start = index
    let name = try parseEventName()
    let filter = at(.leftBracket) ? try parseFilter() : nil
    return EventPattern(name: name, filter: filter, range: range(from: start))
  }

  mutating func parseFilter() throws(SyntaxError) -> Expression {
    try expect(.leftBracket)
    let condition = try parseExpression()
    try expect(.rightBracket)
    return condition
  }

  mutating func parseEventProperty() throws(SyntaxError) -> EventProperty {
    let start = index
    let event = try parsePattern()
    try expect(.period)
    let property = try parsePath()
    return EventProperty(event: event, property: property, range: range(from: start))
  }

  // MARK: - Sequences

  mutating func parseSequence() throws(SyntaxError) -> EventSequence {
    let start = index
    let head = try parseSequenceHead()
    return try sequence(behind: head, from: start)
  }

  mutating func parseSequenceHead() throws(SyntaxError) -> SequenceStep {
    let start = index
    let subject: SequenceStep.Subject =
      at(.any) ? .anyOrder(try parseAnyOrder()) : .event(try parseEvent())
    return SequenceStep(subject: subject, range: range(from: start))
  }

  private mutating func sequence(behind head: SequenceStep, from start: Int) throws(SyntaxError) -> EventSequence {
    var steps = [head]
    repeat { steps.append(try parseSequenceStep()) } while at(.then)
    let conditions = try parseChainConditions()
    return EventSequence(steps: steps, conditions: conditions, range: range(from: start))
  }

  mutating func parseSequenceStep() throws(SyntaxError) -> SequenceStep {
    let start = index
    try expect(.then)
    if at(.any) {
      return SequenceStep(subject: .anyOrder(try parseAnyOrder()), range: range(from: start))
    }
    let isDirect = accept(.directly)
    let isOptional = accept(.optional)
    let isNegated = !isOptional && accept(.not)
    let gap = try parseGap()
    let event = try parseEvent()
    return SequenceStep(
      isDirect: isDirect, isOptional: isOptional, isNegated: isNegated, after: gap.after, within: gap.within,
      subject: .event(event), range: range(from: start))
  }

  mutating func parseGap() throws(SyntaxError) -> (after: TimeSpan?, within: TimeSpan?) {
    let after = accept(.after) ? try parseTimeSpan() : nil
    let within = accept(.within) ? try parseTimeSpan() : nil
    return (after, within)
  }

  mutating func parseAnyOrder() throws(SyntaxError) -> [EventReference] {
    try expect(.any)
    try expect(.order)
    try expect(.leftParenthesis)
    var events = [try parseEvent()]
    repeat {
      try expect(.comma)
      events.append(try parseEvent())
    } while !at(.rightParenthesis)
    index += 1
    return events
  }

  mutating func parseChainConditions() throws(SyntaxError) -> ChainConditions {
    var conditions = ChainConditions()
    while at(.without) { conditions.without.append(try parseWithout()) }
    while at(.same) { conditions.same.append(try parseSame()) }
    if at(.within) { conditions.within = try parseWithin() }
    return conditions
  }

  mutating func parseWithout() throws(SyntaxError) -> EventReference {
    mark(.without)
    try expect(.without)
    return try parseEvent()
  }

  mutating func parseSame() throws(SyntaxError) -> CorrelationKey {
    mark(.same)
    try expect(.same)
    return try parseCorrelationKey()
  }

  mutating func parseCorrelationKey() throws(SyntaxError) -> CorrelationKey {
    accept(.session) ? .session : .property(try parseName(.property))
  }

  mutating func parseWithin() throws(SyntaxError) -> TimeSpan {
    mark(.within)
    try expect(.within)
    return try parseTimeSpan()
  }

  // MARK: - What stands behind `did`

  /// An event, or a sequence in brackets. Both may start with a bracket; what follows the first event tells them apart.
  mutating func parseDidSubject() throws(SyntaxError) -> DidPredicate.Subject {
    guard at(.leftParenthesis) else { return .event(try parseEvent()) }
    let outer = step
    let start = index
    index += 1
    step = StepContext(verb: nil, start: index, clauses: [.without, .same, .within], marks: [])
    let subject = try bracketedSubject(from: start)
    step = outer  // not after an error: its message names the step that was being read
    return subject
  }

  private mutating func bracketedSubject(from start: Int) throws(SyntaxError) -> DidPredicate.Subject {
    if at(.any) || at(.leftParenthesis) { return .sequence(try bracketedSequence()) }
    let inner = index
    let occurrence = parseOccurrence()
    if occurrence != nil && at(.leftParenthesis) {
      index = inner
      return .sequence(try bracketedSequence())
    }
    let pattern = try parsePattern()
    if let occurrence, at(.rightParenthesis) { return .event(try chosenEvent(occurrence, pattern, from: start)) }
    if occurrence == nil && at(.or) { return .event(try alternatives(to: pattern, nil, from: start)) }
    let event = EventReference(
      occurrence: occurrence, alternatives: [pattern], laterFilter: nil, range: range(from: inner))
    let head = SequenceStep(subject: .event(event), range: event.range)
    let rest = try sequence(behind: head, from: inner)
    try expect(.rightParenthesis)
    return .sequence(rest)
  }

  private mutating func bracketedSequence() throws(SyntaxError) -> EventSequence {
    let sequence = try parseSequence()
    try expect(.rightParenthesis)
    return sequence
  }
}
