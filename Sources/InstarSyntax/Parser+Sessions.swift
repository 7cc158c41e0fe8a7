extension Parser {
  mutating func parseSessions() throws(SyntaxError) -> SessionsStep {
    beginStep(.without, .same, .within, .by, .during, .with, .perUser)
    try expect(.sessions)
    return SessionsStep(
      conditions: try parseChainConditions(), by: try optionalBy(), during: try optionalDuring(),
      options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
