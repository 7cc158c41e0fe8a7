/// `RECOMMEND 10 [ITEMS[..]] [LIKE ..|FOR ..] [EXCLUDING ..|ONLY ..] [AT MOST 2 PER x] [USING ..] [WITH ..] [WHY]`.
package struct RecommendStep: Sendable, Hashable {
  package enum Target: Sendable, Hashable {
    case items(filter: Expression?)
    /// The word of `SET NOUN`.
    case noun(Name, filter: Expression?)
    case users
  }

  package enum Anchor: Sendable, Hashable {
    case like(ProfileSubject)
    case `for`(EntityReference)
  }

  package enum Restriction: Sendable, Hashable {
    case excluding(EventReference, Window?)
    case excludingNothing
    case only(EventReference, Window?)
  }

  package var count: Count
  /// `nil` means items.
  package var target: Target?
  package var anchor: Anchor?
  package var restrictions: [Restriction]
  package var atMost: PerLimit?
  package var methods: [Name]
  package var options: [Option]
  package var why: WhyClause?
}

/// `PREDICT target [AS name] [BY ..] [USING ..] [WITH ..] [WHY]`.
package struct PredictStep: Sendable, Hashable {
  package enum Target: Sendable, Hashable {
    /// A `did` predicate, perhaps `AT` a moment.
    case condition(Expression)
    case measure(Call)
    case model(ModelReference)
    case timeTo(EventReference)
  }

  package var target: Target
  package var name: Name?
  package var by: [Bucket]
  package var methods: [Name]
  package var options: [Option]
  package var why: WhyClause?
}

/// `FORECAST 4 WEEKS [USING ..] [WITH ..]`, behind an AGGREGATE by time.
package struct ForecastStep: Sendable, Hashable {
  package var length: TimeSpan
  package var methods: [Name]
  package var options: [Option]
}
