extension Parser {
  mutating func parseAggregate() throws(SyntaxError) -> AggregateStep {
    beginStep(.by, .during, .with)
    try expect(.aggregate)
    let values = try list { parser throws(SyntaxError) in try parser.parseNamedExpression() }
    return AggregateStep(
      values: values, by: try optionalBy(), during: try optionalDuring(), options: try optionalOptions())
  }
}
