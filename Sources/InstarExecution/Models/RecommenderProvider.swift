import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Fits the models of a recommendation chain from the store, or finds them fitted from an earlier statement.
///
/// The log is read only when a model must be fitted: one user's list then costs his own events.
struct RecommenderProvider {
  /// What models are fitted on.
  enum Training: Sendable {
    case given(Interactions)
    /// Read when the first model must be fitted.
    case log(InteractionLog)
  }

  let environment: QueryEnvironment
  let training: Training
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

  /// - Parameter served: the interactions of the users that are asked for; by default those that models are fitted on.
  func recommender(
    _ chain: [String], serving served: Interactions? = nil, needsSimilarity: Bool, in snapshot: borrowing Snapshot
  ) throws -> Recommender {
    var rungs: [Rung] = []
    for name in chain { rungs.append(try rung(name, in: snapshot)) }
    let similarity = needsSimilarity ? try similarity(in: snapshot) : nil
    return Recommender(try served ?? interactions(in: snapshot), chain: rungs, similarity: similarity)
  }

  private func interactions(in snapshot: borrowing Snapshot) throws -> Interactions {
    switch training {
    case .given(let interactions): interactions
    case .log(let log): try log.all(in: snapshot).interactions
    }
  }

  private func rung(_ name: String, in snapshot: borrowing Snapshot) throws -> Rung {
    switch name {
    case "hybrid": return .hybrid(try cached("fusion \(version?.key ?? "")") { try hybrid(in: snapshot) })
    case "next", "taste", "cooc": return .model(.table(try table(name, in: snapshot)))
    case "content": return .model(.content(try content(in: snapshot)))
    case "userknn":
      return .model(.neighbours(try cached("userknn") { UserNeighbours(try interactions(in: snapshot)) }))
    case "als": return .model(.factors(try factors(in: snapshot)))
    case "transfer": return .transfer(try transfer(in: snapshot))
    case "community":
      let interactions = try interactions(in: snapshot)
      return .model(
        .community(Community(interactions, follows: follows ?? UserItems(userCount: interactions.userCount))))
    default: return .model(.prior(try prior(name == "trend" ? .trend : .popular, in: snapshot)))
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
  private func trainedTable(_ name: String, in snapshot: borrowing Snapshot) throws -> ItemTable? {
    guard let version, let payload = version.payload(name) else { return nil }
    let itemCount = snapshot.itemCount
    return try environment.models.value("\(name) of version \(version.key) \(itemCount)") {
      guard let table = try? ItemTable(decoding: payload), table.matrix.columnCount <= itemCount else {
        throw ExecutionError("E0405", "version \(version.number) of the model is damaged", help: "TRAIN it again")
      }
      return table.widened(to: itemCount)
    }
  }

  /// A table of items by items, kept in the store.
  func table(_ name: String, in snapshot: borrowing Snapshot) throws -> ItemTable {
    if let table = try trainedTable(name, in: snapshot) { return table }
    let title = name == "cooc" && measure != .normalised ? "cooc \(measure.rawValue)" : name
    let share = name == "next" ? environment.aging.counts : environment.aging.learnt
    let table = try kept(
      title, share, in: snapshot, decode: { try? ItemTable(decoding: $0) }, encode: { $0.encoded() }
    ) {
      let interactions = try interactions(in: snapshot)
      return switch name {
      case "next": Next.fit(interactions)
      case "taste": taste(interactions, at: environment.moment)
      default: CoOccurrence.fit(interactions, measure.configuration)
      }
    }
    return table.widened(to: snapshot.itemCount)
  }

  private func taste(_ interactions: Interactions, at moment: Int64) -> ItemTable {
    let recency = Taste.Configuration.Recency(halfLife: Double(halfLife ?? Self.defaultHalfLife), moment: moment)
    return Taste.fit(interactions, .init(recency: recency))
  }

  /// A score that is the same for all users, kept in the store.
  private func prior(_ source: RecommendationSource, in snapshot: borrowing Snapshot) throws -> ItemPrior {
    try kept(
      source.name, environment.aging.counts, in: snapshot, decode: { try? ItemPrior(decoding: $0, source: source) },
      encode: { $0.encoded() }
    ) {
      let interactions = try interactions(in: snapshot)
      return source == .trend ? Trend.fit(interactions, .init(moment: environment.moment)) : Popular.fit(interactions)
    }.widened(to: snapshot.itemCount)
  }

  private func factors(in snapshot: borrowing Snapshot) throws -> FactorModel {
    try kept(
      "als", environment.aging.learnt, in: snapshot, decode: { try? FactorModel(decoding: $0) },
      encode: { $0.encoded() }
    ) { ALS.fit(users: try interactions(in: snapshot).preferences()) }.widened(to: snapshot.itemCount)
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
    let stamp = try ShownLists(environment: environment).stamp(in: snapshot)
    return try kept(
      "hybrid", environment.aging.learnt, settings: catalogKey + stamp, in: snapshot,
      decode: { try? HybridModel.weights(decoding: $0) }, encode: { HybridModel.encoded(weights: $0) }
    ) { try tunedWeights(interactions(in: snapshot), in: snapshot) ?? HybridModel.shippedWeights }
  }

  /// `nil` where the log is too small to tell weights apart, or so large that fitting everything twice is not worth it.
  private func tunedWeights(_ interactions: Interactions, in snapshot: borrowing Snapshot) throws -> [Double]? {
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
    let shown = try ShownLists(environment: environment).users(since: cut, in: snapshot)
    let relevant = holdout.relevant(without: shown, least: HybridTuning.leastUsers)
    let tuned = HybridTuning.tune(HybridModel(parts: parts), past, relevant: relevant, excluding: [holdout.excluded])
    return tuned.weights
  }

  // MARK: - Descriptions

  /// Words of titles, and the other properties of items as fields.
  private func content(in snapshot: borrowing Snapshot) throws -> ContentModel {
    let properties = environment.schema.properties(of: .item)
    let versions = properties.map { "\($0.id) \($0.version)" }.joined(separator: " ")
    return try environment.models.value("content \(snapshot.itemCount) \(versions)") {
      var documents = ItemDocuments(itemCount: snapshot.itemCount)
      for property in properties {
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
    return try cached("transfer \(version?.key ?? "")") {
      ItemTransfer(fusion, content, try interactions(in: snapshot))
    }
  }

  /// How alike items are: by their descriptions where they have any.
  func similarity(in snapshot: borrowing Snapshot) throws -> ItemSimilarity {
    if environment.schema.properties(of: .item).isEmpty {
      return .table(try cached("cosine") { CoOccurrence.fit(try interactions(in: snapshot), .cosine) })
    }
    return .content(try content(in: snapshot))
  }

  /// A model of the log under `name`, which may lack a `share` of the newest events, or one of what was given.
  private func kept<Model: Sendable>(
    _ name: String, _ share: Double, settings: String? = nil, in snapshot: borrowing Snapshot,
    decode: ([UInt8]) -> Model?, encode: (Model) -> [UInt8], fit: () throws -> Model
  ) throws -> Model {
    guard case .log = training else { return try cached(name, fit) }
    return try environment.keptModel(
      name, settings ?? catalogKey, share: share, in: snapshot, decode: decode, encode: encode, fit: fit)
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
