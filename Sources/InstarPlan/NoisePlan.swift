internal import InstarSyntax

/// `AGGREGATE .. WITH epsilon = 0.5, max_events = 10, bounds = (0, 500)`: figures with noise that hides every single user.
package struct NoisePlan: Sendable, Hashable {
  /// Millionths, so that what is spent adds up exactly.
  package var epsilon: Int
  /// How many events of one user count at most, the earliest; 1 for rows of users.
  package var maxEvents: Int
  /// Values outside are moved to the nearer bound.
  package var low: Double
  package var high: Double

  package init(epsilon: Int, maxEvents: Int, low: Double, high: Double) {
    self.epsilon = epsilon
    self.maxEvents = maxEvents
    self.low = low
    self.high = high
  }

  /// How much one user can change a sum, in hundredths.
  package var sumSensitivity: Int { maxEvents * Int((max(abs(low), abs(high)) * 100).rounded(.up)) }

  var text: String {
    "epsilon \(Double(epsilon) / 1e6) of at most \(maxEvents) rows a user, values from \(low) to \(high)"
  }

  package static let functions: Set<AggregateCall.Function> = [.count, .rows, .users, .sum, .avg]
}

extension Resolution {
  /// The noise of AGGREGATE, or `nil` without `WITH epsilon`.
  func noise(_ options: Options, of plan: AggregatePlan, after builder: ChainBuilder) throws(Failure) -> NoisePlan? {
    guard let epsilon = try options.number("epsilon", in: 0.001...10) else { return nil }
    guard plan.by.isEmpty, plan.trailing == nil, plan.lift == nil else {
      throw options.wrong(
        "epsilon", "for one population: BY would tell who is in which group; ask for a group with WHERE")
    }
    let isAtSource = builder.plan.steps.allSatisfy { step in
      switch step {
      case .filter, .add: true
      default: false
      }
    }
    guard isAtSource, builder.scope.rows == .events || builder.scope.rows == .users else {
      throw options.wrong("epsilon", "for the rows of SEGMENT or EVENTS themselves, perhaps filtered")
    }
    var needsValues = false
    var needsEvents = false
    for aggregate in plan.aggregates {
      guard case .aggregate(let call) = aggregate.expression.node, NoisePlan.functions.contains(call.function) else {
        throw options.wrong("epsilon", "for count(), users(), sum(x) and avg(x), each alone")
      }
      needsValues = needsValues || call.function == .sum || call.function == .avg
      needsEvents = needsEvents || call.function != .users
    }
    let isEvents = builder.scope.rows == .events
    let most = try options.whole("max_events", in: 1...10_000)
    if isEvents, needsEvents, most == nil {
      throw options.wrong("epsilon", "joined by max_events = n: how many events of one user count at most")
    }
    let bounds = try options.numbers("bounds") ?? []
    if needsValues {
      guard bounds.count == 2, bounds[0] < bounds[1], max(abs(bounds[0]), abs(bounds[1])) <= 1e6 else {
        throw options.wrong("epsilon", "joined by bounds = (low, high): what one value counts at least and at most")
      }
    }
    return NoisePlan(
      epsilon: Int((epsilon * 1e6).rounded()), maxEvents: isEvents ? most ?? 1 : 1, low: bounds.first ?? 0,
      high: bounds.count > 1 ? bounds[1] : 0)
  }
}
