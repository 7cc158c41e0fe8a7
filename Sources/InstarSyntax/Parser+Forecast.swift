extension Parser {
  mutating func parseForecast() throws(SyntaxError) -> ForecastStep {
    beginStep(.using, .with)
    try expect(.forecast)
    return ForecastStep(
      length: try parseTimeSpan(), methods: try optionalUsing(), options: try optionalOptions())
  }
}
