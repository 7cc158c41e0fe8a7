package import InstarCalendar
package import InstarColumns

/// A resolved chain of steps: every name bound, every expression typed, every default chosen.
///
/// The plan says what is asked, not how it runs; EXPLAIN prints it as the meaning of the statement.
package struct LogicalPlan: Sendable, Hashable {
  /// Milliseconds since 1970: events at or after it are not seen.
  package var moment: Int64
  package var source: LogicalSource
  package var steps: [LogicalStep]
  /// The columns of the result, in order.
  package var columns: [PlanColumn]
  package var shape: ResultTable.Shape
  /// Choices that the statement left open, for the receipt: "entry = best".
  package var defaults: [String]
  /// Warnings and remarks for the receipt.
  package var notes: [String]
  /// Events that the statement made up; their types begin at ``Absence/firstType``.
  package var absences: [Absence] = []
  /// The types of what campaigns showed, where the statement asks for it; empty where it does not.
  package var exposureTypes: [UInt32] = []

  package init(
    moment: Int64, source: LogicalSource, steps: [LogicalStep] = [], columns: [PlanColumn] = [],
    shape: ResultTable.Shape = .table, defaults: [String] = [], notes: [String] = []
  ) {
    self.moment = moment
    self.source = source
    self.steps = steps
    self.columns = columns
    self.shape = shape
    self.defaults = defaults
    self.notes = notes
  }
}

/// One column of a table between steps.
package struct PlanColumn: Sendable, Hashable {
  package var name: String
  package var type: ValueType
  package var unit: String?

  package init(_ name: String, _ type: ValueType, unit: String? = nil) {
    self.name = name
    self.type = type
    self.unit = unit
  }
}

package enum LogicalSource: Sendable, Hashable {
  /// The users for whom the condition holds; all users without one. A saved segment comes as its definition:
  /// its condition, or (for `SAVE AS SEGMENT` after an analysis) the chain whose `user` column is meant.
  case users(Expression?)
  /// The users of another chain's result.
  case usersOf(ChainBox)
  /// The users of a frozen list.
  case snapshot(String)
  /// Events that match one of the patterns, in the order of the file: by user, then time.
  case events([EventPattern])
  /// Items for which the condition holds.
  case items(Expression?)
  /// A stored table.
  case table(String)
  case timeline(user: String, during: TimeRange?)
  case profile(user: String)
  /// SHOW and DESCRIBE.
  case catalog(CatalogQuestion)
  case train(TrainPlan)
  case evaluate(EvaluatePlan)
  case compare(ComparePlan)
  case segmentProfile(SegmentProfilePlan)
  case trial(RecommendationTrial)
  case campaignTrial(CampaignTrial)
  case trainRecommendation(RecommendationTraining)
}

/// A chain inside a source, boxed so that the types may refer to each other.
package final class ChainBox: Sendable, Hashable {
  package let plan: LogicalPlan
  package init(_ plan: LogicalPlan) { self.plan = plan }
  package static func == (left: ChainBox, right: ChainBox) -> Bool { left.plan == right.plan }
  package func hash(into hasher: inout Hasher) { hasher.combine(plan) }
}

/// Half-open, milliseconds since 1970.
package struct TimeRange: Sendable, Hashable {
  package var from: Int64
  package var to: Int64

  package init(from: Int64, to: Int64) {
    self.from = from
    self.to = to
  }
}

package enum CatalogQuestion: Sendable, Hashable {
  case events, segments, models, attributes, properties, items, funnels, settings, imports, links, jobs, campaigns
  case audit, tables, lifecycles
  /// DESCRIBE: the kind where one was named.
  case describe(kind: String?, name: String, version: Int?)
}

package enum LogicalStep: Sendable, Hashable {
  case filter(Expression)
  /// New columns after those that arrive.
  case add([NamedExpression])
  /// Only these columns.
  case keep([NamedExpression])
  case sort([SortKey])
  /// The first rows; of each value of the column, when one is named by position.
  case limit(Int, per: Int?)
  case pivot(PivotPlan)
  case join(table: String, on: [String])
  /// The condition may hold aggregates over the rows that arrive.
  case assert(Expression, message: String)
  case aggregate(AggregatePlan)
  case funnel(FunnelPlan)
  case retention(RetentionPlan)
  case sessions(SessionsPlan)
  case stickiness(StickinessPlan)
  case lifecycle(LifecyclePlan)
  case rfm(RFMPlan)
  case paths(PathsPlan)
  case cluster(ClusterPlan)
  case rules(RulesPlan)
  case recommend(RecommendPlan)
  case predict(PredictPlan)
  case survival(SurvivalPlan)
  case forecast(ForecastPlan)
  /// A definition that the chain is, in canonical form: `SAVE AS SEGMENT`, `SAVE AS EVENT`.
  case saveDefinition(DefinitionEntry)
  case saveCampaign(CampaignPlan)
  case saveTable(name: String)
  case snapshot(name: String)
  case export(path: String, options: [String: Value])
}

package struct NamedExpression: Sendable, Hashable {
  package var name: String
  package var expression: Expression

  package init(_ name: String, _ expression: Expression) {
    self.name = name
    self.expression = expression
  }
}

package struct SortKey: Sendable, Hashable {
  package var expression: Expression
  package var descending: Bool

  package init(_ expression: Expression, descending: Bool) {
    self.expression = expression
    self.descending = descending
  }
}

/// The values of one column become columns.
///
/// The result has the key columns and then, for each value in order, the value columns. A cell without a row is 0 where
/// the column counts (integers) and missing elsewhere.
package struct PivotPlan: Sendable, Hashable {
  /// The column whose values become columns.
  package var column: Int
  /// The columns that stay: one row for each combination, in the order of first appearance.
  package var keys: [Int]
  /// The columns that are spread. One column takes the name of the value; several take `value_column`.
  package var values: [Int]
  /// The values in order, where the plan knows them: later steps can then name the columns. `nil`: those of the data,
  /// ascending.
  package var known: [Value]?

  package init(column: Int, keys: [Int], values: [Int], known: [Value]? = nil) {
    self.column = column
    self.keys = keys
    self.values = values
    self.known = known
  }

  /// The name of the column for one value.
  package func name(_ value: String, of column: String) -> String { values.count == 1 ? value : "\(value)_\(column)" }
}

/// A bucket of BY.
package struct Bucket: Sendable, Hashable {
  package enum Key: Sendable, Hashable {
    /// A calendar period of the row's time: dense within DURING, with a `complete` column.
    case period(PeriodUnit)
    /// So many units at a time.
    case every(Int, PeriodUnit)
    case expression(Expression)
  }

  package var key: Key
  package var name: String

  package init(_ key: Key, name: String) {
    self.key = key
    self.name = name
  }
}

package struct AggregatePlan: Sendable, Hashable {
  package var aggregates: [NamedExpression]
  package var by: [Bucket]
  package var during: TimeRange?
  /// `WITH trailing = 7 DAYS`: each period sums up the stretch that ends with it.
  package var trailing: CalendarDuration?
  /// `WITH baseline`: the first mean among the aggregates is compared between groups.
  package var lift: LiftPlan?
  /// `WITH epsilon`: differential privacy.
  package var noise: NoisePlan?

  package init(
    aggregates: [NamedExpression], by: [Bucket] = [], during: TimeRange? = nil, trailing: CalendarDuration? = nil,
    lift: LiftPlan? = nil
  ) {
    self.aggregates = aggregates
    self.by = by
    self.during = during
    self.trailing = trailing
    self.lift = lift
  }
}

/// `WITH baseline = 'control'`: the groups of a breakdown are compared with one of them.
package struct LiftPlan: Sendable, Hashable {
  /// The position of the breakdown among those of BY: the first that is no period.
  package var bucket: Int
  /// The value of the group that the others are compared with, in the type of the breakdown.
  package var baseline: Value
  /// The sizes that the groups should have, in the order of their values and in any unit; `nil` for equal ones.
  package var split: [Double]?

  package init(bucket: Int, baseline: Value, split: [Double]? = nil) {
    self.bucket = bucket
    self.baseline = baseline
    self.split = split
  }
}

package struct FunnelPlan: Sendable, Hashable {
  package enum Entry: String, Sendable, Hashable, CaseIterable { case best, first, last, every }
  package enum ValueAt: Sendable, Hashable {
    /// A step's number from 1; the last step reached.
    case step(Int), last
  }

  package var sequence: SequencePlan
  package var by: [Bucket]
  package var during: TimeRange?
  package var entry: Entry
  /// Milliseconds.
  package var tolerance: Int64
  package var valueAt: ValueAt
  /// `cut = range`: the chain must also end inside DURING.
  package var cutsAtRange: Bool
  package var lift: LiftPlan?
  package var perUser: Bool

  package init(
    sequence: SequencePlan, by: [Bucket] = [], during: TimeRange? = nil, entry: Entry = .best, tolerance: Int64 = 0,
    valueAt: ValueAt = .step(1), cutsAtRange: Bool = false, lift: LiftPlan? = nil, perUser: Bool = false
  ) {
    self.sequence = sequence
    self.by = by
    self.during = during
    self.entry = entry
    self.tolerance = tolerance
    self.valueAt = valueAt
    self.cutsAtRange = cutsAtRange
    self.lift = lift
    self.perUser = perUser
  }
}

package struct RetentionPlan: Sendable, Hashable {
  package enum Method: String, Sendable, Hashable { case rolling, calendar, activity }
  package enum Criterion: String, Sendable, Hashable, CaseIterable {
    case on
    case onOrAfter = "on_or_after"
    case onOrBefore = "on_or_before"
    case streak
  }

  /// `FIRST signup`, or EACH.
  package var birth: EventPattern
  package var returning: EventPattern
  package var without: [EventPattern]
  package var same: [SequencePlan.Key]
  package var within: CalendarDuration?
  /// The unit of cohorts and ages.
  package var unit: PeriodUnit
  /// Further breakdowns, valued at birth.
  package var by: [Bucket]
  /// Ages 0 ... periods.
  package var periods: Int
  package var during: TimeRange?
  package var method: Method
  package var criterion: Criterion
  /// What is summed per member, of level `event`; `nil` counts users.
  package var measure: AggregateCall?
  /// Whether averages weigh cohorts by their size.
  package var weightedAverage: Bool
  package var lift: LiftPlan?
  /// `estimate = kaplan_meier`: the share of those who have returned by an age, with open ages censored.
  package var estimatesReturn: Bool
  package var perUser: Bool

  package init(
    birth: EventPattern, returning: EventPattern, without: [EventPattern] = [], same: [SequencePlan.Key] = [],
    within: CalendarDuration? = nil, unit: PeriodUnit, by: [Bucket] = [], periods: Int, during: TimeRange? = nil,
    method: Method = .rolling, criterion: Criterion = .on, measure: AggregateCall? = nil, weightedAverage: Bool = true,
    lift: LiftPlan? = nil, estimatesReturn: Bool = false, perUser: Bool = false
  ) {
    self.birth = birth
    self.returning = returning
    self.without = without
    self.same = same
    self.within = within
    self.unit = unit
    self.by = by
    self.periods = periods
    self.during = during
    self.method = method
    self.criterion = criterion
    self.measure = measure
    self.weightedAverage = weightedAverage
    self.lift = lift
    self.estimatesReturn = estimatesReturn
    self.perUser = perUser
  }
}

package struct RecommendPlan: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    /// Items for each user that arrives.
    case itemsForUsers
    case itemsForUser(String)
    case itemsLikeItem(String)
    case usersForItem(String)
    /// Users like those of a segment, who are not in it.
    case usersLikeSegment(String, ChainBox)
    case usersLikeUser(String)
  }
  /// Items that the user's own events take out, or alone leave in.
  package struct EventCondition: Sendable, Hashable {
    package var events: EventPattern
    package var window: Window

    package init(events: EventPattern, window: Window) {
      self.events = events
      self.window = window
    }
  }

  /// At most so many items of one value of an item property.
  package struct AtMost: Sendable, Hashable {
    package var count: Int
    package var property: Expression

    package init(count: Int, property: Expression) {
      self.count = count
      self.property = property
    }
  }

  package var count: Int
  package var subject: Subject
  /// Level `item`, or mixed with `user` for filters relative to the user.
  package var itemFilter: Expression?
  /// Whether items that the user has consumed stay in (`EXCLUDING NOTHING`).
  package var keepsConsumed: Bool
  package var excluding: [EventCondition]
  package var only: [EventCondition]
  package var atMost: AtMost?
  /// The chain: ``defaultChain`` by default.
  package var using: [String]
  /// The model whose active version answers for the methods that it has fitted.
  package var stored: String?
  /// 0 is the plain ranking, 1 the most diverse.
  package var diversity: Double
  package var reranking = Reranking.mmr
  /// The event that says whom a user follows: its item is a user.
  package var relation: EventCondition?
  /// What `cooc` counts as alike.
  package var measure = Measure.normalised
  /// Reasons per row; `nil` for none.
  package var why: Int?

  package static let defaultChain = ["hybrid", "content", "popular"]

  package enum Reranking: String, Sendable, Hashable, CaseIterable { case mmr, dpp }

  package enum Measure: String, Sendable, Hashable, CaseIterable {
    case normalised, cosine, conditional, rp3beta, gfcf
  }

  package init(
    count: Int, subject: Subject = .itemsForUsers, itemFilter: Expression? = nil, keepsConsumed: Bool = false,
    excluding: [EventCondition] = [], only: [EventCondition] = [], atMost: AtMost? = nil,
    using: [String] = Self.defaultChain, diversity: Double = 0, why: Int? = nil
  ) {
    self.count = count
    self.subject = subject
    self.itemFilter = itemFilter
    self.keepsConsumed = keepsConsumed
    self.excluding = excluding
    self.only = only
    self.using = using
    self.diversity = diversity
    self.why = why
    self.atMost = atMost
  }
}
