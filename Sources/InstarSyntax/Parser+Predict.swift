extension Parser {
  mutating func parsePredict() throws(SyntaxError) -> PredictStep {
    beginStep(.as, .by, .using, .with, .why)
    try expect(.predict)
    return PredictStep(
      target: try parsePredictTarget(), name: try predictName(), by: try optionalBy(), methods: try optionalUsing(),
      options: try optionalOptions(), why: try optionalWhy())
  }

  mutating func parsePredictTarget() throws(SyntaxError) -> PredictStep.Target {
    if at(.did) { return .condition(try parseDid()) }
    if accept(.time) {
      try expect(.to)
      return .timeTo(try parseEvent())
    }
    if isAtFunction() { return .measure(try parseCall()) }
    return .model(try parseModel())
  }

  private mutating func predictName() throws(SyntaxError) -> Name? {
    guard at(.as) else { return nil }
    mark(.as)
    return try parseAlias()
  }
}
