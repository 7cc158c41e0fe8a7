import InstarColumns
import InstarPlan
import InstarStorage

/// FORGET USER: hides a user at once and takes out what the store says of him.
struct ForgetStatement {
  let runner: StatementRunner

  func run(users names: [String]) throws -> ResultTable {
    // A name that nobody has is an error before anyone is forgotten.
    try runner.engine.store.read { snapshot in
      for name in names { _ = try Users.code(of: name, in: snapshot) }
    }
    return try forget(names)
  }

  func run(members plan: LogicalPlan) throws -> ResultTable {
    let (outcome, _) = try runner.outcome(of: plan)
    let users = Array(Set(outcome.table.users ?? [])).sorted()
    let names = try runner.engine.store.read { snapshot in
      let dictionary = try snapshot.dictionary(DictionaryID.user)
      return users.map(dictionary.text)
    }
    return try forget(names)
  }

  private func forget(_ names: [String]) throws -> ResultTable {
    let moment = runner.engine.options.now()
    var events = 0
    for name in names { events += try runner.engine.store.eraseUser(named: name, at: moment) ?? 0 }
    return runner.message(
      "forgot \(names.count) \(names.count == 1 ? "user" : "users")",
      notes: ["\(events) events removed", "models are fitted anew at their next use"])
  }
}

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
