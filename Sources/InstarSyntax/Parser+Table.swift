extension Parser {
  mutating func parseSegmentSource() throws(SyntaxError) -> Name {
    try expect(.segment)
    let name = try parseName(.segment)
    if current.kind == .leftBracket { throw bracketBehindSegment(name) }
    return name
  }

  private func bracketBehindSegment(_ name: Name) -> SyntaxError {
    error(
      .bracket, "[ ] filters an event or an item, and \(name.text) is a segment",
      help: "write SEGMENT \(name.text) WHERE \(bracketed() ?? "country = 'TR'")")
  }

  /// The text inside the brackets that start at the current token, if they close.
  private func bracketed() -> String? {
    var last = index + 1
    while tokens[last].kind != .rightBracket {
      if tokens[last].kind == .endOfText || tokens[last].kind == .semicolon { return nil }
      last += 1
    }
    guard last > index + 1 else { return nil }
    return sourceText(from: index + 1, to: last)
  }

  mutating func parseEventsSource() throws(SyntaxError) -> [EventReference] {
    try expect(.events)
    return try parseEvents()
  }

  mutating func parseItemsSource() throws(SyntaxError) -> Expression? {
    try expect(.items)
    return at(.leftBracket) ? try parseFilter() : nil
  }

  mutating func parseTableSource() throws(SyntaxError) -> Name {
    try expect(.table)
    return try parseName(.table)
  }

  mutating func parseWhere() throws(SyntaxError) -> Expression {
    try expect(.where)
    return try parseExpression()
  }

  mutating func parseAdd() throws(SyntaxError) -> [Assignment] {
    try expect(.add)
    return try list { parser throws(SyntaxError) in try parser.parseAssignment() }
  }

  mutating func parseKeep() throws(SyntaxError) -> [Expression] {
    try expect(.keep)
    return try list { parser throws(SyntaxError) in try parser.parseExpression() }
  }

  mutating func parseSort() throws(SyntaxError) -> [SortKey] {
    try expect(.sort)
    try expect(.by)
    return try list { parser throws(SyntaxError) in try parser.parseSortKey() }
  }

  mutating func parseSortKey() throws(SyntaxError) -> SortKey {
    let start = index
    let value = try parseExpression()
    let isDescending = accept(.desc)
    if !isDescending { _ = accept(.asc) }
    return SortKey(value: value, isDescending: isDescending, range: range(from: start))
  }

  mutating func parseLimit() throws(SyntaxError) -> LimitStep {
    try expect(.limit)
    let count = try parseCount()
    return LimitStep(count: count, per: accept(.per) ? try parseName(.property) : nil)
  }

  mutating func parsePivot() throws(SyntaxError) -> Name {
    try expect(.pivot)
    return try parseName(.property)
  }

  mutating func parseAssert() throws(SyntaxError) -> AssertStep {
    try expect(.assert)
    let condition = try parseExpression()
    return AssertStep(condition: condition, message: accept(.comma) ? try parseText() : nil)
  }

  mutating func parseJoin() throws(SyntaxError) -> JoinStep {
    try expect(.join)
    let table = try parseName(.table)
    try expect(.on)
    return JoinStep(table: table, keys: try parseNames(.property))
  }

  mutating func parseSave() throws(SyntaxError) -> SaveStep {
    try expect(.save)
    try expect(.as)
    let kind = try parseDefinitionKind()
    let name = try parseName(.new)
    return SaveStep(kind: kind, name: name, options: try optionalOptions())
  }

  mutating func parseSnapshot() throws(SyntaxError) -> Name {
    try expect(.snapshot)
    try expect(.as)
    return try parseName(.new)
  }

  mutating func parseExport() throws(SyntaxError) -> ExportStep {
    try expect(.export)
    try expect(.to)
    let file = try parseText(.file)
    return ExportStep(file: file, options: try optionalOptions())
  }
}
