import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// PREDICT TIME TO: curves, tests between groups, renewals, and the time of each user.
struct SurvivalOperator {
  let environment: QueryEnvironment
  let plan: SurvivalPlan

  func run(_ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot) throws {
    let compiled = try SpellPlan(plan, environment, in: snapshot)
    // Conditions in front hold now, unless an event says when they are asked.
    let users = Array(Set(outcome.table.users ?? [])).sorted()
    let scan = SpellScan(environment: environment, plan: compiled, users: plan.anchor == nil ? users : nil)
    let spells = try scan.run(in: snapshot)
    guard spells.count > 0 else {
      throw ExecutionError(
        "E0408", "no clock has started: nobody in front of PREDICT has \(plan.anchor?.text ?? "an event")",
        help: plan.anchor == nil
          ? "a wider population" : "what stands in front must hold just before it: leave WHERE out, or widen it")
    }
    switch plan.method {
    case .cox: try CoxPrediction(environment: environment, plan: plan, spells: spells).run(&outcome)
    default: try summarise(spells, compiled.breakdown, &outcome)
    }
  }

  // MARK: - Summaries

  /// The spells of one group, by their places.
  private struct Group {
    var code: UInt32
    var name: String
    var places: [Int]
  }

  private func summarise(_ spells: Spells, _ breakdown: Breakdown, _ outcome: inout QueryOutcome) throws {
    let groups = groups(spells, breakdown, &outcome)
    var rows: [[Value]] = []
    var codes: [UInt32] = []
    func append(_ group: Group, _ row: [Value]) {
      rows.append(row)
      codes.append(group.code)
    }
    if plan.method == .logRank {
      for (group, row) in zip(groups, try test(spells, groups)) { append(group, row) }
    } else {
      for group in groups {
        for row in try figures(group, spells, &outcome) { append(group, row) }
      }
    }
    if groups.count > 1, [.kaplanMeier, .nelsonAalen].contains(plan.method),
      let test = try? logRank(spells, groups)
    {
      outcome.notes.append(
        "log-rank test of \(plan.by.map(\.name).joined(separator: ", ")): chi-square \(digits(test.statistic)) with "
          + "\(SurvivalText.freedom(test.degreesOfFreedom)), p = \(digits(test.pValue))")
    }
    let own = Table(rows: rows, columns: Array(plan.columns.dropFirst(plan.by.count)))
    outcome.table = Table(columns: breakdown.columns(codes) + own.columns, rowCount: rows.count)
  }

  /// The groups in the order of their keys. Where a privacy threshold is set, those of fewer users are left out.
  private func groups(_ spells: Spells, _ breakdown: Breakdown, _ outcome: inout QueryOutcome) -> [Group] {
    let codes = spells.groups.isEmpty ? [UInt32](repeating: 0, count: spells.count) : spells.groups
    var places: [UInt32: [Int]] = [:]
    for (place, code) in codes.enumerated() { places[code, default: []].append(place) }
    let order = breakdown.ordered(codes)
    let keys = breakdown.columns(order)
    let all = order.enumerated().map { row, code in
      let values = keys.map { "\($0.name) = \(SurvivalText.text($0[row]))" }
      return Group(
        code: code, name: values.isEmpty ? plan.text : values.joined(separator: ", "), places: places[code] ?? [])
    }
    let threshold = environment.settings.privacyThreshold
    guard threshold > 1 else { return all }
    let shown = all.filter { group in Set(group.places.map { spells.users[$0] }).count >= threshold }
    outcome.suppressedRows += all.count - shown.count
    return shown
  }

  private func figures(_ group: Group, _ spells: Spells, _ outcome: inout QueryOutcome) throws -> [[Value]] {
    let part = spells.durations(at: group.places)
    let curve = try fitted {
      try SurvivalCurve.fit(
        durations: part.durations, observed: part.observed, confidence: plan.options.confidence)
    }
    if plan.method == .sbg { return try renewals(group, part, &outcome) }
    outcome.notes.append(summary(group, curve))
    let isHazard = plan.method == .nelsonAalen
    let limits = isHazard ? curve.hazardLimits : (lower: curve.lower, upper: curve.upper)
    let values = isHazard ? curve.cumulativeHazard : curve.survival
    let start = isHazard ? 0.0 : 1
    let length = Double(plan.options.every) / 86_400_000
    return curve.steps(every: length).map { step in
      let at = step.position
      return [
        .real(step.time), .integer(Int64(step.atRisk)), .integer(Int64(step.events)),
        .real(at.map { values[$0] } ?? start), known(at.map { limits.lower[$0] } ?? start),
        known(at.map { limits.upper[$0] } ?? start),
      ]
    }
  }

  /// "channel = ads: 120 clocks, 80 stopped, median 94 days (95 % 80 to 120)".
  private func summary(_ group: Group, _ curve: SurvivalCurve) -> String {
    func days(_ number: Double?) -> String { number.map { digits($0) } ?? "not reached" }
    let limits = curve.medianLimits
    let level = Int((plan.options.confidence * 100).rounded())
    return "\(group.name): \(curve.count) clocks, \(curve.eventCount) stopped by the event, median "
      + (curve.median.map { "\(digits($0)) days" } ?? "not reached")
      + " (\(level) % \(days(limits.lower)) to \(days(limits.upper)))"
  }

  // MARK: - Groups

  private func logRank(_ spells: Spells, _ groups: [Group]) throws -> LogRankTest {
    let places = groups.flatMap(\.places)
    let numbers = groups.enumerated().flatMap { number, group in group.places.map { _ in number } }
    let part = spells.durations(at: places)
    return try fitted {
      try LogRankTest.run(
        durations: part.durations, observed: part.observed, groups: numbers, groupCount: groups.count,
        rho: plan.options.rho)
    }
  }

  private func test(_ spells: Spells, _ groups: [Group]) throws -> [[Value]] {
    let test = try logRank(spells, groups)
    return groups.indices.map { group in
      let (events, expected) = (test.observed[group], test.expected[group])
      return [
        .integer(Int64(test.counts[group])), .real(events), .real(expected),
        expected > 0 ? .real(events / expected) : .missing, .real(test.statistic),
        .integer(Int64(test.degreesOfFreedom)), .real(test.pValue),
      ]
    }
  }

  // MARK: - Renewals

  private func renewals(
    _ group: Group, _ part: (durations: [Double], observed: [Bool]), _ outcome: inout QueryOutcome
  ) throws -> [[Value]] {
    let length = Double(plan.options.every) / 86_400_000
    var (lost, kept): ([Double], [Double]) = ([], [])
    func count(_ list: inout [Double], _ place: Int) {
      if list.count <= place { list += [Double](repeating: 0, count: place + 1 - list.count) }
      list[place] += 1
    }
    for (duration, isObserved) in zip(part.durations, part.observed) {
      let periods = duration / length
      // Who leaves within the first period does not come to the first renewal.
      if isObserved { count(&lost, max(0, Int(periods.rounded(.up)) - 1)) } else { count(&kept, Int(periods)) }
    }
    let model = try fitted { try RenewalModel.fit(lost: lost, kept: kept) }
    outcome.notes.append(
      "\(group.name): sbg alpha \(digits(model.alpha)), beta \(digits(model.beta)), log-likelihood "
        + digits(model.logLikelihood))
    let last = plan.options.renewals ?? max(lost.count, kept.count - 1)
    var observed: Double? = 1
    return (0...last).map { renewal in
      // At risk of a renewal are those who have come to it: they left at it or later, or are still there behind it.
      let atRisk = lost.dropFirst(max(0, renewal - 1)).reduce(0, +) + kept.dropFirst(renewal).reduce(0, +)
      let ended = renewal > 0 && renewal <= lost.count ? lost[renewal - 1] : 0
      if renewal > 0 { observed = atRisk > 0 ? observed.map { $0 * (1 - ended / atRisk) } : nil }
      return [
        .integer(Int64(renewal)), .integer(Int64(atRisk)), .integer(Int64(ended)), Value(observed),
        .real(model.survival(renewal)), renewal == 0 ? .missing : .real(model.retentionRate(renewal)),
      ]
    }
  }

  // MARK: - Helpers

  private func known(_ number: Double) -> Value { number.isNaN ? .missing : .real(number) }

  private func fitted<Model>(_ fit: () throws -> Model) throws -> Model {
    do { return try fit() } catch let error as ModelError {
      throw ExecutionError("E0408", error.message, help: "a wider population, or an earlier start of the clock")
    }
  }

  private func digits(_ number: Double) -> String { SurvivalText.digits(number) }
}

/// Values and numbers of survival in receipts.
enum SurvivalText {
  static func text(_ value: Value) -> String {
    switch value {
    case .missing: "unknown"
    case .boolean(let flag): "\(flag)"
    case .integer(let number), .time(let number), .duration(let number): "\(number)"
    case .real(let number): digits(number)
    case .text(let text): text
    }
  }

  static func freedom(_ degrees: Int) -> String { "\(degrees) \(degrees == 1 ? "degree" : "degrees") of freedom" }

  /// Six significant digits.
  static func digits(_ number: Double) -> String {
    guard number != 0, number.isFinite else { return "\(number)" }
    var scale = 1.0
    var magnitude = abs(number)
    while magnitude < 100_000, scale < 1e12 {
      magnitude *= 10
      scale *= 10
    }
    let rounded = (number * scale).rounded() / scale
    return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
  }
}
