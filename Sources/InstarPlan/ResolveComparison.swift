internal import InstarColumns
internal import InstarSyntax

/// Comparisons. A date is a period: `=` means inside it, `<` before its start, `>` after its end.
extension Resolution {
  func comparison(
    _ sign: ComparisonOperator, _ left: Syntax.Expression, _ right: Syntax.Expression, in scope: Scope,
    _ tree: Syntax.Expression
  ) throws(Failure) -> Expression {
    if let period = try period(right) {
      return try inside(sign, time(left, in: scope, beside: right), period)
    }
    if let period = try period(left) {
      return try inside(sign.mirrored, time(right, in: scope, beside: left), period)
    }
    let first = try expression(left, in: scope)
    let second = try operand(right, in: scope)
    let (a, b) = try comparable(first, second, left, right)
    if a.type == .boolean && sign != .equal && sign != .notEqual {
      throw fail(.comparedTypes, at: tree.range, "true and false have no order", help: "write = or !=")
    }
    return .compare(a, sign.operation, b)
  }

  /// The right side of a comparison: an unknown name there is most often a text without its quotes.
  private func operand(_ tree: Syntax.Expression, in scope: Scope) throws(Failure) -> Expression {
    do { return try expression(tree, in: scope) } catch {
      guard case .path(let path) = tree.kind, path.names.count == 1, let name = path.names.first,
        error.diagnostic.code == DiagnosticCode.unknownName.rawValue
      else { throw error }
      var failure = error
      let hint = "for text write '\(name.text)'"
      failure.diagnostic.help = failure.diagnostic.help.map { "\($0); \(hint)" } ?? hint
      throw failure
    }
  }

  /// The period of a date literal.
  private func period(_ tree: Syntax.Expression) throws(Failure) -> TimeRange? {
    guard case .literal(.date(let date)) = tree.kind else { return nil }
    return try range(of: date)
  }

  private func time(
    _ tree: Syntax.Expression, in scope: Scope, beside date: Syntax.Expression
  ) throws(Failure) -> Expression {
    let value = try expression(tree, in: scope)
    guard value.type == .time else {
      throw fail(
        .comparedTypes, at: tree.range,
        "\(text(at: tree.range)) is \(value.type.phrase) and cannot be compared with the date \(text(at: date.range))")
    }
    return value
  }

  private func inside(_ sign: ComparisonOperator, _ time: Expression, _ period: TimeRange) -> Expression {
    let start = Expression.literal(.time(period.from))
    let end = Expression.literal(.time(period.to))
    let isInside = Expression.and(.compare(time, .greaterOrEqual, start), .compare(time, .less, end))
    return switch sign {
    case .equal: isInside
    case .notEqual: .not(isInside)
    case .less: .compare(time, .less, start)
    case .lessOrEqual: .compare(time, .less, end)
    case .greater: .compare(time, .greaterOrEqual, end)
    case .greaterOrEqual: .compare(time, .greaterOrEqual, start)
    }
  }

  /// Checks that two values can be compared. A length beside a number of days becomes days.
  private func comparable(
    _ left: Expression, _ right: Expression, _ leftTree: Syntax.Expression, _ rightTree: Syntax.Expression
  ) throws(Failure) -> (Expression, Expression) {
    if left.type == right.type || left.type.isNumber && right.type.isNumber { return (left, right) }
    if left.constant == .missing || right.constant == .missing { return (left, right) }
    if left.type.isNumber, let days = days(right, like: left) { return (left, days) }
    if right.type.isNumber, let days = days(left, like: right) { return (days, right) }
    let (value, literal, place, name) =
      right.constant != nil ? (left, right, rightTree, leftTree) : (right, left, leftTree, rightTree)
    throw fail(
      .comparedTypes, at: place.range,
      "\(text(at: name.range)) is \(value.type.phrase) and cannot be compared with \(literal.type.phrase)",
      help: Self.repair(literal, for: value.type))
  }

  private func days(_ length: Expression, like number: Expression) -> Expression? {
    guard number.unit == "days", case .duration(let milliseconds) = length.constant else { return nil }
    return .literal(.real(Double(milliseconds) / 86_400_000))
  }

  private static func repair(_ literal: Expression, for type: ValueType) -> String? {
    switch (type, literal.constant) {
    case (.integer, .text(let text)), (.real, .text(let text)):
      Double(text) == nil ? nil : "write \(text) without quotes"
    case (.time, .text(let text)): "write a date with @: @\(text.hasPrefix("@") ? String(text.dropFirst()) : text)"
    case (.text, .integer(let number)): "write '\(number)'"
    case (.boolean, .text(let text)):
      ["true", "false"].contains(text.lowercased()) ? "write \(text.lowercased())" : nil
    case (.duration, .integer(let number)): "write the unit: \(number) DAYS"
    default: nil
    }
  }

  // MARK: Lists and text

  func oneOf(
    _ operand: Syntax.Expression, _ values: [Syntax.Expression], in scope: Scope
  ) throws(Failure) -> Expression {
    var constants: [Value] = []
    var others: [Expression] = []
    for value in values {
      let test = try comparison(.equal, operand, value, in: scope, value)
      if case .binary(.equal, _, let right) = test.node, let constant = right.constant {
        constants.append(constant)
      } else {
        others.append(test)
      }
    }
    if !constants.isEmpty {
      let subject = try expression(operand, in: scope)
      others.insert(Expression(.oneOf(subject, constants), type: .boolean, level: subject.level), at: 0)
    }
    return Expression.joined(others, .or) ?? .literal(false)
  }

  func textTest(
    _ test: Syntax.TextTest, _ operand: Syntax.Expression, _ pattern: TextValue, in scope: Scope
  ) throws(Failure) -> Expression {
    let value = try expression(operand, in: scope)
    guard value.type == .text else {
      throw fail(
        .comparedTypes, at: operand.range,
        "\(text(at: operand.range)) is \(value.type.phrase), and \(test.words) looks into text")
    }
    let node = Expression.Node.textTest(TextTest(test), value, try text(pattern))
    return Expression(node, type: .boolean, level: value.level)
  }
}

extension ComparisonOperator {
  /// The comparison with its sides exchanged.
  var mirrored: ComparisonOperator {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .greater
    case .lessOrEqual: .greaterOrEqual
    case .greater: .less
    case .greaterOrEqual: .lessOrEqual
    }
  }

  var operation: BinaryOperator {
    switch self {
    case .equal: .equal
    case .notEqual: .notEqual
    case .less: .less
    case .lessOrEqual: .lessOrEqual
    case .greater: .greater
    case .greaterOrEqual: .greaterOrEqual
    }
  }
}

extension InstarSyntax.TextTest {
  var words: String {
    switch self {
    case .contains: "CONTAINS"
    case .startsWith: "STARTS WITH"
    case .endsWith: "ENDS WITH"
    case .matches: "MATCHES"
    }
  }
}

extension TextTest {
  init(_ test: Syntax.TextTest) {
    switch test {
    case .contains: self = .contains
    case .startsWith: self = .startsWith
    case .endsWith: self = .endsWith
    case .matches: self = .matches
    }
  }
}
