extension Parser {
  mutating func parseRfm() throws(SyntaxError) -> RFMStep {
    beginStep(.into, .by, .during, .with)
    try expect(.rfm)
    try expect(.of)
    return RFMStep(
      value: try parseEventProperty(), into: at(.into) ? try parseInto() : nil, by: try optionalBy(),
      during: try optionalDuring(), options: try optionalOptions())
  }
}
