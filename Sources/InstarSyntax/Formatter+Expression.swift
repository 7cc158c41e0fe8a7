extension Formatter {
  /// How strongly a form binds; an operand that binds less than its place demands gets brackets.
  private enum Strength: Int {
    case or, and, not, comparison, sum, product, unary, atom
  }

  static func expression(_ value: Expression) -> String { text(of: value).text }

  /// For places that take no comparison.
  static func sum(_ value: Expression) -> String { operand(value, atLeast: .sum) }

  private static func operand(_ value: Expression, atLeast least: Strength) -> String {
    let (text, strength) = text(of: value)
    return strength.rawValue < least.rawValue ? "(" + text + ")" : text
  }

  private static func text(of value: Expression) -> (text: String, strength: Strength) {
    switch value.kind {
    case .literal(let value): (literal(value), .atom)
    case .span(let span): (timeSpan(span), .atom)
    case .parameter(let value): (parameter(value), .atom)
    case .path(let value): (path(value), .atom)
    case .call(let value): (call(value), .atom)
    case .case(let value): (caseExpression(value), .atom)
    case .did(let predicate): (did(predicate), .comparison)
    case .inSegment(let segment): ("IN " + name(segment), .comparison)
    case .at(let value, let moment): at(value, moment)
    case .negative(let value): (negative(value), .unary)
    case .arithmetic(let sign, let left, let right): arithmetic(sign, left, right)
    case .comparison(let sign, let left, let right):
      (operand(left, atLeast: .sum) + " \(sign.rawValue) " + operand(right, atLeast: .sum), .comparison)
    case .membership(let value, let values, let isNegated):
      (
        operand(value, atLeast: .sum) + (isNegated ? " NOT IN (" : " IN (") + list(values, expression) + ")",
        .comparison
      )
    case .between(let value, let low, let high):
      (
        operand(value, atLeast: .sum) + " BETWEEN " + operand(low, atLeast: .sum) + " AND "
          + operand(high, atLeast: .sum), .comparison
      )
    case .presence(let value, let test):
      (operand(value, atLeast: .sum) + (test == .isMissing ? " IS MISSING" : " IS KNOWN"), .comparison)
    case .textTest(let test, let value, let part):
      (operand(value, atLeast: .sum) + " " + textTest(test) + " " + text(part), .comparison)
    case .not(let value): ("NOT " + operand(value, atLeast: .not), .not)
    case .and(let values): (values.map { operand($0, atLeast: .not) }.joined(separator: " AND "), .and)
    case .or(let values): (values.map { operand($0, atLeast: .and) }.joined(separator: " OR "), .or)
    }
  }

  private static func at(_ value: Expression, _ moment: Moment) -> (text: String, strength: Strength) {
    switch value.kind {
    case .did, .inSegment: (expression(value) + " AT " + self.moment(moment), .comparison)
    default: (operand(value, atLeast: .atom) + " AT " + self.moment(moment), .unary)
    }
  }

  /// Two signs in a row need a blank: `--` starts a comment.
  private static func negative(_ value: Expression) -> String {
    let text = operand(value, atLeast: .unary)
    return text.hasPrefix("-") ? "- " + text : "-" + text
  }

  private static func arithmetic(
    _ sign: ArithmeticOperator, _ left: Expression, _ right: Expression
  ) -> (text: String, strength: Strength) {
    switch sign {
    case .add, .subtract:
      (operand(left, atLeast: .sum) + " \(sign.rawValue) " + operand(right, atLeast: .product), .sum)
    case .multiply, .divide:
      (operand(left, atLeast: .product) + " \(sign.rawValue) " + operand(right, atLeast: .unary), .product)
    }
  }

  private static func literal(_ literal: Literal) -> String {
    switch literal {
    case .integer(let value): String(value)
    case .real(_, let digits): digits
    case .text(let value): quotedText(value)
    case .boolean(let value): value ? "true" : "false"
    case .date(let value): date(value)
    }
  }

  private static func textTest(_ test: TextTest) -> String {
    switch test {
    case .contains: "CONTAINS"
    case .startsWith: "STARTS WITH"
    case .endsWith: "ENDS WITH"
    case .matches: "MATCHES"
    }
  }

  private static func caseExpression(_ value: CaseExpression) -> String {
    var words = ["CASE"]
    for branch in value.branches {
      words.append("WHEN " + expression(branch.condition) + " THEN " + expression(branch.value))
    }
    if let otherwise = value.otherwise { words.append("ELSE " + expression(otherwise)) }
    return (words + ["END"]).joined(separator: " ")
  }

  // MARK: - Calls

  static func call(_ call: Call) -> String {
    call.function.text + "(" + list(call.arguments, argument) + ")"
  }

  private static func argument(_ argument: CallArgument) -> String {
    switch argument {
    case .expression(let value):
      expression(value)
    case .event(let value):
      eventName(value.event.name, isCertain: value.event.filter != nil || value.window != nil)
        + filter(value.event.filter) + (value.property.map { "." + path($0) } ?? "")
        + (value.window.map { " " + window($0) } ?? "")
    }
  }

  // MARK: - did

  private static func did(_ predicate: DidPredicate) -> String {
    var words = [predicate.isNegated ? "did not" : "did"]
    switch predicate.subject {
    case .event(let value): words.append(event(value))
    case .sequence(let value): words.append("(" + sequence(value) + ")")
    }
    if let value = predicate.times { words.append(times(value)) }
    if let value = predicate.window { words.append(window(value)) }
    return words.joined(separator: " ")
  }

  private static func times(_ times: Times) -> String {
    let bound =
      switch times.bound {
      case .atLeast: "AT LEAST "
      case .atMost: "AT MOST "
      case .exactly: "EXACTLY "
      }
    let isOne = times.count.kind == .literal(1)
    let measure =
      switch times.measure {
      case .times: isOne ? "TIME" : "TIMES"
      case .distinct(let unit): isOne ? singular(unit) : plural(unit)
      }
    return bound + count(times.count) + " " + measure
  }
}
