/// `AGGREGATE count() AS n, .. [BY ..] [DURING ..] [WITH ..]`.
package struct AggregateStep: Sendable, Hashable {
  package var values: [NamedExpression]
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
}

/// `FUNNEL a THEN b [WITHOUT ..] [SAME ..] [WITHIN ..] [BY ..] [DURING ..] [WITH ..] [PER USER]` or `FUNNEL OF name ..`.
package struct FunnelStep: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case sequence(EventSequence)
    case saved(Name)
  }

  package var subject: Subject
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
  package var isPerUser: Bool
}

/// `RETENTION FROM a RETURN b .. BY WEEK [FOR 12 WEEKS] ..`.
package struct RetentionStep: Sendable, Hashable {
  package var birth: EventReference
  package var returning: EventReference
  package var conditions: ChainConditions
  /// At least one.
  package var by: [Bucket]
  package var periods: TimeSpan?
  package var during: DateRange?
  package var methods: [Name]
  package var options: [Option]
  package var isPerUser: Bool
}

/// `PATHS FROM a [TO b] ..` or `PATHS TO b ..`; at least one end is given.
package struct PathsStep: Sendable, Hashable {
  package var from: EventReference?
  package var to: EventReference?
  package var conditions: ChainConditions
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
  package var isPerUser: Bool
}

/// `STICKINESS OF visit DAYS PER WEEK ..`.
package struct StickinessStep: Sendable, Hashable {
  package var event: EventReference
  /// The unit that is counted.
  package var unit: TimeUnit
  /// The period in which it is counted.
  package var period: TimeUnit
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
  package var isPerUser: Bool
}

/// `LIFECYCLE OF visit BY WEEK ..` or `LIFECYCLE shop BY MONTH .. [TRANSITIONS]`.
package struct LifecycleStep: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case event(EventReference)
    case saved(Name)
  }

  package var subject: Subject
  /// At least one.
  package var by: [Bucket]
  package var during: DateRange?
  package var hasTransitions: Bool
  package var options: [Option]
  package var isPerUser: Bool
}

/// `SESSIONS [WITHOUT ..] [SAME ..] [WITHIN ..] [BY ..] ..`.
package struct SessionsStep: Sendable, Hashable {
  package var conditions: ChainConditions
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
  package var isPerUser: Bool
}

/// `RFM OF purchase.amount [INTO 5] [BY ..] [DURING ..] [WITH ..]`.
package struct RFMStep: Sendable, Hashable {
  package var value: EventProperty
  package var into: GroupCount?
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
}

/// `CLUSTER INTO 6 ON a, b [BY ..] [DURING ..] [USING ..] [WITH ..] [PER USER]`.
package struct ClusterStep: Sendable, Hashable {
  package var into: GroupCount
  /// At least one.
  package var features: [Expression]
  package var by: [Bucket]
  package var during: DateRange?
  package var methods: [Name]
  package var options: [Option]
  package var isPerUser: Bool
}

/// `RULES OF purchase.item [WITHOUT ..] [SAME ..] [WITHIN ..] [BY ..] [DURING ..] [WITH ..] [PER USER]`.
package struct RulesStep: Sendable, Hashable {
  package var value: EventProperty
  package var conditions: ChainConditions
  package var by: [Bucket]
  package var during: DateRange?
  package var options: [Option]
  package var isPerUser: Bool
}
