import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// The scores that every store has, as models in the language: a model that is defined under the name replaces them.
struct PreludeScore {
  let environment: QueryEnvironment
  let name: String

  /// The scores that are models.
  static let names = ["loyalty", "purchase_probability", "churn_risk", "p_alive", "ltv_365"]
  /// Those that the formula for small stores stands for.
  private static let formulas: Set<String> = ["loyalty", "purchase_probability", "churn_risk"]

  /// The definition of the score in this store at the moment.
  ///
  /// - Throws: ``ExecutionError`` where the goal is not known, or no score has the name.
  func definition() throws -> String {
    guard Self.names.contains(name) else {
      throw ExecutionError("E0407", "no score is named \(name)", help: "SHOW ATTRIBUTES lists the scores")
    }
    if name == "churn_risk" {
      return "DEFINE MODEL churn_risk AS SEGMENT users WHERE did event IN LAST 60 DAYS "
        + "PREDICT did not event IN NEXT 30 DAYS USING logistic;"
    }
    guard let goal = environment.settings.goalEvent, environment.schema.eventType(goal) != nil else {
      throw ExecutionError(
        "E0406", "\(name) needs to know which event is the goal",
        help: "SET GOAL EVENT purchase; with the event's name")
    }
    let event = Self.quoted(goal)
    let buyers = "DEFINE MODEL \(name) AS SEGMENT users WHERE did \(event) "
    switch name {
    case "loyalty":
      let days = AnchorSchedule.loyaltyDays(firstEvent: environment.range.lowerBound, moment: environment.moment)
      return buyers + "PREDICT did \(event) AT LEAST 2 TIMES IN NEXT \(days) DAYS USING logistic;"
    case "p_alive": return buyers + "PREDICT count(\(event) IN NEXT 30 DAYS) USING mbgnbd;"
    case "ltv_365": return buyers + "PREDICT sum(\(event).amount IN NEXT 365 DAYS) USING mbgnbd;"
    default: return "DEFINE MODEL \(name) AS PREDICT did \(event) IN NEXT 30 DAYS USING logistic;"
    }
  }

  private static func quoted(_ name: String) -> String {
    "'" + name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// The score of each user, indexed by user; missing outside the population.
  func column(in snapshot: borrowing Snapshot) throws -> Column {
    let own = try StoredDefinitions.all(in: snapshot).last { $0.kind == .model && $0.name == name }
    if own != nil, try ModelVersions.activeNumber(name, in: snapshot) != nil {
      let provider = StoredModelProvider(environment: environment)
      let (trained, model, text) = try provider.model(ModelName(name), in: snapshot)
      return try column(trained, model, text, in: snapshot)
    }
    if let own {
      let model = try model(own.statement, in: snapshot)
      return try column(try environment.trained(model, in: snapshot), model, name, in: snapshot)
    }
    switch try fitted(in: snapshot) {
    case .trained(let trained, let model): return try column(trained, model, "\(name)@1", in: snapshot)
    case .formula(_, let reason) where !Self.formulas.contains(name):
      environment.log.add(line: "\(name) has no value: \(reason)")
      return scattered([], snapshot.userCount)
    case .formula(let model, let reason): return try formula(model, reason, in: snapshot)
    }
  }

  private enum Fitted {
    case trained(TrainedModel, PredictionModel)
    /// Why nothing could be trained.
    case formula(PredictionModel, String)
  }

  /// The score's own model, trained at first use and kept in the store.
  private func fitted(in snapshot: borrowing Snapshot) throws -> Fitted {
    let statement = try definition()
    var model = try model(statement, in: snapshot)
    if name == "p_alive" {
      model.kind = .alive
      model.text = "whether there will ever be another \(model.subject.text)"
    }
    let learnt = model
    let schema = environment.schema
    do {
      let trained = try environment.model(
        name, key: environment.modelKey(at: environment.moment, "5 " + StoredModels.digest(statement)), in: snapshot,
        decode: { bytes in
          var reader = ByteReader(bytes.span.bytes)
          return try? TrainedModel(
            &reader, name: ModelName(name, version: 1), definition: { learnt }, schema: { schema })
        },
        encode: { trained in
          var writer = ByteWriter()
          trained.write(to: &writer)
          return writer.bytes
        }, fit: { try ModelTraining(environment: environment, model: learnt).run(in: snapshot) })
      return .trained(trained, learnt)
    } catch let error as ExecutionError where error.code == "E0408" {
      return .formula(model, error.message)
    }
  }

  private func model(_ statement: String, in snapshot: borrowing Snapshot) throws -> PredictionModel {
    switch Resolver.predictionModel(statement, in: try StoreCatalog(snapshot)) {
    case .success(let found): return found
    case .failure(let failure): throw failure
    }
  }

  private func column(
    _ trained: TrainedModel, _ model: PredictionModel, _ text: String, in snapshot: borrowing Snapshot
  ) throws -> Column {
    environment.log.add(line: ModelReport(environment: environment, model: model).line(trained, name: text))
    let plan = PlanText(try StoreCatalog(snapshot)).key(model)
    let key = environment.modelKey(at: environment.moment, "scores \(text) \(StoredModels.digest(plan))")
    return try environment.models.value(key) {
      let scan = FeatureScan(environment: environment, model: model, specification: trained.specification)
      let predictor = trained.predictor
      let parts = try scan.map(in: snapshot) { ($0.users, predictor.predictions($0.features)) }
      return scattered(parts, snapshot.userCount)
    }
  }

  /// The published formula, for stores with too little to learn from.
  private func formula(_ model: PredictionModel, _ reason: String, in snapshot: borrowing Snapshot) throws -> Column {
    environment.log.add(line: "\(name) formula v1, untrained (\(reason))")
    let specification = FeatureSpecification(model, schema: environment.schema)
    let rows = try FeatureScan(environment: environment, model: model, specification: specification).run(in: snapshot)
    let places = ["frequency", "recency", "gap_median", "tenure"].compactMap { rows.features.names.firstIndex(of: $0) }
    precondition(places.count == 4, "the features of rhythm hold what the formula needs")
    var cycles = (0..<rows.features.rowCount).map { rows.features[$0, places[2]] }.filter { !$0.isNaN }
    let typical = cycles.isEmpty ? 30 : Quantiles.median(&cycles)
    let values = (0..<rows.features.rowCount).map { row -> Double in
      let tenure = rows.features[row, places[3]]
      let recency = rows.features[row, places[1]]
      let cycle = rows.features[row, places[2]]
      let loyalty = LoyaltyFormula.loyalty(
        frequency: rows.features[row, places[0]], recency: recency.isNaN ? tenure : recency,
        cycle: cycle.isNaN ? typical : cycle, tenure: tenure)
      return model.isAbsence ? 1 - loyalty : loyalty
    }
    return scattered([(rows.users, values)], snapshot.userCount)
  }

  private func scattered(_ parts: [(users: [UInt32], values: [Double])], _ count: Int) -> Column {
    var all = [Double](repeating: 0, count: count)
    var present = [UInt8](repeating: 0, count: count)
    for part in parts {
      for (user, value) in zip(part.users, part.values) {
        all[Int(user)] = value
        present[Int(user)] = 1
      }
    }
    return Column(name, type: .real, values: .reals(all), present: present.contains(0) ? present : [])
  }

  /// The lines of DESCRIBE of a score.
  func description(in snapshot: borrowing Snapshot) throws -> [(String, String)] {
    let own = try StoredDefinitions.all(in: snapshot).contains { $0.kind == .model && $0.name == name }
    if own { return [] }
    let lines = [("range", name == "ltv_365" ? "money" : "0 to 1"), ("definition", try definition())]
    switch try fitted(in: snapshot) {
    case .trained(let trained, let model):
      let count = trained.specification.names.count
      let report = ModelReport(environment: environment, model: model)
      let formula =
        trained.predictor.isClosedForm
        ? trained.predictor.importances().map { "\($0.feature) \($0.weight)" }.joined(separator: ", ")
        : "1/(1+exp(-(x.beta+alpha))) over \(count) features as of the moment"
      return lines + [
        ("formula", formula), ("model", report.line(trained, name: "\(name)@1")),
      ]
    case .formula(_, let reason) where !Self.formulas.contains(name): return lines + [("model", "none: \(reason)")]
    case .formula(_, let reason): return lines + [("model", "\(name) formula v1, untrained (\(reason))")]
    }
  }
}
