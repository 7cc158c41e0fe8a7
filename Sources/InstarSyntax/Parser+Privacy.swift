extension Parser {
  mutating func parseForget() throws(SyntaxError) -> ProfileSubject {
    try expect(.forget)
    return try parseSubject()
  }

  mutating func parseRedact() throws(SyntaxError) -> RedactStatement {
    try expect(.redact)
    let properties = try parseNames(.property)
    try expect(.of)
    return RedactStatement(properties: properties, owner: accept(.users) ? .users : .named(try parseName(.event)))
  }

  mutating func parseRetain() throws(SyntaxError) -> RetainStatement {
    try expect(.retain)
    try expect(.events)
    try expect(.for)
    return RetainStatement(length: accept(.ever) ? nil : try parseTimeSpan())
  }

  mutating func parseConsent() throws(SyntaxError) -> ConsentStatement {
    try expect(.consent)
    let user = try parseUser()
    try expect(.to)
    return ConsentStatement(user: user, purposes: try parsePurposes(), since: at(.since) ? try parseSince() : nil)
  }

  mutating func parseWithdraw() throws(SyntaxError) -> ConsentStatement {
    try expect(.withdraw)
    let user = try parseUser()
    try expect(.from)
    return ConsentStatement(user: user, purposes: try parsePurposes(), since: at(.since) ? try parseSince() : nil)
  }

  mutating func parsePurposes() throws(SyntaxError) -> [Purpose] {
    try list { parser throws(SyntaxError) in try parser.parsePurpose() }
  }

  mutating func parsePurpose() throws(SyntaxError) -> Purpose {
    if accept(.analytics) { return .analytics }
    if accept(.recommend) { return .recommend }
    try expect(.predict)
    return .predict
  }

  mutating func parseLink() throws(SyntaxError) -> LinkStatement {
    try expect(.link)
    let entity = try parseEntity()
    try expect(.to)
    return LinkStatement(
      entity: entity, target: try parseText(.user), since: at(.since) ? try parseSince() : nil)
  }

  mutating func parseUnlink() throws(SyntaxError) -> EntityReference {
    try expect(.unlink)
    return try parseEntity()
  }
}
