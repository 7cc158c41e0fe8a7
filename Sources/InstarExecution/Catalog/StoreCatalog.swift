import InstarColumns
package import InstarPlan
package import InstarStorage

/// What the resolver sees of a store: names and definitions of one snapshot, as values.
package struct StoreCatalog: Catalog {
  package let eventTypes: [EventTypeEntry]
  package let properties: [PropertyEntry]
  package let definitions: [DefinitionEntry]
  package let snapshots: [SnapshotEntry]
  package let settings: Settings
  package let userCount: Int
  package let itemCount: Int
  package let eventCount: Int
  package let firstEvent: Int64?
  package let lastEvent: Int64?
  package let roles: EventRoles
  package let tables: [TableEntry]
  package let campaigns: [CampaignEntry]

  package init(_ snapshot: borrowing Snapshot) throws {
    let schema = snapshot.schema
    eventTypes = schema.eventTypes.map { EventTypeEntry(code: $0.code, name: $0.name, count: $0.count) }
    properties = schema.properties.map { property in
      PropertyEntry(
        id: property.id, name: property.name, owner: InstarPlan.PropertyOwner(property.owner), type: property.type,
        isDated: property.isDated)
    }
    definitions = try StoredDefinitions.all(in: snapshot)
    snapshots = try StoredSnapshots.all(in: snapshot)
    settings = StoredSettings.settings(schema.settings)
    userCount = schema.commit.userCount
    itemCount = schema.commit.itemCount
    eventCount = schema.commit.eventCount
    firstEvent = schema.commit.eventCount > 0 ? schema.commit.firstTime : nil
    lastEvent = schema.commit.eventCount > 0 ? schema.commit.lastTime : nil
    var roles: EventRoles = []
    if schema.eventColumns.contains(.item) { roles.insert(.item) }
    if schema.eventColumns.contains(.order) { roles.insert(.order) }
    if schema.eventColumns.contains(.amount) { roles.insert(.amount) }
    if schema.eventColumns.contains(.quantity) { roles.insert(.quantity) }
    self.roles = roles
    var tables: [TableEntry] = []
    for name in try StoredTables.names(in: snapshot) {
      let table = try StoredTables.read(name, in: snapshot)
      tables.append(
        TableEntry(
          name: name, rows: table.rowCount, columns: table.columns.map { PlanColumn($0.name, $0.type, unit: $0.unit) }))
    }
    self.tables = tables
    campaigns = try snapshot.campaigns().map { campaign in
      CampaignEntry(
        name: campaign.name, event: campaign.event, time: campaign.time, shown: campaign.shown,
        heldBack: campaign.heldBack, exposures: campaign.exposures, hasItems: campaign.hasItems)
    }
  }
}

extension InstarPlan.PropertyOwner {
  init(_ owner: InstarStorage.PropertyOwner) {
    self =
      switch owner {
      case .event: .event
      case .user: .user
      case .item: .item
      }
  }
}

extension InstarStorage.PropertyOwner {
  init(_ owner: InstarPlan.PropertyOwner) {
    self =
      switch owner {
      case .event: .event
      case .user: .user
      case .item: .item
      }
  }
}
