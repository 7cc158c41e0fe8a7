/// A fitted model that scores items for a history.
package enum ItemScorer: Sendable {
  case table(ItemTable)
  case content(ContentModel)
  case prior(ItemPrior)
  case factors(FactorModel)
  case neighbours(UserNeighbours)
  case community(Community)

  package var source: RecommendationSource {
    switch self {
    case .table(let table): table.source
    case .content: .content
    case .prior(let prior): prior.source
    case .factors: .als
    case .neighbours: .userknn
    case .community: .community
    }
  }

  package var itemCount: Int {
    switch self {
    case .table(let table): table.matrix.columnCount
    case .content(let content): content.vectors.rowCount
    case .prior(let prior): prior.scores.count
    case .factors(let factors): factors.itemCount
    case .neighbours(let users): users.itemCount
    case .community(let community): community.itemCount
    }
  }

  /// Whether the scores are the same for all users.
  var isPrior: Bool {
    if case .prior = self { true } else { false }
  }

  /// The number of terms, or of users, that ``ScoringScratch`` needs room for.
  var termCount: Int {
    switch self {
    case .content(let content): content.vectors.columnCount
    case .neighbours(let users): users.userCount
    case .table, .prior, .factors, .community: 0
    }
  }

  var decay: RecencyDecay {
    switch self {
    case .table(let table): table.decay
    case .content(let content): content.decay
    case .neighbours(let users): users.decay
    case .prior, .factors, .community: .none
    }
  }

  /// Adds this model's scores for the weighed `history`.
  ///
  /// - Returns: the scale for ``addTerms(of:_:scale:to:)`` with which the terms sum to the score.
  func score(_ history: History, profile: inout ItemScores, into scores: inout ItemScores) -> Double {
    switch self {
    case .table(let table):
      table.score(history, into: &scores)
      return 1
    case .content(let content):
      let length = content.score(history, profile: &profile, into: &scores)
      return length > 0 ? 1 / length : 0
    case .prior(let prior):
      for item in prior.ranking { scores.add(prior.scores[Int(item)], to: item) }
      return 1
    case .factors(let factors):
      factors.score(history, into: &scores)
      return 1
    case .neighbours(let users):
      users.score(history, users: &profile, into: &scores)
      return 1
    case .community(let community):
      community.score(history, into: &scores)
      return 1
    }
  }

  /// Adds, for each position of the weighed `history`, `scale` times what its item gives to the score of `item`, and in
  /// the last place what no item of the history accounts for.
  func addTerms(of item: UInt32, _ history: History, scale: Double, to parts: inout [Double]) {
    switch self {
    case .table(let table):
      for position in 0..<history.count where history.weights[position] > 0 {
        parts[position] += scale * table.term(history, at: position, item: item)
      }
    case .content(let content):
      for position in 0..<history.count where history.weights[position] > 0 {
        parts[position] += scale * history.weights[position] * content.similarity(history.items[position], item)
      }
    case .prior(let prior): parts[history.count] += scale * prior.scores[Int(item)]
    case .factors(let factors):
      for (position, term) in factors.terms(of: item, history).enumerated() { parts[position] += scale * term }
    case .neighbours(let users):
      for (position, term) in users.terms(of: item, history).enumerated() { parts[position] += scale * term }
    case .community(let community): parts[history.count] += scale * community.score(of: item, history)
    }
  }
}

/// Accumulators of one thread for scoring.
package struct ScoringScratch {
  package internal(set) var scores: ItemScores
  var component: ItemScores
  var profile: ItemScores
  /// For each component of the model that scored last, the factor from its own terms to the terms of the score.
  var scales: [Double] = []

  package init(itemCount: Int, termCount: Int) {
    scores = ItemScores(itemCount: itemCount)
    component = ItemScores(itemCount: itemCount)
    profile = ItemScores(itemCount: termCount)
  }
}

/// A weighted sum of models, each scaled so that the user's best item has score 1:
/// s(u,i) = sum over m of w_m s_m(u,i) / max over i of s_m(u,i).
///
/// The maximum runs over all scored items, whatever is filtered later, so that a filter never changes the order of the
/// items that pass it.
///
/// A prior such as `trend` is added only for users for whom another model has a score: what is popular alone is the task
/// of a rung below.
package struct HybridModel: Sendable {
  package struct Component: Sendable {
    package let scorer: ItemScorer
    package let weight: Double

    package init(_ scorer: ItemScorer, weight: Double) {
      self.scorer = scorer
      self.weight = weight
    }
  }

  package let components: [Component]

  /// Models of a user's own history first, priors after them; the order of each kind is kept.
  package init(_ components: [Component]) {
    self.components = components.filter { !$0.scorer.isPrior } + components.filter(\.scorer.isPrior)
  }

  /// How many items a prior adds to a fusion.
  static let priorDepth = 500

  /// The models that a fusion can have, in the order of their weights.
  package static let parts: [RecommendationSource] = [.next, .taste, .userknn, .content, .trend]

  /// The weights of ``parts`` where nobody has tuned them: `userknn` and `content` cost much for each user and enter
  /// only where tuning shows that they help.
  package static let shippedWeights = [0.4, 0.8, 0, 0, 0.1]

  /// The default fusion: `next` with weight 0.4, `taste` 0.8, and the leading items of `trend` 0.1.
  package init(next: ItemTable, taste: ItemTable, trend: ItemPrior) {
    self.init(parts: [.table(next), .table(taste), .prior(trend)])
  }

  /// A fusion of some of ``parts`` with their shipped weights.
  package init(parts: [ItemScorer]) {
    self.init(parts, weights: parts.map { Self.shippedWeights[Self.place(of: $0)] })
  }

  /// A fusion of some of ``parts``, with one weight each.
  package init(_ parts: [ItemScorer], weights: [Double]) {
    self.init(
      zip(parts, weights).map { scorer, weight in
        if case .prior(let prior) = scorer {
          return Component(.prior(prior.leading(Self.priorDepth)), weight: weight)
        }
        return Component(scorer, weight: weight)
      })
  }

  /// The weights of all ``parts``, 0 for those that this fusion has not.
  package var weights: [Double] {
    var weights = [Double](repeating: 0, count: Self.parts.count)
    for component in components { weights[Self.place(of: component.scorer)] = component.weight }
    return weights
  }

  private static func place(of scorer: ItemScorer) -> Int {
    guard let place = parts.firstIndex(of: scorer.source) else {
      preconditionFailure("\(scorer.source.name) is no part of a fusion")
    }
    return place
  }
}

/// One rung of the cold-start chain.
package enum Rung: Sendable {
  case model(ItemScorer)
  case hybrid(HybridModel)
  /// What a fusion says of known items, carried over to new ones.
  case transfer(ItemTransfer)

  package var source: RecommendationSource {
    switch self {
    case .model(let scorer): scorer.source
    case .hybrid: .hybrid
    case .transfer: .transfer
    }
  }

  /// The models of this rung.
  var scorers: [ItemScorer] {
    switch self {
    case .model(let scorer): [scorer]
    case .hybrid(let hybrid): hybrid.components.map(\.scorer)
    case .transfer(let transfer): transfer.fusion.components.map(\.scorer) + [.content(transfer.content)]
    }
  }

  /// Replaces the scores in `scratch` by those for `history`.
  package func score(_ history: inout History, _ scratch: inout ScoringScratch) {
    scratch.scores.clear()
    scratch.scales.removeAll(keepingCapacity: true)
    switch self {
    case .model(let scorer):
      history.weigh(scorer.decay)
      scratch.scales.append(scorer.score(history, profile: &scratch.profile, into: &scratch.scores))
    case .hybrid(let hybrid):
      for component in hybrid.components where !component.scorer.isPrior { add(component, &history, &scratch) }
      for component in hybrid.components where component.scorer.isPrior {
        if scratch.scores.count > 0 { add(component, &history, &scratch) } else { scratch.scales.append(0) }
      }
    case .transfer(let transfer): transfer.score(&history, &scratch)
    }
  }

  private func add(_ component: HybridModel.Component, _ history: inout History, _ scratch: inout ScoringScratch) {
    guard component.weight > 0 else { return scratch.scales.append(0) }
    history.weigh(component.scorer.decay)
    let scale = component.scorer.score(history, profile: &scratch.profile, into: &scratch.component)
    let greatest = scratch.component.greatest()
    let factor = greatest > 0 ? component.weight / greatest : 0
    if factor > 0 { scratch.scores.add(factor, times: scratch.component) }
    scratch.scales.append(factor * scale)
    scratch.component.clear()
  }

  /// What each item of `history` adds to the score of `item`, and last what no item of the history accounts for.
  ///
  /// - Precondition: `scratch` holds the scales of the last ``score(_:_:)`` for the same history.
  /// - Complexity: O(components x history x log(table row)).
  func terms(of item: UInt32, _ history: inout History, _ scratch: ScoringScratch, into parts: inout [Double]) {
    if case .transfer(let transfer) = self { return transfer.terms(of: item, &history, scratch, into: &parts) }
    parts.removeAll(keepingCapacity: true)
    for _ in 0...history.count { parts.append(0) }
    for (component, scorer) in scorers.enumerated() {
      history.weigh(scorer.decay)
      scorer.addTerms(of: item, history, scale: scratch.scales[component], to: &parts)
    }
  }
}
