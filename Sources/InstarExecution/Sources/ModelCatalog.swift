import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// SHOW MODELS and DESCRIBE MODEL: definitions and their versions.
struct ModelCatalog {
  let environment: QueryEnvironment

  /// One row for each version, and one for each model that was never trained.
  func rows(in snapshot: borrowing Snapshot) throws -> [[Value]] {
    var rows: [[Value]] = []
    for entry in try StoredDefinitions.all(in: snapshot) where entry.kind == .model {
      let numbers = try ModelVersions.numbers(entry.name, in: snapshot)
      if numbers.isEmpty {
        let nothing = [Value](repeating: .missing, count: 6)
        rows.append([.text(entry.name), .missing, .text("defined")] + nothing + [.text(entry.statement)])
      }
      for number in numbers { rows.append(try row(entry.name, number, in: snapshot)) }
    }
    return rows
  }

  private func row(_ name: String, _ number: Int, in snapshot: borrowing Snapshot) throws -> [Value] {
    let version = try ModelVersions.read(ModelName(name, version: number), in: snapshot)
    return [
      .text(name), .integer(Int64(number)), .text(try state(name, version, in: snapshot)),
      .time(version.model.trainedTo),
      .integer(Int64(version.model.rows)), .integer(Int64(version.model.positives)), Value(version.model.quality?.auc),
      Value(version.model.quality?.recencyAUC), .text(version.data), .text(version.definition),
    ]
  }

  private func state(_ name: String, _ version: ModelVersion, in snapshot: borrowing Snapshot) throws -> String {
    if version.erasures < environment.schema.commit.erasures { return "stale" }
    return try ModelVersions.activeNumber(name, in: snapshot) == version.number ? "active" : "ready"
  }

  /// What a version learnt, from what, and how well; nothing where the name is no trained model.
  func description(_ model: ModelName, in snapshot: borrowing Snapshot) throws -> [[Value]] {
    let active = try ModelVersions.activeNumber(model.name, in: snapshot)
    guard let number = try model.version ?? active ?? ModelVersions.numbers(model.name, in: snapshot).last else {
      return []
    }
    let version = try ModelVersions.read(ModelName(model.name, version: number), in: snapshot)
    let trained = version.model
    let time = TimeFormatter(zone: environment.calendar.zone, precision: .days)
    var lines = [
      ("version", "\(number) (\(try state(model.name, version, in: snapshot)))"), ("trained by", version.definition),
      ("method", trained.predictor.methodName), ("trained to", time.text(trained.trainedTo)), ("data", version.data),
      ("rows", "\(trained.rows) of \(trained.users) users, \(trained.positives) positive"),
      ("anchors", trained.anchors.map(time.text).joined(separator: ", ")),
    ]
    for (place, quality) in trained.qualities.enumerated() {
      lines.append(("judged at", quality.judged.map(time.text).joined(separator: ", ")))
      lines.append(("rows judged", "\(quality.rows), \(quality.positives) positive"))
      if quality.positives < LoyaltyFormula.leastPositives {
        lines.append(("evidence", "not enough: fewer than \(LoyaltyFormula.leastPositives) positives"))
        continue
      }
      for (metric, value, baseline) in quality.lines {
        let text = value.map(rounded) ?? "undefined"
        lines.append((metric, text + (baseline.map { " (baseline \(rounded($0)))" } ?? "")))
      }
      if place == 0 { lines += ModelChart(quality).lines }
    }
    for (feature, weight) in trained.predictor.importances().prefix(10) {
      lines.append(("weight of \(feature)", rounded(weight)))
    }
    let definition = Resolver.predictionModel(version.definition, in: try StoreCatalog(snapshot))
    lines += DroppedFeature.lines(trained, try? definition.get(), environment.schema)
    return lines.map { [.text($0.0), .text($0.1)] }
  }

  private func rounded(_ value: Double) -> String { "\((value * 10_000).rounded() / 10_000)" }
}
