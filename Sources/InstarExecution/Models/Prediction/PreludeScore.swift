import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// The scores that every store has, as models in the language: a model that is defined under the name replaces them.
struct PreludeScore {
  let environment: QueryEnvironment
  let name: String

  /// The definition of a score of the prelude, `nil` for other names.
  static func definition(_ name: String, goal: String) -> String? {
    switch name {
    case "purchase_probability": "DEFINE MODEL purchase_probability AS PREDICT did \(quoted(goal)) IN NEXT 30 DAYS;"
    case "churn_risk":
      "DEFINE MODEL churn_risk AS SEGMENT users WHERE did event IN LAST 60 DAYS PREDICT did not event IN NEXT 30 DAYS;"
    default: nil
    }
  }

  private static func quoted(_ name: String) -> String {
    "'" + name.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''") + "'"
  }

  /// The score of each user, indexed by user; missing outside the population.
  ///
  /// - Returns: `nil` for a name that no model has.
  func column(in snapshot: borrowing Snapshot) throws -> Column? {
    let catalog = try StoreCatalog(snapshot)
    let own = catalog.definitions.last { $0.kind == .model && $0.name == name }
    let goal = environment.settings.goalEvent ?? "event"
    guard let statement = own?.statement ?? Self.definition(name, goal: goal) else { return nil }
    if own != nil, try ModelVersions.activeNumber(name, in: snapshot) != nil {
      let provider = StoredModelProvider(environment: environment)
      let (trained, model, text) = try provider.model(ModelName(name), in: snapshot)
      return try column(trained, model, text, in: snapshot)
    }
    let model: PredictionModel
    switch Resolver.predictionModel(statement, in: catalog) {
    case .success(let found): model = found
    case .failure(let failure): throw failure
    }
    do {
      return try column(try environment.trained(model, in: snapshot), model, name, in: snapshot)
    } catch let error as ExecutionError where error.code == "E0408" && own == nil {
      return try formula(model, error.message, in: snapshot)
    }
  }

  private func column(
    _ trained: TrainedModel, _ model: PredictionModel, _ text: String, in snapshot: borrowing Snapshot
  )
    throws -> Column
  {
    environment.log.add(line: ModelReport(environment: environment, model: model).line(trained, name: text))
    let key = "scores \(environment.schema.commit.digestText) \(environment.moment) \(text) \(model.hashValue)"
    return try environment.models.value(key) {
      let scan = FeatureScan(environment: environment, model: model, specification: trained.specification)
      let rows = try scan.run(in: snapshot)
      return scattered(rows.users, trained.classifier.probabilities(rows.features), snapshot.userCount)
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
    return scattered(rows.users, values, snapshot.userCount)
  }

  private func scattered(_ users: [UInt32], _ values: [Double], _ count: Int) -> Column {
    var all = [Double](repeating: 0, count: count)
    var present = [UInt8](repeating: 0, count: count)
    for (user, value) in zip(users, values) {
      all[Int(user)] = value
      present[Int(user)] = 1
    }
    return Column(name, type: .real, values: .reals(all), present: present.contains(0) ? present : [])
  }
}
