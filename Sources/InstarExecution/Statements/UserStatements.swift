import InstarColumns
import InstarPlan
import InstarStorage

/// FORGET USER: hides a user at once and takes out what the store says of him.
struct ForgetStatement {
  let runner: StatementRunner

  func run(users names: [String]) throws -> ResultTable {
    let codes = try runner.engine.store.read { snapshot in
      try names.map { try Users.code(of: $0, in: snapshot) }
    }
    return try forget(codes)
  }

  func run(members plan: LogicalPlan) throws -> ResultTable {
    let (outcome, _) = try runner.outcome(of: plan)
    return try forget(Array(Set(outcome.table.users ?? [])).sorted())
  }

  private func forget(_ users: [UInt32]) throws -> ResultTable {
    let report = try runner.engine.store.eraseUsers(users, at: runner.engine.options.now())
    return runner.message(
      "forgot \(users.count) \(users.count == 1 ? "user" : "users")",
      notes: ["\(report) events removed", "models fitted before are fitted anew at their next use"])
  }
}

/// EXPORT USER 'u' TO 'file': everything the store says of one user, one event a line.
struct ExportUserStatement {
  let runner: StatementRunner

  func run(user: String, path: String) throws -> ResultTable {
    guard runner.engine.options.allowsFiles, let exporter = runner.engine.options.exporter else {
      throw StatementRunner.filesBarred("EXPORT USER")
    }
    let text = "TIMELINE USER '\(user.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "''"))';"
    let plan = try runner.plan(of: text)
    let (outcome, _) = try runner.outcome(of: plan)
    let calendar = try runner.engine.store.read { StoredSettings.settings($0.schema.settings).calendar }
    let rows = try exporter(ResultTable(columns: outcome.table.columns), path, [:], calendar)
    return runner.message("wrote \(rows) events of \(user) to \(path)")
  }
}
extension Store { func eraseUsers(_ u: [UInt32], at: Int64) throws -> Int { throw ExecutionError("E0501", "FORGET is not available in this version", help: "") } }
