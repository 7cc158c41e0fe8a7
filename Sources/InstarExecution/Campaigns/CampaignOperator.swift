import InstarColumns
import InstarPlan
import InstarStorage

/// SAVE AS CAMPAIGN: draws who is held back, keeps what each user is shown, and leaves the rows of those who are.
struct CampaignOperator {
  let plan: CampaignPlan

  func run(_ outcome: inout QueryOutcome, in snapshot: borrowing Snapshot) throws {
    let table = outcome.table
    let users = table.users ?? []
    guard !users.isEmpty else {
      throw ExecutionError(
        "E0411", "the campaign \(plan.name) would be shown to nobody: the chain gives no users",
        help: "look at the chain without SAVE AS CAMPAIGN")
    }
    let isControl = try controls(users, in: snapshot)
    let exposures = try self.exposures(table, users, isControl, in: snapshot)
    let campaign = Campaign(
      name: plan.name, event: plan.event, time: plan.time, control: plan.control, seed: plan.seed, of: exposures)
    outcome.effects.append(.campaign(campaign, exposures))
    outcome.table = table.rows(at: users.indices.filter { isControl[$0] == 0 })
    outcome.notes += notes(campaign)
  }

  /// One byte for each row, 1 where its user is held back.
  private func controls(_ users: [UInt32], in snapshot: borrowing Snapshot) throws -> [UInt8] {
    guard plan.control > 0 else { return [UInt8](repeating: 0, count: users.count) }
    let names = try snapshot.dictionary(DictionaryID.user)
    let draw = ControlDraw(campaign: plan.name, seed: plan.seed, share: plan.control)
    var known: [UInt32: UInt8] = [:]
    return users.map { user in
      if let drawn = known[user] { return drawn }
      let drawn: UInt8 = draw.holdsBack(names.text(user)) ? 1 : 0
      known[user] = drawn
      return drawn
    }
  }

  /// The rows by user, then rank; each user once, or once with each item.
  private func exposures(
    _ table: Table, _ users: [UInt32], _ isControl: [UInt8], in snapshot: borrowing Snapshot
  ) throws -> Exposures {
    if plan.items == .ofRows, let items = table.items, let ranks = ranks(table) {
      let order = users.indices.sorted { (users[$0], ranks[$0], $0) < (users[$1], ranks[$1], $1) }
      return Exposures(
        users: gather(users, order), isControl: gather(isControl, order), items: gather(items, order),
        ranks: gather(ranks, order))
    }
    var first: [UInt32: Int] = [:]
    for (row, user) in users.enumerated() where first[user] == nil { first[user] = row }
    let rows = first.values.sorted { users[$0] < users[$1] }
    var item: UInt32?
    if case .one(let name) = plan.items { item = try snapshot.dictionary(DictionaryID.item).code(of: name) }
    return Exposures(
      users: gather(users, rows), isControl: gather(isControl, rows),
      items: item.map { [UInt32](repeating: $0, count: rows.count) } ?? [],
      ranks: item == nil ? [] : [UInt32](repeating: 1, count: rows.count))
  }

  private func ranks(_ table: Table) -> [UInt32]? {
    guard case .integers(let ranks)? = table.columns.first(where: { $0.name == "rank" })?.values else { return nil }
    return ranks.map { UInt32(clamping: $0) }
  }

  private func notes(_ campaign: Campaign) -> [String] {
    let shown = campaign.shown == 1 ? "1 user" : "\(campaign.shown) users"
    guard plan.control > 0 else {
      return [
        "campaign \(plan.name): shown to \(shown), nobody held back; without a control group EVALUATE CAMPAIGN compares "
          + "nothing"
      ]
    }
    var notes = ["campaign \(plan.name): shown to \(shown), \(campaign.heldBack) held back and left out of the rows"]
    if campaign.heldBack == 0 || campaign.shown == 0 {
      notes.append("by chance all users are in one group: a longer list, or another share for control")
    }
    return notes
  }
}

/// Who is held back: a draw by campaign, seed and name, so that it comes out the same on every machine and a user is
/// drawn for each campaign anew.
struct ControlDraw {
  let campaign: String
  let seed: UInt64
  /// From 0 to 1.
  let share: Double

  /// Whether the first 53 bits of SHA-256 over campaign, seed and user, as a number from 0 to 1, lie below the share.
  func holdsBack(_ user: String) -> Bool {
    let digest = SHA256.digest(Array("\(campaign)\u{0}\(seed)\u{0}\(user)".utf8))
    let bits = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return Double(bits >> 11) * 0x1p-53 < share
  }
}
