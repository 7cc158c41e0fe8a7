extension Parser {
  mutating func parseFunnel() throws(SyntaxError) -> FunnelStep {
    beginStep(.without, .same, .within, .by, .during, .with, .perUser)
    try expect(.funnel)
    let subject: FunnelStep.Subject =
      accept(.of) ? .saved(try parseName(.funnel)) : .sequence(try parseSequence())
    return FunnelStep(
      subject: subject, by: try optionalBy(), during: try optionalDuring(), options: try optionalOptions(),
      isPerUser: try optionalPerUser())
  }
}
