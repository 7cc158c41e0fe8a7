internal import InstarColumns
internal import InstarSyntax

/// PREDICT TIME TO: an event, where the clock starts, a method.
extension Resolution {
  private static let day: Int64 = 86_400_000

  func predictTime(
    to tree: EventReference, _ step: PredictStep, at range: SourceRange, in builder: inout ChainBuilder
  ) throws(Failure) {
    let event = try reference(tree)
    guard event.ordinal == nil || event.ordinal == .each else {
      throw fail(
        .modelTarget, at: tree.range, "TIME TO ends at the first such event behind the start of the clock",
        help: "leave FIRST and LAST out")
    }
    let options = try Options(
      step.options, of: "PREDICT",
      allowed: [
        "anchor", "features", "timeless", "horizons", "every", "renewals", "confidence", "rho", "ties", "penalty",
        "coefficients",
      ], in: self)
    let method = try survivalMethod(step, options)
    let length = method == .sbg ? 30 * Self.day : Self.day
    var plan = SurvivalPlan(
      event: event, method: method, options: SurvivalPlan.Options(every: length), text: "TIME TO \(event.text)")
    if let word = try options.word("anchor") {
      plan.anchor = try anchor(word, options)
      plan.population = try population(builder, at: range)
      plan.text += " from each \(plan.anchor?.text ?? word)"
    } else {
      useDefault("anchor = the first event of each user")
    }
    plan.by = try breakdown(step.by, after: builder)
    plan.column = step.name?.text
    plan.why = try reasons(step.why)
    try apply(options, step.options, to: &plan)
    try check(plan, step, options, at: range)
    if plan.isPerUser {
      let columns = builder.scope.columns + plan.columns
      try checkDistinct(columns, at: range)
      builder.append(.survival(plan))
      builder.becomeTable(columns, hasUser: true, by: "PREDICT")
      builder.plan.shape = .table
    } else {
      try checkDistinct(plan.columns, at: range)
      builder.append(.survival(plan))
      builder.becomeTable(plan.columns, hasUser: false, by: "PREDICT")
      builder.plan.shape = [.kaplanMeier, .nelsonAalen].contains(method) ? .survival : .table
    }
  }

  /// Without USING, and for `survival`: `cox` where the sentence names features, else the curve.
  private func survivalMethod(_ step: PredictStep, _ options: Options) throws(Failure) -> SurvivalPlan.Method {
    let natural: SurvivalPlan.Method = options.has("features") || options.has("timeless") ? .cox : .kaplanMeier
    guard let name = step.methods.first else {
      useDefault("using = \(natural.rawValue)")
      return natural
    }
    if step.methods.count > 1 {
      throw fail(.optionValue, at: step.methods[1].range, "PREDICT learns by one method", help: "USING \(name.text)")
    }
    if name.text == "survival" { return natural }
    guard let method = SurvivalPlan.Method(rawValue: name.text) else {
      let known = SurvivalPlan.Method.allCases.map(\.rawValue)
      throw fail(
        .optionValue, at: name.range, "PREDICT TIME TO has no method \(Names.quoted(name.text))",
        help: Suggestions.sentence(for: name.text, among: known.map { NameCandidate($0) })
          ?? "methods: \(known.joined(separator: ", "))")
    }
    return method
  }

  private func apply(_ options: Options, _ list: [Option], to plan: inout SurvivalPlan) throws(Failure) {
    if let confidence = try options.number("confidence", in: 0.5...0.9999) { plan.options.confidence = confidence }
    if let rho = try options.number("rho", in: 0...10) { plan.options.rho = rho }
    if let penalty = try options.number("penalty", in: 0...1e9) { plan.options.penalty = penalty }
    if let ties = try options.word("ties", SurvivalPlan.Ties.self) { plan.options.ties = ties }
    if let length = try options.length("every") {
      guard length > 0 else { throw options.wrong("every", "a length such as 7 DAYS") }
      plan.options.every = length
    }
    plan.options.renewals = try options.whole("renewals", in: 1...1_000)
    if let horizons = try options.numbers("horizons") {
      guard !horizons.isEmpty, horizons.allSatisfy({ $0 > 0 && $0 < 1e6 }), Set(horizons).count == horizons.count else {
        throw options.wrong("horizons", "numbers of days, each once: (30, 90)")
      }
      plan.options.horizons = horizons
    }
    if let word = try options.word("coefficients") {
      guard word == "true" || word == "false" else { throw options.wrong("coefficients", "true or false") }
      plan.options.listsCoefficients = word == "true"
    }
    for option in list where ["features", "timeless"].contains(option.name.text) {
      plan.options.features += try features(of: option, allowsText: false).map(\.feature)
    }
  }

  /// What one method takes and another has no use for is an error, and never silently left out.
  private func check(
    _ plan: SurvivalPlan, _ step: PredictStep, _ options: Options, at range: SourceRange
  ) throws(Failure) {
    let method = plan.method
    let uses: [String: [SurvivalPlan.Method]] = [
      "features": [.cox], "timeless": [.cox], "horizons": [.cox], "ties": [.cox], "penalty": [.cox],
      "coefficients": [.cox], "rho": [.logRank], "renewals": [.sbg], "every": [.kaplanMeier, .nelsonAalen, .sbg],
      "confidence": [.kaplanMeier, .nelsonAalen, .cox],
    ]
    for option in step.options {
      guard let methods = uses[option.name.text], !methods.contains(method) else { continue }
      throw fail(
        .optionValue, at: option.range, "\(option.name.text) says nothing to \(method.rawValue)",
        help: "it is for USING \(Names.list(methods.map(\.rawValue), word: "or"))")
    }
    if method == .cox, plan.options.features.isEmpty {
      throw fail(
        .optionValue, at: step.methods.first?.range ?? range, "cox explains how long it takes by features of users",
        help: "WITH features = (country = 'TR', count(visit)), or USING kaplan_meier BY country")
    }
    if method == .cox, let first = step.by.first {
      throw fail(
        .optionValue, at: first.range, "cox tells groups apart by features",
        help: "WITH features = (country = 'TR'), or a curve for each: USING kaplan_meier BY country")
    }
    if method == .logRank, step.by.isEmpty {
      throw fail(
        .optionValue, at: step.methods.first?.range ?? range, "log_rank compares groups", help: "write BY country")
    }
    if let why = step.why, !plan.isPerUser {
      throw fail(.optionValue, at: why.range, "WHY gives reasons of single users, and this is a summary")
    }
    if let name = step.name, method == .logRank || plan.options.listsCoefficients {
      throw fail(.optionValue, at: name.range, "AS names the column of a prediction, and this table has none")
    }
  }
}
