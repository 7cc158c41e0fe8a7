import InstarCalendar
import InstarColumns
import InstarPlan

/// Evaluates the program of a statement over one batch of users after another.
///
/// A node of level user has one row for each user of the batch and is computed at most once a batch; a node of level
/// event has one row for each selected event. One evaluator lives on one worker.
final class BatchEvaluator {
  let program: Program
  let context: EvaluationContext
  let combine: Combine
  private(set) var batch: EventBatch
  private(set) var selection = EventRows(rows: [], owners: [])
  private var userCache: [Vector?]
  private var eventCache: [Vector?]
  private var patternCache: [PatternRows?]
  private var counted: CountedMeasures
  private var ownersOfAll = OwnerList([])
  private var positions: [Int] = []
  private var zeroes: [UInt32] = []
  /// One byte for each user, 1 for those that matter; empty while all do.
  private(set) var meant: [UInt8] = []
  private var days: PeriodTable?
  /// Where the program has moments of users: the moment of each user of the batch, and just behind what `IN NEXT` begins.
  private var moments: [Int64] = []
  private var anchors: [Int64] = []

  init(program: Program, context: EvaluationContext) {
    self.program = program
    self.context = context
    combine = Combine(calendar: context.calendar)
    batch = EventBatch()
    userCache = [Vector?](repeating: nil, count: program.nodes.count)
    eventCache = userCache
    patternCache = [PatternRows?](repeating: nil, count: program.patterns.count)
    counted = CountedMeasures(program, context)
  }

  /// Turns to the next batch and forgets what was computed for the last one. Absences become rows: ``batch`` may have
  /// more of them than what was passed.
  ///
  /// - Parameters:
  ///   - moments: one for each user of the batch, where the program looks from moments of users.
  ///   - anchors: one for each user: `IN NEXT` reaches from just behind it to the moment. Empty without such a window.
  func begin(_ next: EventBatch, moments: [Int64] = [], anchors: [Int64] = []) {
    self.moments = moments
    self.anchors = anchors
    turn(to: next)
    if !program.absences.isEmpty, let longer = batchWithAbsences() { turn(to: longer) }
  }

  private func turn(to batch: EventBatch) {
    self.batch = batch
    for index in userCache.indices {
      userCache[index] = nil
      eventCache[index] = nil
    }
    for index in patternCache.indices { patternCache[index] = nil }
    counted.forget()
    ownersOfAll = OwnerList(starts: batch.starts)
    meant = []
    selection = EventRows(rows: [], owners: [])
  }

  // MARK: - Rows

  /// The position in the batch of the user of every row.
  var owners: [Int] { ownersOfAll.owners }

  /// All rows of the batch as a selection.
  var allRows: EventRows { EventRows(rows: everyPosition, owners: ownersOfAll) }

  /// The positions of all rows.
  var everyPosition: [Int] {
    let count = batch.rowCount
    if positions.count < count { positions = Array(0..<count) }
    return positions.count == count ? positions : Array(positions[..<count])
  }

  /// The types of all rows; zeros where all have the same mask, so that nobody needs to read them.
  func types(for masks: [UInt64]) -> [UInt32] {
    guard masks.allSatisfy({ $0 == masks[0] }) else { return batch.types }
    let count = batch.rowCount
    if zeroes.count < count { zeroes = [UInt32](repeating: 0, count: count) }
    return zeroes.count == count ? zeroes : Array(zeroes[..<count])
  }

  /// From here on nobody asks for figures of users whose byte in `mask` is 0; they may be anything.
  func restrict(to mask: [UInt8]) { meant = mask }

  /// The days of `times`, or `nil` where they reach over more than a lifetime.
  func days(of times: [Int64]) -> PeriodTable? {
    var (least, greatest) = (Int64.max, Int64.min)
    for time in times {
      least = min(least, time)
      greatest = max(greatest, time)
    }
    guard least <= greatest else { return nil }
    if let days, days.range.contains(least), days.range.contains(greatest) { return days }
    // Wider than asked for, since the next batch has other users.
    let day: Int64 = 86_400_000
    let lower = min(least, days?.range.lowerBound ?? .max) - 30 * day
    let upper = max(greatest, days?.range.upperBound ?? .min) + day
    guard upper - lower < 36_525 * day else { return nil }
    days = try? PeriodTable(.day, over: lower..<upper, in: context.calendar)
    return days
  }

  /// Runs `body` with `rows` as the events that nodes of level event speak of.
  func withSelection<Result>(_ rows: EventRows, _ body: () -> Result) -> Result {
    let outer = (selection, eventCache)
    selection = rows
    eventCache = [Vector?](repeating: nil, count: program.nodes.count)
    defer { (selection, eventCache) = outer }
    return body()
  }

  /// The rows of a pattern, found once a batch.
  func rows(of pattern: Int) -> PatternRows {
    if let known = patternCache[pattern] { return known }
    let found = findRows(of: pattern)
    patternCache[pattern] = found
    return found
  }

  /// The bounds of a window that a user sees from a moment of his own.
  func bounds(of window: Window, user: Int, at moment: Int64) -> (from: Int64, to: Int64) {
    if case .next = window, !anchors.isEmpty { return (anchors[user] + 1, moment) }
    return context.bounds(of: window, at: moment, firstEvent: batch.times[batch.starts[user]])
  }

  // MARK: - Nodes

  /// One row for each user of the batch.
  func users(_ node: Int) -> Vector {
    if let known = userCache[node] { return known }
    let compiled = program.nodes[node]
    precondition(compiled.level <= .user, "the resolver let an expression of events stand for users")
    let result =
      counted.vector(node, of: batch) ?? combine.evaluate(compiled, count: batch.userCount, operand: users)
      ?? userLeaf(compiled)
    userCache[node] = result
    return result
  }

  /// One row for each selected event.
  func events(_ node: Int) -> Vector {
    if let known = eventCache[node] { return known }
    let compiled = program.nodes[node]
    let result: Vector
    if compiled.level <= .user {
      let vector = users(node)
      result = vector.isConstant ? vector : vector.gathered(selection.owners)
    } else {
      result = combine.evaluate(compiled, count: selection.count, operand: events) ?? eventLeaf(compiled)
    }
    eventCache[node] = result
    return result
  }

  private func userLeaf(_ node: ProgramNode) -> Vector {
    let positions = { self.batch.users.map(Int.init) }
    switch node.operation {
    case .user: return Vector(.text, .codes(batch.users, context.users))
    case .momentOfUser: return Vector(.time, .integers(moments))
    case .userProperty(let property, .fixed(let moment)):
      let key = UserPropertyKey(property: property, moment: moment == context.moment ? nil : moment)
      guard let column = context.userProperties[key] else { return Vector.missing(node.type) }
      return Vector(column).gathered(positions())
    case .userProperty(let property, .user(let moments)):
      return userProperty(property, users: batch.users, moments: users(moments), type: node.type)
    case .measure(let measure): return fold(measure, type: node.type)
    case .sequence(let sequence): return matches(sequence)
    case .snapshotMember(let name): return members(context.snapshots[name])
    case .chainMember(let index): return members(context.chains[index])
    case .score(let score):
      guard let column = context.scores[score] else { return Vector.missing(node.type) }
      return Vector(column).gathered(positions())
    default: preconditionFailure("no operation of users: \(node.operation)")
    }
  }

  private func members(_ list: [UInt8]?) -> Vector {
    guard let list else { return Vector(constant: .boolean(false), type: .boolean) }
    return Vector(.boolean, .booleans(batch.users.map { Int($0) < list.count ? list[Int($0)] : 0 }))
  }

  private func eventLeaf(_ node: ProgramNode) -> Vector {
    switch node.operation {
    case .eventTime: return Vector(.time, .integers(selectedTimes))
    case .eventType: return Vector(.text, .codes(selected(batch.types), context.eventTypes))
    case .eventColumn(let position): return field(position)
    case .item: preconditionFailure("the item of an event is a column")
    case .itemProperty(let property, let items?): return itemProperty(property, of: events(items), type: node.type)
    case .measure(let measure): return foldAtRows(measure, type: node.type)
    case .userProperty(let property, at: _):
      return userProperty(
        property, users: gather(batch.users, selection.owners),
        moments: Vector(.time, .integers(selectedTimes)),
        type: node.type)
    case .snapshotMember, .chainMember, .sequence, .score, .user:
      preconditionFailure("\(node.operation) is of level user")
    default: preconditionFailure("no operation of events: \(node.operation)")
    }
  }

  /// A property of `users` as it was just before `moments`, one for each; an undated one holds always.
  private func userProperty(_ property: UInt16, users: [UInt32], moments: Vector, type: ValueType) -> Vector {
    guard let history = context.userHistories[property] else {
      let key = UserPropertyKey(property: property, moment: nil)
      guard let column = context.userProperties[key] else { return Vector.missing(type) }
      return Vector(column).gathered(users.map(Int.init))
    }
    guard history.values.count > 0 else { return Vector.missing(type) }
    let times = moments.integers(users.count)
    var present = [UInt8](repeating: 1, count: users.count)
    var changes = [Int](repeating: 0, count: users.count)
    for row in users.indices {
      let isSeen = moments.isPresent(row) && times[row] <= context.moment
      if isSeen, let change = history.change(of: users[row], before: times[row]) {
        changes[row] = change
      } else {
        present[row] = 0
      }
    }
    var result = Vector(history.values).gathered(changes)
    result.present = result.present.isEmpty ? present : zip(result.present, present).map { $0 & $1 }
    return result
  }

  private func selected<Element>(_ values: [Element]) -> [Element] {
    selectsAll ? values : gather(values, selection.rows)
  }

  /// The times of the selected rows.
  private var selectedTimes: [Int64] { selectsAll ? batch.times : batch.times(at: selection.rows) }

  private var selectsAll: Bool { selection.count == batch.rowCount && !selection.repeats }

  private func field(_ position: Int) -> Vector {
    field(position, selectsAll ? batch.column(position) : batch.column(position, at: selection.rows))
  }

  /// Column `position` of some rows, without making them the selection.
  func field(_ position: Int, at rows: [Int]) -> Vector {
    field(position, rows.count == batch.rowCount ? batch.column(position) : batch.column(position, at: rows))
  }

  private func field(_ position: Int, _ column: EventColumnBuffer) -> Vector {
    switch column.type {
    case .boolean: return Vector(.boolean, .booleans(column.flags), present: column.present)
    case .integer, .time, .duration: return Vector(column.type, .integers(column.integers), present: column.present)
    case .real: return Vector(.real, .reals(column.reals), present: column.present)
    case .text:
      guard let dictionary = context.columnDictionaries[position] else {
        preconditionFailure("a text column has a dictionary")
      }
      return Vector(.text, .codes(column.codes, dictionary), present: column.present)
    }
  }

  private func itemProperty(_ property: UInt16, of items: Vector, type: ValueType) -> Vector {
    guard let column = context.itemProperties[property], case .codes(let codes, _) = items.values else {
      return Vector.missing(type)
    }
    let count = column.count
    var present = items.presence(codes.count)
    let positions = codes.enumerated().map { row, code in
      if Int(code) >= count || (!items.present.isEmpty && items.present[row] == 0) {
        Combine.markMissing(&present, row, codes.count)
        return 0
      }
      return Int(code)
    }
    guard count > 0 else { return Vector.missing(type) }
    var result = Vector(column).gathered(positions)
    if !present.isEmpty {
      let own = result.present
      result.present = own.isEmpty ? present : zip(own, present).map { $0 & $1 }
    }
    return result
  }
}
