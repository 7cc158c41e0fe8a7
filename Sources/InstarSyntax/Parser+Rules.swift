extension Parser {
  mutating func parseRules() throws(SyntaxError) -> RulesStep {
    beginStep(.without, .same, .within, .by, .during, .with, .perUser)
    try expect(.rules)
    try expect(.of)
    return RulesStep(
      value: try parseEventProperty(), conditions: try parseChainConditions(), by: try optionalBy(),
      during: try optionalDuring(), options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
