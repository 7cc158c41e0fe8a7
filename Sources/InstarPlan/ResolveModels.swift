internal import InstarColumns
internal import InstarSyntax

/// TRAIN and EVALUATE, and models from their stored definitions.
extension Resolution {
  func train(_ tree: TrainSource) throws(Failure) -> ChainBuilder {
    if let training = try recommendationTraining(tree) { return training }
    var (model, name) = try model(named: tree.model)
    try apply(tree.options, to: &model)
    guard let definition = names.definition(.model, name.name) else {
      preconditionFailure("a model that resolved has a definition")
    }
    let plan = TrainPlan(name: name.name, model: model, definition: definition.statement)
    return table(.train(plan), TrainPlan.columns, by: "TRAIN")
  }

  func evaluate(_ tree: EvaluateSource, at range: SourceRange) throws(Failure) -> ChainBuilder {
    var subjects: [EvaluatePlan.Subject] = []
    var folds = 3
    switch (tree.subject, tree.against) {
    case (.campaigns(let wanted), _): return try campaignTrial(wanted, tree, at: range)
    case (.inline(let definition), _):
      if case .recommend(let step) = definition.task {
        return table(.trial(try trial(step, definition)), RecommendationTrial.columns, by: "EVALUATE")
      }
      guard case .predict(var step) = definition.task else { preconditionFailure("a model predicts or recommends") }
      folds = try self.folds(step.options) ?? folds
      step.options.removeAll { $0.name.text == "folds" }
      var model = definition
      model.task = .predict(step)
      subjects = [.inline(try self.model(model))]
    case (.models(let references), let against?):
      for reference in references { subjects.append(try rule(reference, against)) }
    case (.models(let references), nil):
      for reference in references {
        let (model, name) = try self.model(named: reference)
        subjects.append(.stored(name, model))
      }
    }
    _ = try Options(tree.options, of: "EVALUATE", allowed: ["folds"], in: self)
    folds = try self.folds(tree.options) ?? folds
    let plan = EvaluatePlan(subjects: subjects, during: try self.range(tree.during), folds: folds)
    var builder = table(.evaluate(plan), EvaluatePlan.columns, by: "EVALUATE")
    builder.plan.shape = .quality
    return builder
  }

  private func folds(_ options: [Option]) throws(Failure) -> Int? {
    let own = options.filter { $0.name.text == "folds" }
    let number = try Options(own, of: "EVALUATE", allowed: ["folds"], in: self).number("folds", in: 1...12)
    return number.map { Int($0) }
  }

  /// A segment against what its members do next: everybody who is known is judged.
  private func rule(_ reference: ModelReference, _ against: Syntax.Expression) throws(Failure) -> EvaluatePlan.Subject {
    let everyone = ChainBox(ChainBuilder(self, source: .users(nil), scope: .users).plan)
    let model = try future(against, of: everyone)
    let name = reference.name
    guard case .condition(let condition) = try population(name, at: .statement) else {
      throw fail(
        .modelPopulation, at: name.range,
        "\(Names.quoted(name.text)) is an analysis with dates of its own, and AGAINST asks it at past moments",
        help: "define the segment by conditions: DEFINE SEGMENT .. AS SEGMENT users WHERE ..")
    }
    if let condition { try checkAnyMoment(condition, "a rule that is judged", at: name.range) }
    return .rule(name: name.text, condition: condition, model)
  }
}

extension Resolver {
  /// The model of a DEFINE MODEL statement, as the engine keeps it.
  package static func predictionModel(
    _ statement: String, in catalog: some Catalog
  ) -> Result<PredictionModel, ResolutionFailure> {
    let resolution = resolution(
      source: statement, in: catalog, parameters: [:], session: SessionDefinitions(), systemTime: catalog.lastEvent ?? 0
    )
    let parsed = Parser.parse(statement)
    guard case .define(let definition) = parsed.statements.first?.body, case .model(_, let tree) = definition.kind
    else {
      return .failure(ResolutionFailure(parsed.diagnostics))
    }
    let result = resolution.attempt { () throws(Failure) in try resolution.model(tree) }
    return result.map { .success($0) } ?? .failure(ResolutionFailure(resolution.sortedErrors))
  }
}
