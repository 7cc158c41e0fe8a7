import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// PROFILE SEGMENT: a portrait of a set of users on one page, beside everybody.
struct SegmentProfileSource {
  let environment: QueryEnvironment
  let plan: SegmentProfilePlan

  /// How many differences, and how many values of a text, a portrait shows.
  private static let differences = 8
  private static let values = 3

  private struct Line {
    var property: String
    var value: String
    var everybody: String?
  }

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let member = NamedExpression("member", plan.member ?? .literal(.boolean(true)))
    let outcome = try StreamExecutor(environment: environment).run(
      StreamPlan(columnsOfUsers: plan.features + [member]), in: snapshot)
    let everybody = outcome.table
    let flags = everybody.rowCount == 0 ? [] : Vector(everybody.columns[plan.features.count]).flags(everybody.rowCount)
    let members = everybody.rows(at: flags.indices.filter { flags[$0] != 0 })
    var result = QueryOutcome(table: Table(columns: []))
    result.population = members.rowCount
    result.stages = outcome.stages
    var lines = size(members, everybody)
    let threshold = environment.settings.privacyThreshold
    if members.rowCount == 0 || members.rowCount < threshold {
      if members.rowCount > 0 { result.suppressedRows = 1 }
      lines = Array(lines.prefix(members.rowCount == 0 ? 2 : 1))
    } else {
      lines += figures(members, everybody) + (try cycle(member.expression, in: snapshot))
      lines += try rhythm(member.expression, in: snapshot)
      lines += preferences(members, everybody, threshold: threshold)
      lines += differences(members, everybody, threshold: threshold)
    }
    result.table = Table(
      columns: [
        Column("property", type: .text, values: .texts(lines.map(\.property))),
        Column("value", type: .text, values: .texts(lines.map(\.value))),
        Column("everybody", texts: lines.map(\.everybody)),
      ], rowCount: lines.count)
    return result
  }

  // MARK: - Size and money

  private func size(_ members: Table, _ everybody: Table) -> [Line] {
    let (own, all) = (members.rowCount, everybody.rowCount)
    return [
      Line(property: "segment", value: plan.name, everybody: "everybody"),
      Line(property: "users", value: "\(own)\(Self.percent(Double(own), of: Double(all)))", everybody: "\(all)"),
    ]
  }

  private static func percent(_ part: Double, of whole: Double) -> String {
    whole > 0 ? " (\(rounded(part / whole * 100, 1)) %)" : ""
  }

  private static func rounded(_ value: Double, _ digits: Int) -> String {
    let scale = digits == 1 ? 10.0 : 100.0
    let result = (value * scale).rounded() / scale
    return result == result.rounded() && abs(result) < 1e15 ? "\(Int64(result))" : "\(result)"
  }

  /// The sum of the revenue, and the mean of each number.
  private func figures(_ members: Table, _ everybody: Table) -> [Line] {
    var lines: [Line] = []
    for (place, feature) in plan.features.enumerated() where feature.expression.type.isNumber {
      let own = GroupComparison.known(members.columns[place])
      let all = GroupComparison.known(everybody.columns[place])
      guard !all.isEmpty else { continue }
      func mean(_ values: [Double]) -> String {
        let unit = feature.expression.unit.map { " \($0)" } ?? ""
        return values.isEmpty ? "-" : Self.rounded(values.reduce(0, +) / Double(values.count), 2) + unit
      }
      if feature.name == plan.revenue {
        let (part, whole) = (own.reduce(0, +), all.reduce(0, +))
        lines.append(
          Line(
            property: "revenue", value: Self.rounded(part, 2) + Self.percent(part, of: whole),
            everybody: Self.rounded(whole, 2)))
      }
      lines.append(Line(property: "\(feature.name), mean", value: mean(own), everybody: mean(all)))
    }
    return lines
  }

  // MARK: - Rhythm

  /// Within how many days half come back to the goal, and the median of the gaps of those who did.
  private func cycle(_ member: Expression, in snapshot: borrowing Snapshot) throws -> [Line] {
    guard let goal = plan.goal else { return [] }
    let found = try CycleScan(environment: environment, goal: goal, member: member).run(in: snapshot)
    func text(_ cycle: PurchaseCycle) -> String {
      guard let naive = cycle.medianOfClosed else { return "-" }
      let median = cycle.median.map { "\($0) days" } ?? "never"
      return "\(median) (of closed gaps \(naive))"
    }
    return [
      Line(
        property: "\(goal.text) again, half within", value: text(found.members), everybody: text(found.everybody))
    ]
  }

  private static let weekdays = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]

  /// The weekday and the hour with most events, in the zone of the store.
  private func rhythm(_ member: Expression, in snapshot: borrowing Snapshot) throws -> [Line] {
    func part(_ function: Function) -> Bucket {
      let call = Expression(.call(function, [.timeOfEvent]), type: .integer, level: .event)
      return Bucket(.expression(call), name: function.rawValue)
    }
    let any = EventPattern(alternatives: [.init(types: nil, filter: nil)], text: "event")
    let count = Expression(.aggregate(AggregateCall(.rows)), type: .integer, level: .row)
    let aggregate = AggregatePlan(
      aggregates: [NamedExpression("n", count)],
      by: [Bucket(.expression(member), name: "member"), part(.dayOfWeek), part(.hourOfDay)])
    let plan = LogicalPlan(moment: environment.moment, source: .events([any]), steps: [.aggregate(aggregate)])
    var inner = environment
    inner.settings.privacyThreshold = 0
    let table = try QueryExecutor(environment: inner).run(plan, in: snapshot).table
    var days = [[Double]](repeating: [Double](repeating: 0, count: 8), count: 2)
    var hours = [[Double]](repeating: [Double](repeating: 0, count: 24), count: 2)
    for row in 0..<table.rowCount {
      let number = table.columns[3][row].number ?? 0
      let (day, hour) = (Int(table.columns[1][row].number ?? 0), Int(table.columns[2][row].number ?? 0))
      for side in table.columns[0][row] == .boolean(true) ? [0, 1] : [1] {
        days[side][day] += number
        hours[side][hour] += number
      }
    }
    func most(_ counts: [Double], _ name: (Int) -> String) -> String {
      guard let top = counts.indices.max(by: { counts[$0] < counts[$1] }), counts[top] > 0 else { return "-" }
      return name(top) + Self.percent(counts[top], of: counts.reduce(0, +))
    }
    let hour = { (hour: Int) in "\(hour):00 to \(hour + 1):00" }
    return [
      Line(
        property: "busiest weekday", value: most(days[0]) { Self.weekdays[$0 - 1] },
        everybody: most(days[1]) { Self.weekdays[$0 - 1] }),
      Line(property: "busiest hour", value: most(hours[0], hour), everybody: most(hours[1], hour)),
    ]
  }

  // MARK: - Preferences and differences

  /// The most frequent values of each text, with their shares. Texts of which nearly every user has his own, such as
  /// addresses, say nothing of a group.
  private func preferences(_ members: Table, _ everybody: Table, threshold: Int) -> [Line] {
    plan.features.indices.compactMap { place in
      guard plan.features[place].expression.type == .text else { return nil }
      let (own, all) = (members.columns[place], everybody.columns[place])
      guard Self.isOfGroups(all) else { return nil }
      func top(_ column: Column) -> String {
        let counts = GroupComparison.counts(column).filter { $0.value >= max(1, threshold) }
        let first = counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(Self.values)
        return first.isEmpty
          ? "-"
          : first.map { $0.key + Self.percent(Double($0.value), of: Double(column.count)) }.joined(separator: ", ")
      }
      return Line(property: plan.features[place].name, value: top(own), everybody: top(all))
    }
  }

  private static func isOfGroups(_ column: Column) -> Bool {
    let counts = GroupComparison.counts(column)
    return counts.count > 0 && counts.count * 2 <= max(2, counts.values.reduce(0, +))
  }

  /// What marks the segment: where it lies farthest from everybody.
  private func differences(_ members: Table, _ everybody: Table, threshold: Int) -> [Line] {
    let kept = plan.features.indices.filter { place in
      plan.features[place].expression.type != .text || Self.isOfGroups(everybody.columns[place])
    }
    func chosen(_ table: Table) -> Table {
      Table(columns: kept.map { table.columns[$0] }, rowCount: table.rowCount, users: table.users)
    }
    let comparison = GroupComparison(
      chosen(members), chosen(everybody), columns: 0..<kept.count, threshold: threshold)
    return comparison.lines.filter { abs($0.effect ?? 0) >= 0.2 }.prefix(Self.differences).map { line in
      let what = line.value.map { "\(line.what) = \($0)" } ?? line.what
      func text(_ value: Double) -> String {
        line.value == nil ? Self.rounded(value, 2) : "\(Self.rounded(value * 100, 1)) %"
      }
      return Line(property: "differs: \(what)", value: text(line.a), everybody: text(line.b))
    }
  }
}
