/// `LET name = chain`.
package struct LetStatement: Sendable, Hashable {
  package var name: Name
  package var pipeline: Pipeline
}

/// `DROP kind name` or `DROP IMPORT 3`.
package enum DropStatement: Sendable, Hashable {
  case definition(DefinitionKind, Name)
  case `import`(Count)
}

/// `SET ..`.
package struct Setting: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case timezone(TextValue)
    case weekStart(Name)
    case clock(Clock)
    case privacyThreshold(Count)
    case privacyBudget(Count)
    case unknownEvents(Name)
    case goalEvent(EventName)
    case userNoun(Name)
    case itemNoun(Name)
    case futureLimit(TimeSpan)
    /// `LIMIT rows 100000`.
    case limit(Name, Count)
    /// Empty for `NOTHING`.
    case consentRequired([Purpose])
  }

  package enum Clock: Sendable, Hashable {
    /// `last_event` or `system`.
    case named(Name)
    case fixed(TimePoint)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// What a user may consent to.
package enum Purpose: String, Sendable, Hashable, CaseIterable {
  case analytics
  case recommend
  case predict
}

/// `IMPORT EVENTS FROM 'file' [MAP role = expression, ..] [WITH ..]`.
package struct ImportStatement: Sendable, Hashable {
  package enum Target: Sendable, Hashable {
    case events
    case users
    case items
    case table(Name)
  }

  package var target: Target
  package var file: TextValue
  /// Left a role or a property, right an expression over the file's columns.
  package var mappings: [Assignment]
  package var options: [Option]
}

/// `REDACT email, phone OF users`.
package struct RedactStatement: Sendable, Hashable {
  package enum Owner: Sendable, Hashable {
    case users
    /// An event type, `items`, or the word of `SET NOUN`.
    case named(Name)
  }

  package var properties: [Name]
  package var owner: Owner
}

/// `RETAIN EVENTS FOR 25 MONTHS` or `FOR EVER`.
package struct RetainStatement: Sendable, Hashable {
  /// `nil` for ever.
  package var length: TimeSpan?
}

/// `CONSENT USER 'u42' TO recommend, analytics [SINCE t]`, and the same for `WITHDRAW .. FROM ..`.
package struct ConsentStatement: Sendable, Hashable {
  package var user: EntityReference
  package var purposes: [Purpose]
  package var since: TimePoint?
}

/// `LINK USER 'anonymous' TO 'u42' [SINCE t]`.
package struct LinkStatement: Sendable, Hashable {
  package var entity: EntityReference
  package var target: TextValue
  package var since: TimePoint?
}

/// `EXPORT USER 'u42' TO 'u42.json'`.
package struct ExportUserStatement: Sendable, Hashable {
  package var entity: EntityReference
  package var file: TextValue
}

/// `RUN 'script' [WITH name = value, ..]`.
package struct RunStatement: Sendable, Hashable {
  package var file: TextValue
  package var options: [Option]
}
