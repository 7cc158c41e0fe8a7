/// A value or a condition.
package struct Expression: Sendable, Hashable {
  package indirect enum Kind: Sendable, Hashable {
    case literal(Literal)
    case span(TimeSpan)
    case parameter(Parameter)
    case path(PropertyPath)
    case call(Call)
    case `case`(CaseExpression)

    /// `did purchase AT LEAST 2 TIMES IN LAST 90 DAYS`.
    case did(DidPredicate)
    /// `IN vip`.
    case inSegment(Name)
    /// `expression AT moment`.
    case at(Expression, Moment)

    case negative(Expression)
    case arithmetic(ArithmeticOperator, Expression, Expression)

    case comparison(ComparisonOperator, Expression, Expression)
    /// `x IN (..)` or `x NOT IN (..)`, at least one value.
    case membership(Expression, values: [Expression], isNegated: Bool)
    /// Both ends included.
    case between(Expression, low: Expression, high: Expression)
    case presence(Expression, PresenceTest)
    case textTest(TextTest, Expression, TextValue)

    case not(Expression)
    /// At least two.
    case and([Expression])
    /// At least two.
    case or([Expression])
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

package enum Literal: Sendable, Hashable {
  case integer(Int)
  /// A number with a point; the digits as written.
  case real(Double, digits: String)
  case text(String)
  case boolean(Bool)
  case date(DateLiteral)
}

package enum ArithmeticOperator: String, Sendable, Hashable, CaseIterable {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
}

package enum ComparisonOperator: String, Sendable, Hashable, CaseIterable {
  case equal = "="
  case notEqual = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
}

package enum PresenceTest: Sendable, Hashable {
  case isMissing
  case isKnown
}

package enum TextTest: Sendable, Hashable, CaseIterable {
  case contains
  case startsWith
  case endsWith
  case matches
}

/// `CASE WHEN c THEN x WHEN .. ELSE y END`.
package struct CaseExpression: Sendable, Hashable {
  package struct Branch: Sendable, Hashable {
    package var condition: Expression
    package var value: Expression
  }

  /// At least one.
  package var branches: [Branch]
  package var otherwise: Expression?
}

/// `function(argument, ..)`.
package struct Call: Sendable, Hashable {
  package var function: Name
  package var arguments: [CallArgument]
  @Trivia package var range: SourceRange
}

/// An argument of a call.
///
/// Brackets or a window make an event certain. Without them `purchase` or `purchase.category` is a path, and a text is a
/// text; the resolver knows from the function whether an event is meant.
package enum CallArgument: Sendable, Hashable {
  case expression(Expression)
  case event(EventArgument)
}

/// `purchase[amount > 5].amount IN LAST 30 DAYS`, with a filter, a window or both.
package struct EventArgument: Sendable, Hashable {
  package var event: EventPattern
  package var property: PropertyPath?
  package var window: Window?
  @Trivia package var range: SourceRange
}

/// `did [not] subject [times] [window]`.
package struct DidPredicate: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case event(EventReference)
    case sequence(EventSequence)
  }

  package var isNegated: Bool
  package var subject: Subject
  package var times: Times?
  package var window: Window?
  @Trivia package var range: SourceRange
}

/// `AT LEAST 2 TIMES`, `EXACTLY 3 DAYS`.
package struct Times: Sendable, Hashable {
  package enum Bound: Sendable, Hashable, CaseIterable {
    case atLeast
    case atMost
    case exactly
  }

  package enum Measure: Sendable, Hashable {
    /// Occurrences.
    case times
    /// Distinct units with at least one occurrence.
    case distinct(TimeUnit)
  }

  package var bound: Bound
  package var count: Count
  package var measure: Measure
  @Trivia package var range: SourceRange
}
