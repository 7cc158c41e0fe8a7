import InstarBehavior
import InstarCalendar
import InstarColumns
import InstarModels
import InstarPlan
import InstarStorage

/// EVALUATE CAMPAIGN: what users did after they were shown something, beside those who were held back.
struct CampaignTrialSource {
  let environment: QueryEnvironment
  let plan: CampaignTrial

  /// One arm of one campaign.
  private struct Arm {
    var variant: String
    var users = 0
    var conversions = 0
    var lists = ListQuality()

    var sample: LiftSample { .share(count: conversions, of: users) }
  }

  func run(in snapshot: borrowing Snapshot) throws -> QueryOutcome {
    var outcome = QueryOutcome(table: Table(columns: []))
    var rows: [[Value]] = []
    var open: [String] = []
    let known = try snapshot.campaigns().filter { plan.campaigns.contains($0.name) && isAsked($0) }
    for name in plan.campaigns {
      guard let campaign = known.first(where: { $0.name == name }) else { continue }
      let end = labels.end(of: start(campaign))
      guard end <= environment.moment else {
        open.append("\(name) is complete from \(date(end)) on")
        continue
      }
      let arms = try self.arms(campaign, until: end, in: snapshot)
      rows += self.rows(campaign, arms)
      outcome.population += arms.reduce(0) { $0 + $1.users }
      outcome.notes += notes(campaign, arms)
    }
    guard !rows.isEmpty else { throw nothing(open) }
    outcome.notes += open.map { "left out: \($0)" }
    let (table, hidden) = Table(rows: rows, columns: plan.columns)
      .suppressed(below: environment.settings.privacyThreshold)
    (outcome.table, outcome.suppressedRows) = (table, hidden)
    return outcome
  }

  private func isAsked(_ campaign: Campaign) -> Bool {
    campaign.time < environment.moment
      && plan.during.map { $0.from <= campaign.time && campaign.time < $0.to } ?? true
  }

  /// What happened at the very instant of the exposure came before it.
  private func start(_ campaign: Campaign) -> Int64 { campaign.time + 1 }

  private var labels: LabelScan {
    LabelScan(environment: environment, model: plan.outcome, purpose: .analytics)
  }

  // MARK: - Arms

  private func arms(_ campaign: Campaign, until end: Int64, in snapshot: borrowing Snapshot) throws -> [Arm] {
    let exposures = try joined(snapshot.exposures(of: campaign), in: snapshot)
    let users = exposures.userRows.map { exposures.users[$0.lowerBound] }
    var scan = labels
    scan.users = users
    let converted = try scan.run(at: [start(campaign)], in: snapshot)[0].values(of: users)
    let taken = campaign.hasItems ? try items(of: users, from: start(campaign), to: end, in: snapshot) : nil
    var arms = [Arm(variant: Campaign.shownVariant), Arm(variant: Campaign.controlVariant)]
    for (place, range) in exposures.userRows.enumerated() {
      let arm = exposures.isControl[range.lowerBound] == 0 ? 0 : 1
      arms[arm].users += 1
      if converted[place] > 0 { arms[arm].conversions += 1 }
      if let taken {
        arms[arm].lists.add(
          exposures.items[range], ranks: exposures.ranks[range], taken: taken.items[taken.entries(of: users[place])])
      }
    }
    return arms.filter { $0.users > 0 }
  }

  /// The exposures under the persons whom the identities of then are now; a person of both arms counts as shown.
  private func joined(_ exposures: Exposures, in snapshot: borrowing Snapshot) throws -> Exposures {
    let identity = try snapshot.identity(before: environment.moment)
    let permitted = try environment.permitted(
      Array(Set(exposures.users.map(identity.root(of:)))).sorted(), for: .analytics, in: snapshot)
    let allowed = Set(permitted)
    let roots = exposures.users.map(identity.root(of:))
    let order = roots.indices.filter { allowed.contains(roots[$0]) }
      .sorted { (roots[$0], exposures.isControl[$0], $0) < (roots[$1], exposures.isControl[$1], $1) }
    return Exposures(
      users: gather(roots, order), isControl: gather(exposures.isControl, order),
      items: exposures.items.isEmpty ? [] : gather(exposures.items, order),
      ranks: exposures.ranks.isEmpty ? [] : gather(exposures.ranks, order))
  }

  /// The items of the outcome's events in the window, for each of `users`.
  private func items(of users: [UInt32], from: Int64, to: Int64, in snapshot: borrowing Snapshot) throws -> UserItems {
    let events = RecommendPlan.EventCondition(events: plan.outcome.subject, window: .range(from: from, to: to))
    var reader = InteractionReader(
      environment: environment, catalog: InstarPlan.CatalogDefinition(interactions: []), conditions: [events])
    reader.purpose = .analytics
    return try reader.read(users, in: snapshot).sets[0]
  }

  // MARK: - Rows

  private func rows(_ campaign: Campaign, _ arms: [Arm]) -> [[Value]] {
    let control = arms.first { $0.variant == Campaign.controlVariant }
    return arms.map { arm in
      let lift = control.flatMap { arm.variant == $0.variant ? nil : Lift(arm.sample, over: $0.sample) } ?? .unknown
      let figures: [Value] = [
        .text(campaign.name), .text(arm.variant), .integer(Int64(arm.users)), .integer(Int64(arm.conversions)),
        .real(Double(arm.conversions) / Double(arm.users)), Value(lift.lift), Value(lift.low), Value(lift.high),
        Value(lift.p),
      ]
      let lists = [arm.lists.hitRate, arm.lists.precision, arm.lists.reciprocalRank].map { Value($0) }
      return plan.hasItems ? figures + lists : figures
    }
  }

  private func notes(_ campaign: Campaign, _ arms: [Arm]) -> [String] {
    guard arms.contains(where: { $0.variant == Campaign.controlVariant }) else {
      return ["\(campaign.name) held nobody back: its rate stands alone, and nothing says what would have come anyway"]
    }
    guard arms.count == 2,
      let p = Lift.sampleRatio(arms.map(\.users), shares: [1 - campaign.control, campaign.control]),
      p < LiftColumns.suspicious
    else { return [] }
    return [
      "\(LiftColumns.unevenSplit) the groups of \(campaign.name) have not the sizes of the draw: by chance that happens "
        + "less than once in 1,000 campaigns, so users were forgotten or linked since, and the groups may not be alike"
    ]
  }

  private func nothing(_ open: [String]) -> ExecutionError {
    ExecutionError(
      "E0412",
      open.isEmpty
        ? "none of the campaigns was shown in the range or before the moment"
        : "no campaign can be judged yet: \(open.joined(separator: "; "))",
      help: open.isEmpty
        ? "SHOW CAMPAIGNS lists when each was shown" : "a shorter window: AGAINST did .. IN NEXT 7 DAYS")
  }

  private func date(_ instant: Int64) -> String { TimeFormatter(zone: environment.calendar.zone).text(instant) }
}

/// How lists were taken up: the measures of a ranking, over users of one arm.
struct ListQuality {
  private var users = 0
  private var shown = 0
  private var hits = 0
  private var usersWithHit = 0
  private var reciprocalRanks = 0.0

  /// Adds the list of one user.
  ///
  /// - Parameter taken: the items that he turned to, ascending.
  mutating func add(_ items: ArraySlice<UInt32>, ranks: ArraySlice<UInt32>, taken: ArraySlice<UInt32>) {
    let wanted = Set(taken)
    let found = zip(items, ranks).filter { wanted.contains($0.0) }
    users += 1
    shown += items.count
    hits += found.count
    guard let best = found.map(\.1).min() else { return }
    usersWithHit += 1
    reciprocalRanks += 1 / Double(best)
  }

  /// The share of users who took an item of their list.
  var hitRate: Double? { users == 0 ? nil : Double(usersWithHit) / Double(users) }
  /// The share of the items shown that were taken.
  var precision: Double? { shown == 0 ? nil : Double(hits) / Double(shown) }
  /// The mean of 1 over the rank of the first item taken, 0 for users who took none.
  var reciprocalRank: Double? { users == 0 ? nil : reciprocalRanks / Double(users) }
}

extension Exposures {
  /// The rows of each user, in order.
  fileprivate var userRows: [Range<Int>] {
    var ranges: [Range<Int>] = []
    for row in users.indices {
      if let last = ranges.last, users[last.lowerBound] == users[row] {
        ranges[ranges.count - 1] = last.lowerBound..<row + 1
      } else {
        ranges.append(row..<row + 1)
      }
    }
    return ranges
  }
}
