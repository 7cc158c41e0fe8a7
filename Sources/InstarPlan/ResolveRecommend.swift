package import InstarColumns
internal import InstarSyntax

extension Resolution {
  func recommend(_ tree: RecommendStep, at range: SourceRange, in builder: inout ChainBuilder) throws(Failure) {
    let plan = try recommendation(tree, at: range)
    if plan.subject == .itemsForUsers && !builder.scope.hasUser {
      throw fail(
        .noUsers, at: range, "RECOMMEND gives items to users, and \(builder.scope.rowsPhrase) have none",
        help: "write SEGMENT users RECOMMEND 10, or RECOMMEND 10 LIKE ITEM 'x'")
    }
    builder.append(.recommend(plan))
    let columns = plan.columns(title: names.property("title", of: .item)?.type)
    builder.becomeTable(columns, hasUser: columns.contains { $0.name == "user" }, by: "RECOMMEND")
    builder.plan.shape = .table
  }

  /// What is asked for, whoever it is for.
  func recommendation(
    _ tree: RecommendStep, at range: SourceRange, defaultChain: [String] = RecommendPlan.defaultChain
  ) throws(Failure) -> RecommendPlan {
    guard catalog.roles.contains(.item) else {
      throw fail(
        .roleMissing, at: range, "RECOMMEND needs the items of events, and the store has none",
        help: "import with MAP item = ..")
    }
    let subject = try subject(tree, at: range)
    let options = try Options(
      tree.options, of: "RECOMMEND", allowed: ["diversity", "rerank", "measure", "relation"], in: self)
    let number = try count(tree.count)
    guard number >= 1 else { throw fail(.optionValue, at: tree.count.range, "RECOMMEND gives at least 1") }
    var plan = RecommendPlan(count: number, subject: subject)
    plan.itemFilter = try itemFilter(tree, subject)
    try apply(tree.restrictions, to: &plan)
    plan.atMost = try optional(tree.atMost) { limit throws(Failure) in try atMost(limit) }
    var model: RecommendationModel?
    (plan.using, plan.stored, model) = try chain(tree.methods, defaultChain)
    plan.diversity = try options.number("diversity", in: 0...1) ?? 0
    plan.reranking = try options.word("rerank", RecommendPlan.Reranking.self) ?? .mmr
    plan.measure = try options.word("measure", RecommendPlan.Measure.self) ?? model?.measure ?? .normalised
    if let word = try options.word("relation") {
      let events = try pattern(event: word, filter: nil, at: range)
      plan.relation = .init(events: events, window: .ever)
    }
    if plan.using.contains("community"), plan.relation == nil {
      throw fail(
        .optionValue, at: range, "USING community needs the event that says whom a user follows",
        help: "WITH relation = follow, where the item of the event is a user")
    }
    if tree.why != nil, !subject.isOfItems {
      throw fail(.wrongRows, at: range, "WHY explains items, and these rows are users", help: "leave WHY out")
    }
    plan.why = try optional(tree.why) { why throws(Failure) in
      try optional(why.count) { number throws(Failure) in try count(number) } ?? 1
    }
    if !plan.keepsConsumed, subject.isOfOneUser { useDefault("excluding = consumed items") }
    return plan
  }

  private func subject(_ tree: RecommendStep, at range: SourceRange) throws(Failure) -> RecommendPlan.Subject {
    let wantsUsers = isForUsers(tree.target)
    switch tree.anchor {
    case nil:
      guard !wantsUsers else {
        throw fail(
          .wrongRows, at: range, "RECOMMEND .. USERS needs an item", help: "RECOMMEND 200 USERS FOR ITEM 'x'")
      }
      return .itemsForUsers
    case .for(let reference):
      switch (reference.kind, wantsUsers) {
      case (.user, false): return .itemsForUser(try identifier(reference))
      case (.item, true): return .usersForItem(try identifier(reference))
      case (.item, false):
        throw fail(
          .wrongRows, at: reference.range, "items FOR an item are similar items",
          help: "write LIKE ITEM, or RECOMMEND 200 USERS FOR ITEM")
      case (.user, true): throw fail(.wrongRows, at: reference.range, "USERS go FOR ITEM", help: "FOR ITEM 'x'")
      }
    case .like(.segment(let name)):
      guard wantsUsers else {
        throw fail(.wrongRows, at: name.range, "users are like a segment", help: "RECOMMEND 200 USERS LIKE SEGMENT vip")
      }
      let source = try segmentSource(name)
      return .usersLikeSegment(name.text, ChainBox(ChainBuilder(self, source: source, scope: .users).plan))
    case .like(.entity(let reference)):
      switch (reference.kind, wantsUsers) {
      case (.item, false): return .itemsLikeItem(try identifier(reference))
      case (.user, true): return .usersLikeUser(try identifier(reference))
      case (.item, true):
        throw fail(
          .wrongRows, at: reference.range, "users are FOR an item", help: "RECOMMEND 200 USERS FOR ITEM 'x'")
      case (.user, false):
        throw fail(
          .wrongRows, at: reference.range, "items are FOR a user", help: "RECOMMEND 10 FOR USER 'x'")
      }
    }
  }

  private func isForUsers(_ target: RecommendStep.Target?) -> Bool {
    switch target {
    case .users: true
    case .noun(let name, _): name.text == catalog.settings.userNoun && name.text != catalog.settings.itemNoun
    case .items, nil: false
    }
  }

  private func itemFilter(
    _ tree: RecommendStep, _ subject: RecommendPlan.Subject
  ) throws(Failure) -> Expression? {
    let filter: Syntax.Expression?
    switch tree.target {
    case .items(let condition): filter = condition
    case .noun(let name, let condition):
      guard name.text == catalog.settings.itemNoun || isForUsers(tree.target) else {
        throw fail(
          .wrongKindOfName, at: name.range,
          "RECOMMEND gives \(catalog.settings.itemNoun), not \(Names.quoted(name.text))",
          help: "write ITEMS, or SET NOUN items \(Names.quoted(name.text))")
      }
      filter = condition
    case .users, nil: return nil
    }
    guard let filter else { return nil }
    return try condition(filter, in: .item(hasUser: subject.isOfOneUser))
  }

  private func apply(_ restrictions: [RecommendStep.Restriction], to plan: inout RecommendPlan) throws(Failure) {
    for restriction in restrictions {
      switch restriction {
      case .excludingNothing: plan.keepsConsumed = true
      case .excluding(let event, let window):
        plan.excluding.append(.init(events: try reference(event), window: try self.window(window)))
      case .only(let event, let window):
        plan.only.append(.init(events: try reference(event), window: try self.window(window)))
      }
    }
    // ONLY names what may come again, so having it does not take it out.
    if !plan.only.isEmpty { plan.keepsConsumed = true }
  }

  private func atMost(_ limit: PerLimit) throws(Failure) -> RecommendPlan.AtMost {
    let property = try name(WordPath([Word(limit.key)], at: limit.key.range), in: .item(hasUser: false))
    return .init(count: try count(limit.count), property: property)
  }

  /// The methods in order. The name of a model stands for its own.
  private func chain(
    _ methods: [Name], _ defaultChain: [String]
  ) throws(Failure) -> (using: [String], stored: String?, RecommendationModel?) {
    guard !methods.isEmpty else {
      useDefault("using = \(defaultChain.joined(separator: ", "))")
      return (defaultChain, nil, nil)
    }
    var using: [String] = []
    var found: (name: String, model: RecommendationModel)?
    for name in methods {
      if RecommendPlan.methods.contains(name.text) {
        using.append(name.text)
      } else if let model = try recommendationModel(named: name) {
        if found != nil { throw fail(.optionValue, at: name.range, "USING takes one model with a name") }
        found = (name.text, model)
        using += model.using
      } else {
        throw unknownMethod(name)
      }
    }
    return (using, found?.name, found?.model)
  }

  private func unknownMethod(_ name: Name) -> Failure {
    if names.definition(.model, name.text) != nil {
      return fail(
        .optionValue, at: name.range, "the model \(Names.quoted(name.text)) predicts and does not recommend",
        help: "DEFINE MODEL .. AS RECOMMEND 10")
    }
    let list = "methods: \(RecommendPlan.methods.joined(separator: ", "))"
    let known = RecommendPlan.methods.map { NameCandidate($0) } + names.candidates(.model)
    return fail(
      .optionValue, at: name.range, "RECOMMEND has no method \(Names.quoted(name.text))",
      help: Suggestions.sentence(for: name.text, among: known) ?? list)
  }
}

extension RecommendPlan.Subject {
  /// Whether each list of items belongs to one user.
  var isOfOneUser: Bool {
    switch self {
    case .itemsForUsers, .itemsForUser: true
    case .itemsLikeItem, .usersForItem, .usersLikeSegment, .usersLikeUser: false
    }
  }

  /// Whether the rows are items.
  var isOfItems: Bool { isOfOneUser || self.isLikeItem }

  private var isLikeItem: Bool {
    if case .itemsLikeItem = self { true } else { false }
  }
}

extension RecommendPlan {
  /// What USING takes.
  package static let methods = [
    "hybrid", "taste", "next", "trend", "popular", "content", "cooc", "userknn", "als", "transfer",
    "community",
  ]

  /// The columns of the result; the title stands beside the item where items have one.
  package func columns(title: ValueType?) -> [PlanColumn] {
    let item = [PlanColumn("item", .text)] + (title.map { [PlanColumn("title", $0)] } ?? [])
    let user = [PlanColumn("user", .text)]
    let subject: [PlanColumn] =
      switch self.subject {
      case .itemsForUsers, .itemsForUser: user + item
      case .itemsLikeItem: item
      case .usersForItem, .usersLikeSegment, .usersLikeUser: user
      }
    let reasons = why == nil ? [] : [PlanColumn("why", .text)]
    return subject + [PlanColumn("rank", .integer), PlanColumn("score", .real), PlanColumn("source", .text)] + reasons
  }
}
