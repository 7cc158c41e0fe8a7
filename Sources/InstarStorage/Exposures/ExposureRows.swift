internal import InstarColumns

/// The exposures of all campaigns as rows of a scan: a lane behind the recent events.
///
/// ```
/// campaign spring   users 3 3 7     rows   user  time    type      item  campaign  variant  rank
/// campaign summer   users 3         3      1 May exposure  milk  spring    shown    1
///                                   3      1 May exposure  jam   spring    shown    2
///                                   3      1 Jul exposure  -     summer    control  -
///                                   7      1 May exposure  milk  spring    shown    1
/// ```
struct ExposureRows {
  private let campaigns: [(stored: StoredCampaign, rows: Exposures)]
  /// For each row its user as of the scan, its campaign, and its place there; by user, then time.
  private var order: [(user: UInt32, campaign: Int, row: Int)] = []

  init(_ campaigns: [(stored: StoredCampaign, rows: Exposures)], identity: IdentityMap) {
    self.campaigns = campaigns
    for (number, campaign) in campaigns.enumerated() {
      for row in campaign.rows.users.indices {
        order.append((identity.root(of: campaign.rows.users[row]), number, row))
      }
    }
    let times = campaigns.map(\.stored.campaign.time)
    if campaigns.count > 1 || !identity.isEmpty {
      order.sort {
        ($0.user, times[$0.campaign], $0.campaign, $0.row) < ($1.user, times[$1.campaign], $1.campaign, $1.row)
      }
    }
  }

  /// The rows with `columns`, of the types `types`.
  func rows(_ columns: [EventColumn], of types: [ValueType]) -> SortedRows {
    var rows = SortedRows()
    rows.times = order.map { campaigns[$0.campaign].stored.campaign.time }
    rows.types = order.map { campaigns[$0.campaign].stored.type }
    for (row, entry) in order.enumerated() {
      if rows.users.last != entry.user {
        rows.users.append(entry.user)
        rows.starts.append(row)
      }
      rows.starts[rows.users.count] = row + 1
    }
    for (column, type) in zip(columns, types) {
      rows.columnNumbers.append(column.number)
      rows.columns.append(buffer(column, type))
    }
    return rows
  }

  private func buffer(_ column: EventColumn, _ type: ValueType) -> EventColumnBuffer {
    var buffer = EventColumnBuffer(type: type)
    buffer.setCount(order.count)
    buffer.present = [UInt8](repeating: 0, count: order.count)
    for (place, entry) in order.enumerated() {
      guard let value = value(column, campaigns[entry.campaign], entry.row) else { continue }
      buffer.present[place] = 1
      switch type {
      case .text: buffer.codes[place] = value
      case .real: buffer.reals[place] = Double(value)
      case .integer, .time, .duration: buffer.integers[place] = Int64(value)
      case .boolean: preconditionFailure("no property of an exposure is a condition")
      }
    }
    return buffer
  }

  private func value(_ column: EventColumn, _ campaign: (stored: StoredCampaign, rows: Exposures), _ row: Int)
    -> UInt32?
  {
    let (stored, rows) = campaign
    switch column {
    case .item: return rows.items.isEmpty ? nil : rows.items[row]
    case .property(stored.properties.campaign): return stored.codes.campaign
    case .property(stored.properties.variant):
      return rows.isControl[row] != 0 ? stored.codes.control : stored.codes.shown
    case .property(stored.properties.rank): return rows.ranks.isEmpty ? nil : rows.ranks[row]
    case .order, .amount, .quantity, .importNumber, .property: return nil
    }
  }
}

extension Snapshot {
  /// The rows of all exposures for a scan with `request`, under the users that they are then; `nil` where there are none.
  ///
  /// - Complexity: O(exposures), and their logarithm where there are several campaigns or linked identities.
  borrowing func exposureRows(_ request: ScanRequest) throws -> SortedRows? {
    var campaigns: [(StoredCampaign, Exposures)] = []
    for stored in try storedCampaigns() { campaigns.append((stored, try exposures(of: stored.campaign))) }
    guard campaigns.contains(where: { $0.1.rowCount > 0 }) else { return nil }
    let identity = request.joinsIdentities ? try identity(before: request.before) : IdentityMap([], before: 0)
    let types = request.columns.map { schema.type(of: $0) }
    return ExposureRows(campaigns, identity: identity).rows(request.columns, of: types)
  }
}
