import InstarStorage

/// The campaigns that showed lists, as far as they bear on choosing the weights of a fusion.
struct ShownLists {
  let environment: QueryEnvironment

  /// How long a list is taken to lead its user, milliseconds.
  private static let influence: Int64 = 14 * 86_400_000

  /// What the weights depend on beside the log: empty where no list could have led anybody yet.
  func stamp(in snapshot: borrowing Snapshot) throws -> String {
    try campaigns(since: .min, in: snapshot).map { " \($0.name) \($0.time) \($0.exposures)" }.joined()
  }

  /// The users who were shown a list at or after `cut`, or shortly before it. Those held back are none of them.
  func users(since cut: Int64, in snapshot: borrowing Snapshot) throws -> Set<UInt32> {
    let identity = try snapshot.identity(before: environment.moment)
    var users: Set<UInt32> = []
    for campaign in try campaigns(since: cut - Self.influence, in: snapshot) {
      let exposures = try snapshot.exposures(of: campaign)
      for row in exposures.users.indices where exposures.isControl[row] == 0 {
        users.insert(identity.root(of: exposures.users[row]))
      }
    }
    return users
  }

  /// Nothing follows what was shown at the last instant.
  private func campaigns(since start: Int64, in snapshot: borrowing Snapshot) throws -> [Campaign] {
    try snapshot.campaigns().filter { $0.hasItems && $0.time >= start && $0.time < environment.moment - 1 }
  }
}
