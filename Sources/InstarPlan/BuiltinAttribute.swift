internal import InstarCalendar
internal import InstarColumns

/// Attributes that every user has without a definition. Each is an expression over measures, so that it has a value at
/// any moment.
enum BuiltinAttribute: String, CaseIterable {
  case firstSeen = "first_seen"
  case lastSeen = "last_seen"
  case tenure
  case activeDays = "active_days"
  case recency, frequency, monetary, aov
  case cycle
  case cycleSpread = "cycle_spread"
  case stage

  static let names = allCases.map(\.rawValue)

  /// Attributes of goal events have no value where no goal event is set.
  var needsGoal: Bool {
    switch self {
    case .firstSeen, .lastSeen, .tenure, .activeDays: false
    case .recency, .frequency, .monetary, .aov, .cycle, .cycleSpread, .stage: true
    }
  }

  /// Attributes of money need the role `amount`.
  var needsAmount: Bool { self == .monetary || self == .aov }

  /// The attribute as of a moment.
  /// - Parameter goal: the goal event; not read where ``needsGoal`` is false.
  func expression(goal: EventPattern, at moment: Moment) -> Expression {
    let events = Figures(goal: goal, moment: moment)
    return switch self {
    case .firstSeen: events.any(.first, .time)
    case .lastSeen: events.any(.last, .time)
    case .tenure: events.any(.since, .real, unit: "days")
    case .activeDays: events.any(.days, .integer, unit: "days")
    case .recency: events.goal(.recency, .real, unit: "days")
    case .frequency: events.goal(.count, .integer)
    case .monetary: events.money(.sum)
    case .aov:
      Expression(.binary(.divide, events.money(.sum), events.goal(.count, .integer)), type: .real, level: moment.level)
    case .cycle: events.cycle
    case .cycleSpread: events.goal(.gapSpread, .real, unit: "days")
    case .stage: events.stage
    }
  }
}

/// The measures that the built-in attributes are made of.
private struct Figures {
  let goal: EventPattern
  let moment: Moment

  func any(_ function: Measure.Function, _ type: ValueType, unit: String? = nil, in window: Window = .ever)
    -> Expression
  {
    let events = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    return .measure(Measure(function, of: events, in: window, at: moment), type: type, unit: unit)
  }

  func goal(_ function: Measure.Function, _ type: ValueType, unit: String? = nil, in window: Window = .ever)
    -> Expression
  {
    .measure(Measure(function, of: goal, in: window, at: moment), type: type, unit: unit)
  }

  func money(_ function: Measure.Function) -> Expression {
    let amount = Expression(.event(.amount), type: .real, level: .event)
    return .measure(Measure(function, of: goal, value: amount, in: .ever, at: moment), type: .real)
  }

  var cycle: Expression { goal(.medianGap, .real, unit: "days") }

  /// The built-in life cycle; the first stage that fits wins. Silence is time without any event. The own cycle counts
  /// from three goal occurrences on; below that the limits are 180 and 60 days.
  var stage: Expression {
    let occurrences = goal(.count, .integer)
    let silence = any(.recency, .real, unit: "days")
    let hasCycle = Expression.compare(occurrences, .greaterOrEqual, .literal(3))
    func silent(cycles: Double, orDays days: Double) -> Expression {
      let own = Expression(.binary(.multiply, .literal(.real(cycles)), cycle), type: .real, level: moment.level)
      let limit = Expression.choice(
        [.init(condition: hasCycle, value: own)], otherwise: .literal(.real(days)), type: .real)
      return .compare(silence, .greater, limit)
    }
    let recent = goal(.count, .integer, in: .last(CalendarDuration(milliseconds: 180 * 86_400_000)))
    let isNew = Expression.and(
      .compare(any(.since, .real, unit: "days"), .lessOrEqual, .literal(.real(30))),
      .compare(occurrences, .equal, .literal(0)))
    let stages: [(Expression, String)] = [
      (silent(cycles: 4, orDays: 180), "lost"),
      (silent(cycles: 2, orDays: 60), "at_risk"),
      (.compare(recent, .greaterOrEqual, .literal(4)), "loyal"),
      (.compare(occurrences, .greaterOrEqual, .literal(2)), "customer"),
      (isNew, "acquired"),
    ]
    let branches = stages.map { Expression.Branch(condition: $0.0, value: .literal(.text($0.1))) }
    return .choice(branches, otherwise: .literal("active"), type: .text)
  }
}
