import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// PREDICT: fits or reads the model, and gives each user of the table a probability, a decile and reasons.
struct PredictOperator {
  let environment: QueryEnvironment
  let plan: PredictPlan

  func run(_ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot) throws {
    let (trained, model, name) = try trained(in: snapshot)
    let report = ModelReport(environment: environment, model: model)
    environment.log.add(line: report.line(trained, name: name))
    for warning in report.warnings(trained) { environment.log.add(note: warning) }
    let table = outcome.table
    let users = Array(Set(table.users ?? [])).sorted()
    let scored = try scores(users, model, trained, in: snapshot)
    if plan.by.isEmpty {
      outcome.table.columns += columns(table, scored)
    } else {
      let groups = PredictionGroups(environment: environment, plan: plan, model: model)
      try groups.run(scored.users, scored.values, &outcome, in: snapshot)
    }
    let outside = users.count - scored.users.count
    if outside > 0 {
      let lack = model.anchor.map { " or have no \($0.text) whose window is open," } ?? ""
      outcome.notes.append("\(outside) users are outside the population of the model\(lack) and have no prediction")
    }
  }

  /// The model with what it learnt and its name: a stored version, or one fitted once for the same data and moment.
  private func trained(in snapshot: borrowing Snapshot) throws -> (TrainedModel, PredictionModel, String) {
    if let name = plan.stored {
      let provider = StoredModelProvider(environment: environment)
      return try provider.model(name, in: snapshot)
    }
    return (try environment.trained(plan.model, in: snapshot), plan.model, plan.column)
  }

  /// Users with their predictions, and their reasons where they are asked for.
  private struct Scored: Sendable {
    var users: [UInt32] = []
    var values: [Double] = []
    var reasons: [String] = []
    /// Where events are the anchors, the time of that of each user.
    var anchors: [Int64] = []
  }

  private func scores(
    _ users: [UInt32], _ model: PredictionModel, _ trained: TrainedModel, in snapshot: borrowing Snapshot
  ) throws -> Scored {
    let reasons = plan.why.map { ModelReasons(trained, model, count: $0, zone: environment.calendar.zone) }
    let scan = FeatureScan(
      environment: environment, model: model, specification: trained.specification, users: users, reasons: reasons)
    let parts = try scan.map(in: snapshot) { rows in
      Scored(
        users: rows.users, values: trained.predictor.predictions(rows.features),
        reasons: rows.reasons, anchors: rows.anchors)
    }
    return parts.reduce(into: Scored()) { all, part in
      all.users += part.users
      all.values += part.values
      all.reasons += part.reasons
      all.anchors += part.anchors
    }
  }

  // MARK: - Columns

  private func columns(_ table: Table, _ scored: Scored) -> [Column] {
    var places: [UInt32: Int] = [:]
    for (row, user) in scored.users.enumerated() { places[user] = row }
    let deciles = Ranking.groups(10, of: scored.values)
    let found = (table.users ?? []).map { places[$0] }
    let present = found.contains { $0 == nil } ? found.map { $0 == nil ? UInt8(0) : 1 } : []
    let values = found.map { $0.map { scored.values[$0] } ?? 0 }
    let tenths = found.map { $0.map { Int64(deciles[$0]) } ?? 0 }
    var columns = [
      Column(plan.column, type: .real, values: .reals(values), present: present),
      Column("decile", type: .integer, values: .integers(tenths), present: present),
    ]
    if plan.model.anchor != nil {
      // A version that was trained by an older definition may have had no anchor.
      let anchors = found.map { place in scored.anchors.isEmpty ? nil : place.map { scored.anchors[$0] } }
      columns.append(Column("anchor", type: .time, integers: anchors))
    }
    if plan.why != nil {
      let texts = found.map { $0.map { scored.reasons[$0] } ?? "" }
      columns.append(Column("why", type: .text, values: .texts(texts), present: present))
    }
    return columns
  }
}

/// Ranks and equal groups of numbers.
enum Ranking {
  /// The group from 1 to `count` of each value, `count` being the highest; equal values share the group of their middle
  /// rank.
  static func groups(_ count: Int, of values: [Double]) -> [Int] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var groups = [Int](repeating: 1, count: values.count)
    var first = 0
    while first < order.count {
      var end = first
      while end < order.count, values[order[end]] == values[order[first]] { end += 1 }
      // Ranks count from 1; the middle of first + 1 ... end, less one half.
      let middle = Double(first + end) / 2
      let group = min(count, 1 + Int(Double(count) * middle / Double(values.count)))
      for index in first..<end { groups[order[index]] = group }
      first = end
    }
    return groups
  }
}
