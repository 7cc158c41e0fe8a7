/// Recommends items to users by a chain of models: each user's rows come from the first rung that has candidates for
/// him, and what is missing from the rungs below it.
///
/// The default chain is hybrid, content, popular. The column `source` of the result says which rung served a row.
package struct Recommender: Sendable {
  package let interactions: Interactions
  package let chain: [Rung]
  /// How alike items are, for a request with diversity.
  package let similarity: ItemSimilarity?
  /// The greatest number of items of a user's history that are looked at, the latest first.
  package let historyLimit: Int

  /// - Precondition: every model of the chain has the items of `interactions`.
  package init(
    _ interactions: Interactions, chain: [Rung], similarity: ItemSimilarity? = nil, historyLimit: Int = 500
  ) {
    for rung in chain {
      for scorer in rung.scorers {
        precondition(scorer.itemCount == interactions.itemCount, "models and interactions have the same items")
      }
    }
    self.interactions = interactions
    self.chain = chain
    self.similarity = similarity
    self.historyLimit = historyLimit
  }

  /// Users per chunk of work; fixed, so that results do not depend on the number of threads.
  static let usersPerChunk = 256

  /// The best items for each of `users`, in their order.
  ///
  /// - Throws: ``ModelError`` when the request has a setting that cannot be met.
  /// - Complexity: for each user O(table entries of his history + candidates log count), on all cores.
  package func recommend(to users: [UInt32], _ request: RecommendationRequest) throws(ModelError) -> Recommendations {
    try validate(request)
    let chunkCount = (users.count + Self.usersPerChunk - 1) / Self.usersPerChunk
    let parts = concurrentChunks(chunkCount) { chunk in
      let last = min(users.count, (chunk + 1) * Self.usersPerChunk)
      var worker = RecommendationWorker(self, request)
      for position in chunk * Self.usersPerChunk..<last { worker.recommend(to: users[position]) }
      return worker.result
    }
    var result = Recommendations()
    for part in parts { result.append(contentsOf: part) }
    return result
  }

  /// The best items for somebody who likes `items`, themselves left out: `LIKE ITEM`.
  package func recommend(like items: [UInt32], _ request: RecommendationRequest) throws(ModelError) -> Recommendations {
    try validate(request)
    var worker = RecommendationWorker(self, request)
    worker.recommend(like: items)
    return worker.result
  }

  private func validate(_ request: RecommendationRequest) throws(ModelError) {
    try request.validate(itemCount: interactions.itemCount)
    try ModelError.check(
      request.diversity == 0 || similarity != nil,
      "diversity needs to know how alike items are: import item properties, or use a chain with cooc")
  }
}

/// One thread's work on a request: its accumulators, and the rows so far.
private struct RecommendationWorker {
  private let recommender: Recommender
  private let request: RecommendationRequest
  private var reader: HistoryReader
  private var history = History()
  private var scratch: ScoringScratch
  /// An item is blocked, or allowed by `only`, when its stamp is that of the user at work.
  private var blocked: [UInt32]
  private var allowed: [UInt32]
  private var stamp: UInt32 = 0
  private var chosen: [ScoredItem] = []
  private var parts: [Double] = []
  /// r max of the user and rung at work, for a request that reminds.
  private var reminder = 0.0
  private(set) var result = Recommendations()

  init(_ recommender: Recommender, _ request: RecommendationRequest) {
    self.recommender = recommender
    self.request = request
    let itemCount = recommender.interactions.itemCount
    let termCount = recommender.chain.flatMap(\.scorers).map(\.termCount).max() ?? 0
    reader = HistoryReader(itemCount: itemCount, limit: recommender.historyLimit)
    scratch = ScoringScratch(itemCount: itemCount, termCount: termCount)
    blocked = [UInt32](repeating: 0, count: itemCount)
    allowed = [UInt32](repeating: 0, count: request.only == nil ? 0 : itemCount)
  }

  mutating func recommend(to user: UInt32) {
    reader.read(user, of: recommender.interactions, into: &history)
    stamp += 1
    for set in request.excluding {
      for entry in set.entries(of: user) { blocked[Int(set.items[entry])] = stamp }
    }
    if let only = request.only {
      for entry in only.entries(of: user) { allowed[Int(only.items[entry])] = stamp }
    }
    climb(user)
  }

  mutating func recommend(like items: [UInt32]) {
    history = History(items: items)
    stamp += 1
    for item in items { blocked[Int(item)] = stamp }
    if request.only != nil { for item in allowed.indices { allowed[item] = stamp } }
    climb(Recommendations.nobody)
  }

  /// Fills the user's rows from rung after rung.
  private mutating func climb(_ user: UInt32) {
    chosen.removeAll(keepingCapacity: true)
    for rung in recommender.chain where chosen.count < request.count {
      let before = chosen.count
      switch rung {
      case .model(.prior(let prior)): choose(from: ranked(prior))
      default:
        rung.score(&history, &scratch)
        remind(rung)
        choose(from: scored())
      }
      for position in before..<chosen.count {
        blocked[Int(chosen[position].item)] = stamp
        result.append(
          user: user, chosen[position], rung.source, because: reasons(for: chosen[position].item, rung)[...])
      }
    }
  }

  @inline(always)
  private func mayShow(_ item: UInt32) -> Bool {
    let index = Int(item)
    return blocked[index] != stamp && (request.eligible.isEmpty || request.eligible[index])
      && (request.only == nil || allowed[index] == stamp)
  }

  // MARK: Candidates

  /// How many candidates a rung is asked for.
  private var wanted: Int {
    let missing = request.count - chosen.count
    return request.diversity > 0 ? max(50, 5 * missing) : missing
  }

  /// The best items of positive score that may be shown, within the limit per group.
  private func scored() -> [ScoredItem] {
    let wanted = wanted
    if request.groupLimit == nil { return best(wanted) }
    var capacity = max(64, 4 * wanted)
    while true {
      let best = best(capacity)
      let accepted = withinGroups(best, wanted)
      if accepted.count == wanted || best.count < capacity { return accepted }
      capacity *= 4
    }
  }

  private func best(_ capacity: Int) -> [ScoredItem] {
    scratch.scores.best(
      capacity, blocked: blocked.span, stamp: stamp, eligible: request.eligible.span, allowed: allowed.span)
  }

  /// The same for a ranking that is ready.
  private func ranked(_ prior: ItemPrior) -> [ScoredItem] {
    var candidates: [ScoredItem] = []
    for item in prior.ranking where mayShow(item) {
      let candidate = ScoredItem(item: item, score: prior.scores[Int(item)])
      if groupHasRoom(candidate, candidates) { candidates.append(candidate) }
      if candidates.count == wanted { break }
    }
    return candidates
  }

  private func withinGroups(_ ranked: [ScoredItem], _ wanted: Int) -> [ScoredItem] {
    var accepted: [ScoredItem] = []
    for candidate in ranked where accepted.count < wanted && groupHasRoom(candidate, accepted) {
      accepted.append(candidate)
    }
    return accepted
  }

  private func groupHasRoom(_ candidate: ScoredItem, _ accepted: [ScoredItem]) -> Bool {
    guard let limit = request.groupLimit else { return true }
    let group = request.groups[Int(candidate.item)]
    if group == RecommendationRequest.ungrouped { return true }
    var count = 0
    for other in chosen where request.groups[Int(other.item)] == group { count += 1 }
    for other in accepted where request.groups[Int(other.item)] == group { count += 1 }
    return count < limit
  }

  /// Moves the rung's rows from its candidates to the chosen items.
  private mutating func choose(from candidates: [ScoredItem]) {
    let missing = request.count - chosen.count
    if request.diversity > 0, let similarity = recommender.similarity {
      let lambda = 1 - request.diversity
      switch request.reranking {
      case .mmr: chosen += maximalMarginalRelevance(candidates, count: missing, lambda: lambda, similarity)
      case .dpp: chosen += determinantalChoice(candidates, count: missing, lambda: lambda, similarity)
      }
    } else {
      chosen += candidates.prefix(missing)
    }
  }

  // MARK: Reminders and reasons

  /// Brings the items of the history forward, by their weight in the first model of the rung.
  private mutating func remind(_ rung: Rung) {
    guard request.remind > 0, let scorer = rung.scorers.first else { return }
    history.weigh(scorer.decay)
    reminder = request.remind * scratch.scores.greatest()
    for position in 0..<history.count {
      scratch.scores.add(reminder * history.weights[position], to: history.items[position])
    }
  }

  /// The greatest parts of the score of `item`.
  private mutating func reasons(for item: UInt32, _ rung: Rung) -> [Recommendations.Reason] {
    if request.reasons == 0 { return [] }
    if case .model(.prior(let prior)) = rung {
      return [.init(item: Recommendations.Reason.noItem, part: prior.scores[Int(item)])]
    }
    rung.terms(of: item, &history, scratch, into: &parts)
    if request.remind > 0, let scorer = rung.scorers.first, let own = history.items.firstIndex(of: item) {
      history.weigh(scorer.decay)
      parts[own] += reminder * history.weights[own]
    }
    var reasons: [Recommendations.Reason] = []
    for (position, part) in parts.enumerated() where part != 0 {
      let source = position < history.count ? history.items[position] : Recommendations.Reason.noItem
      reasons.append(.init(item: source, part: part))
    }
    reasons.sort { $0.part > $1.part || ($0.part == $1.part && $0.item < $1.item) }
    return Array(reasons.prefix(request.reasons))
  }
}
