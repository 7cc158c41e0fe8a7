import InstarColumns
struct ExportWriter { var environment: QueryEnvironment; var options: [String: Value]
  func write(_ t: Table, to path: String) throws -> Int { 0 } }
