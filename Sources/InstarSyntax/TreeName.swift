/// A name as written: `country`, or `"home city"` in double quotes.
package struct Name: Sendable, Hashable {
  /// Without the quotes.
  package var text: String
  /// Whether it stood in double quotes.
  @Trivia package var isQuoted: Bool
  @Trivia package var range: SourceRange
}

/// The name of an event: a name or, where only an event can stand, a text such as `'Order Completed'`.
package struct EventName: Sendable, Hashable {
  package enum Spelling: Sendable, Hashable {
    case plain
    case doubleQuotes
    case singleQuotes
  }

  /// Without the quotes. `event` stands for an event of any type.
  package var text: String
  @Trivia package var spelling: Spelling
  @Trivia package var range: SourceRange
}

/// Names joined by dots: `country`, `purchase.amount`, `user.risk`. What the first one names is not known here.
package struct PropertyPath: Sendable, Hashable {
  /// At least one.
  package var names: [Name]
  @Trivia package var range: SourceRange
}

/// `$name`: a value that is bound when the statement runs.
package struct Parameter: Sendable, Hashable {
  /// Without the `$`.
  package var name: String
  @Trivia package var range: SourceRange
}

/// A whole number, or a parameter that must be bound to one.
package struct Count: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case literal(Int)
    case parameter(Parameter)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// A text in single quotes, or a parameter that must be bound to one.
package struct TextValue: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case literal(String)
    case parameter(Parameter)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// `churn` or `churn@3`.
package struct ModelReference: Sendable, Hashable {
  package var name: Name
  /// `nil` for the active version.
  package var version: Count?
  @Trivia package var range: SourceRange
}

/// `USER 'u42'` or `ITEM $item`.
package struct EntityReference: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case user
    case item
  }

  package enum Identifier: Sendable, Hashable {
    case text(String)
    case integer(Int)
    case parameter(Parameter)
  }

  package var kind: Kind
  package var identifier: Identifier
  @Trivia package var range: SourceRange
}

/// Whom PROFILE, FORGET or LIKE speak of: one user or item, or a whole segment.
package enum ProfileSubject: Sendable, Hashable {
  case entity(EntityReference)
  case segment(Name)
}

/// The kinds of things that have a name in the store.
package enum DefinitionKind: String, Sendable, Hashable, CaseIterable {
  case segment
  case event
  case attribute
  case funnel
  case model
  case lifecycle
  case table
  case campaign
}
