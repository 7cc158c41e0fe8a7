import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// A model as it came out of training, with what is known of its worth.
struct TrainedModel: Sendable {
  var predictor: Predictor
  var specification: FeatureSpecification
  /// Events at or after it were not seen.
  var trainedTo: Int64
  /// Ascending.
  var anchors: [Int64]
  var rows: Int
  var positives: Int
  var users: Int
  /// The mean of the labels that taught: what a plain rule gives to everybody.
  var labelMean: Double
  /// Time-ordered tests, the newest first; none where the history is too short to judge.
  var qualities: [ModelQuality]
  /// Features that say nothing.
  var dropped: [DroppedFeature] = []

  /// The newest test.
  var quality: ModelQuality? { qualities.first }
}

/// Trains a model at a moment: the population at past anchors, labels from windows that have closed, the newest anchor
/// held out to measure, then a fit on all.
struct ModelTraining {
  let environment: QueryEnvironment
  let model: PredictionModel

  private static let day: Int64 = 86_400_000
  private static let mostAnchors = 12
  /// A model that has seen less of a year would take its end for its season.
  private static let seasonSpan = 330 * day
  /// Above this many rows a fixed part of the users stands for all.
  private static let mostRows = 200_000

  /// - Throws: ``ExecutionError`` when the history holds too little to learn from.
  func run(in snapshot: borrowing Snapshot) throws -> TrainedModel {
    let configuration = self.configuration
    if configuration.method.isClosedForm { return try runClosedForm(configuration, in: snapshot) }
    let schedule = try schedule()
    try checkFrozenLists(schedule, in: snapshot)
    let specification = try specification(schedule, in: snapshot)
    let rows = try rows(schedule.anchors, specification, in: snapshot)
    let positives = rows.labels.count { $0 > 0 }
    let users = Set(rows.users).count
    guard users >= LoyaltyFormula.leastUsers, positives >= LoyaltyFormula.leastPositives else {
      throw tooLittle(users: users, positives: positives)
    }
    var qualities: [ModelQuality] = []
    for judged in judged(schedule) {
      if let test = try test(rows, judged, schedule) {
        qualities.append(ModelQuality(test, configuration.task, horizon: configuration.horizon))
      }
    }
    let predictor = try fit(rows.features, rows.labels, configuration)
    return TrainedModel(
      predictor: predictor, specification: specification, trainedTo: environment.moment, anchors: schedule.anchors,
      rows: rows.labels.count, positives: positives,
      users: users, labelMean: rows.labels.reduce(0, +) / Double(rows.labels.count), qualities: qualities,
      dropped: DroppedFeature.all(of: predictor, rows.features))
  }

  /// A formula of purchase histories reads them as they are now; past windows only judge it, where there are any.
  private func runClosedForm(_ configuration: Predictor.Configuration, in snapshot: borrowing Snapshot) throws
    -> TrainedModel
  {
    let specification = FeatureSpecification(model, schema: environment.schema)
    var (qualities, anchors, mean): ([ModelQuality], [Int64], Double) = ([], [], 0)
    if model.kind != .alive, let schedule = try? schedule() {
      try checkFrozenLists(schedule, in: snapshot)
      let rows = try rows(schedule.anchors, specification, in: snapshot)
      if !rows.labels.isEmpty { mean = rows.labels.reduce(0, +) / Double(rows.labels.count) }
      anchors = schedule.anchors
      for judged in judged(schedule) {
        // Where nobody had bought twice by then, there is no formula to judge.
        guard let test = try? test(rows, judged, schedule) else { continue }
        qualities.append(ModelQuality(test, configuration.task, horizon: configuration.horizon))
      }
    }
    let scan = FeatureScan(
      environment: environment, model: model, specification: specification, users: sample(snapshot.userCount, 1))
    let found = try scan.run(in: snapshot)
    let repeats = found.features.names.firstIndex(of: "lifetime_repeats") ?? 0
    let positives = (0..<found.features.rowCount).count { found.features[$0, repeats] > 0 }
    return TrainedModel(
      predictor: try fit(found.features, [], configuration), specification: specification,
      trainedTo: environment.moment, anchors: anchors, rows: found.users.count, positives: positives,
      users: found.users.count, labelMean: mean, qualities: qualities)
  }

  private func fit(_ features: FeatureMatrix, _ labels: [Double], _ configuration: Predictor.Configuration) throws
    -> Predictor
  {
    do {
      return try Predictor.fit(features, labels: labels, configuration)
    } catch {
      throw ExecutionError("E0408", error.message, help: "a wider population or another method can be fitted")
    }
  }

  /// A test at `judged`, `nil` where nothing teaches it.
  func test(_ rows: LabelledRows, _ judged: [Int64], _ schedule: AnchorSchedule) throws -> TimeOrderedTest? {
    do {
      return try TimeOrderedTest(
        rows, judged: judged, horizon: schedule.horizon + spread, latestFirst: !model.isAbsence, configuration)
    } catch {
      throw ExecutionError("E0408", error.message, help: "a wider population or another method can be fitted")
    }
  }

  var configuration: Predictor.Configuration {
    let options = model.options
    guard let solver = LogisticRegression.Solver(rawValue: options.solver.rawValue),
      let method = Predictor.Method(rawValue: model.method.rawValue)
    else {
      preconditionFailure("every word of the language has its method")
    }
    var configuration = Predictor.Configuration(
      method: method, logistic: .init(regression: .init(lambda: options.penalty, solver: solver, seed: options.seed)),
      horizon: Double(horizon) / Double(Self.day), isRepeat: isRepeat, seed: options.seed)
    switch model.kind {
    case .condition: configuration.task = .condition(isAbsence: model.isAbsence)
    case .count, .number: configuration.task = .count
    case .money: configuration.task = .money
    case .alive: configuration.task = .alive
    }
    // Money and counts of events that repeat: the closed form is as good as trees and never absurd.
    if method == .auto, model.kind != .condition, isRepeat { configuration.method = .mbgnbd }
    return configuration
  }

  /// Whether the purchases until now say what the target asks: from an event on, the rhythm is another.
  private var isRepeat: Bool { model.isRepeat && model.anchor == nil }

  // MARK: - Anchors

  /// The longest that the horizon can be, milliseconds: months count 31 days.
  private var horizon: Int64 { model.horizon.milliseconds + Int64(model.horizon.months) * 31 * Self.day }

  func schedule() throws -> AnchorSchedule {
    let first = environment.range.lowerBound
    let newest = environment.moment - horizon
    // An anchor with less past than half a horizon knows nobody well.
    var depth = newest - first - (model.anchor == nil ? horizon / 2 : -step)
    if let history = model.options.history { depth = min(depth, history) }
    // Each event gives one row, however many stretches there are.
    let most = model.anchor == nil ? Self.mostAnchors : Self.mostStretches
    let limit = min(most, max(1, Int(max(0, depth) / step) + 1))
    do {
      return try AnchorSchedule(
        firstEvent: first, moment: environment.moment, horizon: horizon, step: step, limit: limit)
    } catch {
      throw ExecutionError(
        "E0408", error.message, help: "name a shorter window: the longest is less than the history")
    }
  }

  /// The distance between anchors. Events that are anchors are taken together by stretches of this length, each named by
  /// its end.
  private var step: Int64 { model.options.every ?? max(horizon / 3, 7 * Self.day) }

  /// How far a row may lie before the anchor that it is told by.
  var spread: Int64 { model.anchor == nil ? 0 : step }

  private static let mostStretches = 1_000
  private static let mostTests = 3

  /// The anchors of each back-test, the newest first: each test lies at least one window before the one behind it.
  private func judged(_ schedule: AnchorSchedule) -> [[Int64]] {
    var tests: [[Int64]] = [[schedule.heldOut]]
    if let holdout = model.options.holdout {
      tests = [schedule.anchors.filter { $0 > schedule.heldOut - holdout || $0 == schedule.heldOut }]
    }
    for anchor in schedule.anchors.reversed() {
      guard tests.count < Self.mostTests, let newer = tests.last?.first else { break }
      if anchor + schedule.horizon + spread <= newer { tests.append([anchor]) }
    }
    return tests
  }

  /// What the features are: chosen by what was known when the newest window that is judged began.
  func specification(_ schedule: AnchorSchedule, in snapshot: borrowing Snapshot) throws -> FeatureSpecification {
    let span = schedule.heldOut - (schedule.anchors.first ?? schedule.heldOut)
    let users = sample(snapshot.userCount, schedule.anchors.count)
    let choice = try FeatureChoice(environment: environment, model: model, users: users)
      .choice(before: schedule.heldOut - spread, hasSeason: span >= Self.seasonSpan, in: snapshot)
    return FeatureSpecification(model, schema: environment.schema, choice: choice)
  }

  /// A frozen list holds those who were there when it was frozen: before that it would tell who stayed.
  private func checkFrozenLists(_ schedule: AnchorSchedule, in snapshot: borrowing Snapshot) throws {
    guard let stream = StreamPlan(model.population.plan), let first = schedule.anchors.first else { return }
    for entry in try StoredSnapshots.all(in: snapshot) where entry.asOf > first {
      let isUsed = stream.filters.contains { filter in
        filter.contains { part in
          if case .snapshotMember(let name) = part.node { name == entry.name } else { false }
        }
      }
      if isUsed {
        let date = TimeFormatter(zone: environment.calendar.zone, precision: .days)
        throw ExecutionError(
          "E0403",
          "the snapshot \(entry.name) was frozen \(date.text(entry.asOf)), after the anchor \(date.text(first)): "
            + "its members tell who stayed",
          help: "give the population by conditions, or shorten it: WITH history = 30 DAYS")
      }
    }
  }

  // MARK: - Rows

  /// Features and labels at each anchor, in the order of anchors and then of users.
  func rows(_ anchors: [Int64], _ specification: FeatureSpecification, in snapshot: borrowing Snapshot) throws
    -> LabelledRows
  {
    let users = sample(snapshot.userCount, anchors.count)
    if model.anchor != nil { return try eventRows(anchors, specification, users, in: snapshot) }
    let labels = try LabelScan(environment: environment, model: model, users: users).run(at: anchors, in: snapshot)
    let scan = FeatureScan(environment: environment, model: model, specification: specification, users: users)
    let found = try scan.run(at: anchors, in: snapshot)
    var rows = LabelledRows(names: specification.names)
    for ((anchor, labels), found) in zip(zip(anchors, labels), found) {
      rows.append(
        users: found.users, anchor: anchor, features: found.features, labels: labels.values(of: found.users))
    }
    return rows
  }

  /// Features and labels of the events in the stretches that end at `anchors`.
  private func eventRows(
    _ anchors: [Int64], _ specification: FeatureSpecification, _ users: [UInt32]?, in snapshot: borrowing Snapshot
  ) throws -> LabelledRows {
    var rows = LabelledRows(names: specification.names)
    guard let oldest = anchors.first, let newest = anchors.last else { return rows }
    let range = oldest - step + 1..<newest + 1
    let labels = try LabelScan(environment: environment, model: model, users: users).run(anchorsIn: range, in: snapshot)
    let scan = FeatureScan(environment: environment, model: model, specification: specification, users: users)
    let found = try scan.run(anchorsIn: range, in: snapshot)
    let values = labels.values(of: found)
    var places = [[Int]](repeating: [], count: anchors.count)
    for (row, time) in found.anchors.enumerated() {
      places[anchors.count - 1 - Int((newest - time) / step)].append(row)
    }
    for (anchor, rowsOfAnchor) in zip(anchors, places) {
      for row in rowsOfAnchor {
        rows.append(user: found.users[row], anchor: anchor, features: found.features.row(row), label: values[row])
      }
    }
    return rows
  }

  /// How many events may be anchors.
  private func eventCount(_ anchor: EventPattern) -> Int {
    let types = Set(anchor.alternatives.flatMap { $0.types ?? environment.schema.eventTypes.map(\.code) })
    return environment.schema.eventTypes.filter { types.contains($0.code) }.reduce(0) { $0 + Int($1.count) }
  }

  /// A fixed part of the users where all would give too many rows: by a hash of the number, so that it does not follow
  /// the order in which users came.
  private func sample(_ userCount: Int, _ anchorCount: Int) -> [UInt32]? {
    let share = (model.anchor.map(eventCount) ?? userCount * anchorCount) / Self.mostRows
    guard share > 1 else { return nil }
    return (0..<UInt32(userCount)).filter { user in
      var hash = SeededGenerator(seed: UInt64(user))
      return hash.next() % UInt64(share) == 0
    }
  }

  private func tooLittle(users: Int, positives: Int) -> ExecutionError {
    ExecutionError(
      "E0408",
      "needs >= \(LoyaltyFormula.leastUsers) users and >= \(LoyaltyFormula.leastPositives) positives; found "
        + "\(users) and \(positives) (\(model.text), in closed windows)",
      help: "a wider population, a longer window or a more frequent event gives more")
  }
}
