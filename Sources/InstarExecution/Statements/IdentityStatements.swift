import InstarColumns
import InstarPlan
import InstarStorage

/// LINK and UNLINK: says that two identities are one person, or are none any more.
struct LinkStatement {
  let runner: StatementRunner

  func link(_ user: String, to target: String, since: Int64) throws -> ResultTable {
    let (own, other) = try runner.engine.store.read { snapshot in
      (try Users.code(of: user, in: snapshot), try Users.code(of: target, in: snapshot))
    }
    let now = runner.engine.options.now()
    let count = try runner.engine.store.write { transaction in
      guard try transaction.identity(before: .max).root(of: other) != own else {
        throw ExecutionError(
          "E0131", "'\(target)' is '\(user)' already, so '\(user)' cannot be '\(target)'",
          help: "UNLINK USER '\(target)' first, or name the two the other way round")
      }
      try transaction.setLink(LinkChange(user: own, time: since, target: other))
      try transaction.appendAudit("linked user \(own) to user \(other)", at: now)
      return try transaction.identity(before: .max).identities(of: own).count
    }
    return runner.message("\(user) is \(target) from now on: one user with \(count) identities")
  }

  func unlink(_ user: String, since: Int64) throws -> ResultTable {
    let own = try runner.engine.store.read { try Users.code(of: user, in: $0) }
    let now = runner.engine.options.now()
    try runner.engine.store.write { transaction in
      guard try transaction.identity(before: .max).members.contains(own) else {
        throw ExecutionError("E0132", "'\(user)' is linked to nobody", help: "SHOW LINKS lists who is")
      }
      try transaction.setLink(LinkChange(user: own, time: since, target: nil))
      try transaction.appendAudit("ended the link of user \(own)", at: now)
    }
    return runner.message("\(user) is a user of his own again")
  }
}

/// CONSENT and WITHDRAW.
struct ConsentStatement {
  let runner: StatementRunner

  func run(_ plan: ConsentPlan) throws -> ResultTable {
    let user = try runner.engine.store.read { try Users.code(of: plan.user, in: $0) }
    let now = runner.engine.options.now()
    let purposes = plan.purposes.compactMap(ConsentPurpose.init(name:))
    try runner.engine.store.write { transaction in
      for purpose in purposes {
        try transaction.setConsent(
          ConsentChange(user: user, purpose: purpose, time: plan.since, isGiven: plan.isGiven))
      }
      let names = purposes.map(\.name).joined(separator: ", ")
      try transaction.appendAudit(
        plan.isGiven ? "user \(user) consented to \(names)" : "user \(user) withdrew from \(names)", at: now)
    }
    let names = plan.purposes.joined(separator: ", ")
    let asked = try runner.engine.store.read { snapshot in purposes.filter { snapshot.requiresConsent($0) } }
    let unused = purposes.filter { !asked.contains($0) }.map(\.name)
    return runner.message(
      plan.isGiven ? "\(plan.user) consents to \(names)" : "\(plan.user) no longer consents to \(names)",
      notes: unused.isEmpty
        ? []
        : ["the store asks for no consent to \(unused.joined(separator: ", ")): SET CONSENT REQUIRED FOR changes it"])
  }
}

/// What the receipt says of users who were joined or left out where the scan began.
struct ScanNotes {
  /// - Parameter plan: a chain that was run on `snapshot`.
  static func lines(_ plan: LogicalPlan, in snapshot: borrowing Snapshot) throws -> [String] {
    guard plan.source.readsUsers else { return [] }
    var lines: [String] = []
    let identity = try snapshot.identity(before: plan.moment)
    if !identity.isEmpty {
      lines.append("identity: \(identity.members.count) \(identity.members.count == 1 ? "link" : "links") applied")
    }
    let settings = StoredSettings.settings(snapshot.schema.settings)
    if let boundary = settings.retainedFrom {
      let moment = RetentionSetting.text(of: boundary, settings.calendar)
      lines.append("retention: of events before \(moment) only each user's first and last are kept, without values")
    }
    for purpose in plan.purposes {
      guard let consenting = try snapshot.consenting(purpose, identity) else { continue }
      lines.append("consent: \(consenting.count) users agree to \(purpose.name); all others are left out")
    }
    return lines
  }
}

extension LogicalSource {
  /// Whether rows of single users take part.
  fileprivate var readsUsers: Bool {
    switch self {
    case .items, .table, .catalog: false
    default: true
    }
  }
}

extension LogicalPlan {
  /// What the rows of users are used for.
  fileprivate var purposes: [ConsentPurpose] {
    var found: [ConsentPurpose] = [.analytics]
    for step in steps {
      if case .recommend = step { found.append(.recommend) }
      if case .predict = step { found.append(.predict) }
    }
    switch source {
    case .train, .evaluate: found = [.predict]
    case .trainRecommendation: found = [.recommend]
    default: break
    }
    return found
  }
}

extension QueryEnvironment {
  /// The users of `users` who agree to `purpose`, in their order; all where the store asks for no consent.
  func permitted(_ users: [UInt32], for purpose: ConsentPurpose, in snapshot: borrowing Snapshot) throws -> [UInt32] {
    let identity = try snapshot.identity(before: moment)
    guard let consenting = try snapshot.consenting(purpose, identity) else { return users }
    let allowed = Set(consenting)
    return users.filter { allowed.contains(identity.root(of: $0)) }
  }
}
