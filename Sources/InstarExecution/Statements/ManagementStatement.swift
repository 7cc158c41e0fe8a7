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
      try runner.engine.store.write { try $0.setSetting(entry.name, entry.text) }
      return runner.message("\(entry.name.replacingUnderscores) is now \(entry.text)")
    case .dropDefinition(let kind, let name): return try drop(kind, name)
    case .dropTable(let name): return try dropTable(name)
    case .dropImport(let number):
      throw ExecutionError(
        "E0501", "DROP IMPORT \(number) is not available in this version",
        help: "import into a new store without that file")
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
    try runner.engine.store.write { _ = try $0.deleteObject(object, name) }
    return runner.message("\(kind.rawValue) \(name) dropped")
  }

  private func dropTable(_ name: String) throws -> ResultTable {
    try runner.engine.store.write { _ = try $0.deleteObject(.other, StoredTables.object(name)) }
    return runner.message("table \(name) dropped")
  }
}

extension String {
  fileprivate var replacingUnderscores: String { String(map { $0 == "_" ? " " : $0 }) }
}
