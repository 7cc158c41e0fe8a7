import InstarColumns
import InstarPlan
import InstarStorage

/// EXPORT USER 'u' TO 'file': everything the store says of one user, one event a line.
struct ExportUserStatement {
  let runner: StatementRunner

  func run(user: String, path: String) throws -> ResultTable {
    guard runner.engine.options.allowsFiles, let exporter = runner.engine.options.exporter else {
      throw StatementRunner.filesBarred("EXPORT USER")
    }
    let text =
      "TIMELINE USER '\(user.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))';"
    let plan = try runner.plan(of: text)
    let (outcome, _) = try runner.outcome(of: plan)
    let calendar = try runner.engine.store.read { StoredSettings.settings($0.schema.settings).calendar }
    let rows = try exporter(ResultTable(columns: outcome.table.columns), path, [:], calendar)
    return runner.message("wrote \(rows) events of \(user) to \(path)")
  }
}
