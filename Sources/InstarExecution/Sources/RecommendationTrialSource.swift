import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// EVALUATE RECOMMEND: fits each method on the earlier part of the log, and judges its lists by the later part.
struct RecommendationTrialSource {
  let environment: QueryEnvironment
  let plan: RecommendationTrial

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let lists = RecommendOperator(environment: environment, plan: plan.request)
    let catalog = try lists.catalogDefinition(in: snapshot)
    let log = try lists.log(catalog).all(in: snapshot).interactions
    let holdout = divide(log)
    var past = environment
    past.keepsModels = false
    if case .holdout(let length) = plan.division { past.moment -= length }
    var request = try lists.request(in: snapshot)
    request.excluding = [holdout.excluded]
    let relevant = try relevant(holdout, catalog, past, &request, in: snapshot)
    let judged = (0..<UInt32(relevant.userCount)).filter { !relevant.entries(of: $0).isEmpty }
    guard !judged.isEmpty else { throw nobody(holdout) }
    let provider = RecommenderProvider(
      environment: past, training: .given(holdout.training),
      catalogKey: StoredModels.digest("\(catalog) \(plan.division)"), halfLife: catalog.decayMilliseconds,
      measure: plan.request.measure, leavesLast: plan.division == .leaveLast)
    let matrix = holdout.training.preferences()
    let similarity = try provider.similarity(in: snapshot)
    var found: [(name: String, metrics: RankingMetrics)] = []
    for method in plan.methods {
      let recommender = try provider.recommender([method], needsSimilarity: plan.request.diversity > 0, in: snapshot)
      let rows = try recommender.recommend(to: judged, request)
      let metrics = RankingMetrics(
        rows, relevant: relevant, training: matrix, cut: plan.request.count, similarity: similarity)
      found.append((method, metrics))
    }
    var outcome = QueryOutcome(table: Table(rows: rows(of: found), columns: RecommendationTrial.columns))
    outcome.population = judged.count
    outcome.notes += notes(holdout, judged.count)
    return outcome
  }

  /// What counts: what users turned to, of the users and within what EXCLUDING and ONLY leave as of the judged moment.
  private func relevant(
    _ holdout: Holdout, _ catalog: CatalogDefinition, _ past: QueryEnvironment, _ request: inout RecommendationRequest,
    in snapshot: borrowing Snapshot
  ) throws -> UserItems {
    var relevant = holdout.relevant
    let excludingCount = plan.request.excluding.count
    if excludingCount + plan.request.only.count > 0 {
      let sets = try RecommendOperator(environment: past, plan: plan.request).log(catalog).all(in: snapshot).sets
      for set in sets.prefix(excludingCount) {
        request.excluding.append(set)
        relevant = relevant.subtracting(set)
      }
      for set in sets.dropFirst(excludingCount) {
        request.only = request.only?.intersection(set) ?? set
        request.remind = 1
        relevant = relevant.intersection(set)
      }
    }
    if let population = plan.population {
      var members = population.plan
      members.moment = past.moment
      relevant = relevant.keeping(
        try QueryExecutor(environment: past).run(members, in: snapshot).table.users ?? [])
    }
    return relevant
  }

  private func divide(_ log: Interactions) -> Holdout {
    switch plan.division {
    case .holdout(let length): Holdout(log, at: environment.moment - length, keepsConsumed: plan.request.keepsConsumed)
    case .leaveLast: Holdout(leavingLastOutOf: log, keepsConsumed: plan.request.keepsConsumed)
    }
  }

  private func nobody(_ holdout: Holdout) -> ExecutionError {
    ExecutionError(
      "E0408",
      "nobody can be judged: no user with a history before the judged time turned to an item that is new to him"
        + (holdout.newcomers > 0 ? "; \(holdout.newcomers) users came later" : ""),
      help: "the history begins "
        + TimeFormatter(zone: environment.calendar.zone, precision: .days).text(environment.range.lowerBound)
        + "; another length: WITH holdout = 7 DAYS")
  }

  private func notes(_ holdout: Holdout, _ judgedCount: Int) -> [String] {
    var notes: [String] = []
    switch plan.division {
    case .holdout(let length):
      let date = TimeFormatter(zone: environment.calendar.zone, precision: .days).text(environment.moment - length)
      notes.append("models know nothing from \(date) on; \(judgedCount) users with a history are judged")
    case .leaveLast:
      notes.append("LEAKY: with leave_last models learn from what others did later; decide by holdout")
    }
    if let name = plan.request.stored {
      notes.append("\(name) is judged by its methods, made anew: its versions have seen the judged time")
    }
    if holdout.newcomers > 0 {
      notes.append("\(holdout.newcomers) users without a history before are left out: every method starts them alike")
    }
    return notes
  }

  // MARK: - Rows

  /// Differences are from the first method, with a paired bootstrap interval of 95 in 100 resamples.
  private func rows(of found: [(name: String, metrics: RankingMetrics)]) -> [[Value]] {
    guard let first = found.first?.metrics else { return [] }
    return found.enumerated().flatMap { position, method -> [[Value]] in
      let (name, metrics) = method
      let users = Value.integer(Int64(metrics.users.count))
      let ofUsers = RankingMetrics.Measure.allCases.map { measure -> [Value] in
        let difference =
          position == 0 ? nil : metrics.difference(from: first, measure, samples: samples(metrics), seed: plan.seed)
        return [
          .text(name), .text(measure.name), users, .real(metrics.mean(measure)),
          Value(metrics.standardError(measure)), Value(difference?.mean), Value(difference?.lower),
          Value(difference?.upper),
        ]
      }
      let ofLists: [(String, Double?)] = [
        ("coverage", metrics.coverage), ("novelty", metrics.novelty), ("diversity", metrics.intraListDiversity),
        ("gini", metrics.gini),
      ]
      return ofUsers
        + ofLists.map { metric, value in
          [.text(name), .text(metric), users, Value(value), .missing, .missing, .missing, .missing]
        }
    }
  }

  /// 1000 resamples, and fewer for very many users, whose intervals are narrow anyway.
  private func samples(_ metrics: RankingMetrics) -> Int {
    max(200, min(1000, 20_000_000 / max(1, metrics.users.count)))
  }
}
