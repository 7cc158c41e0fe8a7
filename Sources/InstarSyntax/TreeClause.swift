/// One bucket of `BY`: `WEEK`, `EVERY 3 DAYS`, `country`, `first(event.channel) AS channel`.
package struct Bucket: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case unit(TimeUnit)
    case every(TimeSpan)
    case expression(Expression)
  }

  package var kind: Kind
  /// The name after `AS`.
  package var name: Name?
  @Trivia package var range: SourceRange
}

/// `name = value` of a `WITH` clause.
package struct Option: Sendable, Hashable {
  package enum Value: Sendable, Hashable {
    case expression(Expression)
    /// `(a, b)`, at least two; a list of one is an expression in brackets.
    case list([Expression])
  }

  package var name: Name
  package var value: Value
  @Trivia package var range: SourceRange
}

/// `name = expression`.
package struct Assignment: Sendable, Hashable {
  package var name: Name
  package var value: Expression
  @Trivia package var range: SourceRange
}

/// An expression with the name after `AS`, if it has one.
package struct NamedExpression: Sendable, Hashable {
  package var value: Expression
  package var name: Name?
  @Trivia package var range: SourceRange
}

/// `WHY` or `WHY 3`.
package struct WhyClause: Sendable, Hashable {
  package var count: Count?
  @Trivia package var range: SourceRange
}

/// `INTO 5` or `INTO AUTO`.
package enum GroupCount: Sendable, Hashable {
  case count(Count)
  case auto
}

/// `AT MOST 2 PER category`.
package struct PerLimit: Sendable, Hashable {
  package var count: Count
  package var key: Name
  @Trivia package var range: SourceRange
}
