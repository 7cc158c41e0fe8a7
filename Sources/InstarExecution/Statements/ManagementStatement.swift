import InstarColumns
import InstarPlan
import InstarStorage
import InstarSyntax

/// DEFINE, LET, SET and DROP.
struct ManagementStatement {
  let runner: StatementRunner
  let catalog: StoreCatalog

  func run(_ statement: LogicalStatement) throws -> ResultTable {
    switch statement {
    case .define(let entry): return try define(entry)
    case .let_(let name, let statement):
      runner.session.define(name, .init(statement: statement, parameters: runner.parameters))
      return runner.message("\(name) stands for the chain until the session ends")
    case .set(let change):
      let entry = StoredSettings.entry(change)
      let now = runner.engine.options.now()
      try runner.engine.store.write { transaction in
        try transaction.setSetting(entry.name, entry.text)
        switch change {
        case .consentRequired:
          // Who is read follows from it, so answers and models kept for the data before are none for the data after.
          transaction.noteData(Array("consent \(entry.text)".utf8))
          let purposes = entry.text.isEmpty ? "nothing" : entry.text.split(separator: " ").joined(separator: ", ")
          try transaction.appendAudit("consent is required for \(purposes)", at: now)
        case .privacyBudget(let budget): try transaction.appendAudit("the privacy budget is \(budget)", at: now)
        default: break
        }
      }
      return runner.message("\(entry.name.replacingUnderscores) is now \(entry.text.isEmpty ? "nothing" : entry.text)")
    case .dropDefinition(let kind, let name): return try drop(kind, name)
    case .dropTable(let name): return try dropTable(name)
    case .dropCampaign(let name): return try dropCampaign(name)
    case .promote(let model): return try promote(model)
    default: preconditionFailure("\(statement) is no management statement")
    }
  }

  private func define(_ entry: DefinitionEntry) throws -> ResultTable {
    let replaced = catalog.definitions.contains { $0.kind == entry.kind && $0.name == entry.name }
    try runner.engine.store.write { try $0.putObject(ObjectKind(entry.kind), entry.name, Array(entry.statement.utf8)) }
    let verb = replaced ? "replaced" : "defined"
    return runner.message(
      entry.name.isEmpty ? "\(entry.kind.rawValue) \(verb)" : "\(entry.kind.rawValue) \(entry.name) \(verb)")
  }

  private func drop(_ kind: InstarPlan.DefinitionKind, _ name: String) throws -> ResultTable {
    let isSnapshot = kind == .segment && catalog.snapshots.contains { $0.name == name }
    let object: ObjectKind = isSnapshot ? .snapshot : ObjectKind(kind)
    try runner.engine.store.write { transaction in
      _ = try transaction.deleteObject(object, name)
      if kind == .model { try ModelVersions.drop(name, in: transaction) }
    }
    return runner.message("\(kind.rawValue) \(name) dropped")
  }

  private func promote(_ model: ModelName) throws -> ResultTable {
    let version = try runner.engine.store.read { snapshot in
      let version = try model.version ?? ModelVersions.newest(model.name, in: snapshot)
      try ModelVersions.check(ModelName(model.name, version: version), in: snapshot)
      return version
    }
    try runner.engine.store.write { try ModelVersions.promote(model.name, version, in: $0) }
    return runner.message("\(model.name)@\(version) is active")
  }

  private func dropCampaign(_ name: String) throws -> ResultTable {
    let exposures = catalog.campaigns.first { $0.name == name }?.exposures ?? 0
    try runner.engine.store.write { _ = try $0.dropCampaign(name) }
    return runner.message("campaign \(name) dropped with \(exposures == 1 ? "1 exposure" : "\(exposures) exposures")")
  }

  private func dropTable(_ name: String) throws -> ResultTable {
    try runner.engine.store.write { _ = try $0.deleteObject(.other, StoredTables.object(name)) }
    return runner.message("table \(name) dropped")
  }
}

extension String {
  fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
