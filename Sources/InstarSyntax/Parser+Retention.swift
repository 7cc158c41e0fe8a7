extension Parser {
  mutating func parseRetention() throws(SyntaxError) -> RetentionStep {
    beginStep(.without, .same, .within, .by, .for, .during, .using, .with, .perUser)
    try expect(.retention)
    try expect(.from)
    let birth = try parseEvent()
    try expect(.return)
    return RetentionStep(
      birth: birth, returning: try parseEvent(), conditions: try parseChainConditions(), by: try parseBy(),
      periods: at(.for) ? try parsePeriods() : nil, during: try optionalDuring(), methods: try optionalUsing(),
      options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
