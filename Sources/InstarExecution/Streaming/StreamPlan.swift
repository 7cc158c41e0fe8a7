import InstarColumns
import InstarPlan

/// The part of a chain that runs while batches of users stream by, in one pass over the file: conditions, added
/// columns, and the first step that sums up. What follows works on the table that comes out.
struct StreamPlan {
  enum Rows {
    case users
    case events([EventPattern])
  }

  enum Sink {
    /// The rows themselves.
    case collect
    case aggregate(AggregatePlan)
    /// FUNNEL, RETENTION, SESSIONS ..: an analysis of users.
    case analysis(LogicalStep)
  }

  var rows: Rows
  /// Conditions on the rows; all must hold.
  var filters: [Expression]
  /// The columns of the table so far, each with what defines it.
  var columns: [NamedExpression]
  var sink: Sink
  /// The steps after the sink.
  var remaining: [LogicalStep]
  /// Values of the events that the remaining steps ask for, beside the columns.
  var carried: [Expression] = []

  /// The streaming part of `plan`, or `nil` where the source is no stream of users or events.
  init?(_ plan: LogicalPlan) {
    filters = []
    switch plan.source {
    case .users(let condition):
      rows = .users
      if let condition { filters.append(condition) }
    case .usersOf(let chain):
      rows = .users
      filters.append(Expression(.chainMember(chain), type: .boolean, level: .user))
    case .snapshot(let name):
      rows = .users
      filters.append(Expression(.snapshotMember(name), type: .boolean, level: .user))
    case .events(let patterns): rows = .events(patterns)
    case .timeline(_, let during):
      rows = .events([EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")])
      if let during { filters.append(during.condition) }
    case .items, .table, .profile, .catalog, .train, .evaluate, .compare, .segmentProfile, .trial, .campaignTrial,
      .trainRecommendation:
      return nil
    }
    // Of users the chain's columns begin with `user`; events and items have none before KEEP or ADD make some.
    if case .users = rows {
      columns = [NamedExpression("user", Expression(.user, type: .text, level: .user))]
    } else {
      columns = []
    }
    sink = .collect
    remaining = plan.steps
    while let step = remaining.first, take(step) {
      remaining.removeFirst()
      if case .collect = sink { continue }
      break
    }
    if case .events = rows, case .collect = sink { carried = Self.partsOfEvents(in: remaining) }
  }

  /// What `steps` ask of the events themselves, until a step makes other rows of them.
  private static func partsOfEvents(in steps: [LogicalStep]) -> [Expression] {
    var parts: [Expression] = []
    for step in steps {
      for part in step.expressions.flatMap(\.partsOfEvents) where !parts.contains(part) { parts.append(part) }
      switch step {
      case .keep, .aggregate, .funnel, .retention, .pivot, .recommend: return parts
      default: continue
      }
    }
    return parts
  }

  /// Whether the step could join the stream.
  private mutating func take(_ step: LogicalStep) -> Bool {
    switch step {
    case .filter(let condition):
      let resolved = condition.substituting(columns)
      guard !resolved.looksAtOtherRows else { return false }
      filters.append(resolved)
    case .add(let new):
      let resolved = new.map { NamedExpression($0.name, $0.expression.substituting(columns)) }
      guard resolved.allSatisfy({ !$0.expression.looksAtOtherRows }) else { return false }
      columns += resolved
    case .keep(let kept):
      let resolved = kept.map { NamedExpression($0.name, $0.expression.substituting(columns)) }
      guard resolved.allSatisfy({ !$0.expression.looksAtOtherRows }) else { return false }
      columns = resolved
    case .aggregate(var plan):
      plan.aggregates = plan.aggregates.map { NamedExpression($0.name, $0.expression.substituting(columns)) }
      plan.by = plan.by.map { $0.substituting(columns) }
      sink = .aggregate(plan)
    case .funnel, .retention, .sessions, .stickiness, .lifecycle, .rfm, .paths, .cluster, .rules:
      guard case .users = rows else { return false }
      sink = .analysis(step.substitutingBuckets(columns))
    case .sort, .limit, .pivot, .join, .assert, .recommend, .predict, .survival, .forecast, .saveDefinition,
      .saveCampaign, .saveTable, .snapshot, .export:
      return false
    }
    return true
  }
}

extension LogicalStep {
  /// The expressions that the step evaluates on the rows that arrive.
  fileprivate var expressions: [Expression] {
    switch self {
    case .filter(let condition), .assert(let condition, message: _): return [condition]
    case .add(let columns), .keep(let columns): return columns.map(\.expression)
    case .sort(let keys): return keys.map(\.expression)
    case .aggregate(let plan):
      let buckets = plan.by.map { bucket -> Expression in
        if case .expression(let expression) = bucket.key { expression } else { .timeOfEvent }
      }
      return buckets + plan.aggregates.map(\.expression) + (plan.during == nil ? [] : [.timeOfEvent])
    default: return []
    }
  }
}

extension Expression {
  static let timeOfEvent = Expression(.event(.time), type: .time, level: .event)

  /// The largest parts that have one value for each event.
  fileprivate var partsOfEvents: [Expression] {
    let isOfTable = contains { part in
      switch part.node {
      case .column, .overRows, .aggregate: true
      default: false
      }
    }
    return level == .event && !isOfTable ? [self] : children.flatMap(\.partsOfEvents)
  }
}

extension TimeRange {
  /// Whether an event lies in the range.
  var condition: Expression {
    func compare(_ symbol: BinaryOperator, _ instant: Int64) -> Expression {
      let literal = Expression(.literal(.time(instant)), type: .time, level: .constant)
      return Expression(.binary(symbol, .timeOfEvent, literal), type: .boolean, level: .event)
    }
    return Expression(.binary(.and, compare(.greaterOrEqual, from), compare(.less, to)), type: .boolean, level: .event)
  }
}

extension Bucket {
  func substituting(_ columns: [NamedExpression]) -> Bucket {
    guard case .expression(let expression) = key else { return self }
    return Bucket(.expression(expression.substituting(columns)), name: name)
  }
}

extension LogicalStep {
  /// The buckets whose columns the result of an analysis begins with.
  var breakdowns: [Bucket] {
    switch self {
    case .funnel(let plan): plan.by
    case .retention(let plan): plan.by
    case .sessions(let plan): plan.by
    case .stickiness(let plan): plan.by
    case .lifecycle(let plan): plan.by
    case .rfm(let plan): plan.by
    case .paths(let plan): plan.by
    case .cluster(let plan): plan.by
    case .rules(let plan): plan.by
    default: []
    }
  }

  /// The analysis with each column of the incoming table in its breakdowns replaced by what defines it.
  fileprivate func substitutingBuckets(_ columns: [NamedExpression]) -> LogicalStep {
    func replaced(_ by: [Bucket]) -> [Bucket] { by.map { $0.substituting(columns) } }
    switch self {
    case .funnel(var plan):
      plan.by = replaced(plan.by)
      return .funnel(plan)
    case .retention(var plan):
      plan.by = replaced(plan.by)
      return .retention(plan)
    case .sessions(var plan):
      plan.by = replaced(plan.by)
      return .sessions(plan)
    case .stickiness(var plan):
      plan.by = replaced(plan.by)
      return .stickiness(plan)
    case .lifecycle(var plan):
      plan.by = replaced(plan.by)
      return .lifecycle(plan)
    case .rfm(var plan):
      plan.by = replaced(plan.by)
      return .rfm(plan)
    case .paths(var plan):
      plan.by = replaced(plan.by)
      return .paths(plan)
    case .cluster(var plan):
      plan.by = replaced(plan.by)
      return .cluster(plan)
    case .rules(var plan):
      plan.by = replaced(plan.by)
      return .rules(plan)
    default: return self
    }
  }
}

extension StreamPlan {
  /// The expressions of users as columns, for all users that the scan hands out.
  init(columnsOfUsers columns: [NamedExpression]) {
    rows = .users
    filters = []
    self.columns = columns
    sink = .collect
    remaining = []
  }
}
