internal import InstarCalendar
internal import InstarColumns
internal import InstarSyntax

extension Resolution {
  func compare(_ tree: CompareSource, at range: SourceRange) throws(Failure) -> ChainBuilder {
    _ = try Options(tree.options, of: "COMPARE", allowed: [], in: self)
    let left = try side(tree.left, during: tree.during)
    let right = try side(tree.right, during: tree.during)
    let features = try each(tree.features) { tree throws(Failure) in
      let value = try expression(tree, in: .users)
      guard value.type != .time else {
        throw fail(
          .operandType, at: tree.range, "COMPARE takes numbers, texts and conditions, and a time is none",
          help: "compare the days since then: since(event), recency, tenure")
      }
      return NamedExpression(columnName(tree), value)
    }
    try checkDistinct(features.map { PlanColumn($0.name, $0.expression.type) }, at: range)
    let plan = ComparePlan(left: left, right: right, features: features)
    var builder = table(.compare(plan), ComparePlan.columns, by: "COMPARE")
    builder.plan.shape = .bars
    return builder
  }

  /// A segment as of its own moment. The range of DURING is counted from there as well.
  private func side(_ tree: CompareSource.Side, during: DateRange?) throws(Failure) -> ComparePlan.Side {
    guard let at = tree.at else {
      let plan = LogicalPlan(moment: moment, source: try segmentSource(tree.segment))
      return ComparePlan.Side(name: tree.segment.text, chain: ChainBox(plan), during: try range(during))
    }
    let present = moment
    defer { moment = present }
    moment = try instant(at)
    guard moment <= present else {
      throw fail(.notAMoment, at: at.range, "AT looks beyond the moment of the statement", help: "name an earlier date")
    }
    let source: LogicalSource
    switch try population(tree.segment, at: .fixed(moment)) {
    case .condition(let condition):
      if case .snapshotMember(let snapshot) = condition?.node {
        source = .snapshot(snapshot)
      } else {
        source = .users(condition)
      }
    case .chain(let plan): source = .usersOf(ChainBox(plan))
    }
    return ComparePlan.Side(
      name: text(at: tree.segment.range.union(at.range)),
      chain: ChainBox(LogicalPlan(moment: moment, source: source)), during: try range(during))
  }

  /// PROFILE SEGMENT: what is asked of a portrait follows from what the store has.
  func profile(segment name: Name) throws(Failure) -> ChainBuilder {
    let member: Expression?
    switch try population(name, at: .statement) {
    case .condition(let condition): member = condition
    case .chain(let plan): member = Expression(.chainMember(ChainBox(plan)), type: .boolean, level: .user)
    }
    let figures = ["frequency", "monetary", "aov", "recency", "cycle", "tenure", "active_days"]
    let preferences = catalog.properties.filter { $0.owner == .item && $0.type == .text && $0.name != "title" }
      .map { "top_\($0.name)" }
    let properties = catalog.properties.filter { property in
      property.owner == .user && (property.type == .text || property.type == .boolean || property.type.isNumber)
    }.map(\.name)
    let wanted = figures + ["stage"] + preferences + ["top_item"] + properties
    var features: [NamedExpression] = []
    for word in wanted where !features.contains(where: { $0.name == word }) {
      if let value = attribute(word) { features.append(NamedExpression(word, value)) }
    }
    var goal: EventPattern?
    if let event = catalog.settings.goalEvent, names.isEvent(event) {
      goal = try pattern(event: event, filter: nil, at: name.range)
    }
    let plan = SegmentProfilePlan(
      name: name.text, member: member, features: features,
      revenue: features.contains { $0.name == "monetary" } ? "monetary" : nil, goal: goal)
    var builder = table(.segmentProfile(plan), SegmentProfilePlan.columns, by: "PROFILE")
    builder.plan.shape = .profile
    return builder
  }

  /// A name of users that the store may lack.
  private func attribute(_ name: String) -> Expression? {
    let place = SourceRange(0, 0)
    do { return try self.name(WordPath([Word(name, at: place)], at: place), in: .users) } catch { return nil }
  }
}
