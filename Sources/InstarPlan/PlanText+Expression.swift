internal import InstarCalendar
internal import InstarColumns

extension PlanText {
  /// The expression as the language would write it.
  package func text(_ expression: Expression) -> String { text(expression, inside: 0) }

  /// Binding strength as in the grammar: OR 1, AND 2, NOT 3, comparison 4, sum 5, product 6.
  private func text(_ expression: Expression, inside strength: Int) -> String {
    let (own, words) = words(expression)
    return own < strength ? "(\(words))" : words
  }

  private func words(_ expression: Expression) -> (strength: Int, words: String) {
    switch expression.node {
    case .literal(let value): return (9, text(value))
    case .column(let position): return (9, "#\(position)")
    case .event(let field): return (9, text(field))
    case .user: return (9, "user")
    case .userProperty(let id, let moment): return (9, "user.\(property(id))\(text(moment))")
    case .item: return (9, "item")
    case .itemProperty(let id): return (9, "item.\(property(id))")
    case .measure(let measure): return (9, text(measure))
    case .sequence(let condition): return (4, text(condition))
    case .snapshotMember(let name): return (4, "in snapshot \(Names.quoted(name))")
    case .chainMember(let chain): return (4, "in \(inline(chain.plan))")
    case .score(let name, let version, let moment):
      return (9, "score \(name)\(version.map { "@\($0)" } ?? "")\(text(moment))")
    case .not(let operand): return (3, "not \(text(operand, inside: 3))")
    case .negate(let operand): return (6, "-\(text(operand, inside: 7))")
    case .binary(let operation, let left, let right):
      let own = operation.strength
      let rightStrength = operation == .and || operation == .or ? own : own + 1
      let word = operation == .and ? "and" : operation == .or ? "or" : operation.rawValue
      return (own, "\(text(left, inside: own)) \(word) \(text(right, inside: rightStrength))")
    case .oneOf(let operand, let values):
      return (4, "\(text(operand, inside: 5)) in (\(values.map(text).joined(separator: ", ")))")
    case .isMissing(let operand): return (4, "\(text(operand, inside: 5)) is missing")
    case .textTest(let test, let operand, let pattern):
      return (4, "\(text(operand, inside: 5)) \(test.rawValue) '\(pattern)'")
    case .call(let function, let operands): return (9, "\(function.rawValue)(\(list(operands)))")
    case .overRows(let function, let operands): return (9, "\(function.rawValue)(\(list(operands)))")
    case .choice(let branches, let otherwise):
      let cases = branches.map { "when \(text($0.condition)) then \(text($0.value))" }.joined(separator: " ")
      return (9, "case \(cases)\(otherwise.map { " else \(text($0))" } ?? "") end")
    case .shifted(let operand, let duration): return (5, "\(text(operand, inside: 5)) + \(times.length(duration))")
    case .aggregate(let call): return (9, text(call))
    }
  }

  private func list(_ operands: [Expression]) -> String { operands.map { text($0) }.joined(separator: ", ") }

  func text(_ call: AggregateCall) -> String {
    let arguments = (call.argument.map { [text($0)] } ?? []) + (call.share.map { ["\($0)"] } ?? [])
    return "\(call.function.rawValue)(\(arguments.joined(separator: ", ")))"
  }

  func text(_ value: Value) -> String {
    switch value {
    case .missing: "missing"
    case .boolean(let flag): "\(flag)"
    case .integer(let number): "\(number)"
    case .real(let number): "\(number)"
    case .text(let text): "'\(text)'"
    case .time(let instant): times.instant(instant)
    case .duration(let length): times.length(length)
    }
  }

  private func text(_ field: EventField) -> String {
    switch field {
    case .time: "time"
    case .type: "event"
    case .item: "item"
    case .order: "order"
    case .amount: "amount"
    case .quantity: "quantity"
    case .property(let id): property(id)
    }
  }

  // MARK: Behaviour

  func text(_ measure: Measure) -> String {
    let events = text(measure.events)
    let subject = measure.value.map { "\(events).\(text($0, inside: 9))" } ?? events
    return "\(measure.function.rawValue)(\(subject)\(text(measure.window)))\(text(measure.moment))"
  }

  func text(_ pattern: EventPattern) -> String {
    let alternatives = pattern.alternatives.map { alternative in
      let names = alternative.types.map { $0.isEmpty ? "nothing" : $0.map(event).joined(separator: "|") } ?? "event"
      return names + (alternative.filter.map { "[\(text($0))]" } ?? "")
    }
    var words = alternatives.joined(separator: " or ")
    if alternatives.count > 1 { words = "(\(words))" }
    if let ordinal = pattern.ordinal { words = "\(ordinal.rawValue) \(words)" }
    return pattern.then.map { "(\(words))[\(text($0))]" } ?? words
  }

  func text(_ window: Window) -> String {
    switch window {
    case .ever: ""
    case .last(let length): " last \(times.length(length))"
    case .next(let length): " next \(times.length(length))"
    case .this(let unit): " this \(unit.rawValue)"
    case .previous(let count, let unit): " previous \(count) \(unit.rawValue)s"
    case .first(let length): " first \(times.length(length))"
    case .range(let from, let to):
      (from.map { " from \(times.instant($0))" } ?? "") + (to.map { " until \(times.instant($0))" } ?? "")
    }
  }

  func text(_ moment: Moment) -> String {
    switch moment {
    case .statement: ""
    case .fixed(let instant): " at \(times.instant(instant))"
    case .row: " at time"
    case .user(let time): " at (\(text(time)))"
    }
  }

  func text(_ condition: SequenceCondition) -> String {
    var words = "did (\(text(condition.sequence)))"
    switch (condition.least, condition.most) {
    case (1, nil): break
    case (let least, nil): words += " at least \(least) times"
    case (0, let most?): words += " at most \(most) times"
    case (_, let most?): words += " exactly \(most) times"
    }
    return words + text(condition.window) + text(condition.moment)
  }

  func text(_ sequence: SequencePlan) -> String {
    var words = ""
    for (position, step) in sequence.steps.enumerated() {
      if position > 0 { words += " then" + (step.mode == .then ? " " : " \(step.mode.rawValue) ") }
      if let after = step.after { words += "after \(times.length(after)) " }
      if let within = step.within { words += "within \(times.length(within)) " }
      let events = step.events.map(text).joined(separator: ", ")
      words += step.events.count > 1 ? "any order (\(events))" : events
    }
    return words + conditions(sequence.without, sequence.same, sequence.within)
  }

  func conditions(_ without: [EventPattern], _ same: [SequencePlan.Key], _ within: CalendarDuration?) -> String {
    var words = without.map { " without \(text($0))" }.joined()
    for key in same { words += " same \(text(key))" }
    return words + (within.map { " within \(times.length($0))" } ?? "")
  }

  func text(_ key: SequencePlan.Key) -> String {
    switch key {
    case .session: "session"
    case .item: "item"
    case .order: "order"
    case .property(let id): property(id)
    }
  }
}

extension BinaryOperator {
  fileprivate var strength: Int {
    switch self {
    case .or: 1
    case .and: 2
    case .equal, .notEqual, .less, .lessOrEqual, .greater, .greaterOrEqual: 4
    case .add, .subtract: 5
    case .multiply, .divide: 6
    }
  }
}
