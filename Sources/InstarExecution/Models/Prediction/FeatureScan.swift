import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// The users of a population at one moment, with their features.
struct FeatureRows: Sendable {
  /// Ascending.
  var users: [UInt32] = []
  var features: FeatureMatrix
  /// Where events are the anchors, the time of that of each row.
  var anchors: [Int64] = []
  /// Where they are asked for, what moved the prediction of each row.
  var reasons: [String] = []

  mutating func append(_ other: FeatureRows) {
    users += other.users
    features.append(contentsOf: other.features)
    anchors += other.anchors
    reasons += other.reasons
  }

  mutating func removeAll() {
    users.removeAll(keepingCapacity: true)
    features.removeAllRows()
    anchors.removeAll(keepingCapacity: true)
    reasons.removeAll(keepingCapacity: true)
  }
}

/// Reads who belongs to a population at a moment and what was known of them then.
///
/// Every user's events are cut at the moment before anything looks at them, so neither the conditions of the population
/// nor the features can see what came later. One scan serves many anchors: the batch of the newest is cut to that of the
/// one before, and so on.
struct FeatureScan {
  let environment: QueryEnvironment
  let model: PredictionModel
  let specification: FeatureSpecification
  /// Only these users, ascending; `nil` for all.
  var users: [UInt32]?
  /// Says in ``map(in:_:)`` what moved the prediction of each row.
  var reasons: ModelReasons?

  /// The rows as of the moment of the environment.
  func run(in snapshot: borrowing Snapshot) throws -> FeatureRows {
    try run(at: [environment.moment], in: snapshot)[0]
  }

  /// The rows as of each of the ascending `anchors`.
  func run(at anchors: [Int64], in snapshot: borrowing Snapshot) throws -> [FeatureRows] {
    let days = localDays(until: anchors.last ?? environment.moment)
    var plans: [AnchorPlan] = []
    for anchor in anchors { plans.append(try plan(anchor, days, in: snapshot)) }
    guard let newest = plans.last else { return [] }
    precondition(plans.allSatisfy { $0.program.columns == newest.program.columns }, "one scan reads for all anchors")
    let empty = FeatureRows(features: FeatureMatrix(names: newest.names))
    let all = plans
    let states = try snapshot.scan(
      request(newest),
      makeState: { _ in
        (readers: all.map { AnchorReader($0) }, rows: [FeatureRows](repeating: empty, count: all.count))
      },
      body: { state, batch in
        var past = batch
        for place in all.indices.reversed() {
          if place < all.count - 1 { past = past.cut(before: all[place].anchor) }
          state.readers[place].read(past, into: &state.rows[place])
        }
      })
    return all.indices.map { place in
      var rows = empty
      for state in states { rows.append(state.rows[place]) }
      return rows
    }
  }

  /// What `make` makes of the rows as of the moment, a batch of users at a time, in the order of users. Where events are
  /// the anchors, of each user the newest one, if its window is still open.
  func map<Output>(in snapshot: borrowing Snapshot, _ make: @Sendable (FeatureRows) -> Output) throws -> [Output] {
    let plan = try plan(environment.moment, localDays(until: environment.moment), in: snapshot)
    let reasons = self.reasons
    let states = try snapshot.scan(
      request(plan),
      makeState: { _ in
        (
          reader: AnchorReader(plan, reasons: reasons),
          finder: plan.events.map { EventAnchors($0, plan.program, plan.context) },
          rows: FeatureRows(features: FeatureMatrix(names: plan.names)), outputs: [Output]()
        )
      },
      body: { state, batch in
        state.rows.removeAll()
        if let finder = state.finder {
          readOpen(batch, finder, state.reader, into: &state.rows)
        } else {
          state.reader.read(batch, into: &state.rows)
        }
        if !state.rows.users.isEmpty { state.outputs.append(make(state.rows)) }
      })
    return states.flatMap { $0.outputs }
  }

  func plan(_ anchor: Int64, _ days: LocalDays, in snapshot: borrowing Snapshot) throws -> AnchorPlan {
    var past = environment.reading(model.absences)
    past.moment = anchor
    return try AnchorPlan(past, model, specification, days: days, in: snapshot)
  }

  func request(_ plan: AnchorPlan) -> ScanRequest {
    var request = ScanRequest(columns: plan.program.columns, threads: environment.threads)
    request.before = plan.anchor
    request.purpose = .predict
    request.isCancelled = environment.isCancelled
    request.users = users
    return request
  }

  /// More days than the table of their starts may have are cut in UTC: such a store holds wrong dates.
  private static let mostDays = 80_000

  func localDays(until end: Int64) -> LocalDays {
    let calendar = environment.calendar
    let first = calendar.dayNumber(of: environment.range.lowerBound)
    let last = calendar.dayNumber(of: end) + 1
    guard calendar.zone != .utc, last - first < Self.mostDays else { return LocalDays() }
    return LocalDays(starts: (first...last).map { calendar.start(ofDay: $0) }, firstDay: first)
  }
}
