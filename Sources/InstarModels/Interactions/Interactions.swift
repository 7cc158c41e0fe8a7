#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#else
import Darwin
#endif

/// Who dealt with which item, how strongly and when: the histories of all users, each in order of time.
///
/// ```
/// starts   0        3  3     5           user u owns starts[u] ..< starts[u + 1]; user 1 has no history
/// items    7  2  7  |  | 0  2            one entry an event, oldest first
/// weights  1  5  1  |  | 1 -3            the catalogue's weight; negative is a dislike
/// times   10 20 30  |  | 15 99           milliseconds since 1970
/// ```
///
/// Users and items are the codes of their dictionaries, so that a per-user result is an array indexed by user.
///
/// A reading of a few users alone begins with the first of them; models are fitted on all users, from 0 on.
package struct Interactions: Sendable {
  package let itemCount: Int
  /// The user of the first history.
  package let firstUser: UInt32
  package let starts: [Int]
  package let items: [UInt32]
  package let weights: [Float]
  package let times: [Int64]
  /// Raw values of ``CatalogRule/Effect``, one an entry.
  package let effects: [UInt8]

  /// - Precondition: the four columns are equally long, `starts` ascends from 0 to their length, and every item is
  ///   below `itemCount`.
  package init(
    itemCount: Int, firstUser: UInt32 = 0, starts: [Int], items: [UInt32], weights: [Float], times: [Int64],
    effects: [UInt8]
  ) {
    precondition(starts.first == 0 && starts.last == items.count, "starts covers the entries")
    precondition(
      items.count == weights.count && items.count == times.count && items.count == effects.count,
      "one weight, time and effect for each entry")
    self.itemCount = itemCount
    self.firstUser = firstUser
    self.starts = starts
    self.items = items
    self.weights = weights
    self.times = times
    self.effects = effects
  }

  /// The number of histories, empty ones among them.
  package var userCount: Int { starts.count - 1 }
  package var entryCount: Int { items.count }

  /// The positions of the entries of `user`; empty for a user before the first or beyond the last.
  package func entries(of user: UInt32) -> Range<Int> {
    // A user before the first wraps around to a row beyond the last.
    let row = Int(user &- firstUser)
    return row < userCount ? starts[row]..<starts[row + 1] : entryCount..<entryCount
  }

  /// How the strength of a (user, item) pair follows from its events.
  package enum Strength: Sendable, Hashable {
    /// 1 where the weights of the pair sum to more than zero.
    case binary
    /// The sum of the weights where it is positive, at most `limit`.
    case sum(limit: Float)
    /// 2^(-age/2h) of the pair's latest event before the moment, all in milliseconds: two items of one user then count
    /// half in a product X'X when they are h old. Never below ``leastRecency``.
    case recent(halfLife: Double, moment: Int64)

    /// So small that it counts as nothing, and large enough not to vanish in a product.
    static let leastRecency: Float = 1e-6
  }

  /// Users by items: one entry for each pair whose weights sum to more than zero.
  ///
  /// - Complexity: O(entries log(longest history)).
  package func preferences(_ strength: Strength = .binary) -> SparseMatrix {
    let chunkCount = max(1, min(64, userCount / 256))
    let parts = concurrentChunks(chunkCount) { chunk in
      preferenceRows(chunkRange(chunk, of: chunkCount, count: userCount), strength)
    }
    var starts = [0]
    starts.reserveCapacity(userCount + 1)
    var columns: [UInt32] = []
    var values: [Float] = []
    for part in parts {
      let offset = columns.count
      starts.append(contentsOf: part.starts.dropFirst().map { $0 + offset })
      columns.append(contentsOf: part.columns)
      values.append(contentsOf: part.values)
    }
    return SparseMatrix(columnCount: itemCount, starts: starts, columns: columns, values: values)
  }

  private func preferenceRows(_ users: Range<Int>, _ strength: Strength) -> SparseMatrix {
    var sums = [Float](repeating: 0, count: itemCount)
    var seen = [Bool](repeating: false, count: itemCount)
    var latest: [Int64] = []
    if case .recent = strength { latest = [Int64](repeating: 0, count: itemCount) }
    var touched: [UInt32] = []
    var starts = [0]
    var columns: [UInt32] = []
    var values: [Float] = []
    for user in users {
      touched.removeAll(keepingCapacity: true)
      for entry in self.starts[user]..<self.starts[user + 1] {
        let item = items[entry]
        if !seen[Int(item)] {
          seen[Int(item)] = true
          touched.append(item)
        }
        sums[Int(item)] += weights[entry]
        if !latest.isEmpty { latest[Int(item)] = times[entry] }
      }
      touched.sort()
      for item in touched {
        let sum = sums[Int(item)]
        sums[Int(item)] = 0
        seen[Int(item)] = false
        guard sum > 0 else { continue }
        columns.append(item)
        switch strength {
        case .binary: values.append(1)
        case .sum(let limit): values.append(min(sum, limit))
        case .recent(let halfLife, let moment):
          let age = Double(max(0, moment - latest[Int(item)]))
          values.append(max(Strength.leastRecency, Float(exp2(-age / (2 * halfLife)))))
        }
      }
      starts.append(columns.count)
    }
    return SparseMatrix(columnCount: itemCount, starts: starts, columns: columns, values: values)
  }
}
