/// Who is whom at one moment: for each linked identity the user that stands for the person.
///
/// ```
/// LINK USER 'anon-1' TO 'ann'       members  anon-1  anon-2
/// LINK USER 'anon-2' TO 'anon-1'    roots    ann     ann
/// ```
package struct IdentityMap: Sendable, Hashable {
  /// The identities that are somebody else, ascending.
  package private(set) var members: [UInt32] = []
  /// The user that each of ``members`` is; never a member himself.
  package private(set) var roots: [UInt32] = []

  package var isEmpty: Bool { members.isEmpty }

  /// The last change of each user before `moment` counts, and links are followed to their end.
  ///
  /// - Parameter changes: by user, then time.
  /// - Complexity: O(changes + members x length of a chain).
  package init(_ changes: [LinkChange], before moment: Int64) {
    var targets: [UInt32: UInt32] = [:]
    for change in changes where change.time < moment { targets[change.user] = change.target }
    for user in targets.keys.sorted() {
      let root = Self.root(of: user, targets)
      guard root != user else { continue }
      members.append(user)
      roots.append(root)
    }
  }

  /// The end of the chain from `user`. Links that were dated back can close a ring: there the lowest number stands for all.
  private static func root(of user: UInt32, _ targets: [UInt32: UInt32]) -> UInt32 {
    var current = user
    var steps = 0
    while let next = targets[current], steps <= targets.count {
      current = next
      steps += 1
    }
    guard steps > targets.count else { return current }
    var lowest = current
    var place = targets[current] ?? current
    while place != current {
      lowest = min(lowest, place)
      place = targets[place] ?? current
    }
    return lowest
  }

  /// The user that stands for `user`: himself where he is not linked.
  ///
  /// - Complexity: O(log *n*) for *n* members.
  package func root(of user: UInt32) -> UInt32 {
    let place = members.lowerBound(user)
    return place < members.count && members[place] == user ? roots[place] : user
  }

  /// The identities of the person of `user`, ascending, himself among them.
  package func identities(of user: UInt32) -> [UInt32] {
    let root = root(of: user)
    return ([root] + members.indices.filter { roots[$0] == root }.map { members[$0] }).sorted()
  }

  /// One byte for each user, 1 for those of `flags` and for the persons whom they are.
  package func joined(_ flags: [UInt8]) -> [UInt8] {
    var joined = flags
    for (member, root) in zip(members, roots) where Int(member) < flags.count && Int(root) < flags.count {
      joined[Int(root)] |= flags[Int(member)]
    }
    return joined
  }

  /// The members of the persons `wanted`, ascending.
  func members(of wanted: [UInt32]) -> [UInt32] {
    members.indices.filter { index in
      let place = wanted.lowerBound(roots[index])
      return place < wanted.count && wanted[place] == roots[index]
    }.map { members[$0] }
  }
}
