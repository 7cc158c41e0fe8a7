internal import InstarColumns
internal import InstarSyntax

/// Calls: figures over a user's events, aggregates over rows, functions of values, functions over rows.
extension Resolution {
  func call(_ call: Call, in scope: Scope) throws(Failure) -> Expression {
    let word = call.function.text.lowercased()
    if let function = Measure.Function(called: word), let subject = try eventSubject(call, in: scope) {
      return try measure(
        function, of: subject.pattern, value: subject.value, window: subject.window, call: call, in: scope)
    }
    if let function = AggregateCall.Function(rawValue: word) { return try aggregate(function, call, in: scope) }
    if let function = Measure.Function(called: word) { throw notAnEvent(function, call) }
    let arguments = try each(call.arguments) { argument throws(Failure) in
      guard case .expression(let tree) = argument else {
        throw fail(
          .arguments, at: call.range, "\(word) takes values and no event",
          help: "a figure over events: count, sum, avg, min, max, median, distinct, days, first, last, since, recency")
      }
      return (try expression(tree, in: scope), tree.range)
    }
    if let function = RowFunction(rawValue: word) { return try overRows(function, arguments, call, in: scope) }
    if let function = Function(rawValue: word) { return try self.function(function, arguments, call) }
    throw fail(
      .unknownFunction, at: call.function.range, "no function named \(call.function.text)",
      help: Suggestions.sentence(for: word, among: Self.functionCandidates))
  }

  private static let functionCandidates: [NameCandidate] =
    (Measure.Function.allCases.compactMap(\.callName) + AggregateCall.Function.allCases.map(\.rawValue)
    + Function.allCases.map(\.rawValue) + RowFunction.allCases.map(\.rawValue))
    .reduce(into: []) { list, name in if !list.contains(NameCandidate(name)) { list.append(NameCandidate(name)) } }

  // MARK: Events as arguments

  private struct EventSubject {
    var pattern: EventPattern
    var value: WordPath?
    var window: Syntax.Window?
  }

  /// The event that a call speaks of, or `nil` where its argument is a value.
  private func eventSubject(_ call: Call, in scope: Scope) throws(Failure) -> EventSubject? {
    guard call.arguments.count == 1, let argument = call.arguments.first else { return nil }
    switch argument {
    case .event(let event):
      return EventSubject(
        pattern: try pattern(event.event), value: event.property.map(WordPath.init), window: event.window)
    case .expression(let tree):
      switch tree.kind {
      case .literal(.text(let name)):
        return EventSubject(pattern: try pattern(event: name, filter: nil, at: tree.range))
      case .path(let path): return try eventSubject(WordPath(path), call, in: scope)
      default: return nil
      }
    }
  }

  private func eventSubject(_ path: WordPath, _ call: Call, in scope: Scope) throws(Failure) -> EventSubject? {
    let name = path.names[0]
    let isColumn = path.names.count == 1 && scope.position(of: name.text) != nil && scope.allowsAggregates
    if !names.isEvent(name.text) || isColumn {
      let isValue = scope.allowsAggregates || ["user", "item", "event", "property"].contains(name.text)
      guard !isValue, attemptName(path, in: scope) == nil else { return nil }
      throw unknownEvent(name.text, at: name.range)
    }
    let value =
      path.names.count == 1
      ? nil
      : WordPath(
        Array(path.names.dropFirst()),
        at: SourceRange(path.names[1].range.lowerBound, path.range.upperBound))
    return EventSubject(pattern: try pattern(event: name.text, filter: nil, at: name.range), value: value)
  }

  private func attemptName(_ path: WordPath, in scope: Scope) -> Expression? {
    do { return try name(path, in: scope) } catch { return nil }
  }

  private func notAnEvent(_ function: Measure.Function, _ call: Call) -> Failure {
    let word = call.function.text.lowercased()
    return fail(
      .arguments, at: call.range, "\(word) takes one event",
      help: "write \(word)(purchase) or \(word)(purchase[amount > 5] IN LAST 30 DAYS)")
  }

  // MARK: Aggregates

  private func aggregate(
    _ function: AggregateCall.Function, _ call: Call, in scope: Scope
  ) throws(Failure) -> Expression {
    guard scope.allowsAggregates, !scope.isInsideAggregate else { throw misplaced(function, call, in: scope) }
    if function == .users && !scope.hasUser {
      throw fail(
        .noUsers, at: call.range, "users() counts users, and \(scope.rowsPhrase) have none", help: "write count()")
    }
    let expected = function == .quantile ? 2 : function.needsArgument ? 1 : 0
    guard call.arguments.count == expected else {
      let shape =
        function == .quantile
        ? "a value and a share: quantile(amount, 0.9)"
        : expected == 0 ? "no argument: \(function.rawValue)()" : "one value: \(function.rawValue)(amount)"
      throw fail(
        .arguments, at: call.range, "\(function.rawValue) takes \(shape)",
        help: function == .count && expected == 0 ? "for different values write distinct(..)" : nil)
    }
    var inner = scope
    inner.isInsideAggregate = true
    let values = try each(call.arguments) { argument throws(Failure) in
      guard case .expression(let tree) = argument else { throw notAnEvent(.count, call) }
      return (try expression(tree, in: inner), tree.range)
    }
    return try aggregate(function, values, call)
  }

  private func misplaced(_ function: AggregateCall.Function, _ call: Call, in scope: Scope) -> Failure {
    let word = function.rawValue
    if scope.isInsideAggregate {
      return fail(.aggregateOutside, at: call.range, "an aggregate cannot stand inside another")
    }
    let own = function == .users ? "count(purchase)" : "\(word)(purchase\(function.needsArgument ? ".amount" : ""))"
    return fail(
      .aggregateOutside, at: call.range, "\(word) sums up rows and belongs in AGGREGATE",
      help: scope.rows == .table
        ? "use the column by its name: \(scope.columns.map(\.name).joined(separator: ", "))"
        : "of a user's own events write \(own)")
  }

  private func aggregate(
    _ function: AggregateCall.Function, _ values: [(Expression, SourceRange)], _ call: Call
  ) throws(Failure) -> Expression {
    guard let (value, place) = values.first else {
      return Expression(.aggregate(AggregateCall(function)), type: .integer, level: .row)
    }
    guard let type = function.resultType(of: value.type) else {
      throw fail(
        .operandType, at: place,
        "\(function.rawValue) needs numbers, and \(text(at: place)) is \(value.type.phrase)",
        help: "for text there is distinct(..); for a condition write WHERE before AGGREGATE")
    }
    var share: Double?
    if function == .quantile {
      guard let number = values[1].0.constant?.number, number >= 0, number <= 1 else {
        throw fail(.arguments, at: values[1].1, "the share of quantile is a number from 0 to 1")
      }
      share = number
    }
    let keepsUnit = function != .distinct
    return Expression(
      .aggregate(AggregateCall(function, value, share: share)), type: type, level: .row,
      unit: keepsUnit ? value.unit : nil)
  }

  // MARK: Rows in order

  private func overRows(
    _ function: RowFunction, _ arguments: [(Expression, SourceRange)], _ call: Call, in scope: Scope
  ) throws(Failure) -> Expression {
    guard scope.allowsRowFunctions else {
      throw fail(
        .aggregateOutside, at: call.range, "\(function.rawValue) looks at the rows around and belongs in ADD or KEEP",
        help: "ADD x = \(function.rawValue)(..) and then use x")
    }
    let takesNumber = function == .previous || function == .ntile
    let counts = function == .ntile ? 2...2 : takesNumber ? 1...2 : 1...1
    guard counts.contains(arguments.count) else {
      throw fail(.arguments, at: call.range, "write \(function.rawValue)(\(takesNumber ? "x, n" : "x"))")
    }
    let value = arguments[0].0
    if arguments.count == 2 {
      guard case .integer(let number) = arguments[1].0.constant, number >= 1 else {
        throw fail(
          .arguments, at: arguments[1].1, "the second argument of \(function.rawValue) is a whole number from 1")
      }
    }
    if [.running, .total, .share].contains(function) && !value.type.isNumber {
      throw fail(
        .operandType, at: arguments[0].1, "\(function.rawValue) needs numbers, and this is \(value.type.phrase)")
    }
    let type: ValueType =
      switch function {
      case .previous: value.type
      case .running, .total: value.type
      case .ntile, .rank: .integer
      case .share: .real
      }
    return Expression(.overRows(function, arguments.map(\.0)), type: type, level: .row)
  }

  // MARK: Values

  private func function(
    _ function: Function, _ arguments: [(Expression, SourceRange)], _ call: Call
  ) throws(Failure) -> Expression {
    let counts = function.argumentCounts
    guard counts.contains(arguments.count) else {
      throw fail(
        .arguments, at: call.range,
        "\(function.rawValue) takes \(Self.phrase(counts)), and \(arguments.count == 1 ? "1 is" : "\(arguments.count) are") given"
      )
    }
    for (position, (value, place)) in arguments.enumerated() where !function.accepts(value.type, at: position) {
      throw fail(
        .operandType, at: place,
        "\(function.rawValue) needs \(function.wanted), and \(text(at: place)) is \(value.type.phrase)")
    }
    var type = arguments[0].0.type
    if [.coalesce, .least, .greatest, .bucket].contains(function) {
      for (value, place) in arguments.dropFirst() { type = try common(type, value.type, at: place) }
    }
    if let fixed = function.resultType { type = fixed }
    let level = arguments.map(\.0.level).max() ?? .constant
    let unit = function.keepsUnit ? arguments[0].0.unit : nil
    return Expression(.call(function, arguments.map(\.0)), type: type, level: level, unit: unit)
  }

  private static func phrase(_ counts: ClosedRange<Int>) -> String {
    if counts.lowerBound == counts.upperBound { return Names.counted(counts.lowerBound, "argument") }
    return counts.upperBound > 9
      ? "\(counts.lowerBound) or more arguments" : "\(counts.lowerBound) or \(counts.upperBound) arguments"
  }
}
