import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// An event that is the anchor of a row.
struct EventAnchor: Sendable {
  /// The position of the user in the batch.
  var user: Int
  var row: Int
  var time: Int64
}

/// Finds the events that are anchors, or the first one of each user, and makes each a user of its own of whom nothing behind it is left.
///
/// ```
/// events of a user   v  v  A  v  A  v
/// as two users       v  v  A
///                    v  v  A  v  A
/// ```
final class EventAnchors {
  private let marks: EventMarks?
  /// Of the whole batch, as of the statement's moment.
  let evaluator: BatchEvaluator
  private let moment: Int64
  private let most: Int

  /// Of so many rows a batch of anchors consists at most, but for users with more.
  private static let mostRows = 65_536

  /// - Parameter marks: compiled in `program`, as the pattern of the anchors; `nil` for the first event of each user.
  init(_ marks: EventMarks?, _ program: Program, _ context: EvaluationContext) {
    self.marks = marks
    evaluator = BatchEvaluator(program: program, context: context)
    moment = context.moment
    // A chain looks at the rows of a whole batch for each user with a moment of his own.
    let hasChains = program.nodes.contains { if case .sequence = $0.operation { true } else { false } }
    most = hasChains ? 16 : 1024
  }

  /// The anchors of the batch whose time lies in `range`, by user and time. Of several at one instant the first counts.
  func find(_ batch: EventBatch, in range: Range<Int64>) -> [EventAnchor] {
    guard batch.userCount > 0 else { return [] }
    evaluator.begin(batch, moments: [Int64](repeating: moment, count: batch.userCount))
    let (starts, times) = (batch.starts, batch.times)
    var anchors: [EventAnchor] = []
    guard let marks else {
      for user in 0..<batch.userCount where range.contains(times[starts[user]]) {
        anchors.append(EventAnchor(user: user, row: starts[user], time: times[starts[user]]))
      }
      return anchors
    }
    let found = evaluator.ofLog(marks.rowMasks(evaluator, users: []))
    for user in 0..<batch.userCount {
      for row in starts[user]..<starts[user + 1] where found[row] != 0 && range.contains(times[row]) {
        if let last = anchors.last, last.user == user, last.time == times[row] { continue }
        anchors.append(EventAnchor(user: user, row: row, time: times[row]))
      }
    }
    return anchors
  }

  /// Calls `body` with a few anchors at a time and what lies before them: for each anchor a user, who has the rows
  /// before it and last the anchor itself.
  func pasts(_ anchors: [EventAnchor], of batch: EventBatch, _ body: (EventBatch, ArraySlice<EventAnchor>) -> Void) {
    let (starts, times) = (batch.starts, batch.times)
    each(anchors, of: batch, body) { anchor in
      let start = starts[anchor.user]
      let end = lowerBound(times, start, anchor.row, anchor.time)
      return EventBatch.Stretch(user: anchor.user, rows: start..<end, last: anchor.row)
    }
  }

  /// Calls `body` with a few anchors at a time and what lies before their ends.
  func futures(
    _ anchors: [EventAnchor], until end: (Int64) -> Int64, of batch: EventBatch,
    _ body: (EventBatch, ArraySlice<EventAnchor>) -> Void
  ) {
    let (starts, times) = (batch.starts, batch.times)
    each(anchors, of: batch, body) { anchor in
      let last = lowerBound(times, anchor.row, starts[anchor.user + 1], end(anchor.time))
      return EventBatch.Stretch(user: anchor.user, rows: starts[anchor.user]..<last, last: nil)
    }
  }

  private func each(
    _ anchors: [EventAnchor], of batch: EventBatch, _ body: (EventBatch, ArraySlice<EventAnchor>) -> Void,
    _ stretch: (EventAnchor) -> EventBatch.Stretch
  ) {
    var stretches: [EventBatch.Stretch] = []
    var (first, rows) = (0, 0)
    for (place, anchor) in anchors.enumerated() {
      let next = stretch(anchor)
      stretches.append(next)
      rows += next.rows.count
      guard stretches.count == most || rows >= Self.mostRows || place == anchors.count - 1 else { continue }
      body(batch.taking(stretches), anchors[first...place])
      stretches.removeAll(keepingCapacity: true)
      (first, rows) = (place + 1, 0)
    }
  }
}

extension BatchEvaluator {
  /// Of `values`, one for each row, those of the rows of the log: absences have none.
  func ofLog<Element>(_ values: [Element]) -> [Element] {
    guard let first = program.absences.map(\.type).min() else { return values }
    let types = batch.types
    return types.indices.filter { types[$0] < first }.map { values[$0] }
  }
}

// MARK: - Features

extension FeatureScan {
  /// The rows of the events in `range` that are anchors, by user and time.
  func run(anchorsIn range: Range<Int64>, in snapshot: borrowing Snapshot) throws -> FeatureRows {
    let plan = try plan(environment.moment, localDays(until: environment.moment), in: snapshot)
    guard let events = plan.events else { preconditionFailure("the anchors of the model are events") }
    let empty = FeatureRows(features: FeatureMatrix(names: plan.names))
    let states = try snapshot.scan(
      request(plan),
      makeState: { _ in
        (finder: EventAnchors(events, plan.program, plan.context), reader: AnchorReader(plan), rows: empty)
      },
      body: { state, batch in
        let anchors = state.finder.find(batch, in: range)
        state.finder.pasts(anchors, of: batch) { past, part in
          state.reader.read(past, moments: part.map(\.time), into: &state.rows)
        }
      })
    return states.reduce(into: empty) { $0.append($1.rows) }
  }

  /// Reads of each user of the batch the newest anchor, if its window is open at the moment.
  func readOpen(_ batch: EventBatch, _ finder: EventAnchors, _ reader: AnchorReader, into rows: inout FeatureRows) {
    let moment = environment.moment
    let anchors = finder.find(batch, in: .min..<moment)
    let newest = anchors.indices.filter { place in
      place + 1 == anchors.count || anchors[place + 1].user != anchors[place].user
    }
    let open = newest.map { anchors[$0] }.filter { environment.calendar.adding(model.horizon, to: $0.time) > moment }
    finder.pasts(open, of: batch) { past, part in reader.read(past, moments: part.map(\.time), into: &rows) }
  }
}

// MARK: - Labels

/// What came of a target in the windows that begin at events.
struct EventLabels: Sendable {
  var users: [UInt32] = []
  var anchors: [Int64] = []
  var values: [Double] = []

  /// The numbers of rows that are among these, in the same order. Complexity: O(both).
  func values(of rows: FeatureRows) -> [Double] {
    var place = 0
    return rows.users.indices.map { row in
      while users[place] != rows.users[row] || anchors[place] != rows.anchors[row] { place += 1 }
      return values[place]
    }
  }
}

extension LabelScan {
  /// The labels of the events in `range` that are anchors, by user and time: of what happened behind each.
  ///
  /// - Precondition: the window of each has closed by the moment of the environment.
  func run(anchorsIn range: Range<Int64>, in snapshot: borrowing Snapshot) throws -> EventLabels {
    guard let anchor = model.anchor else { preconditionFailure("the anchors of the model are events") }
    let environment = self.environment.reading(model.absences)
    var builder = environment.builder(hasOwnMoments: true)
    let node = builder.add(model.target)
    let events = EventMarks([(builder.add(anchor), 1)], builder, countsOccurrences: true)
    let context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    let program = builder.program
    var request = ScanRequest(columns: program.columns, threads: environment.threads)
    request.before = environment.moment
    request.purpose = .predict
    request.isCancelled = environment.isCancelled
    request.users = users
    let states = try snapshot.scan(
      request,
      makeState: { _ in
        (
          finder: EventAnchors(events, program, context),
          evaluator: BatchEvaluator(program: program, context: context), labels: EventLabels()
        )
      },
      body: { state, batch in
        let anchors = state.finder.find(batch, in: range)
        state.finder.futures(anchors, until: end, of: batch) { future, part in
          let times = part.map(\.time)
          state.evaluator.begin(future, moments: times.map(end), anchors: times)
          let vector = state.evaluator.users(node)
          var values = vector.reals(part.count)
          for row in values.indices where !vector.isPresent(row) { values[row] = 0 }
          state.labels.users += future.users
          state.labels.anchors += times
          state.labels.values += values
        }
      })
    return states.reduce(into: EventLabels()) { all, state in
      all.users += state.labels.users
      all.anchors += state.labels.anchors
      all.values += state.labels.values
    }
  }
}
