/// A campaign: when users were shown something, how many were, and how many were held back.
package struct Campaign: Sendable, Hashable {
  package var name: String
  /// The name of the event that each exposure is.
  package var event: String
  /// When, milliseconds since 1970; the same for all.
  package var time: Int64
  /// The share of users that was to be held back, from 0 to 1, and the seed that drew them.
  package var control: Double
  package var seed: UInt64
  /// Users in each arm.
  package var shown: Int
  package var heldBack: Int
  /// Exposures of both arms: as many as users, or one for each user and item.
  package var exposures: Int
  package var hasItems: Bool

  package init(
    name: String, event: String, time: Int64, control: Double, seed: UInt64, of exposures: Exposures
  ) {
    self.name = name
    self.event = event
    self.time = time
    self.control = control
    self.seed = seed
    (shown, heldBack) = exposures.usersByArm
    self.exposures = exposures.rowCount
    hasItems = !exposures.items.isEmpty
  }

  /// The values of the property `variant`.
  package static let shownVariant = "shown"
  package static let controlVariant = "control"
}

/// Who was shown what: one row for each user, or for each user and item.
package struct Exposures: Sendable, Hashable {
  /// Ascending.
  package var users: [UInt32]
  /// 1 where the user was held back; the same in all rows of a user.
  package var isControl: [UInt8]
  /// What was shown, or would have been; empty where no items were.
  package var items: [UInt32]
  /// The place of the item in the user's list, from 1; as many as ``items``.
  package var ranks: [UInt32]

  /// - Precondition: the users ascend, and the arrays are of one length or empty.
  package init(users: [UInt32], isControl: [UInt8], items: [UInt32] = [], ranks: [UInt32] = []) {
    precondition(isControl.count == users.count && ranks.count == items.count, "columns of one length")
    precondition(items.isEmpty || items.count == users.count, "an item in every row or in none")
    self.users = users
    self.isControl = isControl
    self.items = items
    self.ranks = ranks
  }

  package var rowCount: Int { users.count }

  /// The rows of the users outside `gone`.
  package func without(_ gone: Set<UInt32>) -> Exposures {
    let kept = users.indices.filter { !gone.contains(users[$0]) }
    return Exposures(
      users: kept.map { users[$0] }, isControl: kept.map { isControl[$0] },
      items: items.isEmpty ? [] : kept.map { items[$0] }, ranks: ranks.isEmpty ? [] : kept.map { ranks[$0] })
  }

  /// How many users were shown something and how many were held back.
  fileprivate var usersByArm: (shown: Int, heldBack: Int) {
    var (shown, heldBack) = (0, 0)
    for row in users.indices where row == 0 || users[row] != users[row - 1] {
      if isControl[row] != 0 { heldBack += 1 } else { shown += 1 }
    }
    return (shown, heldBack)
  }
}

/// A campaign with the codes that its exposures have in a scan: the value of object (campaign, name).
///
/// ```
/// version u8 | time i64 | control f64 | seed u64 | users shown u32, held back u32 | exposures u32 | items u8 |
/// type u32 | properties campaign, variant, rank u16 | codes campaign, shown, control u32 | event text
/// ```
/// The rows are object (other, "exposures " and the name): users u32 .., arms u8 .., then items u32 .. and ranks u32 ..
/// where there are items.
struct StoredCampaign {
  var campaign: Campaign
  var type: UInt32
  /// 65535 where the exposures have no such property.
  var properties: (campaign: UInt16, variant: UInt16, rank: UInt16)
  var codes: (campaign: UInt32, shown: UInt32, control: UInt32)

  static let noProperty = UInt16.max

  static func rowsObject(_ name: String) -> String { "exposures " + name }

  var bytes: [UInt8] {
    var writer = ByteWriter()
    writer.integer(UInt8(1))
    writer.integer(campaign.time)
    writer.real(campaign.control)
    writer.integer(campaign.seed)
    for count in [campaign.shown, campaign.heldBack, campaign.exposures] { writer.integer(UInt32(count)) }
    writer.integer(UInt8(campaign.hasItems ? 1 : 0))
    writer.integer(type)
    for property in [properties.campaign, properties.variant, properties.rank] { writer.integer(property) }
    for code in [codes.campaign, codes.shown, codes.control] { writer.integer(code) }
    writer.text(campaign.event)
    return writer.bytes
  }

  init(_ campaign: Campaign, type: UInt32, properties: (UInt16, UInt16, UInt16), codes: (UInt32, UInt32, UInt32)) {
    self.campaign = campaign
    self.type = type
    self.properties = properties
    self.codes = codes
  }

  init(_ name: String, _ bytes: [UInt8]) {
    var reader = unsafe ByteReader(bytes.span.bytes)
    _ = reader.integer(UInt8.self)
    let (time, control, seed) = (reader.integer(Int64.self), reader.real(), reader.integer(UInt64.self))
    campaign = Campaign(
      name: name, event: "", time: time, control: control, seed: seed, of: .init(users: [], isControl: []))
    campaign.shown = Int(reader.integer(UInt32.self))
    campaign.heldBack = Int(reader.integer(UInt32.self))
    campaign.exposures = Int(reader.integer(UInt32.self))
    campaign.hasItems = reader.integer(UInt8.self) != 0
    type = reader.integer()
    properties = (reader.integer(), reader.integer(), reader.integer())
    codes = (reader.integer(), reader.integer(), reader.integer())
    campaign.event = reader.text()
  }
}

extension Exposures {
  var bytes: [UInt8] {
    var writer = ByteWriter()
    for user in users { writer.integer(user) }
    writer.bytes(isControl)
    for item in items { writer.integer(item) }
    for rank in ranks { writer.integer(rank) }
    return writer.bytes
  }

  init(_ bytes: [UInt8], of campaign: Campaign) {
    var reader = unsafe ByteReader(bytes.span.bytes)
    let count = campaign.exposures
    func integers(_ reader: inout ByteReader) -> [UInt32] {
      var values: [UInt32] = []
      values.reserveCapacity(count)
      while values.count < count, !reader.isDamaged { values.append(reader.integer()) }
      return values
    }
    let users = integers(&reader)
    let arms = reader.bytes(users.count)
    let items = campaign.hasItems ? integers(&reader) : []
    self.init(users: users, isControl: arms, items: items, ranks: campaign.hasItems ? integers(&reader) : [])
  }
}
