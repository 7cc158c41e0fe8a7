extension Parser {
  mutating func parseExpression() throws(SyntaxError) -> Expression {
    let start = index
    if depth == 0 { operators = 0 }
    return try nested { parser throws(SyntaxError) in
      let first = try parser.parseConjunction()
      guard parser.at(.or) else { return first }
      var operands = [first]
      while parser.accept(.or) { operands.append(try parser.parseConjunction()) }
      return Expression(kind: .or(operands), range: parser.range(from: start))
    }
  }

  mutating func parseConjunction() throws(SyntaxError) -> Expression {
    let start = index
    let first = try parseNegation()
    guard at(.and) else { return first }
    var operands = [first]
    while accept(.and) { operands.append(try parseNegation()) }
    return Expression(kind: .and(operands), range: range(from: start))
  }

  mutating func parseNegation() throws(SyntaxError) -> Expression {
    let start = index
    guard accept(.not) else { return try parseComparison() }
    let operand = try nested { parser throws(SyntaxError) in try parser.parseNegation() }
    return Expression(kind: .not(operand), range: range(from: start))
  }

  // MARK: - Comparisons

  mutating func parseComparison() throws(SyntaxError) -> Expression {
    if at(.did) { return try parseDid() }
    if at(.in) { return try parseInSegment() }
    let start = index
    let left = try parseSum()
    return try parseComparisonTail(left, from: start)
  }

  /// What follows the left side; the left side itself if nothing does.
  mutating func parseComparisonTail(_ left: Expression, from start: Int) throws(SyntaxError) -> Expression {
    let kind: Expression.Kind
    if let comparison = parseComparisonOperator() {
      kind = .comparison(comparison, left, try parseSum())
    } else if isAtList() {
      index += 1
      kind = .membership(left, values: try parseValueList(), isNegated: false)
    } else if accept(.not, .in) {
      kind = .membership(left, values: try parseValueList(), isNegated: true)
    } else if accept(.between) {
      let low = try parseSum()
      try expect(.and)
      kind = .between(left, low: low, high: try parseSum())
    } else if accept(.is) {
      kind = .presence(left, try presenceTest())
    } else if let test = try parseTextTest() {
      kind = .textTest(test, left, try parseText())
    } else {
      return left
    }
    return Expression(kind: kind, range: range(from: start))
  }

  /// `IN (`: without the bracket `IN` is the start of a window or of nothing.
  private mutating func isAtList() -> Bool {
    guard at(.in) else { return false }
    if index + 1 == watched { expected.kinds.insert(.leftParenthesis) }
    return ahead(1).kind == .leftParenthesis
  }

  private mutating func presenceTest() throws(SyntaxError) -> PresenceTest {
    if accept(.missing) { return .isMissing }
    try expect(.known)
    return .isKnown
  }

  /// `nil` if no comparison sign stands here.
  mutating func parseComparisonOperator() -> ComparisonOperator? {
    if accept(.equal) { return .equal }
    if accept(.notEqual) { return .notEqual }
    if accept(.less) { return .less }
    if accept(.lessOrEqual) { return .lessOrEqual }
    if accept(.greater) { return .greater }
    return accept(.greaterOrEqual) ? .greaterOrEqual : nil
  }

  /// `nil` if no test of a text stands here.
  mutating func parseTextTest() throws(SyntaxError) -> TextTest? {
    if accept(.contains) { return .contains }
    if accept(.matches) { return .matches }
    if accept(.starts) {
      try expect(.with)
      return .startsWith
    }
    guard accept(.ends) else { return nil }
    try expect(.with)
    return .endsWith
  }

  mutating func parseValueList() throws(SyntaxError) -> [Expression] {
    try expect(.leftParenthesis)
    let values = try list { parser throws(SyntaxError) in try parser.parseExpression() }
    try expect(.rightParenthesis)
    return values
  }

  mutating func parseInSegment() throws(SyntaxError) -> Expression {
    let start = index
    try expect(.in)
    let segment = try parseName(.segment)
    let test = Expression(kind: .inSegment(segment), range: range(from: start))
    return try atMoment(test, from: start)
  }

  mutating func parseDid() throws(SyntaxError) -> Expression {
    let start = index
    try expect(.did)
    let isNegated = accept(.not)
    let subject = try parseDidSubject()
    return try did(subject, isNegated: isNegated, from: start)
  }

  /// What follows the subject. A function of its own keeps the frames small that nest with filters.
  private mutating func did(
    _ subject: DidPredicate.Subject, isNegated: Bool, from start: Int
  ) throws(SyntaxError) -> Expression {
    let times = isAtTimes() ? try parseTimes() : nil
    let window = isAtWindow() ? try parseWindow() : nil
    let predicate = DidPredicate(
      isNegated: isNegated, subject: subject, times: times, window: window, range: range(from: start))
    return try atMoment(Expression(kind: .did(predicate), range: predicate.range), from: start)
  }

  /// `expression AT moment` if `AT` follows, else the expression.
  private mutating func atMoment(_ expression: Expression, from start: Int) throws(SyntaxError) -> Expression {
    guard isAtMoment() else { return expression }
    let moment = try parseAtMoment()
    return Expression(kind: .at(expression, moment), range: range(from: start))
  }

  private mutating func isAtTimes() -> Bool {
    at(.at, .least) || at(.at, .most) || at(.exactly)
  }

  mutating func parseTimes() throws(SyntaxError) -> Times {
    let start = index
    let bound: Times.Bound
    if accept(.exactly) {
      bound = .exactly
    } else {
      bound = ahead(1).keyword == .least ? .atLeast : .atMost
      index += 2
    }
    let count = try parseCount()
    let measure: Times.Measure
    if accept(.times) || accept(.time) {
      measure = .times
    } else if isAtTimeUnit() {
      measure = .distinct(try parseTimeUnit())
    } else {
      throw missingMeasure()
    }
    return Times(bound: bound, count: count, measure: measure, range: range(from: start))
  }

  /// Behind `AT LEAST 3`. A slip in `TIMES` or a unit is left to the general message.
  private func missingMeasure() -> SyntaxError {
    let isSlip = Spelling.nearest(to: text(of: current), in: Keyword.timeUnits + [.times]) != nil
    if current.kind == .invalid || isSlip { return unexpected() }
    let digits = text(of: tokens[index - 1])
    return error(
      .missingUnit, "\(digits) what? TIMES or a unit is missing",
      help: "write \(digits) TIMES, or \(digits) DAYS for distinct days")
  }

  // MARK: - Arithmetic

  mutating func parseSum() throws(SyntaxError) -> Expression {
    let start = index
    var left = try parseProduct()
    while let sign: ArithmeticOperator = accept(.plus) ? .add : accept(.minus) ? .subtract : nil {
      try countOperator()
      let right = try parseProduct()
      left = Expression(kind: .arithmetic(sign, left, right), range: range(from: start))
    }
    return left
  }

  mutating func parseProduct() throws(SyntaxError) -> Expression {
    let start = index
    var left = try parseUnary()
    while let sign: ArithmeticOperator = accept(.star) ? .multiply : accept(.slash) ? .divide : nil {
      try countOperator()
      let right = try parseUnary()
      left = Expression(kind: .arithmetic(sign, left, right), range: range(from: start))
    }
    return left
  }

  private mutating func countOperator() throws(SyntaxError) {
    operators += 1
    guard operators > Parser.maximumOperators else { return }
    throw error(
      .nesting, "more than \(Parser.maximumOperators) operators in one expression",
      help: "give parts of it a name with DEFINE ATTRIBUTE")
  }

  mutating func parseUnary() throws(SyntaxError) -> Expression {
    let start = index
    if accept(.minus) {
      let operand = try nested { parser throws(SyntaxError) in try parser.parseUnary() }
      return Expression(kind: .negative(operand), range: range(from: start))
    }
    let atom = try parseAtom()
    return try atMoment(atom, from: start)
  }

  mutating func parseAtom() throws(SyntaxError) -> Expression {
    if at(.leftParenthesis) { return try bracketed() }
    let start = index
    if at(.case) { return Expression(kind: .case(try parseCase()), range: range(from: start)) }
    if !at(.true), !at(.false), isAtFunction() {
      return Expression(kind: .call(try parseCall()), range: range(from: start))
    }
    return try literalOrPath()
  }

  private mutating func bracketed() throws(SyntaxError) -> Expression {
    try expect(.leftParenthesis)
    let inner = try parseExpression()
    try expect(.rightParenthesis)
    return inner
  }

  /// The forms of an atom that hold no expression.
  private mutating func literalOrPath() throws(SyntaxError) -> Expression {
    let start = index
    let kind: Expression.Kind
    if at(.integer) || at(.real) {
      kind = try parseNumber()
    } else if at(.text) {
      kind = .literal(.text(unquoted(current)))
      index += 1
    } else if at(.parameter) {
      kind = try parameterOrSpan()
    } else if at(.date) {
      kind = .literal(.date(try parseDate()))
    } else if accept(.true) {
      kind = .literal(.boolean(true))
    } else if accept(.false) {
      kind = .literal(.boolean(false))
    } else {
      kind = .path(try parsePath())
    }
    return Expression(kind: kind, range: range(from: start))
  }

  mutating func parseNumber() throws(SyntaxError) -> Expression.Kind {
    let token = current
    if accept(.real) {
      let digits = text(of: token)
      guard let value = Double(digits), value.isFinite else {
        throw error(
          .number, "the number '\(shortened(digits))' is too large", help: "numbers go up to about 1.8e308",
          at: index - 1)
      }
      return .literal(.real(value, digits: digits))
    }
    let value = try integer()
    guard isAtTimeUnit() else { return .literal(.integer(value)) }
    let unit = try parseTimeUnit()
    let range = token.range.union(tokens[index - 1].range)
    return .span(TimeSpan(kind: .units(Count(kind: .literal(value), range: token.range), unit), range: range))
  }

  private mutating func parameterOrSpan() throws(SyntaxError) -> Expression.Kind {
    let parameter = parameter()
    guard isAtTimeUnit() else { return .parameter(parameter) }
    let unit = try parseTimeUnit()
    let range = parameter.range.union(tokens[index - 1].range)
    return .span(TimeSpan(kind: .units(Count(kind: .parameter(parameter), range: parameter.range), unit), range: range))
  }

  mutating func parseCase() throws(SyntaxError) -> CaseExpression {
    try expect(.case)
    var branches: [CaseExpression.Branch] = []
    repeat { branches.append(try parseCaseBranch()) } while at(.when)
    let otherwise = accept(.else) ? try parseExpression() : nil
    try expect(.end)
    return CaseExpression(branches: branches, otherwise: otherwise)
  }

  mutating func parseCaseBranch() throws(SyntaxError) -> CaseExpression.Branch {
    try expect(.when)
    let condition = try parseExpression()
    try expect(.then)
    let value = try parseExpression()
    return CaseExpression.Branch(condition: condition, value: value)
  }
}
