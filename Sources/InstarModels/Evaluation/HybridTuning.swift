/// Chooses the weights of a fusion on users whose next items are known.
///
/// One weight after the other takes the value of the grid with the greatest mean NDCG, in two passes (coordinate
/// ascent). A choice counts only if its lists cover at least the given share of what the starting weights cover:
/// without such a floor a fusion with popularity can end as popularity alone.
///
/// Reference page: `docs/reference/recommend/hybrid.md`.
package enum HybridTuning {
  package struct Configuration: Sendable, Hashable {
    package var grid: [Double]
    package var passes: Int
    /// k of the NDCG.
    package var cut: Int
    /// The greatest number of users looked at, spread evenly over all.
    package var userLimit: Int
    /// The least coverage, as a share of that of the starting weights.
    package var coverageFloor: Double

    package init(
      grid: [Double] = [0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6], passes: Int = 2, cut: Int = 10, userLimit: Int = 1500,
      coverageFloor: Double = 0.8
    ) {
      self.grid = grid
      self.passes = passes
      self.cut = cut
      self.userLimit = userLimit
      self.coverageFloor = coverageFloor
    }
  }

  /// The fusion with the chosen weights.
  ///
  /// - Parameters:
  ///   - start: models fitted on `training`, with the weights to begin from.
  ///   - relevant: the items that each user turned to after the training and had not had before.
  ///   - excluding: what a user may not see.
  /// - Complexity: O(grid x components x passes) times scoring of the users.
  package static func tune(
    _ start: HybridModel, _ training: Interactions, relevant: UserItems, excluding: [UserItems],
    _ configuration: Configuration = .init()
  ) throws(ModelError) -> HybridModel {
    let matrix = training.preferences()
    let judged = sample(relevant, limit: configuration.userLimit)
    let users = (0..<UInt32(judged.userCount)).filter { !judged.entries(of: $0).isEmpty }
    var request = RecommendationRequest(count: configuration.cut)
    request.excluding = excluding
    func judge(_ hybrid: HybridModel) throws(ModelError) -> RankingMetrics {
      let rows = try Recommender(training, chain: [.hybrid(hybrid)]).recommend(to: users, request)
      return RankingMetrics(rows, relevant: judged, training: matrix, cut: configuration.cut)
    }
    var best = start
    let first = try judge(start)
    var greatest = first.mean(.ndcg)
    for _ in 0..<configuration.passes {
      for component in best.components.indices {
        for weight in configuration.grid where weight != best.components[component].weight {
          let candidate = best.replacing(component, weight: weight)
          let metrics = try judge(candidate)
          if metrics.mean(.ndcg) > greatest && metrics.coverage >= configuration.coverageFloor * first.coverage {
            best = candidate
            greatest = metrics.mean(.ndcg)
          }
        }
      }
    }
    return best
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

extension HybridModel {
  fileprivate func replacing(_ component: Int, weight: Double) -> HybridModel {
    var changed = components
    changed[component] = Component(changed[component].scorer, weight: weight)
    return HybridModel(changed)
  }
}
