/// A set of items for each user: what he has consumed, may not see, or may only see.
package struct UserItems: Sendable, Equatable {
  /// The user of the first set.
  package let firstUser: UInt32
  /// One more than users.
  package let starts: [Int]
  /// The codes of a user's items, ascending and distinct.
  package let items: [UInt32]

  package init(firstUser: UInt32 = 0, starts: [Int], items: [UInt32]) {
    precondition(starts.first == 0 && starts.last == items.count, "starts covers the items")
    self.firstUser = firstUser
    self.starts = starts
    self.items = items
  }

  package var userCount: Int { starts.count - 1 }

  /// The positions of the items of `user`; empty for a user before the first or beyond the last.
  package func entries(of user: UInt32) -> Range<Int> {
    // A user before the first wraps around to a row beyond the last.
    let row = Int(user &- firstUser)
    return row < userCount ? starts[row]..<starts[row + 1] : items.count..<items.count
  }
}

extension Interactions {
  /// The items that a user has ever consumed, given back or not: what is not recommended to him again.
  package func everConsumed() -> UserItems {
    itemSets(since: .min) { effect in
      effect == CatalogRule.Effect.consumes.rawValue ? .consumes : CatalogRule.Effect.none
    }
  }

  /// The items that a user has consumed at or after `time` and not given back: those whose last consuming or revoking
  /// event consumes.
  package func consumed(since time: Int64) -> UserItems {
    itemSets(since: time) { CatalogRule.Effect(rawValue: $0) }
  }

  /// The items that a user has dealt with in any way.
  package func touched() -> UserItems { itemSets(since: .min) { _ in .consumes } }

  private func itemSets(since time: Int64, effect: (UInt8) -> CatalogRule.Effect?) -> UserItems {
    let meaning = (0...UInt8(2)).map { effect($0) ?? .none }
    var inside = [Bool](repeating: false, count: itemCount)
    var touched: [UInt32] = []
    var starts = [0]
    starts.reserveCapacity(userCount + 1)
    var result: [UInt32] = []
    for user in 0..<userCount {
      touched.removeAll(keepingCapacity: true)
      for entry in self.starts[user]..<self.starts[user + 1] where times[entry] >= time {
        switch meaning[Int(effects[entry])] {
        case .none: continue
        case .consumes:
          inside[Int(items[entry])] = true
          touched.append(items[entry])
        case .revokes: inside[Int(items[entry])] = false
        }
      }
      touched.sort()
      for item in touched where inside[Int(item)] {
        inside[Int(item)] = false
        result.append(item)
      }
      starts.append(result.count)
    }
    return UserItems(firstUser: firstUser, starts: starts, items: result)
  }
}
