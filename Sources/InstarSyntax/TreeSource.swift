/// What a chain starts from.
package struct Source: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    /// `users`, a noun of the store, or a saved segment.
    case segment(Name)
    case events([EventReference])
    case items(filter: Expression?)
    case table(Name)
    case compare(CompareSource)
    case train(TrainSource)
    case evaluate(EvaluateSource)
    case profile(ProfileSubject)
    case timeline(TimelineSource)
    case show(ShowSubject)
    case describe(DescribeSource)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

/// `COMPARE a [AT t] WITH b [AT t] ON x, y [DURING ..] [WITH ..]`.
package struct CompareSource: Sendable, Hashable {
  package struct Side: Sendable, Hashable {
    package var segment: Name
    package var at: TimePoint?
  }

  package var left: Side
  package var right: Side
  package var features: [Expression]
  package var during: DateRange?
  package var options: [Option]
}

/// `TRAIN model [WITH ..]`.
package struct TrainSource: Sendable, Hashable {
  package var model: Name
  package var options: [Option]
}

/// `EVALUATE subject [AGAINST did ..] [DURING ..] [WITH ..]`.
package struct EvaluateSource: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    /// Models, or segments where `AGAINST` follows.
    case models([ModelReference])
    case campaigns([Name])
    /// A model that is written out. Its own clauses hold the options.
    case inline(ModelDefinition)
  }

  package var subject: Subject
  package var against: Expression?
  package var during: DateRange?
  package var options: [Option]
}

/// `TIMELINE USER 'u42' [DURING ..]`.
package struct TimelineSource: Sendable, Hashable {
  package var subject: EntityReference
  package var during: DateRange?
}

/// `DESCRIBE [kind] name[@version]`.
package struct DescribeSource: Sendable, Hashable {
  package var kind: DefinitionKind?
  package var name: ModelReference
}

/// What `SHOW` lists.
package enum ShowSubject: String, Sendable, Hashable, CaseIterable {
  case events
  case segments
  case models
  case attributes
  case properties
  case items
  case funnels
  case lifecycles
  case tables
  case campaigns
  case settings
  case links
  case imports
  case jobs
  case audit
}
