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
    var plan: PredictPlan
    if case .model(let reference) = tree.target {
      plan = try storedModel(reference, tree)
    } else {
      plan = PredictPlan(model: try model(tree, of: population(builder, at: range), at: range))
    }
    if let name = tree.name { plan.column = name.text }
    plan.why = try optional(tree.why) { why throws(Failure) in
      try optional(why.count) { number throws(Failure) in try count(number) } ?? 3
    }
    let columns = builder.scope.columns + plan.columns
    try checkDistinct(columns, at: range)
    builder.append(.predict(plan))
    builder.becomeTable(columns, hasUser: true, by: "PREDICT")
    builder.plan.shape = .table
  }

  /// A model by name: the columns are those of its definition, which also says what is learnt.
  private func storedModel(_ reference: ModelReference, _ tree: PredictStep) throws(Failure) -> PredictPlan {
    guard tree.by.isEmpty, tree.methods.isEmpty, tree.options.isEmpty else {
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
  private func population(_ builder: ChainBuilder, at range: SourceRange) throws(Failure) -> ChainBox {
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
    case .measure, .sequence:
      if expression.mentionsAbsence { throw unavailable(.absenceInModel, at: range) }
    default: break
    }
    for operand in expression.operands { try checkAnyMoment(operand, place, at: range) }
  }

  // MARK: Target and method

  private func model(_ tree: PredictStep, of population: ChainBox, at range: SourceRange) throws(Failure)
    -> PredictionModel
  {
    if !tree.by.isEmpty { throw unavailable(.predictBy, at: range) }
    var model: PredictionModel
    switch tree.target {
    case .condition(let condition): model = try future(condition, of: population)
    case .measure(let call): model = try futureNumber(call, of: population)
    case .timeTo: throw unavailable(.predictTime, at: range)
    case .model: preconditionFailure("a model by name is resolved by its definition")
    }
    model.method = try method(tree.methods, for: model)
    try apply(tree.options, to: &model)
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
    if target.mentionsAbsence { throw unavailable(.absenceInModel, at: tree.range) }
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

  /// Methods that the language has for other targets, or that this version does not run.
  private static let methodsToCome: Set<String> = [
    "kaplan_meier", "nelson_aalen", "log_rank", "cox", "sbg", "ridge", "survival",
  ]

  private func method(_ methods: [Name], for model: PredictionModel) throws(Failure) -> PredictionModel.Method {
    guard let name = methods.first else {
      useDefault("using = auto")
      return .auto
    }
    if methods.count > 1 {
      throw fail(.optionValue, at: methods[1].range, "PREDICT learns by one method", help: "write USING \(name.text)")
    }
    guard let method = PredictionModel.Method(rawValue: name.text) else {
      if Self.methodsToCome.contains(name.text) { throw unavailable(.predictMethod, at: name.range) }
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
        help: "USING boosting, tree, forest; for events that repeat also mbgnbd, bgnbd, paretonbd")
    }
    return method
  }

  // MARK: Options

  private static let optionNames = [
    "solver", "penalty", "seed", "every", "history", "holdout", "promote", "features", "timeless",
  ]

  func apply(_ list: [Option], to model: inout PredictionModel) throws(Failure) {
    let lists = ["features", "timeless"]
    let options = try Options(
      list, of: "PREDICT", allowed: Self.optionNames, unavailable: ["anchor": .predictAnchor], in: self)
    for option in list where lists.contains(option.name.text) {
      try apply(option, to: &model)
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

  /// `features = (recency, aov)` and `timeless = (age)`.
  private func apply(_ option: Option, to model: inout PredictionModel) throws(Failure) {
    let values: [Syntax.Expression] =
      switch option.value {
      case .expression(let value): [value]
      case .list(let values): values
      }
    for tree in values {
      let value = try expression(tree, in: .users)
      try checkAnyMoment(value, "a feature", at: tree.range)
      guard value.type.isNumber || value.type == .boolean else {
        throw fail(
          .optionValue, at: tree.range, "a feature is a number or a condition, and this is \(value.type.phrase)",
          help: value.type == .text
            ? "ask for one value: \(text(at: tree.range)) = 'x'" : "of a time write the days since: recency(..)")
      }
      if option.name.text == "timeless" {
        guard case .userProperty(let property, _) = value.node else {
          throw fail(
            .optionValue, at: tree.range, "timeless names properties of users", help: "timeless = (age, income)")
        }
        model.options.timeless.append(property)
      } else {
        model.options.features.append(NamedExpression(columnName(tree), value))
      }
    }
  }
}
