extension Parser {
  mutating func parseImport() throws(SyntaxError) -> ImportStatement {
    beginStep(.map, .with)
    try expect(.import)
    let target = try importTarget()
    try expect(.from)
    return ImportStatement(
      target: target, file: try parseText(.file), mappings: at(.map) ? try parseMappings() : [],
      options: try optionalOptions())
  }

  private mutating func importTarget() throws(SyntaxError) -> ImportStatement.Target {
    if accept(.events) { return .events }
    if accept(.users) { return .users }
    if accept(.items) { return .items }
    try expect(.table)
    return .table(try parseName(.new))
  }

  mutating func parseMappings() throws(SyntaxError) -> [Assignment] {
    mark(.map)
    try expect(.map)
    return try list { parser throws(SyntaxError) in try parser.parseAssignment(.role) }
  }

  mutating func parseRun() throws(SyntaxError) -> RunStatement {
    beginStep(.with)
    try expect(.run)
    return RunStatement(file: try parseText(.file), options: try optionalOptions())
  }

  mutating func parseExportUser() throws(SyntaxError) -> ExportUserStatement {
    try expect(.export)
    let entity = try parseEntity()
    try expect(.to)
    return ExportUserStatement(entity: entity, file: try parseText(.file))
  }
}
