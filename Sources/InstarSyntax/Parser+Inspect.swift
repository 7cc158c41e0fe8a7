extension Parser {
  mutating func parseProfile() throws(SyntaxError) -> ProfileSubject {
    try expect(.profile)
    return try parseSubject()
  }

  mutating func parseTimeline() throws(SyntaxError) -> TimelineSource {
    beginStep(.during)
    try expect(.timeline)
    return TimelineSource(subject: try parseEntity(), during: try optionalDuring())
  }

  mutating func parseShow() throws(SyntaxError) -> ShowSubject {
    try expect(.show)
    guard at(anyOf: Parser.showSubjects.map(\.keyword)),
      let subject = Parser.showSubjects.first(where: { $0.keyword == current.keyword })?.subject
    else { throw unexpected() }
    index += 1
    return subject
  }

  private static let showSubjects: [(keyword: Keyword, subject: ShowSubject)] = [
    (.events, .events), (.segments, .segments), (.models, .models), (.attributes, .attributes),
    (.properties, .properties), (.items, .items), (.funnels, .funnels), (.lifecycles, .lifecycles),
    (.tables, .tables), (.campaigns, .campaigns), (.settings, .settings), (.links, .links), (.imports, .imports),
    (.jobs, .jobs), (.audit, .audit),
  ]

  mutating func parseDescribe() throws(SyntaxError) -> DescribeSource {
    try expect(.describe)
    let kind = acceptDefinitionKind()
    return DescribeSource(kind: kind, name: try parseModel(.anything))
  }
}
