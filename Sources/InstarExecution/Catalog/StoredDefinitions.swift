import InstarPlan
import InstarStorage

/// Definitions as stored objects: the bytes are the canonical DEFINE statement.
enum StoredDefinitions {
  static func all(in snapshot: borrowing Snapshot) throws -> [DefinitionEntry] {
    var entries: [DefinitionEntry] = []
    for kind in DefinitionKind.allCases {
      for info in try snapshot.objects(ObjectKind(kind)) {
        guard let bytes = try snapshot.object(info.kind, info.name) else { continue }
        entries.append(DefinitionEntry(kind: kind, name: info.name, statement: String(decoding: bytes, as: UTF8.self)))
      }
    }
    return entries
  }
}

extension ObjectKind {
  init(_ kind: DefinitionKind) {
    self =
      switch kind {
      case .segment: .segment
      case .event: .event
      case .attribute: .attribute
      case .funnel: .funnel
      case .model: .model
      case .lifecycle: .lifecycle
      case .catalog: .catalog
      }
  }
}
