import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// TRAIN of a model that recommends: fits its methods on the whole log, judges such models by the newest part of it, and
/// keeps a new version.
struct RecommendationTrainSource {
  let environment: QueryEnvironment
  let plan: RecommendationTraining

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let lists = RecommendOperator(environment: environment, plan: RecommendPlan(count: plan.model.count))
    let catalog = try lists.catalogDefinition(in: snapshot)
    let log = try lists.log(catalog).all(in: snapshot).interactions
    guard log.entryCount > 0 else {
      throw ExecutionError(
        "E0408", "\(plan.name) has nothing to learn from: nobody has dealt with an item before this moment",
        help: "DEFINE CATALOG says which events count")
    }
    let users = (0..<log.userCount).count { log.starts[$0 + 1] > log.starts[$0] }
    let commit = environment.schema.commit
    var version = RecommendationVersion(
      definition: plan.definition, data: commit.digestText, erasures: commit.erasures, trainedTo: environment.moment,
      interactions: log.entryCount, users: users, items: log.itemCount)
    let provider = provider(environment, log, catalog)
    version.parts = try provider.parts(of: plan.model.using, in: snapshot)
    version.quality = try quality(log, catalog, in: snapshot)
    return try outcome(version, in: snapshot)
  }

  private func provider(
    _ environment: QueryEnvironment, _ log: Interactions, _ catalog: CatalogDefinition
  ) -> RecommenderProvider {
    RecommenderProvider(
      environment: environment, training: .given(log), catalogKey: StoredModels.digest("\(catalog)"),
      halfLife: catalog.decayMilliseconds, measure: plan.model.measure)
  }

  /// Models made in the same way before the newest part of the log, judged by it; `nil` where it is too small, or so large
  /// that fitting everything twice is not worth it.
  private func quality(
    _ log: Interactions, _ catalog: CatalogDefinition, in snapshot: borrowing Snapshot
  ) throws -> RecommendationVersion.Quality? {
    guard HybridTuning.entries.contains(log.entryCount) else { return nil }
    var past = environment
    past.keepsModels = false
    past.moment = log.moment(ofNewest: HybridTuning.newestShare)
    let holdout = Holdout(log, at: past.moment)
    guard holdout.judgedCount >= HybridTuning.leastUsers else { return nil }
    let provider = provider(past, holdout.training, catalog)
    var request = RecommendationRequest(count: plan.model.count)
    request.excluding = [holdout.excluded]
    let matrix = holdout.training.preferences()
    let found = try [plan.model.using, ["popular"]].map { chain in
      let recommender = try provider.recommender(chain, needsSimilarity: false, in: snapshot)
      let rows = try recommender.recommend(to: holdout.judged, request)
      return RankingMetrics(rows, relevant: holdout.relevant, training: matrix, cut: plan.model.count).mean(.ndcg)
    }
    return .init(users: holdout.judgedCount, ndcg: found[0], popular: found[1])
  }

  private func outcome(_ version: RecommendationVersion, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let number = (try ModelVersions.numbers(plan.name, in: snapshot).last ?? 0) + 1
    let (promoted, note) = try decide(version, in: snapshot)
    let row: [Value] = [
      .text(plan.name), .integer(Int64(number)), .text(promoted ? "active" : "ready"),
      .integer(Int64(version.interactions)), .integer(Int64(version.users)), .integer(Int64(version.items)),
      .integer(Int64(version.quality?.users ?? 0)), Value(version.quality?.ndcg), Value(version.quality?.popular),
      .text(note),
    ]
    var outcome = QueryOutcome(table: Table(rows: [row], columns: RecommendationTraining.columns))
    outcome.effects = [.modelVersion(name: plan.name, version.bytes, promoted: promoted)]
    return outcome
  }

  /// Whether the version becomes the active one.
  private func decide(_ version: RecommendationVersion, in snapshot: borrowing Snapshot) throws -> (Bool, String) {
    guard let number = try ModelVersions.activeNumber(plan.name, in: snapshot) else {
      return plan.model.promotion == .never ? (false, "promote = never") : (true, "the first version")
    }
    switch plan.model.promotion {
    case .always: return (true, "promote = always")
    case .never: return (false, "promote = never; \(plan.name)@\(number) stays active")
    case .ifBetter: break
    }
    let active = try RecommendationVersion.read(ModelName(plan.name, version: number), in: snapshot)
    guard let new = version.quality?.ndcg, let old = active.quality?.ndcg else {
      return (false, "one of the two was not judged; PROMOTE \(plan.name)@\(number + 1) decides")
    }
    let words = "NDCG \(rounded(new)) and \(plan.name)@\(number) had \(rounded(old)), each on its own newest tenth"
    return new > old ? (true, "better: " + words) : (false, "not better: " + words)
  }

  private func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}
