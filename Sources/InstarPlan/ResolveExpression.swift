internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// Expressions: names bound, types checked, moments pushed to where the history is read.
extension Resolution {
  func expression(_ tree: Syntax.Expression, in scope: Scope) throws(Failure) -> Expression {
    switch tree.kind {
    case .literal(let literal): return try self.literal(literal)
    case .span(let span): return try length(span)
    case .parameter(let parameter): return .literal(try value(of: parameter))
    case .path(let path): return try name(WordPath(path), in: scope)
    case .call(let call): return try self.call(call, in: scope)
    case .case(let choice): return try self.choice(choice, in: scope)
    case .did(let did): return try self.did(did, in: scope)
    case .inSegment(let name): return try membership(in: name, in: scope)
    case .at(let operand, let moment): return try at(operand, moment, in: scope)
    case .negative(let operand): return try negative(operand, in: scope)
    case .arithmetic(let sign, let left, let right):
      return try arithmetic(sign, expression(left, in: scope), expression(right, in: scope), tree, left, right)
    case .comparison(let sign, let left, let right): return try comparison(sign, left, right, in: scope, tree)
    case .membership(let operand, let values, let isNegated):
      let test = try oneOf(operand, values, in: scope)
      return isNegated ? .not(test) : test
    case .between(let operand, let low, let high):
      let atLeast = try comparison(.greaterOrEqual, operand, low, in: scope, tree)
      return .and(atLeast, try comparison(.lessOrEqual, operand, high, in: scope, tree))
    case .presence(let operand, let test):
      let value = try expression(operand, in: scope)
      let isMissing = Expression(.isMissing(value), type: .boolean, level: value.level)
      return test == .isMissing ? isMissing : .not(isMissing)
    case .textTest(let test, let operand, let pattern): return try textTest(test, operand, pattern, in: scope)
    case .not(let operand): return .not(try condition(operand, in: scope))
    case .and(let operands): return try combined(operands, .and, in: scope)
    case .or(let operands): return try combined(operands, .or, in: scope)
    }
  }

  /// An expression that is true or false.
  func condition(_ tree: Syntax.Expression, in scope: Scope) throws(Failure) -> Expression {
    let result = try expression(tree, in: scope)
    guard result.type == .boolean else {
      throw fail(
        .notACondition, at: tree.range, "a condition is needed here, and this is \(result.type.phrase)",
        help: "compare it: \(text(at: tree.range)) \(result.type == .text ? "= 'x'" : "> 0")")
    }
    return result
  }

  /// Both sides are checked before the first error stops the statement.
  private func combined(
    _ operands: [Syntax.Expression], _ operation: BinaryOperator, in scope: Scope
  ) throws(Failure) -> Expression {
    var parts: [Expression] = []
    var failure: Failure?
    for operand in operands {
      do {
        parts.append(try condition(operand, in: scope))
      } catch {
        if let failure { _ = attempt { () throws(Failure) in throw failure } }
        failure = error
      }
    }
    if let failure { throw failure }
    guard let result = Expression.joined(parts, operation) else {
      preconditionFailure("AND and OR have at least two operands")
    }
    return result
  }

  private func literal(_ literal: Literal) throws(Failure) -> Expression {
    switch literal {
    case .integer(let number): .literal(.integer(Int64(number)))
    case .real(let number, _): .literal(.real(number))
    case .text(let text): .literal(.text(text))
    case .boolean(let flag): .literal(.boolean(flag))
    case .date(let date): .literal(.time(try range(of: date).from))
    }
  }

  /// A length of fixed size as milliseconds. Months only stand beside a time, where ``arithmetic`` takes them.
  private func length(_ span: TimeSpan) throws(Failure) -> Expression {
    let duration = try duration(span)
    guard duration.isFixed else {
      throw fail(
        .operandType, at: span.range, "\(text(at: span.range)) has no fixed length",
        help: "add it to a time, as first(purchase) + \(text(at: span.range)), or write days")
    }
    return .literal(.duration(duration.milliseconds))
  }

  private func negative(_ operand: Syntax.Expression, in scope: Scope) throws(Failure) -> Expression {
    let value = try expression(operand, in: scope)
    switch value.constant {
    case .integer(let number): return .literal(.integer(-number))
    case .real(let number): return .literal(.real(-number))
    default: break
    }
    guard value.type.isNumber || value.type == .duration else {
      throw fail(.operandType, at: operand.range, "- needs a number, and this is \(value.type.phrase)")
    }
    return Expression(.negate(value), type: value.type, level: value.level, unit: value.unit)
  }

  private func choice(_ tree: CaseExpression, in scope: Scope) throws(Failure) -> Expression {
    var branches: [Expression.Branch] = []
    var type: ValueType?
    for branch in tree.branches {
      let condition = try condition(branch.condition, in: scope)
      let value = try expression(branch.value, in: scope)
      type = try common(type, value.type, at: branch.value.range)
      branches.append(.init(condition: condition, value: value))
    }
    let otherwise = try optional(tree.otherwise) { tree throws(Failure) in try expression(tree, in: scope) }
    if let otherwise, let tree = tree.otherwise { type = try common(type, otherwise.type, at: tree.range) }
    return .choice(branches, otherwise: otherwise, type: type ?? .boolean)
  }

  /// The type that values of both types have: a whole number beside a fraction becomes a fraction.
  func common(_ left: ValueType?, _ right: ValueType, at range: SourceRange) throws(Failure) -> ValueType {
    guard let left, left != right else { return right }
    if left.isNumber && right.isNumber { return .real }
    throw fail(.comparedTypes, at: range, "this is \(right.phrase), and the values before it are \(left.phrase)")
  }

  // MARK: Arithmetic

  private func arithmetic(
    _ sign: ArithmeticOperator, _ left: @autoclosure () throws(Failure) -> Expression,
    _ right: @autoclosure () throws(Failure) -> Expression, _ tree: Syntax.Expression, _ leftTree: Syntax.Expression,
    _ rightTree: Syntax.Expression
  ) throws(Failure) -> Expression {
    let first = try left()
    if first.type == .time, case .span(let span) = rightTree.kind, sign == .add || sign == .subtract {
      return try moved(first, by: span, backwards: sign == .subtract)
    }
    let second = try right()
    guard let (type, unit) = Self.arithmeticType(sign, first, second) else {
      throw fail(
        .operandType, at: tree.range,
        "\(sign.rawValue) does not take \(first.type.phrase) and \(second.type.phrase)")
    }
    let operation: BinaryOperator =
      switch sign {
      case .add: .add
      case .subtract: .subtract
      case .multiply: .multiply
      case .divide: .divide
      }
    return Expression(
      .binary(operation, first, second), type: type, level: max(first.level, second.level), unit: unit)
  }

  private func moved(_ time: Expression, by span: TimeSpan, backwards: Bool) throws(Failure) -> Expression {
    let length = try duration(span)
    let duration = backwards ? -length : length
    if case .time(let instant) = time.constant { return .literal(.time(calendar.adding(duration, to: instant))) }
    guard duration.isFixed else {
      return Expression(.shifted(time, by: duration), type: .time, level: time.level)
    }
    let amount = Expression.literal(.duration(length.milliseconds))
    return Expression(.binary(backwards ? .subtract : .add, time, amount), type: .time, level: time.level)
  }

  private static func arithmeticType(
    _ sign: ArithmeticOperator, _ left: Expression, _ right: Expression
  ) -> (ValueType, String?)? {
    let unit = left.unit == right.unit ? left.unit : nil
    switch (left.type, right.type, sign) {
    case (let a, let b, .divide) where a.isNumber && b.isNumber: return (.real, nil)
    case (let a, let b, .multiply) where a.isNumber && b.isNumber:
      return (a == .integer && b == .integer ? .integer : .real, left.unit ?? right.unit)
    case (let a, let b, _) where a.isNumber && b.isNumber:
      return (a == .integer && b == .integer ? .integer : .real, unit)
    case (.time, .time, .subtract): return (.duration, nil)
    case (.time, .duration, .add), (.time, .duration, .subtract), (.duration, .time, .add): return (.time, nil)
    case (.duration, .duration, .add), (.duration, .duration, .subtract): return (.duration, nil)
    case (.duration, .duration, .divide): return (.real, nil)
    case (.duration, let b, .multiply) where b.isNumber: return (.duration, nil)
    case (.duration, let b, .divide) where b.isNumber: return (.duration, nil)
    case (let a, .duration, .multiply) where a.isNumber: return (.duration, nil)
    default: return nil
    }
  }

  // MARK: Another moment

  private func at(
    _ operand: Syntax.Expression, _ moment: Syntax.Moment, in scope: Scope
  ) throws(Failure) -> Expression {
    guard scope.brackets == nil else {
      throw fail(
        .historyInBrackets, at: operand.range,
        "[ ] looks at one \(scope.rows == .items ? "item" : "event") and not at another moment")
    }
    return try expression(operand, in: scope.looking(from: try self.moment(moment, in: scope, for: operand)))
  }

  private func moment(
    _ tree: Syntax.Moment, in scope: Scope, for operand: Syntax.Expression
  ) throws(Failure) -> Moment {
    var value: Expression
    let place: SourceRange
    switch tree {
    case .time(let point):
      let instant = try instant(point)
      if instant > moment {
        warn(
          .momentAhead, "AT \(text(at: point.range)) lies beyond the moment of the statement: its values are missing")
      }
      return .fixed(instant)
    case .path(let path): (value, place) = (try name(WordPath(path), in: scope), path.range)
    case .call(let call): (value, place) = (try self.call(call, in: scope), call.range)
    case .expression(let tree): (value, place) = (try expression(tree, in: scope), tree.range)
    }
    guard value.type == .time else {
      throw fail(
        .notAMoment, at: place, "AT needs a time, and this is \(value.type.phrase)",
        help: "write AT @2026-01-01, AT time or AT first(purchase)")
    }
    if case .column(let position) = value.node, let added = scope.added[scope.columns[position].name] { value = added }
    if case .time(let instant) = value.constant { return .fixed(instant) }
    if value.node == .event(.time) { return .row }
    guard value.level <= .user else {
      throw fail(
        .notAMoment, at: place, "AT takes a date, the row's time or a moment of the user's own",
        help: "write AT time")
    }
    return .user(value)
  }
}
