internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// `did ..` and measures: all behaviour is a figure over a user's events, compared with a number.
extension Resolution {
  func did(_ tree: DidPredicate, in scope: Scope) throws(Failure) -> Expression {
    try checkHistory(scope, tree.range)
    try checkUsers(scope, tree.range)
    let window = try window(tree.window)
    switch tree.subject {
    case .event(let event):
      let figure = try figure(event, tree.times, in: window, at: scope.moment)
      let (sign, number) = try bound(tree.times)
      if tree.isNegated && tree.times == nil { return .compare(figure, .equal, .literal(0)) }
      let test = Expression.compare(figure, sign, .literal(.integer(number)))
      return tree.isNegated ? .not(test) : test
    case .sequence(let sequence):
      let condition = try self.condition(sequence, tree.times, in: window, at: scope.moment)
      let test = Expression(.sequence(condition), type: .boolean, level: scope.moment.level)
      return tree.isNegated ? .not(test) : test
    }
  }

  func checkUsers(_ scope: Scope, _ range: SourceRange) throws(Failure) {
    guard !scope.hasUser else { return }
    throw fail(
      .noUsers, at: range, "\(text(at: range)) is about a user, and \(scope.rowsPhrase) have no user",
      help: "use it before the rows are summed up, or keep the column user")
  }

  private func bound(_ times: Times?) throws(Failure) -> (BinaryOperator, Int64) {
    guard let times else { return (.greaterOrEqual, 1) }
    let sign: BinaryOperator =
      switch times.bound {
      case .atLeast: .greaterOrEqual
      case .atMost: .lessOrEqual
      case .exactly: .equal
      }
    return (sign, Int64(try count(times.count)))
  }

  /// What TIMES, DAYS or WEEKS count.
  private func figure(
    _ event: EventReference, _ times: Times?, in window: Window, at moment: Moment
  ) throws(Failure) -> Expression {
    var pattern = try reference(event)
    if pattern.ordinal == .each { pattern.ordinal = nil }
    guard let times, case .distinct(let unit) = times.measure else {
      return .measure(Measure(.count, of: pattern, in: window, at: moment), type: .integer)
    }
    if unit == .day {
      return .measure(Measure(.days, of: pattern, in: window, at: moment), type: .integer, unit: "days")
    }
    let time = Expression(.event(.time), type: .time, level: .event)
    let start = Expression(
      .call(.periodStart, [time, .literal(.text(unit.rawValue))]), type: .time, level: .event)
    return .measure(Measure(.distinct, of: pattern, value: start, in: window, at: moment), type: .integer)
  }

  private func condition(
    _ tree: EventSequence, _ times: Times?, in window: Window, at moment: Moment
  ) throws(Failure) -> SequenceCondition {
    var condition = SequenceCondition(try sequence(tree), window: window, moment: moment)
    guard let times else { return condition }
    guard times.measure == .times else {
      throw fail(
        .sequenceShape, at: times.range, "a chain of events is counted in TIMES", help: "write AT LEAST 2 TIMES")
    }
    let number = try count(times.count)
    switch times.bound {
    case .atLeast: condition.least = number
    case .atMost: (condition.least, condition.most) = (0, number)
    case .exactly: (condition.least, condition.most) = (number, number)
    }
    return condition
  }

  // MARK: Sequences

  func sequence(_ tree: EventSequence) throws(Failure) -> SequencePlan {
    var steps: [SequencePlan.Step] = []
    for (position, step) in tree.steps.enumerated() {
      steps.append(try self.step(step, isLast: position == tree.steps.count - 1))
    }
    let within = try optional(tree.conditions.within) { span throws(Failure) in try duration(span) }
    if let last = steps.last, last.mode == .not, within == nil, last.within == nil {
      throw fail(
        .openAbsence, at: tree.steps[tree.steps.count - 1].range,
        "THEN NOT needs WITHIN: without an end the event may still come", help: "write WITHIN 7 DAYS after the chain")
    }
    let without = try each(tree.conditions.without) { event throws(Failure) in try reference(event) }
    let same = try each(tree.conditions.same) { key throws(Failure) in try self.key(key, at: tree.range) }
    return SequencePlan(steps: steps, without: without, same: same, within: within)
  }

  private func step(_ tree: SequenceStep, isLast: Bool) throws(Failure) -> SequencePlan.Step {
    let events: [EventPattern]
    switch tree.subject {
    case .event(let event): events = [try reference(event)]
    case .anyOrder(let group): events = try each(group) { event throws(Failure) in try reference(event) }
    }
    if tree.isNegated && !isLast {
      throw fail(
        .sequenceShape, at: tree.range, "THEN NOT can only be the last step",
        help: "for an event that must not come in between write WITHOUT")
    }
    guard !tree.isNegated || !(tree.isDirect || tree.isOptional) else {
      throw fail(.sequenceShape, at: tree.range, "NOT goes with neither DIRECTLY nor OPTIONAL")
    }
    guard !(tree.isDirect && tree.isOptional) else {
      throw fail(.sequenceShape, at: tree.range, "a step is either DIRECTLY or OPTIONAL")
    }
    if tree.isDirect { inventions.note("THEN DIRECTLY") }
    let mode: SequencePlan.Mode =
      tree.isNegated ? .not : tree.isDirect ? .directly : tree.isOptional ? .optional : .then
    return SequencePlan.Step(
      events: events, mode: mode, after: try optional(tree.after) { span throws(Failure) in try gap(span) },
      within: try optional(tree.within) { span throws(Failure) in try gap(span) })
  }

  /// The distance between two steps: it is measured from an event that the matcher chooses, so its length is fixed.
  private func gap(_ span: TimeSpan) throws(Failure) -> CalendarDuration {
    let length = try duration(span)
    guard length.isFixed else {
      throw fail(
        .notAUnit, at: span.range, "the gap between two steps has a fixed length, and months have none",
        help: "write days: THEN WITHIN 30 DAYS ..; the WITHIN of the whole chain may count months")
    }
    return length
  }

  func key(_ key: CorrelationKey, at range: SourceRange) throws(Failure) -> SequencePlan.Key {
    guard case .property(let name) = key else {
      inventions.note("SAME SESSION")
      return .session
    }
    switch eventField(name.text)?.node {
    case .event(.item): return .item
    case .event(.order): return .order
    case .event(.property(let id)): return .property(id)
    default: break
    }
    let keys = ["item", "order"].filter { eventField($0) != nil }.map { NameCandidate($0) }
    throw fail(
      .unknownProperty, at: name.range, "SAME takes a property of events, and \(Names.quoted(name.text)) is none",
      help: Suggestions.sentence(for: name.text, among: keys + names.propertyCandidates([.event]))
        ?? "SHOW PROPERTIES lists the names")
  }

  // MARK: Measures

  /// `sum(purchase[..].amount IN LAST 30 DAYS)`.
  func measure(
    _ function: Measure.Function, of pattern: EventPattern, value: WordPath?, window: Syntax.Window?,
    call: Call, in scope: Scope
  ) throws(Failure) -> Expression {
    try checkHistory(scope, call.range)
    try checkUsers(scope, call.range)
    let resolved = try optional(value) { path throws(Failure) in try eventValue(path) }
    guard let type = function.resultType(of: resolved?.type) else {
      throw wrongMeasure(function, pattern, value, resolved, call)
    }
    let measure = Measure(function, of: pattern, value: resolved, in: try self.window(window), at: scope.moment)
    return .measure(measure, type: type, unit: function.unit)
  }

  private func wrongMeasure(
    _ function: Measure.Function, _ pattern: EventPattern, _ value: WordPath?, _ resolved: Expression?, _ call: Call
  ) -> Failure {
    let word = call.function.text.lowercased()
    guard let value, let resolved else {
      return fail(
        .arguments, at: call.range, "\(word) needs a property of the event",
        help: "write \(word)(\(pattern.text).amount)")
    }
    if function.resultType(of: nil) != nil {
      let instead =
        function == .count ? "distinct(\(pattern.text).\(text(at: value.range)))" : "\(word)(\(pattern.text))"
      return fail(
        .arguments, at: value.range, "\(word) takes an event and no property of it", help: "write \(instead)")
    }
    return fail(
      .operandType, at: value.range,
      "\(word) needs numbers, and \(text(at: value.range)) is \(resolved.type.phrase)",
      help: "for text there are distinct, first and last")
  }
}
