internal import InstarCalendar
internal import InstarSyntax

/// LINK, CONSENT and WITHDRAW: statements about one user that hold from a moment on.
extension Resolution {
  /// The last moment that the statement sees: what is said from now on is dated with it, so that the next statement at
  /// the same moment already knows it.
  var lastMoment: Int64 { moment - 1 }

  func link(_ tree: LinkStatement, at range: SourceRange) throws(Failure) -> LogicalStatement {
    let (own, other) = (try user(tree.entity, of: "LINK"), try text(tree.target))
    guard own != other else {
      throw fail(.optionValue, at: range, "a user is linked to another, not to himself", help: "name two users")
    }
    return .link(user: own, target: other, since: try since(tree.since, of: "LINK"))
  }

  func consent(_ tree: ConsentStatement, isGiven: Bool) throws(Failure) -> ConsentPlan {
    let verb = isGiven ? "CONSENT" : "WITHDRAW"
    return ConsentPlan(
      user: try user(tree.user, of: verb), purposes: tree.purposes.map(\.rawValue),
      since: try since(tree.since, of: verb), isGiven: isGiven)
  }

  /// RETAIN. A length of nothing would empty the store, which is never what is meant.
  func retention(_ tree: RetainStatement) throws(Failure) -> CalendarDuration? {
    guard let span = tree.length else { return nil }
    let length = try duration(span)
    guard length.months > 0 || length.milliseconds > 0 else {
      throw fail(
        .optionValue, at: span.range, "events are kept for some time, or for ever",
        help: "RETAIN EVENTS FOR 25 MONTHS, or RETAIN EVENTS FOR EVER")
    }
    return length
  }

  /// Whose properties are meant: `users`, `items` or the store's own words for them; anything else is an event type, and
  /// a property is one of all events.
  func redact(_ tree: RedactStatement) throws(Failure) -> RedactPlan {
    let owner: PropertyOwner
    switch tree.owner {
    case .users: owner = .user
    case .named(let name):
      let word = name.text.lowercased()
      if word == "users" || name.text == catalog.settings.userNoun {
        owner = .user
      } else if word == "items" || name.text == catalog.settings.itemNoun {
        owner = .item
      } else if word == "events" {
        owner = .event
      } else {
        throw fail(
          .optionValue, at: name.range, "REDACT takes properties of users, items or events, for all of them",
          help: "write OF users, OF items or OF events")
      }
    }
    let properties = try each(tree.properties) { name throws(Failure) -> PropertyEntry in
      guard let property = names.property(name.text, of: owner) else {
        let known = catalog.properties.filter { $0.owner == owner }.map { NameCandidate($0.name) }
        throw fail(
          .unknownProperty, at: name.range, "\(owner.rawValue)s have no property \(Names.quoted(name.text))",
          help: Suggestions.sentence(for: name.text, among: known))
      }
      return property
    }
    return RedactPlan(owner: owner, properties: properties.map(\.id), names: properties.map(\.name))
  }

  /// SINCE lies in what the statement sees: a promise for the future would hold at no moment yet.
  private func since(_ point: TimePoint?, of verb: String) throws(Failure) -> Int64 {
    guard let point else { return lastMoment }
    let instant = try instant(point)
    guard instant <= lastMoment else {
      throw fail(
        .momentAheadOfStatement, at: point.range, "\(verb) holds from a moment that has been, and this one is ahead",
        help: "leave SINCE out, or SET CLOCK system where the log ends earlier than today")
    }
    return instant
  }
}
