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
  /// The rows of BY; `nil` for one row in all.
  package var groups: Groups?

  /// Groups that are known without looking at the data, so that a row tells nothing by being there.
  package enum Groups: Sendable, Hashable {
    /// All periods of the range.
    case periods(TimeRange)
    /// A condition: false and true.
    case flags
    case texts([String])

    var text: String {
      switch self {
      case .periods: "all periods of the range"
      case .flags: "false and true"
      case .texts(let texts): texts.map(Names.quoted).joined(separator: ", ")
      }
    }
  }

  package init(epsilon: Int, maxEvents: Int, low: Double, high: Double, groups: Groups? = nil) {
    self.epsilon = epsilon
    self.maxEvents = maxEvents
    self.low = low
    self.high = high
    self.groups = groups
  }

  /// How much one user can change a sum, in hundredths.
  package var sumSensitivity: Int { maxEvents * Int((max(abs(low), abs(high)) * 100).rounded(.up)) }

  var text: String {
    "epsilon \(Double(epsilon) / 1e6) of at most \(maxEvents) rows a user, values from \(low) to \(high)"
      + (groups.map { ", in the groups \($0.text)" } ?? "")
  }

  package static let functions: Set<AggregateCall.Function> = [.count, .rows, .users, .sum, .avg]
}

extension Resolution {
  /// The noise of AGGREGATE, or `nil` without `WITH epsilon`.
  func noise(_ options: Options, of plan: AggregatePlan, after builder: ChainBuilder) throws(Failure) -> NoisePlan? {
    guard let epsilon = try options.number("epsilon", in: 0.001...10) else { return nil }
    guard plan.trailing == nil, plan.lift == nil else {
      throw options.wrong("epsilon", "for plain figures, without trailing stretches and comparisons")
    }
    let groups = try groups(options, of: plan)
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
    if isEvents, needsEvents || groups != nil, most == nil {
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
      high: bounds.count > 1 ? bounds[1] : 0, groups: groups)
  }

  /// The groups of BY, which must be known beforehand: a group that appears with its first user would tell of him.
  private func groups(_ options: Options, of plan: AggregatePlan) throws(Failure) -> NoisePlan.Groups? {
    let listed = try options.texts("groups")
    guard let bucket = plan.by.first else {
      if listed != nil { throw options.wrong("groups", "for the values of BY") }
      return nil
    }
    let known = options.wrong(
      "epsilon",
      "for groups that are known beforehand: BY a period WITH DURING, BY a condition, or BY a text WITH groups = ('a', 'b')"
    )
    guard plan.by.count == 1 else { throw known }
    switch bucket.key {
    case .period, .every:
      guard listed == nil, let during = plan.during, during.from > .min, during.to < .max else { throw known }
      return .periods(during)
    case .expression(let value):
      if value.type == .boolean, listed == nil { return .flags }
      guard value.type == .text, let listed, (1...100).contains(listed.count), Set(listed).count == listed.count
      else { throw known }
      return .texts(listed)
    }
  }
}
