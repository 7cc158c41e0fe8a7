extension Parser {
  mutating func parseCompare() throws(SyntaxError) -> CompareSource {
    beginStep(.on, .during, .with)
    try expect(.compare)
    let left = try parseCompareSide()
    try expect(.with)
    return CompareSource(
      left: left, right: try parseCompareSide(), features: try parseOn(), during: try optionalDuring(),
      options: try optionalOptions())
  }

  mutating func parseCompareSide() throws(SyntaxError) -> CompareSource.Side {
    let segment = try parseName(.segment)
    return CompareSource.Side(segment: segment, at: at(.at) ? try parseAt() : nil)
  }
}
