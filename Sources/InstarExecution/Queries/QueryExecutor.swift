import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// Runs a resolved chain on one snapshot: one streaming pass, then the steps on the table that it gives.
struct QueryExecutor {
  private let outer: QueryEnvironment

  init(environment: QueryEnvironment) { outer = environment }

  func run(_ plan: LogicalPlan, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    var environment = outer
    // A chain inside another statement may lean on what that made up or asked for.
    if !plan.absences.isEmpty { environment.absences = plan.absences }
    if !plan.exposureTypes.isEmpty { environment.exposureTypes = plan.exposureTypes }
    var outcome: QueryOutcome
    let remaining: [LogicalStep]
    if let stream = StreamPlan(plan) {
      var executor = StreamExecutor(environment: environment)
      if let question = try Self.question(of: plan, in: snapshot) { executor.environment.question = question }
      if let user = plan.onlyUser { executor.users = [try Users.person(of: user, at: plan.moment, in: snapshot)] }
      outcome = try executor.run(stream, in: snapshot)
      remaining = stream.remaining
    } else {
      outcome = try source(plan, environment, in: snapshot)
      remaining = plan.steps
    }
    outcome.notes = plan.notes + outcome.notes
    outcome.shape = plan.shape
    var steps = StepExecutor(environment: environment, outcome: outcome)
    for step in remaining { try steps.run(step, in: snapshot) }
    outcome = steps.outcome
    outcome.usersWithMissingValues = environment.missing.count
    return outcome
  }

  /// The words of a chain up to AGGREGATE WITH epsilon: what stands behind it changes no answer.
  private static func question(of plan: LogicalPlan, in snapshot: borrowing Snapshot) throws -> String? {
    let place = plan.steps.firstIndex { step in
      if case .aggregate(let aggregate) = step { aggregate.noise != nil } else { false }
    }
    guard let place else { return nil }
    var copy = plan
    copy.steps = Array(plan.steps[...place])
    copy.columns = []
    return PlanText(try StoreCatalog(snapshot)).text(copy) + " as of \(plan.moment)"
  }

  /// The table of a source that is no stream of users or events.
  private func source(
    _ plan: LogicalPlan, _ environment: QueryEnvironment, in snapshot: borrowing Snapshot
  ) throws -> QueryOutcome {
    switch plan.source {
    case .items(let condition): try ItemSource(environment: environment).run(condition, in: snapshot)
    case .table(let name): QueryOutcome(table: try StoredTables.read(name, in: snapshot))
    case .profile(let user): try ProfileSource(environment: environment).run(user, in: snapshot)
    case .catalog(let question): try CatalogSource(environment: environment).run(question, in: snapshot)
    case .train(let plan): try TrainSource(environment: environment, plan: plan).run(in: snapshot)
    case .trainRecommendation(let plan):
      try RecommendationTrainSource(environment: environment, plan: plan).run(in: snapshot)
    case .evaluate(let plan): try EvaluateSource(environment: environment, plan: plan).run(in: snapshot)
    case .compare(let plan): try CompareSource(environment: environment, plan: plan).run(in: snapshot)
    case .segmentProfile(let plan):
      try SegmentProfileSource(environment: environment, plan: plan).run(in: snapshot)
    case .trial(let plan): try RecommendationTrialSource(environment: environment, plan: plan).run(in: snapshot)
    case .campaignTrial(let plan): try CampaignTrialSource(environment: environment, plan: plan).run(in: snapshot)
    case .users, .usersOf, .snapshot, .events, .timeline: preconditionFailure("users and events stream")
    }
  }
}

extension LogicalPlan {
  /// The one user of whom the chain speaks, by name: TIMELINE OF and RECOMMEND .. FOR USER.
  fileprivate var onlyUser: String? {
    switch (source, steps.first) {
    case (.timeline(let user, _), _): return user
    case (.users(nil), .recommend(let plan)):
      if case .itemsForUser(let user) = plan.subject { return user }
      return nil
    default: return nil
    }
  }
}
