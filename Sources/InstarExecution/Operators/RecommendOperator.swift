import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// RECOMMEND n: items for users, items like an item, or the users for an item.
struct RecommendOperator {
  let environment: QueryEnvironment
  let plan: RecommendPlan

  func run(_ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot) throws {
    let catalog = try catalogDefinition(in: snapshot)
    let log = log(catalog)
    switch plan.subject {
    case .itemsForUsers:
      let all = distinct(outcome.table.users ?? [])
      let users = try environment.permitted(all, for: .recommend, in: snapshot)
      try recommend(to: users, lists: users.count, log, catalog, &outcome, in: snapshot)
    case .itemsForUser(let name):
      let user = try Users.person(of: name, at: environment.moment, in: snapshot)
      let permitted = try environment.permitted([user], for: .recommend, in: snapshot)
      try recommend(to: permitted, lists: 1, log, catalog, &outcome, in: snapshot)
    case .itemsLikeItem(let name):
      let item = try item(name, in: snapshot)
      let reading = try reading(of: [], log, in: snapshot)
      let recommender = try recommender(for: reading, log, catalog, in: snapshot)
      let rows = try recommender.recommend(like: [item], try request(reading, for: [], in: snapshot))
      outcome.table = try table(rows, in: snapshot)
      report(rows, lists: 1, catalog, into: &outcome)
    case .usersForItem(let item):
      let reading = try log.all(in: snapshot)
      outcome.table = try audience(of: item, reading, provider(reading, log, catalog, in: snapshot), in: snapshot)
    case .usersLikeSegment(_, let chain):
      let group = try QueryExecutor(environment: environment).run(chain.plan, in: snapshot).table.users ?? []
      outcome.table = try lookAlikes(of: group, try log.all(in: snapshot), in: snapshot)
    case .usersLikeUser(let name):
      let group = [try Users.code(of: name, in: snapshot)]
      outcome.table = try lookAlikes(of: group, try log.all(in: snapshot), in: snapshot)
    }
  }

  private func recommend(
    to users: [UInt32], lists: Int, _ log: InteractionLog, _ catalog: CatalogDefinition,
    _ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot
  ) throws {
    let reading = try reading(of: users, log, in: snapshot)
    let recommender = try recommender(for: reading, log, catalog, in: snapshot)
    let rows = try recommender.recommend(to: users, try request(reading, for: users, in: snapshot))
    outcome.table = try table(rows, in: snapshot)
    report(rows, lists: lists, catalog, into: &outcome)
  }

  /// The interactions of `users`; of all where the lists depend on whom others follow.
  private func reading(
    of users: [UInt32], _ log: InteractionLog, in snapshot: borrowing Snapshot
  ) throws -> InteractionReader.Reading {
    try plan.relation == nil ? log.reading(of: users, in: snapshot) : log.all(in: snapshot)
  }

  private func provider(
    _ reading: InteractionReader.Reading, _ log: InteractionLog, _ catalog: CatalogDefinition,
    in snapshot: borrowing Snapshot
  ) throws -> RecommenderProvider {
    RecommenderProvider(
      environment: environment, training: .log(log), catalogKey: StoredModels.digest("\(catalog)"),
      halfLife: catalog.decayMilliseconds, measure: plan.measure, version: try version(log, in: snapshot),
      follows: try follows(reading, in: snapshot))
  }

  private func recommender(
    for reading: InteractionReader.Reading, _ log: InteractionLog, _ catalog: CatalogDefinition,
    in snapshot: borrowing Snapshot
  ) throws -> Recommender {
    try provider(reading, log, catalog, in: snapshot)
      .recommender(plan.using, serving: reading.interactions, needsSimilarity: plan.diversity > 0, in: snapshot)
  }

  func catalogDefinition(in snapshot: borrowing Snapshot) throws -> CatalogDefinition {
    switch CatalogDefinition.of(try StoreCatalog(snapshot)) {
    case .success(var definition):
      if !definition.exposureTypes.isEmpty { definition.campaignVersion = environment.schema.commit.number }
      return definition
    case .failure(let failure): throw failure
    }
  }

  /// The interactions that the statement can ask for.
  func log(_ catalog: CatalogDefinition) -> InteractionLog {
    let conditions = plan.excluding + plan.only + (plan.relation.map { [$0] } ?? [])
    return InteractionLog(InteractionReader(environment: environment, catalog: catalog, conditions: conditions))
  }

  /// The active version of the model that USING names, with a line for the receipt.
  private func version(_ log: InteractionLog, in snapshot: borrowing Snapshot) throws -> RecommendationVersion? {
    guard let name = plan.stored else { return nil }
    let version = try RecommendationVersion.read(ModelName(name), in: snapshot)
    let text = "\(name)@\(version.number)"
    let time = TimeFormatter(zone: environment.calendar.zone, precision: .days)
    if version.trainedTo > environment.moment {
      let moment = time.text(environment.moment)
      throw ExecutionError(
        "E0409", "\(text) has seen events until \(time.text(version.trainedTo)); AS OF \(moment) would leak",
        help: "AS OF @\(moment) TRAIN \(name);")
    }
    if version.erasures < environment.schema.commit.erasures {
      environment.log.add(
        note: "\(text) is stale: users were forgotten since it was trained; TRAIN \(name) makes a new one")
    }
    let since = try log.all(in: snapshot).interactions.entryCount - version.interactions
    environment.log.add(
      line: "\(text), trained to \(time.text(version.trainedTo))"
        + (since > 0 ? ", \(since) interactions since then are in no table" : ""))
    return version
  }

  private func distinct(_ users: [UInt32]) -> [UInt32] {
    var seen: Set<UInt32> = []
    return users.filter { seen.insert($0).inserted }
  }

  private func item(_ name: String, in snapshot: borrowing Snapshot) throws -> UInt32 {
    if let code = try snapshot.dictionary(DictionaryID.item).code(of: name) { return code }
    throw ExecutionError(
      "E0122", "no item '\(name)'", help: "ITEMS LIMIT 10 shows some of the \(snapshot.itemCount) items")
  }

  /// Whom each user follows: the items of his events of the relation that are users of the store.
  private func follows(_ reading: InteractionReader.Reading, in snapshot: borrowing Snapshot) throws -> UserItems? {
    guard plan.relation != nil, let named = reading.sets.last else { return nil }
    let items = try snapshot.dictionary(DictionaryID.item)
    let users = try snapshot.dictionary(DictionaryID.user)
    var codes: [UInt32: UInt32] = [:]
    for item in Set(named.items) { codes[item] = users.code(of: items.text(item)) }
    var starts = [0]
    var followed: [UInt32] = []
    for user in 0..<UInt32(named.userCount) {
      followed += named.entries(of: user).compactMap { codes[named.items[$0]] }.filter { $0 != user }.sorted()
      starts.append(followed.count)
    }
    return UserItems(starts: starts, items: followed)
  }

  // MARK: - Request

  /// What holds for every list: its length, its spread, and which items may stand in it at all.
  func request(in snapshot: borrowing Snapshot) throws -> RecommendationRequest {
    var request = RecommendationRequest(count: plan.count)
    request.diversity = plan.diversity
    request.reranking = Reranking(rawValue: plan.reranking.rawValue) ?? .mmr
    request.reasons = plan.why ?? 0
    if let filter = plan.itemFilter, filter.partsOfUsers.isEmpty {
      request.eligible = try eligible(filter, in: snapshot)
    }
    if let atMost = plan.atMost {
      request.groupLimit = atMost.count
      request.groups = try groups(atMost.property, in: snapshot)
    }
    return request
  }

  private func request(
    _ reading: InteractionReader.Reading, for users: [UInt32], in snapshot: borrowing Snapshot
  ) throws -> RecommendationRequest {
    var request = try self.request(in: snapshot)
    if !plan.keepsConsumed { request.excluding.append(reading.consumed) }
    request.excluding += reading.sets.prefix(plan.excluding.count)
    for only in reading.sets.dropFirst(plan.excluding.count).prefix(plan.only.count) {
      request.only = request.only?.intersection(only) ?? only
      request.remind = 1
    }
    if let filter = plan.itemFilter, !filter.partsOfUsers.isEmpty {
      let fitting = try ItemsOfUsers(environment: environment, filter: filter).sets(for: users, in: snapshot)
      request.only = request.only?.intersection(fitting) ?? fitting
    }
    return request
  }

  private func itemVector(_ expression: Expression, in snapshot: borrowing Snapshot) throws -> Vector {
    let count = snapshot.itemCount
    var builder = environment.builder()
    let node = builder.add(expression)
    var properties: [UInt16: Column] = [:]
    for property in builder.itemProperties { properties[property] = try snapshot.itemProperty(property) }
    let evaluator = TableEvaluator(
      program: builder.program, table: Table(columns: [], rowCount: count, items: (0..<count).map { UInt32($0) }),
      calendar: environment.calendar, itemProperties: properties, itemNames: try snapshot.dictionary(DictionaryID.item))
    return evaluator.rows(node).expanded(count)
  }

  private func eligible(_ filter: Expression, in snapshot: borrowing Snapshot) throws -> [Bool] {
    return try itemVector(filter, in: snapshot).flags(snapshot.itemCount).map { $0 != 0 }
  }

  private func groups(_ property: Expression, in snapshot: borrowing Snapshot) throws -> [UInt32] {
    let vector = try itemVector(property, in: snapshot)
    let bits = GroupKey.bits(of: vector, count: snapshot.itemCount)
    var numbers: [UInt64: UInt32] = [:]
    return bits.enumerated().map { item, key in
      guard vector.isPresent(item) else { return RecommendationRequest.ungrouped }
      if let known = numbers[key] { return known }
      numbers[key] = UInt32(numbers.count)
      return UInt32(numbers.count - 1)
    }
  }

  // MARK: - Result

  private func table(_ rows: Recommendations, in snapshot: borrowing Snapshot) throws -> Table {
    let items = try snapshot.dictionary(DictionaryID.item)
    let users = try snapshot.dictionary(DictionaryID.user)
    var columns: [Column] = []
    let ofUsers = rows.users.allSatisfy { $0 != Recommendations.nobody } && plan.subject.givesUsers
    if plan.subject.givesUsers { columns.append(Column("user", type: .text, values: .codes(rows.users, users))) }
    columns.append(Column("item", type: .text, values: .codes(rows.items, items)))
    let titles = try titles(in: snapshot)
    if let titles {
      columns.append(Vector(titles).gathered(rows.items.map(Int.init)).column("title", count: rows.rowCount))
    }
    columns.append(Column("rank", type: .integer, values: .integers(ranks(rows))))
    columns.append(Column("score", type: .real, values: .reals(rows.scores)))
    columns.append(Column("source", type: .text, values: .texts(rows.sources.map(\.name))))
    if plan.why != nil {
      columns.append(
        Column("why", type: .text, values: .texts((0..<rows.rowCount).map { why(rows, $0, titles, items) })))
    }
    return Table(columns: columns, rowCount: rows.rowCount, users: ofUsers ? rows.users : nil, items: rows.items)
  }

  private func titles(in snapshot: borrowing Snapshot) throws -> Column? {
    guard let property = environment.schema.property("title", of: .item) else { return nil }
    let column = try snapshot.itemProperty(property.id)
    return column.count == snapshot.itemCount ? column : nil
  }

  private func ranks(_ rows: Recommendations) -> [Int64] {
    var rank: Int64 = 0
    return (0..<rows.rowCount).map { row in
      rank = row > 0 && rows.users[row] == rows.users[row - 1] ? rank + 1 : 1
      return rank
    }
  }

  private func why(_ rows: Recommendations, _ row: Int, _ titles: Column?, _ items: any TextDictionary) -> String {
    let reasons = rows.reasons[rows.reasonStarts[row]..<rows.reasonStarts[row + 1]]
    let texts = reasons.map { reason -> String in
      let part = "\((reason.part * 1000).rounded() / 1000)"
      guard reason.item != Recommendations.Reason.noItem else {
        return rows.sources[row] == .community
          ? "liked by those whom the user follows (\(part))" : "liked by many (\(part))"
      }
      if let titles, titles.isPresent(Int(reason.item)), case .text(let title) = titles[Int(reason.item)] {
        return "\(title) (\(part))"
      }
      return "\(items.text(reason.item)) (\(part))"
    }
    return texts.isEmpty ? "" : "because of " + texts.joined(separator: ", ")
  }

  /// Says which rung served how many rows, and where users got fewer than asked for.
  ///
  /// - Parameter lists: how many lists were asked for; one without any row is a short one too.
  private func report(
    _ rows: Recommendations, lists: Int, _ catalog: CatalogDefinition, into outcome: inout QueryOutcome
  ) {
    var served = [Int](repeating: 0, count: RecommendationSource.allCases.count)
    for source in rows.sources { served[Int(source.rawValue)] += 1 }
    let parts = plan.using.compactMap { name -> String? in
      guard let source = RecommendationSource(name: name), served[Int(source.rawValue)] > 0 else { return nil }
      return "\(name) \(served[Int(source.rawValue)])"
    }
    if !parts.isEmpty { outcome.notes.append("rows by source: \(parts.joined(separator: ", "))") }
    let short = lists - fullLists(rows)
    if short > 0 {
      let subject = short == 1 ? "1 list is" : "\(short) lists are"
      outcome.notes.append("\(subject) shorter than \(plan.count): no further item may be shown")
    }
    if catalog.isGuessed {
      outcome.notes.append("catalogue guessed from the names of events; DEFINE CATALOG sets the weights")
    }
  }

  /// How many lists are as long as was asked for; the rows of one list stand together.
  private func fullLists(_ rows: Recommendations) -> Int {
    var full = 0
    var begin = 0
    for row in 0..<rows.rowCount where row + 1 == rows.rowCount || rows.users[row + 1] != rows.users[row] {
      if row + 1 - begin >= plan.count { full += 1 }
      begin = row + 1
    }
    return full
  }

  // MARK: - Audience

  /// The users with the highest score for one item, by what else they have.
  private func audience(
    of name: String, _ reading: InteractionReader.Reading, _ provider: RecommenderProvider,
    in snapshot: borrowing Snapshot
  ) throws -> Table {
    let item = try self.item(name, in: snapshot)
    let table = try provider.table("taste", in: snapshot)
    let interactions = reading.interactions
    var scored: [(user: UInt32, score: Double)] = []
    var reader = HistoryReader(itemCount: interactions.itemCount)
    var history = History()
    let excluded = plan.keepsConsumed ? [] : [reading.consumed]
    let sets = excluded + Array(reading.sets.prefix(plan.excluding.count))
    for user in 0..<UInt32(interactions.userCount) {
      if sets.contains(where: { set in set.entries(of: user).contains { set.items[$0] == item } }) { continue }
      reader.read(user, of: interactions, into: &history)
      history.weigh(table.decay)
      var score = 0.0
      for position in 0..<history.count {
        score += history.weights[position] * Double(table.matrix.value(row: Int(history.items[position]), column: item))
      }
      if score > 0 { scored.append((user, score)) }
    }
    return try self.users(&scored, source: "taste", in: snapshot)
  }

  /// The users whose items are most like those of a group, its own members and those of EXCLUDING left out.
  private func lookAlikes(
    of group: [UInt32], _ reading: InteractionReader.Reading, in snapshot: borrowing Snapshot
  ) throws -> Table {
    let members = Set(group)
    let excluded = reading.sets.prefix(plan.excluding.count)
    let scores = LookAlikes.scores(reading.interactions, group: group)
    var scored: [(user: UInt32, score: Double)] = []
    for (user, score) in scores.enumerated() where score > 0 && !members.contains(UInt32(user)) {
      if excluded.contains(where: { !$0.entries(of: UInt32(user)).isEmpty }) { continue }
      scored.append((UInt32(user), score))
    }
    return try users(&scored, source: "lookalikes", in: snapshot)
  }

  /// The best of the scored users as a table.
  private func users(
    _ scored: inout [(user: UInt32, score: Double)], source: String, in snapshot: borrowing Snapshot
  ) throws -> Table {
    scored.sort { ($1.score, $0.user) < ($0.score, $1.user) }
    let best = scored.prefix(plan.count)
    let users = best.map(\.user)
    let names = try snapshot.dictionary(DictionaryID.user)
    return Table(
      columns: [
        Column("user", type: .text, values: .codes(users, names)),
        Column("rank", type: .integer, values: .integers(best.indices.map { Int64($0 + 1) })),
        Column("score", type: .real, values: .reals(best.map(\.score))),
        Column("source", type: .text, values: .texts(best.map { _ in source })),
      ], rowCount: best.count, users: users)
  }
}

extension RecommendPlan.Subject {
  /// Whether each row has a user that items are for.
  var givesUsers: Bool {
    switch self {
    case .itemsForUsers, .itemsForUser: true
    case .itemsLikeItem, .usersForItem, .usersLikeSegment, .usersLikeUser: false
    }
  }
}
