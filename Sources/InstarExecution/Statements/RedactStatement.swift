import InstarColumns
import InstarPlan
import InstarStorage

/// REDACT: removes the values of properties, for all users, items or events.
struct RedactStatement {
  let runner: StatementRunner

  func run(_ plan: RedactPlan) throws -> ResultTable {
    let names = plan.names.joined(separator: ", ")
    let text = "redacted \(names) of \(plan.owner.rawValue)s"
    let scrub = try runner.engine.store.redact(plan.properties, at: runner.engine.options.now(), text)
    var notes = ["freed pages of the file were wiped"]
    if scrub.pagesInUse > 0 {
      notes.append("\(scrub.pagesInUse) pages are still seen by a reader of an older commit; compact wipes them")
    }
    notes.append("models that were trained before are stale")
    return runner.message(text, notes: notes)
  }
}
