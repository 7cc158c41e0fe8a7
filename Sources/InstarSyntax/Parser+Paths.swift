extension Parser {
  mutating func parsePaths() throws(SyntaxError) -> PathsStep {
    beginStep(.without, .same, .within, .by, .during, .with, .perUser)
    try expect(.paths)
    var from: EventReference?
    var to: EventReference?
    if accept(.from) {
      from = try parseEvent()
      to = accept(.to) ? try parseEvent() : nil
    } else {
      try expect(.to)
      to = try parseEvent()
    }
    return PathsStep(
      from: from, to: to, conditions: try parseChainConditions(), by: try optionalBy(), during: try optionalDuring(),
      options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
