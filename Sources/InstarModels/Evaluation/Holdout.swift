/// A log cut in two: what models may learn from, and what each user turned to afterwards.
///
/// Judged are users with something to learn from: everybody else gets the same popular items from any method.
///
/// Reference page: `docs/reference/recommend/evaluate.md`.
package struct Holdout: Sendable {
  package let training: Interactions
  /// What a user turned to after the cut: liked, and where the catalogue says what consumes also consumed and kept.
  package let relevant: UserItems
  /// What no list may hold: consumed before the cut, or dealt with where nothing consumes.
  package let excluded: UserItems
  /// How many users have something relevant and no history to learn from.
  package let newcomers: Int

  /// One moment for all users: training is strictly before it.
  ///
  /// - Parameter keepsConsumed: whether lists may hold what a user has, and having it again counts.
  /// - Complexity: O(entries).
  package init(_ log: Interactions, at cut: Int64, keepsConsumed: Bool = false) {
    let parts = (0..<log.userCount).map { user -> (end: Int, testEnd: Int) in
      var entry = log.starts[user]
      while entry < log.starts[user + 1] && log.times[entry] < cut { entry += 1 }
      return (entry, log.starts[user + 1])
    }
    self.init(log, parts, keepsConsumed)
  }

  /// The last liked entry of each user, whenever it was: what others did later is in the training of each.
  ///
  /// For comparison with papers. It leaks the future (Ji et al., *A critical study on data leakage in recommender system
  /// offline evaluation*, TOIS 2023).
  package init(leavingLastOutOf log: Interactions, keepsConsumed: Bool = false) {
    let parts = (0..<log.userCount).map { user -> (end: Int, testEnd: Int) in
      let entries = log.starts[user]..<log.starts[user + 1]
      guard let last = entries.last(where: { log.weights[$0] > 0 }), last > entries.lowerBound else {
        return (entries.upperBound, entries.upperBound)
      }
      return (last, last + 1)
    }
    self.init(log, parts, keepsConsumed)
  }

  /// The users with something relevant, ascending.
  package var judged: [UInt32] {
    (0..<UInt32(relevant.userCount)).filter { !relevant.entries(of: $0).isEmpty }
  }

  package var judgedCount: Int { judged.count }

  private init(_ log: Interactions, _ parts: [(end: Int, testEnd: Int)], _ keepsConsumed: Bool) {
    training = log.taking { log.starts[$0]..<parts[$0].end }
    let test = log.taking { parts[$0].end..<parts[$0].testEnd }
    let consumes = log.effects.contains(CatalogRule.Effect.consumes.rawValue)
    if keepsConsumed {
      excluded = UserItems(userCount: log.userCount)
    } else {
      excluded = consumes ? training.everConsumed() : training.touched()
    }
    let preferences = test.preferences()
    let liked = UserItems(starts: preferences.starts, items: preferences.columns).subtracting(excluded)
    let found = consumes ? liked.intersection(test.consumed(since: .min)) : liked
    let training = training
    relevant = found.filtered { user, _ in !training.entries(of: user).isEmpty }
    newcomers = (0..<UInt32(log.userCount)).count {
      !found.entries(of: $0).isEmpty && training.entries(of: $0).isEmpty
    }
  }
}

extension Interactions {
  /// The moment after which the given share of the entries lies.
  package func moment(ofNewest share: Double) -> Int64 {
    let sorted = times.sorted()
    return sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * (1 - share)))]
  }

  /// The same users, each with the part of his entries that `part` names.
  func taking(_ part: (Int) -> Range<Int>) -> Interactions {
    var starts = [0]
    starts.reserveCapacity(userCount + 1)
    var items: [UInt32] = []
    var weights: [Float] = []
    var times: [Int64] = []
    var effects: [UInt8] = []
    for user in 0..<userCount {
      let entries = part(user)
      items += self.items[entries]
      weights += self.weights[entries]
      times += self.times[entries]
      effects += self.effects[entries]
      starts.append(items.count)
    }
    return Interactions(
      itemCount: itemCount, starts: starts, items: items, weights: weights, times: times, effects: effects)
  }
}

extension UserItems {
  /// An empty set for each user.
  package init(userCount: Int) { self.init(starts: [Int](repeating: 0, count: userCount + 1), items: []) }

  /// Whether the set of `user` holds `item`.
  ///
  /// - Complexity: O(log of the user's items).
  package func contains(_ item: UInt32, of user: UInt32) -> Bool {
    let entries = entries(of: user)
    var (low, high) = (entries.lowerBound, entries.upperBound)
    while low < high {
      let middle = (low &+ high) / 2
      if items[middle] < item { low = middle &+ 1 } else { high = middle }
    }
    return low < entries.upperBound && items[low] == item
  }

  /// The pairs for which `isKept` holds.
  func filtered(_ isKept: (_ user: UInt32, _ item: UInt32) -> Bool) -> UserItems {
    var starts = [0]
    starts.reserveCapacity(userCount + 1)
    var kept: [UInt32] = []
    for user in firstUser..<(firstUser + UInt32(userCount)) {
      for entry in entries(of: user) where isKept(user, items[entry]) { kept.append(items[entry]) }
      starts.append(kept.count)
    }
    return UserItems(firstUser: firstUser, starts: starts, items: kept)
  }

  /// The sets of some users alone.
  package func keeping(_ users: [UInt32]) -> UserItems {
    let members = Set(users)
    return filtered { user, _ in members.contains(user) }
  }

  /// The items of a user that do not stand in his other set.
  package func subtracting(_ other: UserItems) -> UserItems {
    filtered { user, item in !other.contains(item, of: user) }
  }

  /// The items that stand in both sets of a user.
  package func intersection(_ other: UserItems) -> UserItems {
    filtered { user, item in other.contains(item, of: user) }
  }
}
