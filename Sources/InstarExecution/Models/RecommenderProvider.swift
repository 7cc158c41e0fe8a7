import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Fits the models of a recommendation chain from the store, or finds them fitted from an earlier statement.
struct RecommenderProvider {
  let environment: QueryEnvironment
  let interactions: Interactions
  /// What the models depend on beside the data: the catalogue in words, and which part of the log is meant.
  let catalogKey: String
  /// How old a pair of items is that counts half, milliseconds; `nil` for the default of `taste`.
  var halfLife: Int64?
  var measure = RecommendPlan.Measure.normalised
  /// Whether weights are chosen on the last item of each user and not on the newest part of the log: for comparison with
  /// papers.
  var leavesLast = false
  /// What a trained version answers instead of models fitted now.
  var version: RecommendationVersion?
  /// Whom each user follows, for `community`.
  var follows: UserItems?

  /// Fashions change within seasons, and half a year holds one.
  static let defaultHalfLife: Int64 = 180 * 86_400_000

  func recommender(_ chain: [String], needsSimilarity: Bool, in snapshot: borrowing Snapshot) throws -> Recommender {
    var rungs: [Rung] = []
    for name in chain { rungs.append(try rung(name, in: snapshot)) }
    return Recommender(interactions, chain: rungs, similarity: needsSimilarity ? try similarity(in: snapshot) : nil)
  }

  private func rung(_ name: String, in snapshot: borrowing Snapshot) throws -> Rung {
    switch name {
    case "hybrid": return .hybrid(try hybrid(in: snapshot))
    case "next", "taste", "cooc": return .model(.table(try table(name, in: snapshot)))
    case "content": return .model(.content(try content(in: snapshot)))
    case "userknn": return .model(.neighbours(cached("userknn") { UserNeighbours(interactions) }))
    case "als": return .model(.factors(try factors(in: snapshot)))
    case "transfer": return .transfer(try transfer(in: snapshot))
    case "trend": return .model(.prior(trend()))
    case "community":
      return .model(
        .community(Community(interactions, follows: follows ?? UserItems(userCount: interactions.userCount))))
    default: return .model(.prior(cached("popular") { Popular.fit(interactions) }))
    }
  }

  /// What the methods of `chain` learn, for a version.
  func parts(of chain: [String], in snapshot: borrowing Snapshot) throws -> [RecommendationVersion.Part] {
    var parts: [RecommendationVersion.Part] = []
    var names = chain
    if chain.contains("hybrid") || chain.contains("transfer") {
      let weights = try weights(in: snapshot)
      parts.append(.init(name: "hybrid", payload: HybridModel.encoded(weights: weights)))
      names += zip(HybridModel.parts, weights).filter { $1 > 0 }.map(\.0.name)
    }
    for name in ["next", "taste", "cooc"] where names.contains(name) {
      parts.append(.init(name: name, payload: try table(name, in: snapshot).encoded()))
    }
    return parts
  }

  /// What the version learnt under `name`, as wide as the store's items are now: whoever is new to the store is served by
  /// his history, and an item that came later has no entries.
  private func trainedTable(_ name: String) throws -> ItemTable? {
    guard let version, let payload = version.payload(name) else { return nil }
    return try environment.models.value("\(name) of version \(version.key) \(interactions.itemCount)") {
      guard let table = try? ItemTable(decoding: payload), table.matrix.columnCount <= interactions.itemCount else {
        throw ExecutionError("E0405", "version \(version.number) of the model is damaged", help: "TRAIN it again")
      }
      return table.widened(to: interactions.itemCount)
    }
  }

  /// A table of items by items, kept in the store.
  func table(_ name: String, in snapshot: borrowing Snapshot) throws -> ItemTable {
    if let table = try trainedTable(name) { return table }
    let title = name == "cooc" && measure != .normalised ? "cooc \(measure.rawValue)" : name
    return try environment.model(
      title, key: key, in: snapshot, decode: { try? ItemTable(decoding: $0) }, encode: { $0.encoded() }
    ) {
      switch name {
      case "next": Next.fit(interactions)
      case "taste": taste(interactions, at: environment.moment)
      default: CoOccurrence.fit(interactions, measure.configuration)
      }
    }
  }

  private func taste(_ interactions: Interactions, at moment: Int64) -> ItemTable {
    let recency = Taste.Configuration.Recency(halfLife: Double(halfLife ?? Self.defaultHalfLife), moment: moment)
    return Taste.fit(interactions, .init(recency: recency))
  }

  private func trend() -> ItemPrior {
    cached("trend") { Trend.fit(interactions, .init(moment: environment.moment)) }
  }

  private func factors(in snapshot: borrowing Snapshot) throws -> FactorModel {
    try environment.model(
      "als", key: key, in: snapshot, decode: { try? FactorModel(decoding: $0) }, encode: { $0.encoded() }
    ) { ALS.fit(users: interactions.preferences()) }
  }

  // MARK: - Fusion

  /// The fusion of the chain, with the weights that served best on the newest part of the log. What weighs nothing is
  /// not fitted.
  private func hybrid(in snapshot: borrowing Snapshot) throws -> HybridModel {
    let weights = try weights(in: snapshot)
    var parts: [(scorer: ItemScorer, weight: Double)] = []
    for (part, weight) in zip(HybridModel.parts, weights) where weight > 0 {
      guard case .model(let scorer) = try rung(part.name, in: snapshot) else { continue }
      parts.append((scorer, weight))
    }
    return HybridModel(parts.map(\.scorer), weights: parts.map(\.weight))
  }

  private func weights(in snapshot: borrowing Snapshot) throws -> [Double] {
    if let payload = version?.payload("hybrid"), let weights = try? HybridModel.weights(decoding: payload) {
      return weights
    }
    return try environment.model(
      "hybrid", key: key, in: snapshot, decode: { try? HybridModel.weights(decoding: $0) },
      encode: { HybridModel.encoded(weights: $0) }
    ) { try tunedWeights(in: snapshot) ?? HybridModel.shippedWeights }
  }

  /// `nil` where the log is too small to tell weights apart, or so large that fitting everything twice is not worth it.
  private func tunedWeights(in snapshot: borrowing Snapshot) throws -> [Double]? {
    guard HybridTuning.entries.contains(interactions.entryCount) else { return nil }
    let cut = leavesLast ? environment.moment : interactions.moment(ofNewest: HybridTuning.newestShare)
    let holdout = leavesLast ? Holdout(leavingLastOutOf: interactions) : Holdout(interactions, at: cut)
    guard holdout.judgedCount >= HybridTuning.leastUsers else { return nil }
    let past = holdout.training
    var parts: [ItemScorer] = [
      .table(Next.fit(past)), .table(taste(past, at: cut)), .neighbours(UserNeighbours(past)),
    ]
    if !environment.schema.properties(of: .item).isEmpty { parts.append(.content(try content(in: snapshot))) }
    parts.append(.prior(Trend.fit(past, .init(moment: cut))))
    let tuned = HybridTuning.tune(
      HybridModel(parts: parts), past, relevant: holdout.relevant, excluding: [holdout.excluded])
    return tuned.weights
  }

  // MARK: - Descriptions

  /// Words of titles, and the other properties of items as fields.
  private func content(in snapshot: borrowing Snapshot) throws -> ContentModel {
    try cached("content") {
      var documents = ItemDocuments(itemCount: snapshot.itemCount)
      for property in environment.schema.properties(of: .item) {
        let column = try snapshot.itemProperty(property.id)
        for item in 0..<column.count where column.isPresent(item) {
          let code = UInt32(item)
          switch column[item] {
          case .text(let text) where property.name == "title" || text.contains(" "): documents.add(text: text, to: code)
          case .text(let text): documents.add(field: property.name, value: text, to: code)
          case .boolean(let flag): documents.add(field: property.name, value: flag ? "true" : "false", to: code)
          case .integer(let integer): documents.add(field: property.name, number: Double(integer), to: code)
          case .real(let real): documents.add(field: property.name, number: real, to: code)
          case .time, .duration, .missing: break
          }
        }
      }
      return ContentModel.fit(documents)
    }
  }

  private func transfer(in snapshot: borrowing Snapshot) throws -> ItemTransfer {
    let (fusion, content) = (try hybrid(in: snapshot), try content(in: snapshot))
    return cached("transfer \(version?.key ?? "")") { ItemTransfer(fusion, content, interactions) }
  }

  /// How alike items are: by their descriptions where they have any.
  func similarity(in snapshot: borrowing Snapshot) throws -> ItemSimilarity {
    if environment.schema.properties(of: .item).isEmpty {
      return .table(cached("cosine") { CoOccurrence.fit(interactions, .cosine) })
    }
    return .content(try content(in: snapshot))
  }

  private var key: String { environment.modelKey(at: environment.moment, catalogKey) }

  private func cached<Model: Sendable>(_ name: String, _ make: () throws -> Model) rethrows -> Model {
    try environment.models.value("\(name) \(key)", make: make)
  }
}

extension RecommendPlan.Measure {
  var configuration: CoOccurrence.Configuration {
    switch self {
    case .normalised: .init()
    case .cosine: .cosine
    case .conditional: .conditionalProbability
    case .rp3beta: .randomWalk(beta: 0.5)
    case .gfcf: .graphFilter
    }
  }
}
