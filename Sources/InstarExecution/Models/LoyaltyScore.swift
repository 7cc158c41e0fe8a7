import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// The score `loyalty`: the probability of at least two goal events in the next h days, for users with a goal event.
///
/// h is 180 days, or a third of the history where that is shorter. Features are read as of past anchors, labels only
/// from windows that have closed by the moment; the newest anchor is held out, with a gap of one horizon, to measure
/// the model, which is then fitted anew on all anchors. With too little data the published formula answers, and the
/// receipt says so.
struct LoyaltyScore {
  let environment: QueryEnvironment
  /// Milliseconds since 1970.
  let moment: Int64

  private static let day: Int64 = 86_400_000
  private static let mostAnchors = 6
  /// Above this many training rows a fixed part of the users stands for all.
  private static let mostRows = 200_000

  /// A fitted model and what to say of it.
  struct Fitted: Sendable {
    /// `nil` where the formula stands in.
    var model: ProbabilityModel?
    var description: String
  }

  /// The score of each user, indexed by user; missing for users without a goal event.
  func column(in snapshot: borrowing Snapshot) throws -> Column {
    let goal = try goalEvent()
    let fitted = try fitted(goal, in: snapshot)
    environment.log.add(line: fitted.description)
    let key = "loyalty scores \(environment.schema.commit.digestText) \(moment) \(goal.name)"
    return try environment.models.value(key) { try scores(goal, fitted, in: snapshot) }
  }

  func fitted(_ goal: EventTypeInfo, in snapshot: borrowing Snapshot) throws -> Fitted {
    try environment.model(
      "loyalty", key: environment.modelKey(at: moment, "2 x \(goal.name)"), in: snapshot, decode: Self.decode,
      encode: Self.encode
    ) { try fit(goal, in: snapshot) }
  }

  private static func encode(_ fitted: Fitted) -> [UInt8] {
    var writer = ByteWriter()
    writer.text(fitted.description)
    writer.bytes(fitted.model?.encoded() ?? [])
    return writer.bytes
  }

  private static func decode(_ bytes: [UInt8]) -> Fitted? {
    var reader = ByteReader(bytes.span.bytes)
    let description = reader.text()
    guard !reader.isDamaged else { return nil }
    let payload = Array(bytes[reader.position...])
    if payload.isEmpty { return Fitted(model: nil, description: description) }
    guard let model = try? ProbabilityModel(decoding: payload) else { return nil }
    return Fitted(model: model, description: description)
  }

  func goalEvent() throws -> EventTypeInfo {
    guard let name = environment.settings.goalEvent, let type = environment.schema.eventType(name) else {
      throw ExecutionError(
        "E0406", "loyalty needs to know which event is the goal", help: "SET GOAL EVENT purchase; with the event's name"
      )
    }
    return type
  }

  // MARK: - Anchors

  private var firstTime: Int64 { environment.range.lowerBound }

  /// The horizon in milliseconds: whole days.
  private var horizon: Int64 {
    let history = (moment - firstTime) / Self.day
    return max(1, min(180, history / 3)) * Self.day
  }

  /// Past moments, newest first, whose future window has closed.
  private var anchors: [Int64] {
    let step = max(Self.day, horizon / 3 / Self.day * Self.day)
    var result: [Int64] = []
    var anchor = moment - horizon
    while result.count < Self.mostAnchors, anchor - firstTime >= horizon / 2 {
      result.append(anchor)
      anchor -= step
    }
    return result
  }

  // MARK: - Fit

  private struct Sample {
    var features = FeatureMatrix(names: LoyaltyFeatures.names)
    var labels: [Double] = []

    mutating func append(_ other: Sample) {
      features.append(contentsOf: other.features)
      labels += other.labels
    }
  }

  private func fit(_ goal: EventTypeInfo, in snapshot: borrowing Snapshot) throws -> Fitted {
    let samples = try samples(goal, in: snapshot)
    let days = horizon / Self.day
    let rows = samples.reduce(0) { $0 + $1.labels.count }
    let positives = samples.reduce(0) { $0 + Int($1.labels.reduce(0, +)) }
    let newest = samples.first?.labels.count ?? 0
    guard newest >= LoyaltyFormula.leastUsers, positives >= LoyaltyFormula.leastPositives else {
      return Fitted(
        model: nil,
        description: "loyalty formula v1, untrained (needs \(LoyaltyFormula.leastUsers) users and "
          + "\(LoyaltyFormula.leastPositives) positives in closed windows of \(days) days; found \(newest) and \(positives))"
      )
    }
    let measured = try measure(samples)
    var all = Sample()
    for sample in samples { all.append(sample) }
    let model = try ProbabilityModel.fit(all.features, labels: all.labels)
    let date = TimeFormatter(zone: environment.calendar.zone, precision: .days).text(moment)
    return Fitted(
      model: model,
      description:
        "loyalty@1 logistic: \(goal.name) at least 2 times in \(days) days; trained to \(date) on \(rows) rows"
        + measured)
  }

  /// AUC on the newest anchor of a model that knows only anchors at least one horizon older, beside the rule that the
  /// latest buyer is the most loyal.
  private func measure(_ samples: [Sample]) throws -> String {
    guard let holdout = samples.first else { return "" }
    var past = Sample()
    for (anchor, sample) in zip(anchors, samples) where anchor <= anchors[0] - horizon { past.append(sample) }
    guard past.labels.contains(1), past.labels.contains(0) else { return ", too short a history for a holdout" }
    let model = try ProbabilityModel.fit(past.features, labels: past.labels)
    let metrics = BinaryMetrics(probabilities: model.probabilities(holdout.features), labels: holdout.labels)
    let recency = (0..<holdout.features.rowCount).map { row -> Double in
      1 / (1 + holdout.features[row, 0])
    }
    let rule = BinaryMetrics(probabilities: recency, labels: holdout.labels)
    guard let auc = metrics.auc, let baseline = rule.auc else { return "" }
    return ", AUC \(rounded(auc)) (recency rule \(rounded(baseline))), base rate \(rounded(metrics.baseRate))"
  }

  private func rounded(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

  /// Features and labels at each anchor, newest first.
  private func samples(_ goal: EventTypeInfo, in snapshot: borrowing Snapshot) throws -> [Sample] {
    let anchors = self.anchors
    guard !anchors.isEmpty else { return [] }
    let columns = eventColumns
    let horizon = self.horizon
    let share = max(1, snapshot.userCount * anchors.count / Self.mostRows)
    var statistics = ScanStatistics()
    let parts = try snapshot.scan(
      request(columns), statistics: &statistics,
      makeState: { _ in
        FeatureState(goal: goal.code, samples: [Sample](repeating: Sample(), count: anchors.count))
      },
      body: { state, batch in
        for user in 0..<batch.userCount where Int(batch.users[user]) % share == 0 {
          for (index, anchor) in anchors.enumerated() {
            guard state.read(batch, user, columns, before: anchor) else { continue }
            let goals = state.occurrences(batch, user, columns, goal: goal.code, from: anchor, to: anchor + horizon)
            state.samples[index].features.append(state.row)
            state.samples[index].labels.append(goals >= 2 ? 1 : 0)
          }
        }
      })
    var result = [Sample](repeating: Sample(), count: anchors.count)
    for part in parts {
      for index in result.indices { result[index].append(part.samples[index]) }
    }
    return result
  }

  // MARK: - Score

  private func scores(_ goal: EventTypeInfo, _ fitted: Fitted, in snapshot: borrowing Snapshot) throws -> Column {
    struct Scored {
      var state: FeatureState
      var users: [UInt32] = []
      var values: [Double] = []
      /// Frequency, recency, cycle, tenure: what the formula needs.
      var plain: [(Double, Double, Double, Double)] = []
      var scratch: [Double] = []
    }
    let columns = eventColumns
    var statistics = ScanStatistics()
    let moment = self.moment
    let parts = try snapshot.scan(
      request(columns), statistics: &statistics,
      makeState: { _ in
        var scored = Scored(state: FeatureState(goal: goal.code, samples: []))
        scored.scratch = [Double](repeating: 0, count: fitted.model?.preprocessing.columns.count ?? 0)
        return scored
      },
      body: { scored, batch in
        for user in 0..<batch.userCount where scored.state.read(batch, user, columns, before: moment) {
          scored.users.append(batch.users[user])
          let row = scored.state.row
          if let model = fitted.model {
            scored.values.append(model.probability(ofRow: row, scratch: &scored.scratch))
          } else {
            scored.plain.append((row[1], row[0], row[15], row[6]))
          }
        }
      })
    var values = [Double](repeating: 0, count: snapshot.userCount)
    var present = [UInt8](repeating: 0, count: snapshot.userCount)
    var cycles = parts.flatMap { part in part.plain.map(\.2).filter { !$0.isNaN } }
    let typical = cycles.isEmpty ? 30 : Quantiles.median(&cycles)
    for part in parts {
      for (index, user) in part.users.enumerated() {
        present[Int(user)] = 1
        if fitted.model != nil {
          values[Int(user)] = part.values[index]
        } else {
          let (frequency, recency, cycle, tenure) = part.plain[index]
          values[Int(user)] = LoyaltyFormula.loyalty(
            frequency: frequency, recency: recency, cycle: cycle.isNaN ? typical : cycle, tenure: tenure)
        }
      }
    }
    return Column("loyalty", type: .real, values: .reals(values), present: present.contains(0) ? present : [])
  }

  private func request(_ columns: FeatureColumns) -> ScanRequest {
    var request = ScanRequest(columns: columns.request, threads: environment.threads)
    request.before = moment
    request.isCancelled = environment.isCancelled
    return request
  }

  private var eventColumns: FeatureColumns {
    var columns = FeatureColumns()
    if environment.schema.eventColumns.contains(.amount) {
      columns.amount = columns.request.count
      columns.request.append(.amount)
    }
    if environment.schema.eventColumns.contains(.order) {
      columns.order = columns.request.count
      columns.request.append(.order)
    }
    return columns
  }

  private struct FeatureColumns {
    var request: [EventColumn] = []
    var amount: Int?
    var order: Int?
  }

  /// One worker's reading of users.
  private struct FeatureState {
    var features: LoyaltyFeatures
    var row = [Double](repeating: 0, count: LoyaltyFeatures.names.count)
    var samples: [Sample]

    init(goal: UInt32, samples: [Sample]) {
      features = LoyaltyFeatures(goal: goal)
      self.samples = samples
    }

    /// Reads the features of a user into `row`; false for those without a goal event before the anchor.
    mutating func read(_ batch: EventBatch, _ user: Int, _ columns: FeatureColumns, before anchor: Int64) -> Bool {
      let rows = batch.starts[user]..<batch.starts[user + 1]
      let none = 0..<0
      let (times, types) = (batch.times, batch.types)
      let amount = columns.amount.map { batch.column($0) } ?? EventColumnBuffer(type: .real)
      let order = columns.order.map { batch.column($0) } ?? EventColumnBuffer(type: .text)
      let known = features.extract(
        times: times.span.extracting(rows), types: types.span.extracting(rows),
        amounts: amount.reals.span.extracting(columns.amount == nil ? none : rows),
        amountsPresent: amount.present.span.extracting(amount.present.isEmpty ? none : rows),
        orders: order.codes.span.extracting(columns.order == nil ? none : rows),
        ordersPresent: order.present.span.extracting(order.present.isEmpty ? none : rows), before: anchor, into: &row)
      return known && row[1] > 0
    }

    /// Goal occurrences with `from <= time < to`: rows of one order count once.
    func occurrences(
      _ batch: EventBatch, _ user: Int, _ columns: FeatureColumns, goal: UInt32, from: Int64, to: Int64
    ) -> Int {
      let (times, types) = (batch.times, batch.types)
      var count = 0
      var seen: Set<UInt32> = []
      for row in batch.starts[user]..<batch.starts[user + 1] where types[row] == goal {
        guard times[row] >= from, times[row] < to else { continue }
        if let position = columns.order {
          let orders = batch.column(position)
          if orders.present.isEmpty || orders.present[row] != 0, !seen.insert(orders.codes[row]).inserted { continue }
        }
        count += 1
      }
      return count
    }
  }

  /// The lines of DESCRIBE loyalty.
  static func description(_ environment: QueryEnvironment, in snapshot: borrowing Snapshot) throws -> [(String, String)]
  {
    let score = LoyaltyScore(environment: environment, moment: environment.moment)
    let goal = try score.goalEvent()
    let days = score.horizon / day
    let fitted = try score.fitted(goal, in: snapshot)
    return [
      ("range", "0 to 1"),
      ("definition", "users with a \(goal.name): PREDICT did \(goal.name) AT LEAST 2 TIMES IN NEXT \(days) DAYS"),
      ("formula", "1/(1+exp(-(x.beta+alpha))) over \(LoyaltyFeatures.names.count) features as of the moment"),
      ("model", fitted.description),
    ]
  }
}

/// Scores by name.
struct Scores {
  let environment: QueryEnvironment

  /// The score of each user, indexed by user.
  func column(_ score: ScoreNode, in snapshot: borrowing Snapshot) throws -> Column {
    guard case .fixed(let moment) = score.moment else {
      throw ExecutionError(
        "E0407", "\(score.name) can be asked at a fixed moment, not at one of each row or user",
        help: "write \(score.name) AT @2026-01-01, or leave AT out")
    }
    var past = environment
    past.moment = min(moment, environment.moment)
    if let column = try PreludeScore(environment: past, name: score.name).column(in: snapshot) { return column }
    return try LoyaltyScore(environment: environment, moment: min(moment, environment.moment)).column(in: snapshot)
  }
}
