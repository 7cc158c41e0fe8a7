extension Parser {
  mutating func parseBy() throws(SyntaxError) -> [Bucket] {
    mark(.by)
    try expect(.by)
    return try list { parser throws(SyntaxError) in try parser.parseBucket() }
  }

  mutating func parseBucket() throws(SyntaxError) -> Bucket {
    let start = index
    let kind: Bucket.Kind
    if isAtTimeUnit() {
      kind = .unit(try parseTimeUnit())
    } else if accept(.every) {
      kind = .every(try parseTimeSpan())
    } else {
      kind = .expression(try parseExpression())
    }
    let name = at(.as) ? try parseAlias() : nil
    return Bucket(kind: kind, name: name, range: range(from: start))
  }

  mutating func parseAlias() throws(SyntaxError) -> Name {
    try expect(.as)
    return try parseName(.new)
  }

  mutating func parsePeriods() throws(SyntaxError) -> TimeSpan {
    mark(.for)
    try expect(.for)
    return try parseTimeSpan()
  }

  mutating func parseDuring() throws(SyntaxError) -> DateRange {
    mark(.during)
    try expect(.during)
    return try parseDateRange()
  }

  mutating func parseUsing() throws(SyntaxError) -> [Name] {
    mark(.using)
    try expect(.using)
    return try parseNames(.method)
  }

  mutating func parseOptions() throws(SyntaxError) -> [Option] {
    mark(.with)
    try expect(.with)
    return try list { parser throws(SyntaxError) in try parser.parseOption() }
  }

  mutating func parseOption() throws(SyntaxError) -> Option {
    let start = index
    let name = try parseName(.option)
    try expect(.equal)
    if index == watched { expected.names.insert(.optionValue) }
    let value = try parseOptionValue()
    return Option(name: name, value: value, range: range(from: start))
  }

  /// A list has a comma; one value in brackets is an expression.
  mutating func parseOptionValue() throws(SyntaxError) -> Option.Value {
    let start = index
    if accept(.leftParenthesis) {
      let first = try parseExpression()
      if at(.comma) {
        var values = [first]
        while accept(.comma) { values.append(try parseExpression()) }
        try expect(.rightParenthesis)
        return .list(values)
      }
      index = start
    }
    return .expression(try parseExpression())
  }

  mutating func parsePerUser() throws(SyntaxError) -> Bool {
    mark(.perUser)
    try expect(.per)
    try expect(.user)
    return true
  }

  mutating func parseWhy() throws(SyntaxError) -> WhyClause {
    mark(.why)
    let start = index
    try expect(.why)
    let count = at(.integer) || at(.parameter) ? try parseCount() : nil
    return WhyClause(count: count, range: range(from: start))
  }

  mutating func parseOn() throws(SyntaxError) -> [Expression] {
    mark(.on)
    try expect(.on)
    return try list { parser throws(SyntaxError) in try parser.parseExpression() }
  }

  mutating func parseInto() throws(SyntaxError) -> GroupCount {
    mark(.into)
    try expect(.into)
    return accept(.auto) ? .auto : .count(try parseCount())
  }

  mutating func parseAssignment(
    _ left: NameKind = .new
  ) throws(SyntaxError) -> Assignment {
    let start = index
    let name = try parseName(left)
    try expect(.equal)
    let value = try parseExpression()
    return Assignment(name: name, value: value, range: range(from: start))
  }

  mutating func parseNamedExpression() throws(SyntaxError) -> NamedExpression {
    let start = index
    let value = try parseExpression()
    let name = at(.as) ? try parseAlias() : nil
    return NamedExpression(value: value, name: name, range: range(from: start))
  }

  // MARK: - Clauses that may be absent

  mutating func optionalBy() throws(SyntaxError) -> [Bucket] { at(.by) ? try parseBy() : [] }

  mutating func optionalDuring() throws(SyntaxError) -> DateRange? { at(.during) ? try parseDuring() : nil }

  mutating func optionalUsing() throws(SyntaxError) -> [Name] { at(.using) ? try parseUsing() : [] }

  mutating func optionalOptions() throws(SyntaxError) -> [Option] { at(.with) ? try parseOptions() : [] }

  mutating func optionalPerUser() throws(SyntaxError) -> Bool { at(.per) ? try parsePerUser() : false }

  mutating func optionalWhy() throws(SyntaxError) -> WhyClause? { at(.why) ? try parseWhy() : nil }
}
