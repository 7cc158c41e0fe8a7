extension Parser {
  mutating func parseLifecycle() throws(SyntaxError) -> LifecycleStep {
    beginStep(.by, .during, .transitions, .with, .perUser)
    try expect(.lifecycle)
    let subject: LifecycleStep.Subject =
      accept(.of) ? .event(try parseEvent()) : .saved(try parseName(.lifecycle))
    return LifecycleStep(
      subject: subject, by: try parseBy(), during: try optionalDuring(), hasTransitions: transitions(),
      options: try optionalOptions(), isPerUser: try optionalPerUser())
  }

  private mutating func transitions() -> Bool {
    guard at(.transitions) else { return false }
    mark(.transitions)
    index += 1
    return true
  }
}
