import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// TRAIN: fits a new version, and says what happened and why.
struct TrainSource {
  let environment: QueryEnvironment
  let plan: TrainPlan

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let trained = try ModelTraining(environment: environment, model: plan.model).run(in: snapshot)
    let number = (try ModelVersions.numbers(plan.name, in: snapshot).last ?? 0) + 1
    let (promoted, note) = try decide(trained, in: snapshot)
    let quality = trained.quality
    let row: [Value] = [
      .text(plan.name), .integer(Int64(number)), .text(promoted ? "active" : "ready"), .integer(Int64(trained.rows)),
      .integer(Int64(trained.users)), .integer(Int64(trained.positives)), Value(quality?.auc),
      Value(quality?.recencyAUC),
      Value(quality?["log_loss"].value), Value(quality?["log_loss"].baseline), .text(note),
    ]
    var outcome = QueryOutcome(table: Table(rows: [row], columns: TrainPlan.columns))
    let bytes = ModelVersions.bytes(trained, definition: plan.definition, environment.schema)
    outcome.effects = [.modelVersion(name: plan.name, bytes, promoted: promoted)]
    let report = ModelReport(environment: environment, model: plan.model)
    environment.log.add(line: report.line(trained, name: "\(plan.name)@\(number)"))
    for warning in report.warnings(trained) { environment.log.add(note: warning) }
    return outcome
  }

  /// Whether the version becomes the active one.
  private func decide(_ trained: TrainedModel, in snapshot: borrowing Snapshot) throws -> (Bool, String) {
    guard let number = try ModelVersions.activeNumber(plan.name, in: snapshot) else {
      return plan.model.options.promotion == .never ? (false, "promote = never") : (true, "the first version")
    }
    switch plan.model.options.promotion {
    case .always: return (true, "promote = always")
    case .never: return (false, "promote = never; \(plan.name)@\(number) stays active")
    case .ifBetter: break
    }
    let active = try ModelVersions.read(ModelName(plan.name, version: number), in: snapshot)
    let isNumber = plan.model.kind != .condition
    let figure = isNumber ? "mae" : "auc"
    guard let new = trained.quality?[figure].value, let old = active.model.quality?[figure].value else {
      return (false, "one of the two was not judged; PROMOTE \(plan.name)@\(number + 1) decides")
    }
    let words =
      "\(figure.uppercased()) \(rounded(new)) and \(plan.name)@\(number) had \(rounded(old)), each at its own held-out "
      + "moment"
    return (isNumber ? new < old : new > old) ? (true, "better: " + words) : (false, "not better: " + words)
  }

  private func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }
}

extension Value {
  init(_ number: Double?) { self = number.map(Value.real) ?? .missing }
}

extension Table {
  /// A small table of values.
  init(rows: [[Value]], columns: [PlanColumn]) {
    var builders = columns.map { ColumnBuilder($0.name, type: $0.type, unit: $0.unit) }
    for row in rows {
      precondition(row.count == builders.count, "one value for each column")
      for index in row.indices {
        builders[index].append(Vector(constant: row[index], type: columns[index].type), rows: 1)
      }
    }
    self.init(columns: builders.map { $0.finish() }, rowCount: rows.count)
  }
}
