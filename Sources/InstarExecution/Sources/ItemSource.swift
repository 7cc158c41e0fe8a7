import InstarColumns
import InstarPlan
import InstarStorage

/// ITEMS[..]: the items of the store, in the order they first appeared.
struct ItemSource {
  let environment: QueryEnvironment

  func run(_ condition: Expression?, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let count = snapshot.itemCount
    let table = Table(columns: [], rowCount: count, items: (0..<count).map { UInt32($0) })
    var outcome = QueryOutcome(table: table)
    outcome.population = count
    guard let condition else { return outcome }
    var steps = StepExecutor(environment: environment, outcome: outcome)
    try steps.run(.filter(condition), in: snapshot)
    outcome = steps.outcome
    return outcome
  }
}
