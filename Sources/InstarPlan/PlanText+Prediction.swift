/// How predictions print in plans and in the meaning of a statement.
extension PlanText {
  func text(_ plan: PredictPlan) -> String {
    let what = plan.stored.map(\.text) ?? "\(plan.model.text) of \(inline(plan.model.population.plan))"
    return "predict \(Names.quoted(plan.column)) = \(what) using \(plan.model.method.rawValue)"
      + (plan.why.map { " why \($0)" } ?? "") + clause(plan.by)
  }

  func text(_ plan: SurvivalPlan) -> String {
    let options = plan.options
    var words = "predict time to \(text(plan.event)) using \(plan.method.rawValue)" + clause(plan.by)
    if let anchor = plan.anchor { words += " from each \(text(anchor))" }
    if let population = plan.population { words += " of \(inline(population.plan))" }
    switch plan.method {
    case .kaplanMeier, .nelsonAalen: words += " every \(times.length(options.every)) confidence \(options.confidence)"
    case .logRank: words += options.rho > 0 ? " rho \(options.rho)" : ""
    case .sbg: words += " every \(times.length(options.every))" + (options.renewals.map { " renewals \($0)" } ?? "")
    case .cox:
      let features = options.features.map { "\(Names.quoted($0.name)) = \(text($0.expression))" }
      words += " ties \(options.ties.rawValue) penalty \(options.penalty) on \(features.joined(separator: ", "))"
      words += options.listsCoefficients ? " coefficients" : " at \(options.horizons)"
    }
    return words + (plan.why.map { " why \($0)" } ?? "")
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
      words +=
        plan.model.anchor == nil
        ? ", learnt from the same users at past moments whose window has closed"
        : ", learnt from those whose window has closed"
    }
    words += ", method \(plan.model.method.rawValue)"
    if !plan.by.isEmpty { words += ", summed up" + per(plan.by) }
    return words + (plan.why.map { ", with \(Names.counted($0, "reason"))" } ?? "")
  }

  func sentence(_ plan: SurvivalPlan) -> String {
    let start = plan.anchor.map { "each \(text.text($0))" } ?? "the first event of each"
    let clock = "from \(start) until \(text.text(plan.event)), or until now where it has not come"
    let days = text.times.length(plan.options.every)
    switch plan.method {
    case .kaplanMeier: return "the share without the event by days, \(clock) (Kaplan-Meier)" + per(plan.by)
    case .nelsonAalen: return "the cumulative hazard by days, \(clock) (Nelson-Aalen)" + per(plan.by)
    case .logRank: return "a test whether groups differ in the time \(clock) (log-rank)" + per(plan.by)
    case .sbg: return "who renews a contract of \(days), \(clock) (shifted beta-geometric)" + per(plan.by)
    case .cox:
      let what = plan.options.listsCoefficients ? "what the features do to the time" : "the further time of each user"
      return "\(what) \(clock), by \(Names.list(plan.options.features.map(\.name))) (proportional hazards)"
    }
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
