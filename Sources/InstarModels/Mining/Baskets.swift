/// Baskets of items: what was in one order, in one session, or of one user.
///
/// Rows of compressed storage: basket `b` holds `items[starts[b] ..< starts[b + 1]]`, distinct codes in ascending order.
/// The baskets of one user follow each other.
package struct Baskets: Sendable {
  package private(set) var starts: [Int] = [0]
  package private(set) var items: [UInt32] = []
  /// The user of each basket.
  package private(set) var owners: [UInt32] = []
  /// When the item first and last came into its basket, milliseconds; empty where ``isOrdered`` is false.
  package private(set) var firstTimes: [Int64] = []
  package private(set) var lastTimes: [Int64] = []
  /// Whether the baskets know when each item came.
  package let isOrdered: Bool

  package init(isOrdered: Bool = false) { self.isOrdered = isOrdered }

  package var count: Int { owners.count }

  /// Adds one basket. An item that comes more than once counts once.
  /// - Parameters:
  ///   - items: codes in any order; nothing is added where there are none.
  ///   - times: as many as items, or none where the baskets are not ordered.
  package mutating func append(owner: UInt32, items new: [UInt32], times: [Int64] = []) {
    guard !new.isEmpty else { return }
    precondition(!isOrdered || times.count == new.count, "ordered baskets need the time of each item")
    if isOrdered {
      appendOrdered(new, times)
    } else {
      let begin = items.count
      items.append(contentsOf: new)
      items[begin...].sort()
      var end = begin
      var row = begin
      while row < items.count {
        if end == begin || items[end - 1] != items[row] {
          items[end] = items[row]
          end += 1
        }
        row += 1
      }
      items.removeLast(items.count - end)
    }
    starts.append(items.count)
    owners.append(owner)
  }

  private mutating func appendOrdered(_ new: [UInt32], _ times: [Int64]) {
    let order = new.indices.sorted { (new[$0], times[$0]) < (new[$1], times[$1]) }
    let begin = items.count
    for place in order {
      if items.count > begin, items[items.count - 1] == new[place] {
        lastTimes[items.count - 1] = times[place]
      } else {
        items.append(new[place])
        firstTimes.append(times[place])
        lastTimes.append(times[place])
      }
    }
  }

  /// Adds the baskets of another stretch of users, which follow these.
  package mutating func append(contentsOf other: Baskets) {
    precondition(isOrdered == other.isOrdered, "baskets of one kind are joined")
    let offset = items.count
    items.append(contentsOf: other.items)
    firstTimes.append(contentsOf: other.firstTimes)
    lastTimes.append(contentsOf: other.lastTimes)
    owners.append(contentsOf: other.owners)
    starts.append(contentsOf: other.starts.dropFirst().map { $0 + offset })
  }

  /// The baskets at `positions`, in their order.
  package func chosen(_ positions: [Int]) -> Baskets {
    var result = Baskets(isOrdered: isOrdered)
    for basket in positions {
      let range = starts[basket]..<starts[basket + 1]
      result.items.append(contentsOf: items[range])
      if isOrdered {
        result.firstTimes.append(contentsOf: firstTimes[range])
        result.lastTimes.append(contentsOf: lastTimes[range])
      }
      result.starts.append(result.items.count)
      result.owners.append(owners[basket])
    }
    return result
  }
}
