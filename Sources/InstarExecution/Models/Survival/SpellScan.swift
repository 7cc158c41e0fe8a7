import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// Clocks that have started, each with how long it ran and whether the event stopped it.
struct Spells: Sendable {
  var users: [UInt32] = []
  /// When each clock started.
  var origins: [Int64] = []
  /// Days until the event, or until the moment.
  var durations: [Double] = []
  /// Whether the event came.
  var observed: [Bool] = []
  /// The group of BY; empty without.
  var groups: [UInt32] = []
  /// The features at the start of each clock; no columns without.
  var features: FeatureMatrix

  var count: Int { users.count }

  mutating func append(_ other: Spells) {
    users += other.users
    origins += other.origins
    durations += other.durations
    observed += other.observed
    groups += other.groups
    features.append(contentsOf: other.features)
  }

  /// The spells at `places`, without their features.
  func durations(at places: [Int]) -> (durations: [Double], observed: [Bool]) {
    (places.map { durations[$0] }, places.map { observed[$0] })
  }
}

/// What reading spells needs, compiled once.
struct SpellPlan: Sendable {
  let program: Program
  let context: EvaluationContext
  let breakdown: Breakdown
  let names: [String]
  fileprivate let anchors: EventMarks?
  fileprivate let events: EventMarks
  fileprivate let features: [Int]
  fileprivate let selection: RowSelection?

  init(_ plan: SurvivalPlan, _ environment: QueryEnvironment, in snapshot: borrowing Snapshot) throws {
    var builder = environment.builder(hasOwnMoments: true)
    events = EventMarks([(builder.add(plan.event), 1)], builder, countsOccurrences: true)
    anchors = plan.anchor.map { EventMarks([(builder.add($0), 1)], builder, countsOccurrences: true) }
    breakdown = try Breakdown(plan.by, &builder, calendar: environment.calendar, range: environment.range)
    features = plan.options.features.map { builder.add($0.expression) }
    names = plan.options.features.map(\.name)
    if let population = plan.population {
      guard let stream = StreamPlan(population.plan) else { preconditionFailure("a population starts from users") }
      let found = RowSelection(stream, &builder, missing: MissingValues())
      selection = found.userConditions.isEmpty ? nil : found
    } else {
      selection = nil
    }
    context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    program = builder.program
  }
}

/// Reads spells, on one worker.
final class SpellReader {
  private let plan: SpellPlan
  private let finder: EventAnchors
  private let past: BatchEvaluator
  private(set) var spells: Spells

  private static let day = 86_400_000.0

  init(_ plan: SpellPlan) {
    self.plan = plan
    finder = EventAnchors(plan.anchors, plan.program, plan.context)
    past = BatchEvaluator(program: plan.program, context: plan.context)
    spells = Spells(features: FeatureMatrix(names: plan.names))
  }

  func read(_ batch: EventBatch) {
    let anchors = finder.find(batch, in: .min..<plan.context.moment)
    guard !anchors.isEmpty else { return }
    let evaluator = finder.evaluator
    let marks = plan.events.rowMasks(evaluator, users: [])
    let codes = plan.breakdown.codes(evaluator)
    let logRows = codes.isEmpty || plan.breakdown.grouping == .user ? [] : evaluator.ofLog(evaluator.everyPosition)
    guard plan.selection != nil || !plan.features.isEmpty else {
      for anchor in anchors { add(anchor, evaluator.batch, marks, codes, logRows) }
      return
    }
    let nudge: Int64 = plan.anchors == nil ? 1 : 0
    finder.pasts(anchors, of: batch) { before, part in
      past.begin(before, moments: part.map { $0.time + nudge })
      let members = plan.selection.map { $0.selectedUsers(past) } ?? Array(0..<part.count)
      let columns = plan.features.map { past.users($0) }
      let values = columns.map { $0.reals(part.count) }
      for place in members {
        add(part[part.startIndex + place], evaluator.batch, marks, codes, logRows)
        spells.features.append(
          columns.indices.map { columns[$0].isPresent(place) ? values[$0][place] : .nan })
      }
    }
  }

  /// - Parameters:
  ///   - batch: with absences; `marks` are of its rows.
  ///   - logRows: where the rows of the log stand in it.
  private func add(
    _ anchor: EventAnchor, _ batch: EventBatch, _ marks: [UInt64], _ codes: [UInt32], _ logRows: [Int]
  ) {
    let (starts, times) = (batch.starts, batch.times)
    let end = starts[anchor.user + 1]
    var row = lowerBound(times, starts[anchor.user], end, anchor.time + 1)
    while row < end, marks[row] == 0 { row += 1 }
    let stop = row < end ? times[row] : plan.context.moment
    spells.users.append(batch.users[anchor.user])
    spells.origins.append(anchor.time)
    spells.durations.append(Double(stop - anchor.time) / Self.day)
    spells.observed.append(row < end)
    if !codes.isEmpty { spells.groups.append(codes[logRows.isEmpty ? anchor.user : logRows[anchor.row]]) }
  }
}

/// The spells of users.
struct SpellScan {
  let environment: QueryEnvironment
  let plan: SpellPlan
  /// Only these users, ascending; `nil` for all.
  var users: [UInt32]?

  func run(in snapshot: borrowing Snapshot) throws -> Spells {
    var request = ScanRequest(columns: plan.program.columns, threads: environment.threads)
    request.before = environment.moment
    request.purpose = .predict
    request.isCancelled = environment.isCancelled
    request.users = users
    let plan = self.plan
    let readers = try snapshot.scan(
      request, makeState: { _ in SpellReader(plan) }, body: { reader, batch in reader.read(batch) })
    return readers.reduce(into: Spells(features: FeatureMatrix(names: plan.names))) { $0.append($1.spells) }
  }
}
