extension Parser {
  mutating func parseRecommend() throws(SyntaxError) -> RecommendStep {
    beginStep(.target, .like, .for, .excluding, .only, .atMost, .using, .with, .why)
    try expect(.recommend)
    let count = try parseCount()
    let target = try parseRecommendTarget()
    let anchor = at(.like) || at(.for) ? try parseRecommendAnchor() : nil
    var restrictions: [RecommendStep.Restriction] = []
    while at(.excluding) || at(.only) { restrictions.append(try parseRestriction()) }
    return RecommendStep(
      count: count, target: target, anchor: anchor, restrictions: restrictions,
      atMost: at(.at) ? try parseAtMost() : nil, methods: try optionalUsing(), options: try optionalOptions(),
      why: try optionalWhy())
  }

  /// `nil` if no target stands here.
  mutating func parseRecommendTarget() throws(SyntaxError) -> RecommendStep.Target? {
    let start = index
    if accept(.users) {
      noteTarget(at: start)
      return .users
    }
    if accept(.items) {
      noteTarget(at: start)
      return .items(filter: at(.leftBracket) ? try parseFilter() : nil)
    }
    guard let noun = parseNoun() else { return nil }
    noteTarget(at: start)
    return .noun(noun, filter: at(.leftBracket) ? try parseFilter() : nil)
  }

  private mutating func noteTarget(at token: Int) {
    step.marks.append(StepContext.Mark(clause: .target, token: token))
  }

  mutating func parseRecommendAnchor() throws(SyntaxError) -> RecommendStep.Anchor {
    if at(.like) {
      mark(.like)
      index += 1
      return .like(try parseSubject())
    }
    mark(.for)
    try expect(.for)
    return .for(try parseEntity())
  }

  mutating func parseRestriction() throws(SyntaxError) -> RecommendStep.Restriction {
    if at(.excluding) {
      mark(.excluding)
      index += 1
      if accept(.nothing) { return .excludingNothing }
      return .excluding(try parseEvent(), isAtWindow() ? try parseWindow() : nil)
    }
    mark(.only)
    try expect(.only)
    return .only(try parseEvent(), isAtWindow() ? try parseWindow() : nil)
  }

  mutating func parseAtMost() throws(SyntaxError) -> PerLimit {
    let start = index
    mark(.atMost)
    try expect(.at)
    try expect(.most)
    let count = try parseCount()
    try expect(.per)
    let key = try parseName(.property)
    return PerLimit(count: count, key: key, range: range(from: start))
  }
}
