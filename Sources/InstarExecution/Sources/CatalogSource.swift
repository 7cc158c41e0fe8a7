import InstarCalendar
import InstarColumns
import InstarPlan
import InstarStorage

/// SHOW and DESCRIBE: what a store holds, as tables.
struct CatalogSource {
  let environment: QueryEnvironment

  func run(_ question: CatalogQuestion, in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    let rows = try self.rows(question, in: snapshot)
    var builders = question.columns.map { ColumnBuilder($0.name, type: $0.type, unit: $0.unit) }
    for row in rows {
      precondition(row.count == builders.count, "one value for each column of the answer")
      for index in row.indices {
        builders[index].append(Vector(constant: row[index], type: question.columns[index].type), rows: 1)
      }
    }
    return QueryOutcome(table: Table(columns: builders.map { $0.finish() }, rowCount: rows.count))
  }

  private func rows(_ question: CatalogQuestion, in snapshot: borrowing Snapshot) throws -> [[Value]] {
    let schema = environment.schema
    switch question {
    case .events:
      return try events(in: snapshot)
    case .properties:
      return schema.properties.map { property in
        [
          .text(property.name), .text("\(property.owner)"), .text(property.type.rawValue), .boolean(property.isDated),
        ]
      }
    case .settings: return settings()
    case .segments: return try segments(in: snapshot)
    case .attributes:
      return Resolver.attributes(in: try StoreCatalog(snapshot)).map { entry in
        [.text(entry.name), .text(entry.expression.type.rawValue), .text(entry.definition)]
      }
    case .funnels: return try definitions(.funnel, in: snapshot) { [.text($0.name), .text($0.statement)] }
    case .lifecycles: return try definitions(.lifecycle, in: snapshot) { [.text($0.name), .text($0.statement)] }
    case .models:
      return try ModelCatalog(environment: environment).rows(in: snapshot)
    case .tables:
      return try StoredTables.names(in: snapshot).map { name in
        let table = try StoredTables.read(name, in: snapshot)
        return [.text(name), .integer(Int64(table.rowCount)), .text(table.columns.map(\.name).joined(separator: ", "))]
      }
    case .imports: return try ImportRecords.all(in: snapshot).map(\.values)
    case .describe(_, let name, let version):
      let lines = try Description(environment: environment).lines(name, in: snapshot)
      return lines
        + (try ModelCatalog(environment: environment).description(ModelName(name, version: version), in: snapshot))
    case .links: return try links(in: snapshot)
    case .audit:
      return try snapshot.audit().map { [.integer(Int64($0.number)), .time($0.time), .text($0.text)] }
    case .campaigns:
      return try snapshot.campaigns().map { campaign in
        [
          .text(campaign.name), .text(campaign.event), .time(campaign.time), .integer(Int64(campaign.shown)),
          .integer(Int64(campaign.heldBack)), .integer(campaign.hasItems ? Int64(campaign.exposures) : 0),
        ]
      }
    case .jobs:
      return try snapshot.jobs().map { [.text($0.kind.rawValue), .text($0.state.rawValue), .text($0.detail)] }
    case .items:
      preconditionFailure("the resolver gives SHOW \(question) another source or a diagnostic")
    }
  }

  /// The events of the log and what campaigns showed, the most frequent first.
  private func events(in snapshot: borrowing Snapshot) throws -> [[Value]] {
    var counts: [String: Int] = [:]
    for type in environment.schema.eventTypes { counts[type.name] = type.count }
    for campaign in try snapshot.campaigns() { counts[campaign.event, default: 0] += campaign.exposures }
    return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { [.text($0.key), .integer(Int64($0.value))] }
  }

  private func definitions(_ kind: DefinitionKind, in snapshot: borrowing Snapshot, _ row: (DefinitionEntry) -> [Value])
    throws -> [[Value]]
  {
    try StoredDefinitions.all(in: snapshot).filter { $0.kind == kind }.map(row)
  }

  private func segments(in snapshot: borrowing Snapshot) throws -> [[Value]] {
    let dynamic = try definitions(.segment, in: snapshot) {
      [.text($0.name), .text("definition"), .missing, .missing, .text($0.statement)]
    }
    let frozen = try StoredSnapshots.all(in: snapshot).map { entry -> [Value] in
      [.text(entry.name), .text("snapshot"), .integer(Int64(entry.users)), .time(entry.asOf), .missing]
    }
    return dynamic + frozen
  }

  /// Each link with the moments from which and until which it holds.
  private func links(in snapshot: borrowing Snapshot) throws -> [[Value]] {
    let users = try snapshot.dictionary(DictionaryID.user)
    let changes = try snapshot.linkChanges()
    return changes.indices.compactMap { index -> [Value]? in
      guard let target = changes[index].target else { return nil }
      let next = index + 1
      let isEnded = next < changes.count && changes[next].user == changes[index].user
      return [
        .text(users.text(changes[index].user)), .text(users.text(target)), .time(changes[index].time),
        isEnded ? .time(changes[next].time) : .missing,
      ]
    }
  }

  /// How long events are kept, and since when nothing was removed.
  private func retention(_ settings: Settings) -> String {
    var text = settings.retention.map(RetentionSetting.phrase) ?? "for ever"
    if let boundary = settings.retainedFrom {
      text += "; whole since \(RetentionSetting.text(of: boundary, environment.calendar))"
    }
    return text
  }

  private func settings() -> [[Value]] {
    let settings = environment.settings
    let clock =
      switch settings.clock {
      case .lastEvent: "last_event"
      case .system: "system"
      case .fixed(let instant): TimeFormatter(zone: environment.calendar.zone).text(instant)
      }
    let limits: [[Value]] = StatementLimits.Resource.allCases.map { resource in
      let limit = settings.limits[resource]
      return [.text("limit of \(resource.rawValue)"), .text(limit == 0 ? "none" : "\(limit)")]
    }
    return [
      ["timezone", .text(settings.timeZone)], ["week start", .text(settings.weekStart)], ["clock", .text(clock)],
      ["goal event", settings.goalEvent.map(Value.text) ?? .missing],
      ["unknown events", .text(settings.unknownEvents.rawValue)],
      ["privacy threshold", .text("\(settings.privacyThreshold)")],
      ["privacy budget", .text(PrivacyLedger.text(PrivacyLedger.budget(environment.schema)))],
      ["future limit", .text("\(Double(settings.futureLimit) / 86_400_000) days")],
      [
        "consent required",
        .text(settings.consentRequired.isEmpty ? "nothing" : settings.consentRequired.sorted().joined(separator: ", ")),
      ],
      ["events kept", .text(retention(settings))],
      ["noun of users", .text(settings.userNoun)], ["noun of items", .text(settings.itemNoun)],
    ] + limits
  }
}
