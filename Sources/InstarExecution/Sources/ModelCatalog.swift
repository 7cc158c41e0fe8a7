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
    if let version = try recommending(name, number, in: snapshot) {
      return [
        .text(name), .integer(Int64(number)), .text(try state(name, number, version.erasures, in: snapshot)),
        .time(version.trainedTo), .integer(Int64(version.interactions)), .missing, .missing, .missing,
        .text(version.data), .text(version.definition),
      ]
    }
    let version = try ModelVersions.read(ModelName(name, version: number), in: snapshot)
    return [
      .text(name), .integer(Int64(number)), .text(try state(name, number, version.erasures, in: snapshot)),
      .time(version.model.trainedTo),
      .integer(Int64(version.model.rows)), .integer(Int64(version.model.positives)), Value(version.model.quality?.auc),
      Value(version.model.quality?.recencyAUC), .text(version.data), .text(version.definition),
    ]
  }

  /// The version where it is one that recommends.
  private func recommending(
    _ name: String, _ number: Int, in snapshot: borrowing Snapshot
  ) throws -> RecommendationVersion? {
    let model = ModelName(name, version: number)
    guard RecommendationVersion.isOne(try ModelVersions.payload(model, in: snapshot).bytes) else { return nil }
    return try RecommendationVersion.read(model, in: snapshot)
  }

  private func state(
    _ name: String, _ number: Int, _ erasures: UInt64, in snapshot: borrowing Snapshot
  ) throws -> String {
    if erasures < environment.schema.commit.erasures { return "stale" }
    return try ModelVersions.activeNumber(name, in: snapshot) == number ? "active" : "ready"
  }

  /// What a version learnt, from what, and how well; nothing where the name is no trained model.
  func description(_ model: ModelName, in snapshot: borrowing Snapshot) throws -> [[Value]] {
    let active = try ModelVersions.activeNumber(model.name, in: snapshot)
    guard let number = try model.version ?? active ?? ModelVersions.numbers(model.name, in: snapshot).last else {
      return []
    }
    if let version = try recommending(model.name, number, in: snapshot) {
      let state = try state(model.name, number, version.erasures, in: snapshot)
      return version.description(state, environment.calendar.zone).map { [.text($0.0), .text($0.1)] }
    }
    let version = try ModelVersions.read(ModelName(model.name, version: number), in: snapshot)
    let trained = version.model
    let time = TimeFormatter(zone: environment.calendar.zone, precision: .days)
    var lines = [
      ("version", "\(number) (\(try state(model.name, number, version.erasures, in: snapshot)))"),
      ("trained by", version.definition),
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
