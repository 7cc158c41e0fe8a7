/// Chooses the weights of a fusion on users whose next items are known.
///
/// One weight after the other takes the value of the grid with the greatest mean NDCG, until none gains (coordinate
/// ascent): once from the shipped weights and once from even ones, of which the better end is taken. A choice counts only
/// if its lists cover at least the given share of what the shipped weights cover: without such a floor a fusion with
/// popularity can end as popularity alone. A model of weight 0 enters only if it brings at least the given share more: it
/// costs each user time.
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
    /// The greatest number of passes over the weights; a pass that changes nothing is the last.
    package var passes: Int
    /// The weight of every model at the second start.
    package var evenWeight: Double
    /// k of the NDCG.
    package var cut: Int
    /// The greatest number of users looked at, spread evenly over all.
    package var userLimit: Int
    /// The least coverage, as a share of that of the shipped weights.
    package var coverageFloor: Double
    /// How much greater, as a share, the NDCG must become for a model that had the weight 0.
    package var leastGain: Double
    /// How many of each model's best items for a user are looked at, by their scores of all models.
    package var depth: Int

    package init(
      grid: [Double] = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6], passes: Int = 8, evenWeight: Double = 0.4,
      cut: Int = 10, userLimit: Int = 1500, coverageFloor: Double = 0.3, leastGain: Double = 0.02, depth: Int = 100
    ) {
      self.grid = grid
      self.passes = passes
      self.evenWeight = evenWeight
      self.cut = cut
      self.userLimit = userLimit
      self.coverageFloor = coverageFloor
      self.leastGain = leastGain
      self.depth = depth
    }
  }

  /// The fusion with the chosen weights.
  ///
  /// - Parameters:
  ///   - start: models fitted on `training`, with the weights to begin from.
  ///   - relevant: the items that each user turned to after the training and had not had before.
  ///   - excluding: what a user may not see.
  /// - Complexity: each model scores the users once; then O(grid x components³ x passes x users x depth).
  package static func tune(
    _ start: HybridModel, _ training: Interactions, relevant: UserItems, excluding: [UserItems],
    _ configuration: Configuration = .init()
  ) -> HybridModel {
    let judge = FusionJudge(start, training, relevant: relevant, excluding: excluding, configuration)
    let shipped = start.components.map(\.weight)
    let floor = configuration.coverageFloor * judge.judge(shipped).coverage
    var best = judge.ascend(from: shipped, floor, configuration)
    let even = judge.ascend(from: shipped.map { _ in configuration.evenWeight }, floor, configuration)
    let addsModels = zip(even.weights, best.weights).contains { $0 > 0 && $1 == 0 }
    let wanted = addsModels ? best.ndcg * (1 + configuration.leastGain) : best.ndcg
    if even.coverage >= floor && even.ndcg > wanted { best = even }
    return start.weighted(best.weights)
  }
}

extension HybridModel {
  /// The bytes of one weight for each of ``parts``.
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
    guard weights.count == parts.count, weights.allSatisfy({ $0 >= 0 && $0.isFinite }) else { throw .damaged }
    return weights
  }

  /// The same models with other weights, one a component.
  package func weighted(_ weights: [Double]) -> HybridModel {
    HybridModel(zip(components, weights).map { Component($0.scorer, weight: $1) })
  }
}

/// What every component says of the users that are judged, scored once: a set of weights then costs one sum.
private struct FusionJudge {
  private let candidates: [FusionCandidates]
  private let isPrior: [Bool]
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
    isPrior = start.components.map(\.scorer.isPrior)
    let chunkCount = (users.count + 63) / 64
    candidates = concurrentChunks(chunkCount) { chunk in
      var reader = CandidateReader(start.components.map(\.scorer), training, excluding, configuration.depth)
      return users[chunk * 64..<min(users.count, (chunk + 1) * 64)].map { reader.candidates(of: $0) }
    }.flatMap { $0 }
  }

  /// The best weights that single changes lead to.
  func ascend(
    from start: [Double], _ floor: Double, _ configuration: HybridTuning.Configuration
  ) -> (weights: [Double], ndcg: Double, coverage: Double) {
    var best = start
    var (greatest, coverage) = judge(start)
    for _ in 0..<configuration.passes {
      let before = best
      for component in best.indices {
        for weight in configuration.grid where weight != best[component] {
          var candidate = best
          candidate[component] = weight
          let found = judge(candidate)
          let wanted = best[component] == 0 ? greatest * (1 + configuration.leastGain) : greatest
          if found.ndcg > wanted && found.coverage >= floor {
            best = candidate
            (greatest, coverage) = found
          }
        }
      }
      if best == before { break }
    }
    return (best, greatest, coverage)
  }

  func judge(_ weights: [Double]) -> (ndcg: Double, coverage: Double) {
    let chunkCount = (users.count + 63) / 64
    let parts = concurrentChunks(chunkCount) { chunk in
      var best = TopItems(capacity: cut)
      var rows = Recommendations()
      for position in chunk * 64..<min(users.count, (chunk + 1) * 64) {
        candidates[position].offer(speaking(weights, position), to: &best)
        for item in best.takeRanked() { rows.append(user: users[position], item, .hybrid, because: []) }
      }
      return rows
    }
    var rows = Recommendations()
    for part in parts { rows.append(contentsOf: part) }
    let metrics = RankingMetrics(rows, relevant: relevant, training: matrix, cut: cut)
    return (metrics.mean(.ndcg), metrics.coverage)
  }

  /// The weights for one user: priors speak only where another model does.
  private func speaking(_ weights: [Double], _ position: Int) -> [Double] {
    let speaks = candidates[position].speaks
    let others = weights.indices.contains { !isPrior[$0] && weights[$0] > 0 && speaks[$0] }
    return others ? weights : weights.indices.map { isPrior[$0] ? 0 : weights[$0] }
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

/// The items of one user that are among the best of any model.
private struct FusionCandidates: Sendable {
  var items: [UInt32] = []
  /// For each item one score a model, scaled so that the greatest of all that the model gives the user is 1.
  var scores: [Double] = []
  /// For each model, whether it has a score for the user.
  var speaks: [Bool] = []

  /// Offers the items whose weighted sum is positive.
  func offer(_ weights: [Double], to best: inout TopItems) {
    for (position, item) in items.enumerated() {
      var sum = 0.0
      for (component, weight) in weights.enumerated() { sum += weight * scores[position * weights.count + component] }
      if sum > 0 { best.offer(item, sum) }
    }
  }
}

/// Reads the candidates of one user after the other.
private struct CandidateReader {
  private let rungs: [Rung]
  private let training: Interactions
  private let excluding: [UserItems]
  private var reader: HistoryReader
  private var history = History()
  private var scratch: [ScoringScratch]
  private var best: TopItems
  private var taken: [Bool]

  init(_ scorers: [ItemScorer], _ training: Interactions, _ excluding: [UserItems], _ depth: Int) {
    rungs = scorers.map { .model($0) }
    self.training = training
    self.excluding = excluding
    reader = HistoryReader(itemCount: training.itemCount)
    scratch = scorers.map { ScoringScratch(itemCount: training.itemCount, termCount: $0.termCount) }
    best = TopItems(capacity: depth)
    taken = [Bool](repeating: false, count: training.itemCount)
  }

  mutating func candidates(of user: UInt32) -> FusionCandidates {
    reader.read(user, of: training, into: &history)
    var found = FusionCandidates()
    var greatest: [Double] = []
    for component in rungs.indices {
      rungs[component].score(&history, &scratch[component])
      greatest.append(scratch[component].scores.greatest())
      found.speaks.append(scratch[component].scores.count > 0)
      collect(component, of: user, into: &found.items)
    }
    for item in found.items {
      taken[Int(item)] = false
      for component in rungs.indices {
        found.scores.append(
          greatest[component] > 0 ? scratch[component].scores[item] / greatest[component] : 0)
      }
    }
    return found
  }

  /// Adds the best items of one model that the user may see and that are not there yet.
  private mutating func collect(_ component: Int, of user: UInt32, into items: inout [UInt32]) {
    let scores = scratch[component].scores
    for item in scores.touched where scores[item] > 0 {
      if !excluding.contains(where: { $0.contains(item, of: user) }) { best.offer(item, scores[item]) }
    }
    for found in best.takeRanked() where !taken[Int(found.item)] {
      taken[Int(found.item)] = true
      items.append(found.item)
    }
  }
}
