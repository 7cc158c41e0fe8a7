internal import InstarColumns
internal import InstarSyntax

/// DEFINE MODEL .. AS RECOMMEND, TRAIN of such a model, and its name behind USING.
extension Resolution {
  /// A model that recommends, from its definition.
  func recommendationModel(_ tree: RecommendStep, _ definition: ModelDefinition) throws(Failure) -> RecommendationModel
  {
    guard definition.population == nil, definition.condition == nil else {
      throw fail(
        .modelPopulation, at: definition.range, "a model of RECOMMEND learns from all who have a history",
        help: "DEFINE MODEL .. AS RECOMMEND 10; who gets lists stands before RECOMMEND 10 USING its name")
    }
    if let clause = clauseOfLists(tree) {
      throw fail(
        .modelTarget, at: definition.range,
        "a model of RECOMMEND has no \(clause): it holds for one list and not for all",
        help: "write it where lists are asked for: RECOMMEND 10 \(clause) .. USING the model")
    }
    let chain = tree.methods.map(\.text)
    for (method, name) in zip(chain, tree.methods)
    where !RecommendPlan.methods.contains(method) || method == "community" {
      throw fail(
        .optionValue, at: name.range,
        names.definition(.model, method) != nil
          ? "a model cannot be defined by another" : "a model of RECOMMEND has no method \(Names.quoted(method))",
        help: "methods: \(RecommendPlan.methods.filter { $0 != "community" }.joined(separator: ", "))")
    }
    let options = try Options(tree.options, of: "RECOMMEND", allowed: ["measure", "promote"], in: self)
    let count = try count(tree.count)
    guard count >= 1 else { throw fail(.optionValue, at: tree.count.range, "RECOMMEND gives at least 1") }
    return RecommendationModel(
      count: count, using: chain.isEmpty ? RecommendPlan.defaultChain : chain,
      measure: try options.word("measure", RecommendPlan.Measure.self) ?? .normalised,
      promotion: try options.word("promote", PredictionModel.Promotion.self) ?? .ifBetter)
  }

  private func clauseOfLists(_ tree: RecommendStep) -> String? {
    switch tree.anchor {
    case .for: return "FOR"
    case .like: return "LIKE"
    case nil: break
    }
    switch tree.target {
    case .users: return "USERS"
    case .items(_?): return "ITEMS[..]"
    case .noun(_, _?): return "filter"
    case .items(nil), .noun(_, nil), nil: break
    }
    switch tree.restrictions.first {
    case .excluding, .excludingNothing: return "EXCLUDING"
    case .only: return "ONLY"
    case nil: break
    }
    if tree.atMost != nil { return "AT MOST" }
    return tree.why == nil ? nil : "WHY"
  }

  /// The model of RECOMMEND under this name, `nil` where the name is no model or one that predicts.
  func recommendationModel(named word: Name) throws(Failure) -> RecommendationModel? {
    guard let definition = names.definition(.model, word.text) else { return nil }
    return try inlined(definition, at: word.range) { (inner, body) throws(Failure) in
      guard case .model(_, let tree) = body, case .recommend(let step) = tree.task else { return nil }
      return try inner.recommendationModel(step, tree)
    }
  }

  /// TRAIN of a model that recommends; `nil` where it predicts.
  func recommendationTraining(_ tree: TrainSource) throws(Failure) -> ChainBuilder? {
    guard let definition = names.definition(.model, tree.model.text),
      var model = try recommendationModel(named: tree.model)
    else { return nil }
    let options = try Options(tree.options, of: "RECOMMEND", allowed: ["promote"], in: self)
    if let promotion = try options.word("promote", PredictionModel.Promotion.self) { model.promotion = promotion }
    let plan = RecommendationTraining(name: tree.model.text, model: model, definition: definition.statement)
    return table(.trainRecommendation(plan), RecommendationTraining.columns, by: "TRAIN")
  }
}
