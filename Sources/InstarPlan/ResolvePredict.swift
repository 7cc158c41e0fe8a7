internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

/// PREDICT: the population in front, a target in the future, a method.
extension Resolution {
  func predict(_ tree: PredictStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    guard builder.scope.hasUser, builder.scope.rows == .users || builder.scope.rows == .table else {
      throw fail(
        .noUsers, at: range, "PREDICT looks into the future of users, and these are \(builder.scope.rowsPhrase)",
        help: "write SEGMENT users WHERE .. PREDICT ..")
    }
    if case .timeTo(let event) = tree.target { return try predictTime(to: event, tree, at: range, in: &builder) }
    var plan: PredictPlan
    if case .model(let reference) = tree.target {
      plan = try storedModel(reference, tree)
    } else {
      plan = PredictPlan(model: try model(tree, of: population(builder, at: range), at: range))
    }
    if let name = tree.name { plan.column = name.text }
    plan.why = try reasons(tree.why)
    plan.by = try breakdown(tree.by, in: builder.scope)
    if let why = tree.why, !plan.by.isEmpty {
      throw fail(.optionValue, at: why.range, "WHY gives reasons of single users, and BY sums them up")
    }
    let columns = plan.by.isEmpty ? builder.scope.columns + plan.columns : plan.columns
    try checkDistinct(columns, at: range)
    builder.append(.predict(plan))
    builder.becomeTable(columns, hasUser: plan.by.isEmpty, by: "PREDICT")
    builder.plan.shape = .table
  }

  /// How many reasons WHY asks for; `nil` without it.
  func reasons(_ tree: WhyClause?) throws(Failure) -> Int? {
    try optional(tree) { why throws(Failure) in
      try optional(why.count) { number throws(Failure) in try count(number) } ?? 3
    }
  }

  /// Values of users, by which predictions are summed up.
  private func breakdown(_ trees: [Syntax.Bucket], in scope: Scope) throws(Failure) -> [Bucket] {
    var users = Scope.users
    users.inlined = scope.added
    return try each(trees) { tree throws(Failure) in
      guard case .expression(let value) = tree.kind else {
        throw fail(
          .wrongRows, at: tree.range, "BY of PREDICT is a value of users, and this is a time",
          help: "BY country, stage")
      }
      let resolved = try expression(value, in: users)
      try checkAnyMoment(resolved, "BY of PREDICT", at: tree.range)
      return Bucket(.expression(resolved), name: tree.name?.text ?? columnName(value))
    }
  }

  /// A model by name: the columns are those of its definition, which also says what is learnt.
  private func storedModel(_ reference: ModelReference, _ tree: PredictStep) throws(Failure) -> PredictPlan {
    guard tree.methods.isEmpty, tree.options.isEmpty else {
      throw fail(
        .unknownOption, at: reference.range,
        "the definition of \(Names.quoted(reference.name.text)) says how it learns",
        help: "DEFINE MODEL \(Names.quoted(reference.name.text)) AS .. again with other clauses")
    }
    let (model, name) = try self.model(named: reference)
    return PredictPlan(model: model, stored: name, column: name.name)
  }

  /// A defined model, with the version that the reference names.
  func model(named reference: ModelReference) throws(Failure) -> (PredictionModel, ModelName) {
    let version = try optional(reference.version) { number throws(Failure) in try count(number) }
    return try model(named: reference.name, version: version)
  }

  /// The version that a reference names, whatever the model does.
  func modelName(_ reference: ModelReference) throws(Failure) -> ModelName {
    guard try recommendationModel(named: reference.name) != nil else { return try model(named: reference).1 }
    let version = try optional(reference.version) { number throws(Failure) in try count(number) }
    return ModelName(reference.name.text, version: version)
  }

  func model(named word: Name, version: Int? = nil) throws(Failure) -> (PredictionModel, ModelName) {
    guard let definition = names.definition(.model, word.text) else {
      throw fail(
        .unknownDefinition, at: word.range, "no model named \(Names.quoted(word.text))",
        help: Suggestions.sentence(for: word.text, among: names.candidates(.model))
          ?? "DEFINE MODEL \(Names.quoted(word.text)) AS SEGMENT users WHERE .. PREDICT did .. IN NEXT 30 DAYS")
    }
    if try recommendationModel(named: word) != nil {
      let name = Names.quoted(word.text)
      throw fail(
        .modelTarget, at: word.range, "the model \(name) recommends and predicts nothing",
        help: "RECOMMEND 10 USING \(name), or EVALUATE RECOMMEND 10 USING \(name)")
    }
    let model = try inlined(definition, at: word.range) { (inner, body) throws(Failure) in
      guard case .model(_, let tree) = body else {
        throw inner.fail(.brokenDefinition, at: nil, "not a definition of a model")
      }
      return try inner.model(tree)
    }
    return (model, ModelName(word.text, version: version))
  }

  /// `[SEGMENT population [WHERE ..]] PREDICT ..` of a definition or of EVALUATE.
  func model(_ tree: ModelDefinition) throws(Failure) -> PredictionModel {
    guard case .predict(let step) = tree.task else {
      throw fail(
        .modelTarget, at: tree.range, "this model recommends and predicts nothing",
        help: "write PREDICT did .. IN NEXT 30 DAYS")
    }
    if case .model(let reference) = step.target {
      throw fail(
        .modelTarget, at: reference.range, "a model cannot be defined by another",
        help: "write its target: PREDICT did .. IN NEXT 30 DAYS")
    }
    return try model(step, of: population(tree), at: tree.range)
  }

  // MARK: Population

  /// `SEGMENT population [WHERE ..]` of a definition or of EVALUATE; without it all users.
  func population(_ tree: ModelDefinition) throws(Failure) -> ChainBox {
    let source = try optional(tree.population) { name throws(Failure) in try segmentSource(name) }
    var builder = ChainBuilder(self, source: source ?? .users(nil), scope: .users)
    if let condition = tree.condition {
      builder.append(.filter(try self.condition(condition, in: builder.scope)))
    }
    return try population(builder, at: tree.range)
  }

  /// The chain in front, which must hold at any moment: conditions on users, and no score among them.
  func population(_ builder: ChainBuilder, at range: SourceRange) throws(Failure) -> ChainBox {
    var conditions: [Expression] = []
    switch builder.plan.source {
    case .users(let condition): conditions += condition.map { [$0] } ?? []
    case .snapshot: break
    default: throw fixedPopulation(range)
    }
    for step in builder.plan.steps {
      switch step {
      case .filter(let condition): conditions.append(condition)
      case .add(let columns): conditions += columns.map(\.expression)
      default: throw fixedPopulation(range)
      }
    }
    for condition in conditions { try checkAnyMoment(condition, "the population of a model", at: range) }
    return ChainBox(builder.plan)
  }

  private func fixedPopulation(_ range: SourceRange) -> Failure {
    fail(
      .modelPopulation, at: range,
      "the users in front of PREDICT must be given by conditions, which hold at any moment",
      help: "write SEGMENT users WHERE .. PREDICT ..; a model that is defined scores the users of any table")
  }

  /// Scores would lead from one model to the next; an analysis has dates of its own.
  func checkAnyMoment(_ expression: Expression, _ place: String, at range: SourceRange) throws(Failure) {
    switch expression.node {
    case .score(let name, _, _):
      throw fail(
        .modelPopulation, at: range, "\(place) cannot use the score \(name): models do not learn from models",
        help: "use what it stands for: did .., recency, frequency; filter by \(name) after PREDICT")
    case .chainMember: throw fixedPopulation(range)
    case .overRows, .aggregate: throw fixedPopulation(range)
    case .measure, .sequence: try checkNoExposure(expression, in: place, at: range)
    default: break
    }
    for operand in expression.operands { try checkAnyMoment(operand, place, at: range) }
  }

  // MARK: Target and method

  private func model(_ tree: PredictStep, of population: ChainBox, at range: SourceRange) throws(Failure)
    -> PredictionModel
  {
    var model: PredictionModel
    switch tree.target {
    case .condition(let condition): model = try future(condition, of: population)
    case .measure(let call): model = try futureNumber(call, of: population)
    case .timeTo: throw unavailable(.storedTime, at: range)
    case .model: preconditionFailure("a model by name is resolved by its definition")
    }
    model.method = try method(tree.methods, for: model)
    try apply(tree.options, to: &model)
    if let anchor = model.anchor {
      model.text += " from each \(anchor.text)"
      if model.method.isClosedForm {
        throw fail(
          .optionValue, at: tree.methods.first?.range,
          "\(model.method.rawValue) reads the purchases as they are now, and an anchor is a moment of the past",
          help: "leave anchor out, or USING boosting")
      }
    }
    model.absences = inventions.absences
    return model
  }

  /// A number of the events of a window IN NEXT: `sum(purchase.amount IN NEXT 180 DAYS)`.
  private func futureNumber(_ tree: Call, of population: ChainBox) throws(Failure) -> PredictionModel {
    looksAhead = true
    defer { looksAhead = false }
    let target = try call(tree, in: .users)
    guard case .measure(let measure) = target.node, target.type.isNumber,
      [.count, .rows, .sum, .days, .distinct].contains(measure.function)
    else {
      throw fail(
        .modelTarget, at: tree.range, "PREDICT needs a number that grows with what users will do",
        help: "write PREDICT sum(purchase.amount IN NEXT 180 DAYS), or count, rows, days, distinct")
    }
    guard case .next(let horizon) = measure.window else {
      throw fail(
        .modelTarget, at: tree.range, "the target of PREDICT lies in the future",
        help: "write IN NEXT 180 DAYS inside the brackets")
    }
    try checkNoExposure(target, in: "a target", at: tree.range)
    var subject = measure.events
    (subject.ordinal, subject.then) = (nil, nil)
    var model = PredictionModel(
      population: population, target: target, subject: subject, isAbsence: false, horizon: horizon, kind: .number,
      text: text(at: tree.range))
    if measure.function == .count {
      (model.kind, model.isRepeat) = (.count, true)
    } else if measure.function == .sum, case .event(.amount)? = measure.value?.node {
      (model.kind, model.isRepeat) = (.money, true)
    }
    return model
  }

  /// A condition whose window is IN NEXT.
  func future(_ tree: Syntax.Expression, of population: ChainBox) throws(Failure) -> PredictionModel {
    guard case .did(let did) = tree.kind else {
      throw fail(
        .modelTarget, at: tree.range, "PREDICT needs what users will do",
        help: "write PREDICT did purchase IN NEXT 30 DAYS")
    }
    guard case .next(let span) = did.window?.kind else {
      throw fail(
        .modelTarget, at: did.window?.range ?? tree.range, "the target of PREDICT lies in the future",
        help: "write IN NEXT 30 DAYS behind it")
    }
    looksAhead = true
    defer { looksAhead = false }
    let target = try expression(tree, in: .users)
    try checkNoExposure(target, in: "a target", at: tree.range)
    return PredictionModel(
      population: population, target: target, subject: try subject(did.subject), isAbsence: did.isNegated,
      horizon: try duration(span), isRepeat: isOnce(target), text: text(at: tree.range))
  }

  /// Whether a condition is that an event happens at all, or its negation.
  private func isOnce(_ target: Expression) -> Bool {
    switch target.node {
    case .not(let inner): return isOnce(inner)
    case .binary(let symbol, let left, let right):
      guard case .measure(let measure) = left.node, measure.function == .count,
        case .literal(let bound) = right.node
      else { return false }
      return switch symbol {
      case .greaterOrEqual: bound == .integer(1)
      case .equal: bound == .integer(0)
      case .greater: bound == .integer(0)
      case .less: bound == .integer(1)
      default: false
      }
    default: return false
    }
  }

  /// The events that the target asks for; of a chain those of all steps.
  private func subject(_ tree: DidPredicate.Subject) throws(Failure) -> EventPattern {
    switch tree {
    case .event(let event):
      var pattern = try reference(event)
      (pattern.ordinal, pattern.then) = (nil, nil)
      return pattern
    case .sequence(let tree):
      let steps = try sequence(tree).steps.filter { $0.mode != .not }
      let patterns = steps.flatMap(\.events)
      return EventPattern(alternatives: patterns.flatMap(\.alternatives), text: Names.list(patterns.map(\.text)))
    }
  }

  private func method(_ methods: [Name], for model: PredictionModel) throws(Failure) -> PredictionModel.Method {
    guard let name = methods.first else {
      useDefault("using = auto")
      return .auto
    }
    if methods.count > 1 {
      throw fail(.optionValue, at: methods[1].range, "PREDICT learns by one method", help: "write USING \(name.text)")
    }
    guard let method = PredictionModel.Method(rawValue: name.text) else {
      if name.text == "survival" || SurvivalPlan.Method(rawValue: name.text) != nil {
        throw fail(
          .optionValue, at: name.range, "\(name.text) speaks of the time to an event",
          help: "PREDICT TIME TO purchase USING \(name.text)")
      }
      let known = PredictionModel.Method.allCases.map(\.rawValue)
      throw fail(
        .optionValue, at: name.range, "PREDICT has no method \(Names.quoted(name.text))",
        help: Suggestions.sentence(for: name.text, among: known.map { NameCandidate($0) })
          ?? "methods: \(known.joined(separator: ", "))")
    }
    if method.isClosedForm, !model.isRepeat {
      throw fail(
        .optionValue, at: name.range,
        "\(name.text) answers whether or how often an event comes again, and what it brings, and nothing else",
        help: "PREDICT did purchase IN NEXT 30 DAYS, count(purchase IN NEXT ..) or sum(purchase.amount IN NEXT ..)")
    }
    if method == .logistic, model.kind != .condition {
      throw fail(
        .optionValue, at: name.range, "logistic gives probabilities, and the target is a number",
        help: "USING boosting, ridge, tree, forest; for events that repeat also mbgnbd, bgnbd, paretonbd")
    }
    if method == .ridge, model.kind == .condition {
      throw fail(
        .optionValue, at: name.range, "ridge gives numbers, and the target is a condition",
        help: "USING logistic; ridge is for count(purchase IN NEXT ..), sum(purchase.amount IN NEXT ..)")
    }
    return method
  }

  // MARK: Options

  private static let optionNames = [
    "anchor", "solver", "penalty", "seed", "every", "history", "holdout", "promote", "features", "timeless",
  ]

  func apply(_ list: [Option], to model: inout PredictionModel) throws(Failure) {
    let lists = ["features", "timeless"]
    let options = try Options(list, of: "PREDICT", allowed: Self.optionNames, in: self)
    if let word = try options.word("anchor") { model.anchor = try anchor(word, options) }
    for option in list where lists.contains(option.name.text) {
      for (feature, property) in try features(of: option, allowsText: true) {
        if let property { model.options.timeless.append(property) } else { model.options.features.append(feature) }
      }
    }
    if let solver = try options.word("solver", PredictionModel.Solver.self) { model.options.solver = solver }
    if let penalty = try options.number("penalty", in: 0...1e9) { model.options.penalty = penalty }
    if let seed = try options.number("seed", in: 0...9e15) { model.options.seed = UInt64(seed) }
    if let promotion = try options.word("promote", PredictionModel.Promotion.self) {
      model.options.promotion = promotion
    }
    if let length = try options.length("every") { model.options.every = length }
    if let length = try options.length("history") { model.options.history = length }
    if let length = try options.length("holdout") { model.options.holdout = length }
    if model.options.every == 0 { throw options.wrong("every", "a length such as 7 DAYS") }
  }

  /// `anchor = loan_approved`: an event of the log, or one that is defined.
  func anchor(_ word: String, _ options: Options) throws(Failure) -> EventPattern {
    let events = try pattern(event: word, filter: nil, at: options.range("anchor"))
    guard !events.mentionsAbsence else { throw options.wrong("anchor", "an event of the log, and no absence") }
    return events
  }

  /// `features = (recency, aov)` and `timeless = (age)`: numbers and conditions of users, of the second with the property
  /// that it vouches for.
  func features(of option: Option, allowsText: Bool) throws(Failure) -> [(feature: NamedExpression, property: UInt16?)]
  {
    let trees: [Syntax.Expression] =
      switch option.value {
      case .expression(let value): [value]
      case .list(let values): values
      }
    return try each(trees) { tree throws(Failure) in
      let value = try expression(tree, in: .users)
      try checkAnyMoment(value, "a feature", at: tree.range)
      let isTimeless = option.name.text == "timeless"
      guard value.type.isNumber || value.type == .boolean || (isTimeless && allowsText && value.type == .text) else {
        throw fail(
          .optionValue, at: tree.range, "a feature is a number or a condition, and this is \(value.type.phrase)",
          help: value.type == .text
            ? "ask for one value: \(text(at: tree.range)) = 'x'" : "of a time write the days since: recency(..)")
      }
      guard isTimeless else {
        warnOfUndated(value)
        return (NamedExpression(columnName(tree), value), nil)
      }
      guard case .userProperty(let property, _) = value.node else {
        throw fail(
          .optionValue, at: tree.range, "timeless names properties of users", help: "timeless = (age, income)")
      }
      return (NamedExpression(columnName(tree), value), property)
    }
  }

  /// A property without dates may have been written after the anchors at which it is read.
  private func warnOfUndated(_ value: Expression) {
    if case .userProperty(let id, _) = value.node, let property = catalog.properties.first(where: { $0.id == id }),
      !property.isDated
    {
      warn(.undatedProperty, "\(property.name) has no dates: one value stands for all moments")
    }
    for operand in value.operands { warnOfUndated(operand) }
  }
}
