import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// EVALUATE: models and rules at past moments whose window has closed, beside what a plain rule gives.
struct EvaluateSource {
  let environment: QueryEnvironment
  let plan: EvaluatePlan

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    var rows: [[Value]] = []
    for subject in plan.subjects {
      switch subject {
      case .inline(let model): rows += lines("model", try backtests("model", model, in: snapshot))
      case .stored(let name, let model): rows += try stored(name, model, in: snapshot)
      case .rule(let name, let condition, let model):
        rows += try rule(name, condition, model, in: snapshot)
      }
    }
    return QueryOutcome(table: Table(rows: rows, columns: EvaluatePlan.columns))
  }

  private func lines(_ name: String, _ found: [ModelQuality]) -> [[Value]] {
    found.flatMap { quality in
      (quality.lines + quality.tenths).map { metric, value, baseline in
        [
          .text(name), quality.judged.last.map(Value.time) ?? .missing, .integer(Int64(quality.rows)),
          .integer(Int64(quality.positives)), .text(metric), Value(value), Value(baseline),
        ]
      }
    }
  }

  private func warn(_ name: String, _ found: [ModelQuality]) {
    for quality in found {
      guard ModelReport.isWorse(quality) else { continue }
      let date = TimeFormatter(zone: environment.calendar.zone, precision: .days).text(quality.judged.last ?? 0)
      environment.log.add(note: "WORSE THAN BASELINE: \(name) at \(date)")
    }
  }

  // MARK: - Back-tests

  /// The model fitted as it would have been before each judged anchor, newest first.
  private func backtests(_ name: String, _ model: PredictionModel, in snapshot: borrowing Snapshot) throws
    -> [ModelQuality]
  {
    let training = ModelTraining(environment: environment, model: model)
    let schedule = try training.schedule()
    let specification = try training.specification(schedule, in: snapshot)
    let rows = try training.rows(schedule.anchors, specification, in: snapshot)
    var found: [ModelQuality] = []
    for anchor in schedule.anchors.reversed() where found.count < plan.folds && isAsked(anchor) {
      guard let test = try training.test(rows, [anchor], schedule) else { continue }
      found.append(
        ModelQuality(test, training.configuration.task, horizon: training.configuration.horizon))
    }
    guard !found.isEmpty else {
      throw ExecutionError(
        "E0408", "no moment can be judged: it needs a gap of one window behind the anchors that teach",
        help: "a shorter window leaves more anchors; the history begins "
          + TimeFormatter(zone: environment.calendar.zone, precision: .days).text(environment.range.lowerBound))
    }
    if found.count < plan.folds {
      environment.log.add(note: "\(found.count) of \(plan.folds) moments: the history allows no more")
    }
    warn(name, found)
    return found
  }

  private func isAsked(_ anchor: Int64) -> Bool {
    plan.during.map { $0.from <= anchor && anchor < $0.to } ?? true
  }

  // MARK: - Versions

  /// A version at the moments that it has not seen; where there are none, back-tests of how it was made.
  private func stored(_ name: ModelName, _ model: PredictionModel, in snapshot: borrowing Snapshot) throws -> [[Value]]
  {
    let version = try ModelVersions.read(name, in: snapshot)
    let text = "\(name.name)@\(version.number)"
    let training = ModelTraining(environment: environment, model: model)
    let schedule = try training.schedule()
    let unseen = schedule.anchors.filter { $0 - training.spread >= version.model.trainedTo && isAsked($0) }
      .suffix(plan.folds)
    guard !unseen.isEmpty else {
      environment.log.add(
        note: "\(text) has seen every closed window: its figures are back-tests of models made in the same way")
      return lines(text, try backtests(text, model, in: snapshot))
    }
    let rows = try training.rows(Array(unseen), version.model.specification, in: snapshot)
    let configuration = training.configuration
    let found = rows.byAnchor.map { anchor, features, labels in
      let test = TimeOrderedTest(
        version.model.predictor, at: anchor, features: features, labels: labels,
        teachingMean: version.model.labelMean, teachingRows: version.model.rows, latestFirst: !model.isAbsence,
        configuration)
      return ModelQuality(test, configuration.task, horizon: configuration.horizon)
    }
    warn(text, found)
    return lines(text, found)
  }

  // MARK: - Rules

  /// A segment as a forecast, at each judged moment: how many of its members did it, beside everybody's rate, and how
  /// many of those who did it were members.
  private func rule(_ name: String, _ condition: Expression?, _ model: PredictionModel, in snapshot: borrowing Snapshot)
    throws -> [[Value]]
  {
    var asked = model
    asked.options.features = [NamedExpression("member", condition ?? .literal(true))]
    let training = ModelTraining(environment: environment, model: asked)
    let anchors = try training.schedule().anchors.filter(isAsked).suffix(plan.folds)
    guard !anchors.isEmpty else {
      throw ExecutionError(
        "E0408", "no window of the target that begins in the range has closed", help: "name a longer range in DURING")
    }
    let rows = try training.rows(Array(anchors), FeatureSpecification(asked, schema: environment.schema), in: snapshot)
    return rows.byAnchor.flatMap { anchor, features, labels -> [[Value]] in
      guard let member = features.names.firstIndex(of: "member") else { return [] }
      let members = (0..<features.rowCount).map { features[$0, member] > 0.5 ? 1.0 : 0 }
      let metrics = BinaryMetrics(probabilities: members, labels: labels)
      let recency = BinaryMetrics(
        probabilities: TimeOrderedTest.recencyRanks(features, latestFirst: !model.isAbsence), labels: labels)
      let calls = metrics.confusion(threshold: 0.5)
      let share = members.reduce(0, +) / Double(max(1, members.count))
      let lines: [(String, Double?, Double?)] = [
        ("precision", calls.precision, metrics.baseRate), ("recall", calls.recall, share),
        ("lift", calls.precision.flatMap { metrics.baseRate > 0 ? $0 / metrics.baseRate : nil }, 1),
        ("auc", metrics.auc, recency.auc),
      ]
      return lines.map { metric, value, baseline in
        [
          .text(name), .time(anchor), .integer(Int64(labels.count)), .integer(Int64(metrics.positiveCount)),
          .text(metric), Value(value), Value(baseline),
        ]
      }
    }
  }
}
