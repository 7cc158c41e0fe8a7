/// One step of a chain: takes a table, gives a table.
package struct Step: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case `where`(Expression)
    case add([Assignment])
    case keep([Expression])
    case sort([SortKey])
    case limit(LimitStep)
    case pivot(Name)
    case assert(AssertStep)
    case join(JoinStep)
    case save(SaveStep)
    case snapshot(Name)
    case export(ExportStep)

    case aggregate(AggregateStep)
    case funnel(FunnelStep)
    case retention(RetentionStep)
    case paths(PathsStep)
    case stickiness(StickinessStep)
    case lifecycle(LifecycleStep)
    case sessions(SessionsStep)
    case rfm(RFMStep)
    case cluster(ClusterStep)
    case rules(RulesStep)

    case recommend(RecommendStep)
    case predict(PredictStep)
    case forecast(ForecastStep)
  }

  package var kind: Kind
  @Trivia package var range: SourceRange
}

package struct SortKey: Sendable, Hashable {
  package var value: Expression
  /// `DESC`; ascending without a word.
  package var isDescending: Bool
  @Trivia package var range: SourceRange
}

/// `LIMIT 10` or `LIMIT 5 PER stage`.
package struct LimitStep: Sendable, Hashable {
  package var count: Count
  package var per: Name?
}

/// `ASSERT condition[, 'message']`.
package struct AssertStep: Sendable, Hashable {
  package var condition: Expression
  package var message: TextValue?
}

/// `JOIN table ON a, b`.
package struct JoinStep: Sendable, Hashable {
  package var table: Name
  package var keys: [Name]
}

/// `SAVE AS SEGMENT name [WITH ..]`: stores the whole chain as a definition.
package struct SaveStep: Sendable, Hashable {
  package var kind: DefinitionKind
  package var name: Name
  package var options: [Option]
}

/// `EXPORT TO 'file' [WITH ..]`.
package struct ExportStep: Sendable, Hashable {
  package var file: TextValue
  package var options: [Option]
}
