internal import InstarColumns
internal import InstarSyntax

/// A chain being resolved: the plan so far and the rows that the next step gets.
struct ChainBuilder {
  let resolution: Resolution
  var plan: LogicalPlan
  var scope: Scope
  /// The rows that the last AGGREGATE got, so that PIVOT can add a bucket to it.
  var beforeAggregate: Scope?
  /// Whether the chain ends with a step that stores its table.
  var isStored = false

  init(_ resolution: Resolution, source: LogicalSource, scope: Scope) {
    self.resolution = resolution
    self.scope = scope
    plan = LogicalPlan(moment: resolution.moment, source: source, columns: scope.columns)
  }

  mutating func append(_ step: LogicalStep) { plan.steps.append(step) }

  /// The rows become a table of these columns.
  mutating func becomeTable(_ columns: [PlanColumn], hasUser: Bool, by maker: String) {
    scope = Scope(rows: .table, columns: columns, hasUser: hasUser, maker: maker)
  }

  mutating func append(columns: [NamedExpression]) {
    append(.add(columns))
    scope.columns += columns.map { PlanColumn($0.name, $0.expression.type, unit: $0.expression.unit) }
  }

  // MARK: Columns that a result has by itself

  /// Gives the rows the columns that a result shows where the statement chose none: of users the stage and the goal
  /// figures, of events and items all they have. Called before a step that needs real columns, and at the end.
  mutating func materialize() {
    switch scope.rows {
    case .users where scope.columns.count == 1: append(columns: resolution.bareColumns())
    case .events: keepAll(resolution.eventColumns(), by: "EVENTS")
    case .items: keepAll(resolution.itemColumns(), by: "ITEMS")
    case .users, .table: break
    }
  }

  private mutating func keepAll(_ own: [NamedExpression], by maker: String) {
    let hasUser = scope.rows == .events
    let added = scope.columns.indices.map { NamedExpression(scope.columns[$0].name, scope.column($0)) }
    let hidden = Set(added.map(\.name))
    let columns = own.filter { !hidden.contains($0.name) } + added
    append(.keep(columns))
    becomeTable(
      columns.map { PlanColumn($0.name, $0.expression.type, unit: $0.expression.unit) }, hasUser: hasUser, by: maker)
  }

  /// The position of a column by name; a name of the rows that is no column yet becomes one.
  mutating func column(_ name: Name) throws(Failure) -> Int {
    if scope.rows == .users && scope.columns.count == 1 && name.text != "user" {
      let bare = resolution.bareColumns()
      if bare.contains(where: { $0.name == name.text }) { append(columns: bare) }
    }
    if scope.rows == .events || scope.rows == .items { materialize() }
    if let position = scope.position(of: name.text) { return position }
    let value = try resolution.name(WordPath([Word(name)], at: name.range), in: scope)
    append(columns: [NamedExpression(name.text, value)])
    return scope.columns.count - 1
  }

  mutating func finish() {
    if !isStored { materialize() }
    plan.columns = scope.columns
    plan.notes = resolution.notes
    plan.absences = resolution.inventions.absences
    if resolution.inventions.exposure != nil { plan.exposureTypes = resolution.names.exposureTypes.sorted() }
    plan.defaults = resolution.defaults
  }
}

extension Resolution {
  /// The columns of a bare SEGMENT: stage, recency, frequency and monetary of the goal; without a goal the last event.
  func bareColumns() -> [NamedExpression] {
    let wanted = ["stage", "recency", "frequency", "monetary"]
    let found = wanted.compactMap { bareColumn($0) }
    if !found.isEmpty { return found }
    return ["last_seen", "active_days"].compactMap { bareColumn($0) }
  }

  private func bareColumn(_ name: String) -> NamedExpression? {
    let place = SourceRange(0, 0)
    let path = WordPath([Word(name, at: place)], at: place)
    do { return NamedExpression(name, try self.name(path, in: .users)) } catch { return nil }
  }

  /// What every row of EVENTS has: user, time, event, the roles that the store has, the item's title, the properties.
  func eventColumns() -> [NamedExpression] {
    var columns = [NamedExpression("user", Expression(.user, type: .text, level: .user))]
    for name in ["time", "event", "item", "title", "order", "amount", "quantity"] {
      if name == "title" {
        guard catalog.roles.contains(.item), let title = names.property("title", of: .item) else { continue }
        columns.append(NamedExpression(name, Expression(.itemProperty(title.id), type: title.type, level: .event)))
      } else if let field = eventField(name) {
        columns.append(NamedExpression(name, field))
      }
    }
    let taken = Set(columns.map(\.name))
    for property in catalog.properties where property.owner == .event && !taken.contains(property.name) {
      let value = Expression(.event(.property(property.id)), type: property.type, level: .event)
      columns.append(NamedExpression(property.name, value))
    }
    return columns
  }

  func itemColumns() -> [NamedExpression] {
    var columns = [NamedExpression("item", Expression(.item, type: .text, level: .item))]
    let own = catalog.properties.filter { $0.owner == .item }
    for property in own.filter({ $0.name == "title" }) + own.filter({ $0.name != "title" }) {
      let value = Expression(.itemProperty(property.id), type: property.type, level: .item)
      columns.append(NamedExpression(property.name, value))
    }
    return columns
  }
}
