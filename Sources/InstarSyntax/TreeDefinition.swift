/// `DEFINE kind name AS ..`.
package struct Definition: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case segment(Name, Pipeline)
    /// Joined by `OR`, at least one.
    case event(Name, [EventReference])
    /// `AS NO event FOR 60 DAYS`.
    case absence(Name, EventReference, TimeSpan)
    case attribute(Name, Expression)
    case funnel(Name, EventSequence)
    case model(Name, ModelDefinition)
    case lifecycle(Name, [Stage])
    case catalog(CatalogDefinition)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange

  package init(kind: Kind, range: SourceRange) {
    self.kind = kind
    self.range = range
  }
}

/// `[SEGMENT population [WHERE ..]] PREDICT ..` or `.. RECOMMEND ..`.
package struct ModelDefinition: Sendable, Hashable {
  package enum Task: Sendable, Hashable {
    case predict(PredictStep)
    case recommend(RecommendStep)
  }

  /// `nil` for all users.
  package var population: Name?
  /// Only where there is a population.
  package var condition: Expression?
  package var task: Task
  @Trivia package var range: SourceRange
}

/// `STAGE name WHEN condition`.
package struct Stage: Sendable, Hashable {
  package var name: Name
  package var condition: Expression
  @Trivia package var range: SourceRange
}

/// `DEFINE CATALOG purchase WEIGHT 5 CONSUMES, view WEIGHT 1 [WITH ..]`.
package struct CatalogDefinition: Sendable, Hashable {
  package var interactions: [Interaction]
  package var options: [Option]
}

package struct Interaction: Sendable, Hashable {
  package enum Effect: Sendable, Hashable {
    /// The user has the item from now on.
    case consumes
    /// The user has it no longer.
    case revokes
  }

  package var event: EventName
  /// A number, or an expression over the event's properties such as `stars - 3`.
  package var weight: Expression
  package var effect: Effect?
  @Trivia package var range: SourceRange
}
