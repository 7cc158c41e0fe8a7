internal import InstarColumns

/// The names of what an exposure says of itself.
enum ExposureProperty {
  static let campaign = "campaign"
  static let variant = "variant"
  static let rank = "rank"
}

extension WriteTransaction {
  /// Keeps a campaign with its exposures. They are no part of the log: only a scan that asks for them sees them.
  ///
  /// - Throws: `input` when there is a campaign of this name, or a property `campaign`, `variant` or `rank` of events
  ///   holds something else.
  package borrowing func putCampaign(_ campaign: Campaign, _ exposures: Exposures) throws(StorageError) {
    guard try object(.campaign, campaign.name) == nil else {
      throw StorageError(
        .input, "there is a campaign '\(campaign.name)' already", help: "take another name", path: path)
    }
    let type = try intern(campaign.event, in: DictionaryID.eventType)
    var totals = EventTotals()
    while totals.types.count <= Int(type) { totals.types.append(.init()) }
    try addTotals(totals)
    let name = try defineProperty(ExposureProperty.campaign, of: .event, type: .text)
    let variant = try defineProperty(ExposureProperty.variant, of: .event, type: .text)
    var rank = StoredCampaign.noProperty
    if campaign.hasItems {
      let known = try schema.property(ExposureProperty.rank, of: .event)
      rank = try defineProperty(ExposureProperty.rank, of: .event, type: known?.type == .real ? .real : .integer).id
    }
    let codes = (
      try intern(campaign.name, in: name.dictionary), try intern(Campaign.shownVariant, in: variant.dictionary),
      try intern(Campaign.controlVariant, in: variant.dictionary)
    )
    let stored = StoredCampaign(campaign, type: type, properties: (name.id, variant.id, rank), codes: codes)
    try putObject(.campaign, campaign.name, stored.bytes)
    try putObject(.other, StoredCampaign.rowsObject(campaign.name), exposures.bytes)
  }

  /// Removes a campaign with its exposures; returns whether there was one.
  @discardableResult
  package borrowing func dropCampaign(_ name: String) throws(StorageError) -> Bool {
    try deleteObject(.other, StoredCampaign.rowsObject(name))
    return try deleteObject(.campaign, name)
  }

  /// Takes users out of all campaigns; returns the names of those that they were in.
  package borrowing func removeExposures(of users: Set<UInt32>) throws(StorageError) -> [String] {
    var changed: [String] = []
    for info in try objects(.campaign) {
      guard let head = try object(.campaign, info.name),
        let rows = try object(.other, StoredCampaign.rowsObject(info.name))
      else { continue }
      var stored = StoredCampaign(info.name, head)
      let all = Exposures(rows, of: stored.campaign)
      let rest = all.without(users)
      guard rest.rowCount < all.rowCount else { continue }
      let old = stored.campaign
      stored.campaign = Campaign(
        name: old.name, event: old.event, time: old.time, control: old.control, seed: old.seed, of: rest)
      stored.campaign.hasItems = old.hasItems
      try putObject(.campaign, info.name, stored.bytes)
      try putObject(.other, StoredCampaign.rowsObject(info.name), rest.bytes)
      changed.append(info.name)
    }
    return changed
  }
}

extension Snapshot {
  /// The campaigns, by name.
  package borrowing func campaigns() throws(StorageError) -> [Campaign] { try storedCampaigns().map(\.campaign) }

  borrowing func storedCampaigns() throws(StorageError) -> [StoredCampaign] {
    var found: [StoredCampaign] = []
    for info in try objects(.campaign) {
      if let bytes = try object(.campaign, info.name) { found.append(StoredCampaign(info.name, bytes)) }
    }
    return found
  }

  /// Who was shown what in a campaign, under the identities of then.
  package borrowing func exposures(of campaign: Campaign) throws(StorageError) -> Exposures {
    guard let bytes = try object(.other, StoredCampaign.rowsObject(campaign.name)) else {
      return Exposures(users: [], isControl: [])
    }
    return Exposures(bytes, of: campaign)
  }
}
