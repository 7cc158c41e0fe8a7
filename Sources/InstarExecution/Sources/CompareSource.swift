import InstarColumns
import InstarPlan
import InstarStorage

/// COMPARE: what differs between two sets of users, each as of its own moment.
struct CompareSource {
  let environment: QueryEnvironment
  let plan: ComparePlan

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let left = try side(plan.left, in: snapshot)
    let right = try side(plan.right, in: snapshot)
    let threshold = environment.settings.privacyThreshold
    let comparison = GroupComparison(
      left.table, right.table, columns: 0..<plan.features.count, threshold: threshold)
    note(left.table, right.table)
    var outcome = QueryOutcome(table: table(comparison.lines))
    outcome.suppressedRows = comparison.hidden
    outcome.population = Set(left.table.users ?? []).union(right.table.users ?? []).count
    outcome.stages = left.stages + right.stages
    return outcome
  }

  private func side(_ side: ComparePlan.Side, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    var plan = side.chain.plan
    plan.steps.append(
      .keep(self.plan.features.map { NamedExpression($0.name, $0.expression.bounded(by: side.during)) }))
    var inner = environment
    inner.moment = plan.moment
    inner.keepsModels = environment.keepsModels && plan.moment == environment.moment
    return try QueryExecutor(environment: inner).run(plan, in: snapshot)
  }

  private func note(_ left: Table, _ right: Table) {
    let (name, other) = (plan.left.name, plan.right.name)
    environment.log.add(note: "a = \(name) (\(left.rowCount) users), b = \(other) (\(right.rowCount) users)")
    for (name, table) in [(name, left), (other, right)] where table.rowCount == 0 {
      environment.log.add(note: "\(name) has no users: there is nothing to compare")
    }
    let common = Set(left.users ?? []).intersection(right.users ?? []).count
    if common > 0 {
      environment.log.add(note: "\(common) users are on both sides; the intervals treat the sides as independent")
    }
    for place in plan.features.indices {
      let missing = [left, right].map { table in
        table.columns[place].present.isEmpty ? 0 : (0..<table.rowCount).count { !table.columns[place].isPresent($0) }
      }
      guard plan.features[place].expression.type != .text, missing != [0, 0] else { continue }
      let name = plan.features[place].name
      environment.log.add(note: "without \(name): \(missing[0]) users of a, \(missing[1]) of b")
    }
  }

  private func table(_ lines: [GroupComparison.Line]) -> Table {
    Table(
      columns: [
        Column("what", type: .text, values: .texts(lines.map(\.what))), Column("value", texts: lines.map(\.value)),
        Column("a", type: .real, values: .reals(lines.map(\.a))),
        Column("b", type: .real, values: .reals(lines.map(\.b))),
        Column("difference", type: .real, values: .reals(lines.map(\.difference))),
        Column("low", reals: lines.map(\.low)), Column("high", reals: lines.map(\.high)),
        Column("effect", reals: lines.map(\.effect)),
      ], rowCount: lines.count)
  }
}
