/// Chooses the weights of a fusion on users whose next items are known.
///
/// One weight after the other takes the value of the grid with the greatest mean NDCG, in two passes (coordinate
/// ascent). A choice counts only if its lists cover at least the given share of what the starting weights cover:
/// without such a floor a fusion with popularity can end as popularity alone.
///
/// Reference page: `docs/reference/recommend/hybrid.md`.
package enum HybridTuning {
  /// The share of the newest entries on which weights are chosen, and how many users must be judged for it.
  package static let newestShare = 0.1
  package static let leastUsers = 50
  /// How long a log may be that a statement tunes by the way: the models are fitted twice for it.
  package static let entries = 500...2_000_000

  package struct Configuration: Sendable, Hashable {
    package var grid: [Double]
    package var passes: Int
    /// k of the NDCG.
    package var cut: Int
    /// The greatest number of users looked at, spread evenly over all.
    package var userLimit: Int
    /// The least coverage, as a share of that of the starting weights.
    package var coverageFloor: Double
    /// How many of a model's best items for a user are looked at; the rest count 0.
    package var depth: Int

    package init(
      grid: [Double] = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6], passes: Int = 2, cut: Int = 10, userLimit: Int = 1500,
      coverageFloor: Double = 0.3, depth: Int = 100
    ) {
      self.grid = grid
      self.passes = passes
      self.cut = cut
      self.userLimit = userLimit
      self.coverageFloor = coverageFloor
      self.depth = depth
    }
  }

  /// The fusion with the chosen weights.
  ///
  /// - Parameters:
  ///   - start: models fitted on `training`, with the weights to begin from.
  ///   - relevant: the items that each user turned to after the training and had not had before.
  ///   - excluding: what a user may not see.
  /// - Complexity: each model scores the users once; then O(grid x components² x passes x users x depth).
  package static func tune(
    _ start: HybridModel, _ training: Interactions, relevant: UserItems, excluding: [UserItems],
    _ configuration: Configuration = .init()
  ) -> HybridModel {
    let judge = FusionJudge(start, training, relevant: relevant, excluding: excluding, configuration)
    var best = start.components.map(\.weight)
    let first = judge.judge(best)
    var greatest = first.ndcg
    for _ in 0..<configuration.passes {
      for component in best.indices {
        for weight in configuration.grid where weight != best[component] {
          var candidate = best
          candidate[component] = weight
          let found = judge.judge(candidate)
          if found.ndcg > greatest && found.coverage >= configuration.coverageFloor * first.coverage {
            best = candidate
            greatest = found.ndcg
          }
        }
      }
    }
    return start.weighted(best)
  }
}

extension HybridModel {
  /// The bytes of one weight a component.
  package static func encoded(weights: [Double]) -> [UInt8] {
    var writer = PayloadWriter(.weights)
    writer.write(weights)
    return writer.finish()
  }

  /// The weights in `bytes`, which ``encoded(weights:)`` wrote.
  package static func weights(decoding bytes: [UInt8]) throws(PayloadError) -> [Double] {
    var reader = try PayloadReader(bytes, expecting: .weights)
    let weights = try reader.readDoubles()
    try reader.finish()
    guard weights.count == shippedCount, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else { throw .damaged }
    return weights
  }

  /// The number of models in the shipped fusion.
  private static let shippedCount = 3

  /// The same models with other weights, one a component.
  package func weighted(_ weights: [Double]) -> HybridModel {
    HybridModel(zip(components, weights).map { Component($0.scorer, weight: $1) })
  }
}

/// The lists of every component for the users that are judged, scored once: a set of weights then costs one sum.
private struct FusionJudge {
  /// For each component and then each user his best items, scaled so that the greatest of all his scores is 1.
  private let lists: [[[ScoredItem]]]
  private let needsOthers: [Bool]
  private let users: [UInt32]
  private let relevant: UserItems
  private let matrix: SparseMatrix
  private let cut: Int

  init(
    _ start: HybridModel, _ training: Interactions, relevant: UserItems, excluding: [UserItems],
    _ configuration: HybridTuning.Configuration
  ) {
    let judged = Self.sample(relevant, limit: configuration.userLimit)
    let users = (0..<UInt32(judged.userCount)).filter { !judged.entries(of: $0).isEmpty }
    self.relevant = judged
    self.users = users
    matrix = training.preferences()
    cut = configuration.cut
    needsOthers = start.components.map(\.scorer.isPrior)
    let depth = configuration.depth
    lists = start.components.map { component in
      let chunkCount = (users.count + 63) / 64
      return concurrentChunks(chunkCount) { chunk in
        var reader = ListReader(component.scorer, training, excluding, depth)
        return users[chunk * 64..<min(users.count, (chunk + 1) * 64)].map { reader.list(of: $0) }
      }.flatMap { $0 }
    }
  }

  func judge(_ weights: [Double]) -> (ndcg: Double, coverage: Double) {
    let itemCount = matrix.columnCount
    let chunkCount = (users.count + 63) / 64
    let parts = concurrentChunks(chunkCount) { chunk in
      var scores = ItemScores(itemCount: itemCount)
      var best = TopItems(capacity: cut)
      var rows = Recommendations()
      for position in chunk * 64..<min(users.count, (chunk + 1) * 64) {
        add(weights, position, to: &scores)
        for item in scores.touched { best.offer(item, scores[item]) }
        for item in best.takeRanked() { rows.append(user: users[position], item, .hybrid, because: []) }
        scores.clear()
      }
      return rows
    }
    var rows = Recommendations()
    for part in parts { rows.append(contentsOf: part) }
    let metrics = RankingMetrics(rows, relevant: relevant, training: matrix, cut: cut)
    return (metrics.mean(.ndcg), metrics.coverage)
  }

  /// Priors come last: they speak only for users for whom another model does.
  private func add(_ weights: [Double], _ position: Int, to scores: inout ItemScores) {
    for isPrior in [false, true] {
      if isPrior && scores.count == 0 { return }
      for component in lists.indices where needsOthers[component] == isPrior && weights[component] > 0 {
        for item in lists[component][position] { scores.add(weights[component] * item.score, to: item.item) }
      }
    }
  }

  /// Every n-th of the users with relevant items, so that at most `limit` remain.
  private static func sample(_ relevant: UserItems, limit: Int) -> UserItems {
    let known = (0..<UInt32(relevant.userCount)).reduce(0) { $0 + (relevant.entries(of: $1).isEmpty ? 0 : 1) }
    let every = max(1, (known + limit - 1) / limit)
    var (starts, items, number) = ([0], [UInt32](), 0)
    for user in 0..<UInt32(relevant.userCount) {
      let entries = relevant.entries(of: user)
      if !entries.isEmpty {
        if number % every == 0 { items += relevant.items[entries] }
        number += 1
      }
      starts.append(items.count)
    }
    return UserItems(starts: starts, items: items)
  }
}

/// Reads the best items of one model for one user after the other.
private struct ListReader {
  private let scorer: ItemScorer
  private let training: Interactions
  private let excluding: [UserItems]
  private var reader: HistoryReader
  private var history = History()
  private var scratch: ScoringScratch
  private var best: TopItems

  init(_ scorer: ItemScorer, _ training: Interactions, _ excluding: [UserItems], _ depth: Int) {
    self.scorer = scorer
    self.training = training
    self.excluding = excluding
    reader = HistoryReader(itemCount: training.itemCount)
    scratch = ScoringScratch(itemCount: training.itemCount, termCount: scorer.termCount)
    best = TopItems(capacity: depth)
  }

  mutating func list(of user: UInt32) -> [ScoredItem] {
    reader.read(user, of: training, into: &history)
    Rung.model(scorer).score(&history, &scratch)
    let greatest = scratch.scores.greatest()
    for item in scratch.scores.touched where scratch.scores[item] > 0 {
      if !excluding.contains(where: { $0.contains(item, of: user) }) {
        best.offer(item, scratch.scores[item] / greatest)
      }
    }
    return best.takeRanked()
  }
}
