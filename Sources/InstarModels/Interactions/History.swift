#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// The distinct items of one user, the latest first: the row from which models score.
///
/// An item stands at its latest event. Items whose weights do not sum to more than zero are left out: a dislike says
/// nothing about what is liked.
package struct History: Sendable {
  package private(set) var items: [UInt32] = []
  /// Whose history it is; `nil` for one made up of items.
  package fileprivate(set) var user: UInt32?
  /// The sum of the item's weights.
  package private(set) var strengths: [Float] = []
  /// Milliseconds since 1970 of the item's latest event.
  package private(set) var times: [Int64] = []
  /// The weight of each item in a model's sum, as of the last ``weigh(_:)``.
  package private(set) var weights: [Double] = []

  package init() {}

  /// A history made up of `items`, the latest first, each of strength 1: "people who like this item".
  package init(items: [UInt32]) {
    self.items = items
    strengths = [Float](repeating: 1, count: items.count)
    times = [Int64](repeating: 0, count: items.count)
  }

  package var count: Int { items.count }
  package var isEmpty: Bool { items.isEmpty }

  fileprivate mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    strengths.removeAll(keepingCapacity: true)
    times.removeAll(keepingCapacity: true)
  }

  fileprivate mutating func append(_ item: UInt32, _ strength: Float, _ time: Int64) {
    items.append(item)
    strengths.append(strength)
    times.append(time)
  }
}

/// Reads histories; holds the scratch for it, so that reading allocates nothing once it is warm.
package struct HistoryReader {
  /// The greatest number of items of a history; older ones are not looked at.
  package let limit: Int
  private var slots: [Int32]
  private var found: [(item: UInt32, strength: Float, time: Int64)] = []

  package init(itemCount: Int, limit: Int = 500) {
    self.limit = limit
    slots = [Int32](repeating: -1, count: itemCount)
  }

  /// Replaces `history` by that of `user`.
  ///
  /// - Complexity: O(the user's entries).
  package mutating func read(_ user: UInt32, of interactions: Interactions, into history: inout History) {
    history.removeAll()
    history.user = user
    found.removeAll(keepingCapacity: true)
    let entries = interactions.entries(of: user)
    var entry = entries.upperBound
    while entry > entries.lowerBound {
      entry &-= 1
      let item = interactions.items[entry]
      let slot = slots[Int(item)]
      if slot < 0 {
        slots[Int(item)] = Int32(truncatingIfNeeded: found.count)
        found.append((item, interactions.weights[entry], interactions.times[entry]))
      } else {
        found[Int(slot)].strength += interactions.weights[entry]
      }
    }
    for pair in found {
      slots[Int(pair.item)] = -1
      if pair.strength > 0 && history.count < limit { history.append(pair.item, pair.strength, pair.time) }
    }
  }
}

/// How fast the items of a history lose weight with their age.
package enum RecencyDecay: Sendable, Hashable {
  /// Every item counts 1.
  case none
  /// e^(-r/tau) for the item at rank r, where the latest item has rank 0.
  case rank(tau: Double)
  /// e^(-m/tau), m the number of later moments at which other items of the history stand: items of one instant, such as
  /// those of one order, weigh the same.
  case moment(tau: Double)
  /// 2^(-age/halfLife) of the item's age at `moment`; both in milliseconds.
  case time(halfLife: Double, moment: Int64)
}

extension History {
  /// A weight below this counts as nothing.
  static let leastWeight = 1e-6

  /// Sets the weight of each item by its rank or age. Weights never ascend from one item to the next.
  package mutating func weigh(_ decay: RecencyDecay) {
    weights.removeAll(keepingCapacity: true)
    var isSpent = false
    var moment = 0
    for rank in items.indices {
      if rank > 0 && times[rank] != times[rank - 1] { moment += 1 }
      let weight = isSpent ? 0 : weight(decay, rank, moment)
      isSpent = weight < Self.leastWeight
      weights.append(isSpent ? 0 : weight)
    }
  }

  private func weight(_ decay: RecencyDecay, _ rank: Int, _ moment: Int) -> Double {
    switch decay {
    case .none: 1
    case .rank(let tau): exp(-Double(rank) / tau)
    case .moment(let tau): exp(-Double(moment) / tau)
    case .time(let halfLife, let now): exp2(-Double(max(0, now - times[rank])) / halfLife)
    }
  }
}
