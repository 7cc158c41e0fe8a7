extension Parser {
  mutating func parseTrain() throws(SyntaxError) -> TrainSource {
    beginStep(.with)
    try expect(.train)
    return TrainSource(model: try parseName(.model), options: try optionalOptions())
  }

  mutating func parseEvaluate() throws(SyntaxError) -> EvaluateSource {
    beginStep(.against, .during, .with)
    try expect(.evaluate)
    if at(.segment) || at(.predict) || at(.recommend) {
      return EvaluateSource(
        subject: .inline(try parseModelDefinition()), against: nil, during: nil, options: [])
    }
    let subject: EvaluateSource.Subject =
      accept(.campaign) ? .campaigns(try parseNames(.campaign)) : .models(try parseModels())
    return EvaluateSource(
      subject: subject, against: at(.against) ? try parseAgainst() : nil, during: try optionalDuring(),
      options: try optionalOptions())
  }

  mutating func parseAgainst() throws(SyntaxError) -> Expression {
    mark(.against)
    try expect(.against)
    return try parseDid()
  }
}
