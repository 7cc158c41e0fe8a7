internal import InstarColumns

/// The catalog's names, indexed once for each statement.
struct NameIndex {
  private(set) var eventTypes: [String: EventTypeEntry] = [:]
  private(set) var properties: [PropertyOwner: [String: PropertyEntry]] = [:]
  private(set) var definitions: [DefinitionKind: [String: DefinitionEntry]] = [:]
  private(set) var snapshots: [String: SnapshotEntry] = [:]
  private(set) var tables: [String: TableEntry] = [:]
  private(set) var campaigns: [String: CampaignEntry] = [:]
  /// The events that campaigns show, by name and by code.
  private(set) var exposureEvents: Set<String> = []
  private(set) var exposureTypes: Set<UInt32> = []

  init(_ catalog: some Catalog) {
    for entry in catalog.eventTypes { eventTypes[entry.name] = entry }
    for entry in catalog.properties { properties[entry.owner, default: [:]][entry.name] = entry }
    for entry in catalog.definitions { definitions[entry.kind, default: [:]][entry.name] = entry }
    for entry in catalog.snapshots { snapshots[entry.name] = entry }
    for entry in catalog.tables { tables[entry.name] = entry }
    for entry in catalog.campaigns { campaigns[entry.name] = entry }
    exposureEvents = Set(catalog.campaigns.map(\.event))
    exposureTypes = Set(exposureEvents.compactMap { eventTypes[$0]?.code })
  }

  func property(_ name: String, of owner: PropertyOwner) -> PropertyEntry? { properties[owner]?[name] }
  func definition(_ kind: DefinitionKind, _ name: String) -> DefinitionEntry? { definitions[kind]?[name] }

  /// Whether the name stands where an event is meant.
  func isEvent(_ name: String) -> Bool {
    name == "event" || eventTypes[name] != nil || definition(.event, name) != nil
  }

  // MARK: Candidates for "did you mean"

  var eventCandidates: [NameCandidate] {
    eventTypes.values.map { NameCandidate($0.name, Names.counted($0.count, "event")) }
      + (definitions[.event] ?? [:]).keys.map { NameCandidate($0, "defined") }
  }

  func propertyCandidates(_ owners: [PropertyOwner]) -> [NameCandidate] {
    owners.flatMap { owner in
      (properties[owner] ?? [:]).values.map {
        NameCandidate($0.name, "\(owner.rawValue) property, \($0.type.rawValue)")
      }
    }
  }

  var segmentCandidates: [NameCandidate] {
    (definitions[.segment] ?? [:]).keys.map { NameCandidate($0, "segment") }
      + snapshots.values.map { NameCandidate($0.name, "snapshot of \(Names.counted($0.users, "user"))") }
  }

  func candidates(_ kind: DefinitionKind) -> [NameCandidate] {
    (definitions[kind] ?? [:]).keys.map { NameCandidate($0) }
  }

  /// Every name that has values for users.
  var userNameCandidates: [NameCandidate] {
    propertyCandidates([.user]) + (BuiltinAttribute.names + BuiltinScore.names).map { NameCandidate($0, "built in") }
      + candidates(.attribute) + candidates(.lifecycle) + propertyCandidates([.event])
  }

  /// What a name is, for the message that it is something else than expected, and how to use it as such.
  func otherUse(of name: String) -> (kind: String, write: String)? {
    let word = Names.quoted(name)
    if isEvent(name) { return ("an event", "did \(word), count(\(word)) or last(\(word))") }
    if definition(.segment, name) != nil || snapshots[name] != nil { return ("a segment", "IN \(word)") }
    if definition(.funnel, name) != nil { return ("a funnel", "FUNNEL OF \(word)") }
    if definition(.model, name) != nil { return ("a model", "PREDICT \(word)") }
    if tables[name] != nil { return ("a table", "TABLE \(word)") }
    if let campaign = campaigns[name] { return ("a campaign", "did \(campaign.event)[campaign = '\(name)']") }
    if property(name, of: .item) != nil { return ("a property of items", "top_\(name), or purchase[\(word) = ..]") }
    return nil
  }
}
