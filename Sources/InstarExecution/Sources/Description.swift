import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// DESCRIBE name: what an event, property, attribute, segment or score is.
struct Description {
  let environment: QueryEnvironment

  func lines(_ name: String, in snapshot: borrowing Snapshot) throws -> [[Value]] {
    var lines: [(String, String)] = [("name", name)]
    let schema = environment.schema
    let time = TimeFormatter(zone: environment.calendar.zone)
    if let type = schema.eventType(name) {
      lines += [
        ("kind", "event"), ("events", "\(type.count)"),
        ("first", type.count > 0 ? time.text(type.first) : "-"), ("last", type.count > 0 ? time.text(type.last) : "-"),
      ]
      if let boundary = environment.settings.retainedFrom {
        lines.append(
          (
            "whole since",
            "\(RetentionSetting.text(of: boundary, environment.calendar)); before, each user's first and last"
          ))
      }
      lines += try shares(of: type, in: snapshot)
    }
    if name == "event" { lines += [("kind", "any event"), ("events", "\(schema.commit.eventCount)")] }
    for property in schema.properties where property.name == name {
      lines += [
        ("kind", "property of \(property.owner)s"), ("type", property.type.rawValue), ("dated", "\(property.isDated)"),
      ]
    }
    for entry in try StoredDefinitions.all(in: snapshot) where entry.name == name {
      lines += [("kind", entry.kind.rawValue), ("definition", entry.statement)]
    }
    for entry in try StoredSnapshots.all(in: snapshot) where entry.name == name {
      lines += [("kind", "snapshot"), ("users", "\(entry.users)"), ("as of", time.text(entry.asOf))]
    }
    for campaign in try snapshot.campaigns() where campaign.name == name {
      lines += [
        ("kind", "campaign"), ("event", campaign.event), ("at", time.text(campaign.time)),
        ("users", "\(campaign.shown)"), ("held back", "\(campaign.heldBack)"), ("control", "\(campaign.control)"),
        ("seed", "\(campaign.seed)"), ("items", campaign.hasItems ? "\(campaign.exposures)" : "none"),
      ]
    }
    for entry in Resolver.attributes(in: try StoreCatalog(snapshot))
    where entry.name == name && entry.origin != .defined {
      lines += [
        ("kind", entry.origin.rawValue), ("type", entry.expression.type.rawValue), ("meaning", entry.definition),
      ]
    }
    if PreludeScore.names.contains(name) {
      lines += try PreludeScore(environment: environment, name: name).description(in: snapshot)
    }
    return lines.map { [.text($0.0), .text($0.1)] }
  }

  /// For each property of events how many events of the type know it.
  private func shares(of type: EventTypeInfo, in snapshot: borrowing Snapshot) throws -> [(String, String)] {
    let pattern = EventPattern(alternatives: [.init(types: [type.code], filter: nil)], text: type.name)
    let schema = environment.schema
    var fields: [(String, Expression)] = []
    let roles: [(String, EventColumn, EventField, ValueType)] = [
      ("item", .item, .item, .text), ("order", .order, .order, .text), ("amount", .amount, .amount, .real),
      ("quantity", .quantity, .quantity, .real),
    ]
    for (name, column, field, kind) in roles where schema.eventColumns.contains(column) {
      fields.append((name, Expression(.event(field), type: kind, level: .event)))
    }
    for property in schema.properties(of: .event) {
      fields.append((property.name, Expression(.event(.property(property.id)), type: property.type, level: .event)))
    }
    guard !fields.isEmpty, type.count > 0 else { return [] }
    let calls = fields.map { name, field in
      NamedExpression(name, Expression(.aggregate(AggregateCall(.rows, field)), type: .integer, level: .row))
    }
    var plan = LogicalPlan(moment: environment.moment, source: .events([pattern]))
    plan.steps = [.aggregate(AggregatePlan(aggregates: calls))]
    let table = try QueryExecutor(environment: environment).run(plan, in: snapshot).table
    return zip(fields, table.columns).map { field, column in
      let known = column.count > 0 ? Vector(column).integerValue(0) : 0
      let share = (Double(known) / Double(type.count) * 1000).rounded() / 10
      return (field.0, "\(field.1.type.rawValue), known in \(share) % of events")
    }
  }
}
