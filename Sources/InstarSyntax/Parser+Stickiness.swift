extension Parser {
  mutating func parseStickiness() throws(SyntaxError) -> StickinessStep {
    beginStep(.by, .during, .with, .perUser)
    try expect(.stickiness)
    try expect(.of)
    let event = try parseEvent()
    let unit = try parseTimeUnit()
    try expect(.per)
    return StickinessStep(
      event: event, unit: unit, period: try parseTimeUnit(), by: try optionalBy(), during: try optionalDuring(),
      options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
