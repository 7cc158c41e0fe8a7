import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What reading one anchor needs: the population's conditions and the features, compiled for that moment.
///
/// Where events are the anchors, one plan serves them all: each user of a batch is one of them and has its moment.
struct AnchorPlan: Sendable {
  let anchor: Int64
  /// Finds the anchors; `nil` where the anchor is a moment of the calendar.
  let events: EventMarks?
  let program: Program
  let context: EvaluationContext
  let specification: FeatureSpecification
  let names: [String]
  let days: LocalDays
  fileprivate let selection: RowSelection
  fileprivate let subject: Int
  fileprivate let expressions: [Int]
  fileprivate let amount: Int?
  fileprivate let order: Int?
  fileprivate let item: Int?
  fileprivate let categories: [Int]
  fileprivate let calendar: Calendar

  /// - Parameter environment: its moment is the anchor.
  init(
    _ environment: QueryEnvironment, _ model: PredictionModel, _ specification: FeatureSpecification, days: LocalDays,
    in snapshot: borrowing Snapshot
  ) throws {
    var builder = environment.builder(hasOwnMoments: model.anchor != nil)
    let anchorEvents = model.anchor.map { builder.add($0) }
    guard let stream = StreamPlan(model.population.plan) else { preconditionFailure("a population starts from users") }
    // Users without a value at past anchors are not those of the statement.
    selection = RowSelection(stream, &builder, missing: MissingValues())
    subject = builder.add(model.subject)
    expressions = specification.expressions.map { builder.add($0.expression) }
    let columns = environment.schema.eventColumns
    amount = columns.contains(.amount) ? builder.column(.amount) : nil
    order = columns.contains(.order) ? builder.column(.order) : nil
    item = specification.hasItems ? builder.column(.item) : nil
    categories = specification.choice.categories.map { builder.column(.property($0.property)) }
    events = anchorEvents.map { EventMarks([($0, 1)], builder, countsOccurrences: true) }
    context = try ContextBuilder(environment: environment).context(builder, in: snapshot)
    program = builder.program
    anchor = environment.moment
    self.specification = specification
    names = specification.names
    self.days = days
    calendar = environment.calendar
  }

  /// The day of the year as an angle.
  fileprivate func season(_ moment: Int64) -> [Double] {
    let day = calendar.dayNumber(of: moment)
    let first = CivilDate(year: CivilDate(dayNumber: day).year, month: 1, day: 1).dayNumber
    let angle = 2 * Double.pi * Double(day - first + 1) / 365.25
    return [sin(angle), cos(angle)]
  }
}

/// Reads the features of the users of one anchor, on one worker.
///
/// Every batch that it is given ends at the anchor.
final class AnchorReader {
  private let plan: AnchorPlan
  private let evaluator: BatchEvaluator
  private let slots: SlotFeatures
  private var rhythm: RhythmFeatures
  /// 1 for the rows that the target speaks of.
  private var marks: [UInt32] = []
  private var row: [Double]
  private var codes: [UInt32] = []
  private let reasons: ModelReasons?

  /// - Parameter reasons: says what moved the prediction of each row; `nil` where nobody asks.
  init(_ plan: AnchorPlan, reasons: ModelReasons? = nil) {
    self.plan = plan
    self.reasons = reasons
    evaluator = BatchEvaluator(program: plan.program, context: plan.context)
    slots = SlotFeatures(types: plan.specification.choice.kinds.map(\.code))
    rhythm = RhythmFeatures(goal: 1, days: plan.days)
    row = [Double](repeating: .nan, count: plan.names.count)
    writeSeason(plan.anchor)
  }

  /// Adds the rows of the members among the users of the batch.
  ///
  /// - Parameter moments: where events are the anchors, that of each user, whose last row is the anchor itself.
  func read(_ batch: EventBatch, moments: [Int64] = [], into rows: inout FeatureRows) {
    guard batch.userCount > 0 else { return }
    evaluator.begin(batch, moments: moments)
    let members = plan.selection.selectedUsers(evaluator)
    guard !members.isEmpty else { return }
    mark(batch)
    let own = plan.expressions.map { Self.numbers(evaluator.users($0), batch.userCount) }
    let start = plan.specification.expressionsStart
    for user in members {
      var events = batch.starts[user]..<batch.starts[user + 1]
      let anchor = moments.isEmpty ? plan.anchor : moments[user]
      if moments.isEmpty {
        guard readEvents(batch, events, before: anchor) else { continue }
      } else {
        events = events.dropLast()
        writeSeason(anchor)
        if !readEvents(batch, events, before: anchor) { writeNothing() }
        rows.anchors.append(anchor)
      }
      for (offset, values) in own.enumerated() { row[start + offset] = values[user] }
      rows.users.append(batch.users[user])
      rows.features.append(row)
      if let reasons {
        let past = EventsOfUser(
          anchor: anchor, times: batch.times[events], types: batch.types[events], marks: marks[events])
        rows.reasons.append(reasons.text(row, past))
      }
    }
  }

  /// Marks the rows of the target among those of the log.
  private func mark(_ batch: EventBatch) {
    marks.removeAll(keepingCapacity: true)
    let all = evaluator.batch
    marks.append(contentsOf: repeatElement(0, count: all.rowCount))
    for row in evaluator.rows(of: plan.subject).all.rows { marks[row] = 1 }
    if all !== batch { marks = evaluator.ofLog(marks) }
  }

  private func writeSeason(_ moment: Int64) {
    guard plan.specification.choice.hasSeason else { return }
    for (offset, value) in plan.season(moment).enumerated() { row[plan.specification.seasonStart + offset] = value }
  }

  /// The features of a user of whom nothing was known: counts are 0, the rest is missing.
  private func writeNothing() {
    let specification = plan.specification
    for place in 0..<RhythmFeatures.names.count { row[place] = .nan }
    for place in Self.countPlaces { row[place] = 0 }
    for place in specification.lifetimeStart..<specification.expressionsStart { row[place] = .nan }
    slots.writeTypes(
      times: [Int64]().span, types: [UInt32]().span, anchor: plan.anchor, into: &row, at: specification.kindsStart)
    for place in specification.categoriesStart..<specification.seasonStart { row[place] = 0 }
  }

  /// Features of rhythm that are 0 and not missing without any event.
  private static let countPlaces: [Int] = RhythmFeatures.names.indices.filter { place in
    let name = RhythmFeatures.names[place]
    return ["frequency", "monetary", "active_days", "event_count", "rate", "spend_rate"].contains(name)
      || ["goals_", "spend_", "events_"].contains { name.hasPrefix($0) }
  }

  private func readEvents(_ batch: EventBatch, _ rows: Range<Int>, before anchor: Int64) -> Bool {
    let none = 0..<0
    let (times, types, marks) = (batch.times, batch.types, self.marks)
    let amounts = plan.amount.map { batch.column($0) } ?? EventColumnBuffer(type: .real)
    let orders = plan.order.map { batch.column($0) } ?? EventColumnBuffer(type: .text)
    let known = rhythm.extract(
      times: times.span.extracting(rows), types: marks.span.extracting(rows),
      amounts: amounts.reals.span.extracting(plan.amount == nil ? none : rows),
      amountsPresent: amounts.present.span.extracting(amounts.present.isEmpty ? none : rows),
      orders: orders.codes.span.extracting(plan.order == nil ? none : rows),
      ordersPresent: orders.present.span.extracting(orders.present.isEmpty ? none : rows), before: anchor,
      into: &row)
    guard known else { return false }
    let specification = plan.specification
    slots.writeTypes(
      times: times.span.extracting(rows), types: types.span.extracting(rows), anchor: anchor, into: &row,
      at: specification.kindsStart)
    var place = specification.categoriesStart
    for (category, position) in zip(specification.choice.categories, plan.categories) {
      let column = batch.column(position)
      SlotFeatures.writeValues(
        category.values.map(\.code), codes: column.codes.span.extracting(rows),
        present: column.present.span.extracting(column.present.isEmpty ? none : rows), into: &row, at: place)
      place += category.values.count * SlotFeatures.numbersPerValue
    }
    if let item = plan.item {
      let column = batch.column(item)
      let count = SlotFeatures.distinct(
        codes: column.codes.span.extracting(rows),
        present: column.present.span.extracting(column.present.isEmpty ? none : rows), scratch: &codes)
      row[specification.itemsPlace] = Double(count)
    }
    rhythm.writeLifetime(at: anchor, into: &row, from: specification.lifetimeStart)
    return true
  }

  /// One number for each user of the batch, NaN where there is none.
  private static func numbers(_ vector: Vector, _ count: Int) -> [Double] {
    var values = vector.reals(count)
    for row in values.indices where !vector.isPresent(row) { values[row] = .nan }
    return values
  }
}
