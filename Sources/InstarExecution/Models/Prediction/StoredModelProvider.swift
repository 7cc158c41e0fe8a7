import InstarCalendar
import InstarModels
import InstarPlan
import InstarStorage

/// Versions of models for use at a moment.
struct StoredModelProvider {
  let environment: QueryEnvironment

  /// The version, what it learnt, and its name with its number.
  ///
  /// - Throws: ``ExecutionError`` when there is none, or it has seen what lies behind the moment.
  func model(_ name: ModelName, in snapshot: borrowing Snapshot) throws -> (TrainedModel, PredictionModel, String) {
    let version = try ModelVersions.read(name, in: snapshot)
    let text = "\(name.name)@\(version.number)"
    if version.model.trainedTo > environment.moment { throw try leak(name.name, version, in: snapshot) }
    if version.erasures < environment.schema.commit.erasures {
      environment.log.add(
        note: "\(text) is stale: what it learnt from was removed in part since; TRAIN \(name.name) makes a new one")
    }
    switch Resolver.predictionModel(version.definition, in: try StoreCatalog(snapshot)) {
    case .success(let model): return (version.model, model, text)
    case .failure(let failure): throw failure
    }
  }

  private func leak(_ name: String, _ version: ModelVersion, in snapshot: borrowing Snapshot) throws -> ExecutionError {
    let time = TimeFormatter(zone: environment.calendar.zone, precision: .days)
    let moment = time.text(environment.moment)
    var help = "AS OF @\(moment) TRAIN \(name);"
    for number in try ModelVersions.numbers(name, in: snapshot).reversed() where number != version.number {
      let other = try ModelVersions.read(ModelName(name, version: number), in: snapshot)
      guard other.model.trainedTo <= environment.moment else { continue }
      help = "use \(name)@\(number) (trained until \(time.text(other.model.trainedTo))), or \(help)"
      break
    }
    return ExecutionError(
      "E0409",
      "\(name)@\(version.number) has seen events until \(time.text(version.model.trainedTo)); AS OF \(moment) would leak",
      help: help)
  }
}

extension QueryEnvironment {
  /// The model trained at the moment, once for the same data.
  func trained(_ model: PredictionModel, in snapshot: borrowing Snapshot) throws -> TrainedModel {
    let key = modelKey(at: moment, "predict \(StoredModels.digest(PlanText(try StoreCatalog(snapshot)).key(model)))")
    return try models.value(key) { try ModelTraining(environment: self, model: model).run(in: snapshot) }
  }
}
