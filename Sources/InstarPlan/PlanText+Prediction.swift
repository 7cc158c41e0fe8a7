/// How predictions print in plans and in the meaning of a statement.
extension PlanText {
  func text(_ plan: PredictPlan) -> String {
    let what = plan.stored.map(\.text) ?? "\(plan.model.text) of \(inline(plan.model.population.plan))"
    return "predict \(Names.quoted(plan.column)) = \(what) using \(plan.model.method.rawValue)"
      + (plan.why.map { " why \($0)" } ?? "")
  }
}

extension PlanText {
  /// All that a model learns and how, on one line, for keys of caches: models of equal text are equal.
  package func key(_ model: PredictionModel) -> String {
    let options = model.options
    let lengths = [options.every, options.history, options.holdout].map { $0.map { "\($0)" } ?? "-" }
    let features = options.features.map { "\($0.name): \(text($0.expression))" }
    return [
      inline(model.population.plan), text(model.target), text(model.subject), "\(model.isAbsence)",
      "\(model.horizon)", model.kind.rawValue, model.method.rawValue, options.solver.rawValue, "\(options.penalty)",
      "\(options.seed)", model.anchor.map(text) ?? "-", "\(model.absences)",
      lengths.joined(separator: " "), features.joined(separator: ", "), "\(options.timeless)",
    ].joined(separator: " | ")
  }
}

extension Meaning {
  func sentence(_ plan: PredictPlan) -> String {
    let what = plan.model.kind == .condition ? "the probability" : "the expected number"
    let which = plan.model.kind == .condition ? "that each will:" : "of each:"
    var words = "\(what) \(Names.quoted(plan.column)) \(which) \(plan.model.text)"
    if let stored = plan.stored {
      words += ", by the model \(stored.text)"
    } else {
      words += ", learnt from the same users at past moments whose window has closed"
    }
    words += ", method \(plan.model.method.rawValue)"
    return words + (plan.why.map { ", with \(Names.counted($0, "reason"))" } ?? "")
  }
}

extension PlanText {
  func text(_ subject: EvaluatePlan.Subject) -> String {
    switch subject {
    case .stored(let name, _): name.text
    case .inline(let model): "\(model.text) of \(inline(model.population.plan))"
    case .rule(let name, _, let model): "\(name) against \(model.text)"
    }
  }
}
