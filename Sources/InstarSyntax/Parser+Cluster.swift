extension Parser {
  mutating func parseCluster() throws(SyntaxError) -> ClusterStep {
    beginStep(.into, .on, .by, .during, .using, .with, .perUser)
    try expect(.cluster)
    return ClusterStep(
      into: try parseInto(), features: try parseOn(), by: try optionalBy(), during: try optionalDuring(),
      methods: try optionalUsing(), options: try optionalOptions(), isPerUser: try optionalPerUser())
  }
}
