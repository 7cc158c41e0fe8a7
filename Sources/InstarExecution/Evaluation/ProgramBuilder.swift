import InstarCalendar
import InstarColumns
import InstarPlan

/// Compiles expressions into a ``Program``, one node for each distinct part.
struct ProgramBuilder {
  private(set) var program = Program()
  /// Chains whose members are asked for, in the order of their numbers.
  private(set) var chains: [ChainBox] = []
  private(set) var snapshots: Set<String> = []
  private(set) var userProperties: Set<UserPropertyKey> = []
  /// Properties of users that are asked for at moments that differ from row to row or from user to user.
  private(set) var movingProperties: Set<UInt16> = []
  private(set) var itemProperties: Set<UInt16> = []
  private(set) var scores: Set<ScoreNode> = []
  private var known: [Expression: Int] = [:]
  private var knownPatterns: [EventPattern: Int] = [:]
  private let moment: Int64
  /// Whether the statement's moment is one of each user: ``BatchEvaluator/begin(_:moments:anchors:)`` is given it.
  private let hasOwnMoments: Bool
  private var ownMoment: Int?
  /// The types of the store and, behind them, the absences.
  let eventTypeCount: Int
  private let storedTypeCount: Int
  private let hasOrders: Bool
  /// The types of rows that are no events of the log.
  private let exposureTypes: [UInt32]

  init(
    moment: Int64, eventTypeCount: Int, hasOrders: Bool, absences: [Absence] = [], exposureTypes: [UInt32] = [],
    hasOwnMoments: Bool = false
  ) {
    self.moment = moment
    self.hasOwnMoments = hasOwnMoments
    self.exposureTypes = exposureTypes
    storedTypeCount = eventTypeCount
    self.eventTypeCount = eventTypeCount + absences.count
    self.hasOrders = hasOrders
    for (number, absence) in absences.enumerated() {
      let node = AbsenceNode(
        pattern: add(absence.events), length: absence.length, type: UInt32(storedTypeCount + number))
      program.absences.append(node)
    }
  }

  /// The node of `expression`.
  mutating func add(_ expression: Expression) -> Int {
    if let node = known[expression] { return node }
    let operation = compile(expression)
    program.nodes.append(ProgramNode(operation: operation, type: expression.type, level: expression.level))
    known[expression] = program.nodes.count - 1
    return program.nodes.count - 1
  }

  /// The position of an event column in the batch.
  mutating func column(_ column: EventColumn) -> Int {
    if let position = program.columns.firstIndex(of: column) { return position }
    program.columns.append(column)
    return program.columns.count - 1
  }

  /// - Parameter occurrences: whether rows of one order count once; without the order role it makes no difference.
  mutating func add(_ pattern: EventPattern) -> Int {
    if let node = knownPatterns[pattern] { return node }
    if hasOrders { _ = column(.order) }
    let alternatives = pattern.alternatives.map { alternative in
      PatternNode.Alternative(
        types: mask(of: alternative.types), filter: alternative.filter.map { add($0) })
    }
    let then = pattern.then.map { add($0) }
    program.patterns.append(
      PatternNode(alternatives: alternatives, ordinal: pattern.ordinal, then: then, occurrences: hasOrders))
    knownPatterns[pattern] = program.patterns.count - 1
    return program.patterns.count - 1
  }

  /// One byte for each type, or `nil` for any. An event of any type is one of the log, and no absence or exposure.
  private func mask(of types: [UInt32]?) -> [UInt8]? {
    guard let types else {
      guard eventTypeCount > storedTypeCount || !exposureTypes.isEmpty else { return nil }
      return (0..<eventTypeCount).map { $0 < storedTypeCount && !exposureTypes.contains(UInt32($0)) ? 1 : 0 }
    }
    var mask = [UInt8](repeating: 0, count: eventTypeCount)
    for type in types {
      let place = type < Absence.firstType ? Int(type) : storedTypeCount + Int(type - Absence.firstType)
      if place < eventTypeCount { mask[place] = 1 }
    }
    return mask
  }

  mutating func add(_ moment: Moment) -> MomentNode {
    switch moment {
    case .statement: hasOwnMoments ? .user(momentOfUser()) : .fixed(self.moment)
    case .fixed(let instant): .fixed(instant)
    case .row: .row
    case .user(let expression): .user(add(expression))
    }
  }

  private mutating func momentOfUser() -> Int {
    if let node = ownMoment { return node }
    program.nodes.append(ProgramNode(operation: .momentOfUser, type: .time, level: .user))
    ownMoment = program.nodes.count - 1
    return program.nodes.count - 1
  }

  mutating func add(_ condition: SequenceCondition) -> SequenceNode {
    SequenceNode(
      plan: condition.sequence, steps: condition.sequence.steps.map { step in step.events.map { add($0) } },
      without: condition.sequence.without.map { add($0) }, keys: keys(of: condition.sequence.same),
      least: condition.least, most: condition.most, window: condition.window, moment: add(condition.moment))
  }

  /// The columns of the keys of SAME; a session has none.
  mutating func keys(of same: [SequencePlan.Key]) -> [Int] {
    same.compactMap { key in
      switch key {
      case .session: nil
      case .item: column(.item)
      case .order: column(.order)
      case .property(let property): column(.property(property))
      }
    }
  }

  private mutating func compile(_ expression: Expression) -> ProgramNode.Operation {
    switch expression.node {
    case .literal(let value): return .literal(value)
    case .column(let position): return .column(position)
    case .event(let field): return compile(field)
    case .user: return .user
    case .userProperty(let property, let at):
      let moment = add(at)
      if case .fixed(let instant) = moment {
        userProperties.insert(UserPropertyKey(property: property, moment: instant == self.moment ? nil : instant))
      } else {
        userProperties.insert(UserPropertyKey(property: property, moment: nil))
        movingProperties.insert(property)
      }
      return .userProperty(property, at: moment)
    case .item: return .item
    case .itemProperty(let property):
      itemProperties.insert(property)
      return .itemProperty(property, items: expression.level == .item ? nil : add(Self.itemOfEvent))
    case .measure(let measure):
      let pattern = add(measure.events)
      let value = measure.value.map { add($0) }
      return .measure(
        MeasureNode(
          function: measure.function, pattern: pattern, value: value, window: measure.window,
          moment: add(measure.moment)))
    case .sequence(let condition): return .sequence(add(condition))
    case .snapshotMember(let name):
      snapshots.insert(name)
      return .snapshotMember(name)
    case .chainMember(let chain):
      if let index = chains.firstIndex(of: chain) { return .chainMember(index) }
      chains.append(chain)
      return .chainMember(chains.count - 1)
    case .score(let name, let version, let at):
      let score = ScoreNode(name: name, version: version, moment: add(at))
      scores.insert(score)
      return .score(score)
    case .not(let inner): return .not(add(inner))
    case .negate(let inner): return .negate(add(inner))
    case .binary(let symbol, let left, let right): return .binary(symbol, add(left), add(right))
    case .oneOf(let inner, let list): return .oneOf(add(inner), list)
    case .isMissing(let inner): return .isMissing(add(inner))
    case .textTest(let test, let inner, let text): return .textTest(test, add(inner), text)
    case .call(let function, let arguments): return .call(function, arguments.map { add($0) })
    case .choice(let branches, let otherwise):
      return .choice(
        branches.map { (condition: add($0.condition), value: add($0.value)) }, otherwise: otherwise.map { add($0) })
    case .shifted(let inner, let by): return .shifted(add(inner), by: by)
    case .overRows(let function, let arguments): return .overRows(function, arguments.map { add($0) })
    case .aggregate: preconditionFailure("aggregates are computed by the operator and do not reach the evaluator")
    }
  }

  private static let itemOfEvent = Expression(.event(.item), type: .text, level: .event)

  private mutating func compile(_ field: EventField) -> ProgramNode.Operation {
    switch field {
    case .time: .eventTime
    case .type: .eventType
    case .item: .eventColumn(column(.item))
    case .order: .eventColumn(column(.order))
    case .amount: .eventColumn(column(.amount))
    case .quantity: .eventColumn(column(.quantity))
    case .property(let property): .eventColumn(column(.property(property)))
    }
  }
}
